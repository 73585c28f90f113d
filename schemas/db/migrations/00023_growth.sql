-- +goose Up
-- A step on a claim of thousands of papers reads what it brings, and not what
-- there is.

-- Documents that stand somewhere else too: the file or the invoice on another
-- claim, the invoice or the picture on this one. Each step holds these against
-- what they share, since the other claim may change. A row is never removed.
create table shared_documents (
    document_id uuid primary key constraint shared_documents_document_fkey references documents (id),
    claim_id    uuid not null constraint shared_documents_claim_fkey references claims (id)
);
create index shared_documents_claim on shared_documents (claim_id);
grant select on shared_documents to anpei_api, anpei_worker;
grant insert on shared_documents to anpei_worker;

insert into shared_documents (document_id, claim_id)
select d.id, d.claim_id from documents d where exists (select from documents o where o.sha256 = d.sha256 and o.id <> d.id)
union
select d.id, d.claim_id from documents d join fields f on f.document_id = d.id and f.name = 'invoice_number'
where exists (select from fields o where o.name = f.name and o.value = f.value and o.document_id <> d.id)
union
select d.id, d.claim_id from documents d join pictures_alike a on d.id in (a.document_id, a.other_id);

-- Documents that a step checks: those that it names, those of its claim with an
-- invoice number that it brings, and those that are shared; or all.
-- +goose StatementBegin
create function checked_documents(claim uuid, named uuid[], numbers text[], everything boolean) returns setof uuid language sql stable as $$
    select unnest(named)
    union select s.document_id from shared_documents s where s.claim_id = claim
    union select f.document_id from fields f join documents d on d.id = f.document_id
        where f.name = 'invoice_number' and f.value = any(numbers) and d.claim_id = claim
    union select f.document_id from fields f join documents d on d.id = f.document_id
        where f.name = 'reversed_number' and f.value = any(numbers) and d.claim_id = claim
    union select d.id from documents d where everything and d.claim_id = claim
$$;
-- +goose StatementEnd

create index fields_reversed_number on fields (value) where name = 'reversed_number';
create index documents_claim_kind on documents (claim_id, kind);
create index findings_one on findings (claim_id, (one ->> 'document'));

-- What the claim's file said of each paper stands in its row: which it is in
-- order of arrival, how often papers had been asked for before, and whether it
-- is still to be read or looked at. The file keeps counts.
alter table documents
    add column number   int not null default 0,
    add column asked    int not null default 0,
    add column awaiting boolean not null default false;
grant update (awaiting) on documents to anpei_worker;
update documents d set number = n.number, awaiting = d.state = 'received'
from (select id, row_number() over (partition by claim_id order by attached_at, id) as number from documents) n where n.id = d.id;
create index documents_awaiting on documents (claim_id, number) where awaiting;
create index documents_sender on documents (claim_id, attached_by);

-- Files of before: those of closed claims are read on. Claims that are open end
-- with decision 0016.
update claims c set file = jsonb_set(c.file, '{papers}', coalesce((
    select jsonb_agg(jsonb_build_object('kind', k.kind, 'states', k.states, 'good', k.good, 'bad', k.bad) order by k.kind)
    from (
        select s.kind, jsonb_object_agg(s.state, s.n) as states, coalesce(max(s.last) filter (where s.state in ('read', 'unsure', 'confirmed')), 0) as good,
            coalesce(max(s.last) filter (where s.state = 'unreadable'), 0) as bad
        from (select d.kind, d.state, count(*) as n, max(d.number) as last from documents d where d.claim_id = c.id group by d.kind, d.state) s
        group by s.kind
    ) k), '[]'))
where c.file ? 'papers';
update claims c set file = jsonb_set(c.file, '{outside}', to_jsonb(n.papers))
from (select d.claim_id, count(*) as papers from documents d where not exists (select from staff s where s.id = d.attached_by) group by d.claim_id) n
where n.claim_id = c.id;
