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
