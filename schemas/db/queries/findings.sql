-- What the cross-checks hold against each other, and what they found.

-- name: ClaimFacts :one
-- What the report, the policy as of the loss and the latest visit say; and
-- whether documents of the claim are shared.
select c.loss_at, c.place, c.lat, c.lng, c.plate, c.claimed_fen,
    coalesce(p.number, '')::text as policy_number, coalesce(p.plate, '')::text as policy_plate, coalesce(p.vin, '')::text as policy_vin,
    coalesce(p.holder_name, '')::text as policy_holder, coalesce(p.insured_name, '')::text as policy_insured, s.arrived_at, coalesce(s.estimate_fen, 0)::bigint as estimate_fen,
    exists (select from shared_documents h where h.claim_id = c.id)::boolean as shares
from claims c left join policies p on p.id = c.policy_id
left join lateral (select v.arrived_at, v.estimate_fen from surveys v where v.claim_id = c.id and v.kind = 'site' order by v.round desc limit 1) s on true
where c.id = $1;

-- name: LockShared :exec
-- Of two claims that bring one file or invoice at once, the second finds the
-- first.
select pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended('shared/' || v.value, 0) as key from unnest(sqlc.arg(shared)::text[]) as v (value) order by 1
) k;

-- name: DocumentFacts :many
-- The documents that a step checks.
select d.id, d.kind, d.sha256, d.taken_at, d.taken_lat, d.taken_lng, d.attached_at, coalesce(d.camera, '{}')::jsonb as camera,
    d.state, d.number, d.asked, d.awaiting, d.attached_by, d.extra, d.type
from documents d
where d.id in (
    select c.id from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], sqlc.arg(everything)::boolean) c (id));

-- name: FieldFacts :many
-- What was read in the documents that a step checks: of each field the newest
-- round, which is in force.
select distinct on (f.document_id, f.name) f.document_id, d.kind, f.round, f.name, f.value, f.source, f.confidence_bp, f.page, f.box, f.engine, f.sure, f.note, f.confirmed_by
from fields f join documents d on d.id = f.document_id
where d.id in (
    select c.id from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], sqlc.arg(everything)::boolean) c (id))
order by f.document_id, f.name, f.round desc;

-- name: ReferredFacts :many
-- What papers are held against (document.Referred) of documents that the step
-- does not check: each value once, with the first document that says it.
select d.kind, f.name, f.value, min(d.id::text)::text as document_id
from (select unnest(sqlc.arg(kinds)::text[]) as kind, unnest(sqlc.arg(names)::text[]) as name) k
join documents d on d.claim_id = $1 and d.kind = k.kind
cross join lateral (
    select r.name, r.value, r.sure, r.confidence_bp from fields r where r.document_id = d.id and r.name = k.name order by r.round desc limit 1
) f
where (f.sure or f.confidence_bp >= sqlc.arg(heard_from)::int)
  and d.id not in (
    select c.id from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], sqlc.arg(everything)::boolean) c (id))
group by d.kind, f.name, f.value;

-- name: TotalFacts :many
-- What invoices and estimates that the step does not check come to, by kind.
with told as (
    select d.id, d.kind, f.value from unnest(array['vat_invoice', 'repair_estimate']) k (kind)
    join documents d on d.claim_id = $1 and d.kind = k.kind and not d.extra
    cross join lateral (
        select r.value, r.sure, r.confidence_bp from fields r where r.document_id = d.id and r.name = 'total_fen' order by r.round desc limit 1
    ) f
    where replace(f.value, ' ', '') <> '' and (f.sure or f.confidence_bp >= sqlc.arg(heard_from)::int)
      and d.id not in (
        select c.id from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], sqlc.arg(everything)::boolean) c (id))
)
select t.kind, bool_or(t.value !~ '^[0-9]{1,14}$')::boolean as odd,
    coalesce(sum(case when t.value ~ '^[0-9]{1,14}$' then t.value::bigint end), 0)::bigint as sum_fen,
    coalesce(max(case when t.value ~ '^[0-9]{1,14}$' then t.value::bigint end), 0)::bigint as largest_fen,
    ((array_agg(t.id::text order by case when t.value ~ '^[0-9]{1,14}$' then t.value::bigint end desc nulls last, t.id))[1])::text as document_id
from told t group by t.kind;

-- name: EstimateNear :one
-- Whether an estimate that the step does not check comes to an amount, or
-- nearly so.
select exists (
    select from documents d cross join lateral (
        select r.value, r.sure, r.confidence_bp from fields r where r.document_id = d.id and r.name = 'total_fen' order by r.round desc limit 1
    ) f
    where d.claim_id = $1 and d.kind = 'repair_estimate' and not d.extra and (f.sure or f.confidence_bp >= sqlc.arg(heard_from)::int)
      and case when f.value ~ '^[0-9]{1,14}$' then abs(f.value::bigint - sqlc.arg(amount_fen)::bigint) <= sqlc.arg(apart_fen)::bigint else false end
      and d.id <> all(sqlc.arg(checked)::uuid[])
)::boolean;

-- name: FactsElsewhere :many
-- The files and the invoices that a step checks and those that it brings, where
-- another claim has them, or has a red-letter invoice that takes one of them
-- back. One that was withdrawn used up nothing.
with checked as materialized (
    select d.id, d.sha256 from documents d
    where d.id in (
        select c.id from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], sqlc.arg(everything)::boolean) c (id))
), invoices as materialized (
    select m.value from fields m where m.document_id = any(array(select k.id from checked k)) and m.name in ('invoice_number', 'reversed_number')
    union select unnest(sqlc.arg(numbers)::text[])
), named as ( -- each by its own partial index
    select f.document_id, f.round, f.name, f.value from fields f where f.name = 'invoice_number' and f.value = any(array(select i.value from invoices i))
    union all select f.document_id, f.round, f.name, f.value from fields f where f.name = 'reversed_number' and f.value = any(array(select i.value from invoices i))
)
select o.number, o.claim_id, o.id::text as document_id, o.kind, 'sha256'::text as field, o.sha256 as value, ''::text as code
from (select k.sha256 from checked k union select unnest(sqlc.arg(hashes)::text[])) h
cross join lateral ( -- file by file, by the index, and not the table as a whole while it is small
    select c.number, d.claim_id, d.id, d.kind, d.sha256 from documents d join claims c on c.id = d.claim_id
    where d.sha256 = h.sha256 and d.claim_id <> $1 and c.outcome <> 'withdrawn' offset 0
) o
union all
select c.number, c.id, o.id::text, o.kind, f.name, f.value,
    coalesce((select k.value from fields k where k.document_id = o.id and k.name = 'invoice_code' order by k.round desc limit 1), '')
from named f join documents o on o.id = f.document_id join claims c on c.id = o.claim_id
where o.claim_id <> $1 and c.outcome <> 'withdrawn'
  and not exists (select from fields n where n.document_id = f.document_id and n.name = f.name and n.round > f.round)
limit 100;

-- name: InsertShared :exec
insert into shared_documents (document_id, claim_id)
select v.document_id, v.claim_id from (select unnest(sqlc.arg(ids)::uuid[]) as document_id, unnest(sqlc.arg(claims)::uuid[]) as claim_id) v
order by v.document_id on conflict do nothing;

-- name: FindingsInForce :many
-- The findings that a step may change (document.Concerns), as they stand.
select distinct on (rule, sources) rule, sources, round, state, grave, one, other, text_zh, text_en, at
from findings
where claim_id = $1 and (sqlc.arg(everything)::boolean or one ->> 'document' is null or rule = any(sqlc.arg(whole)::text[])
    or one ->> 'document' in (
        select c.id::text from checked_documents($1, sqlc.arg(named)::uuid[], sqlc.arg(numbers)::text[], false) c (id)))
order by rule, sources, round desc;

-- name: InsertFinding :exec
-- A finding that is there already is no reason to stop a claim.
insert into findings (claim_id, rule, sources, round, state, grave, one, other, text_zh, text_en, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing;

-- name: ListFindings :many
-- Each finding as it stands, in order of when it came to stand so.
select f.rule, f.round, f.state, f.grave, f.one, f.other, f.text_zh, f.text_en, f.at, f.key from (
    select distinct on (rule, sources) rule, sources, round, state, grave, one, other, text_zh, text_en, at, md5(rule || '|' || sources) as key
    from findings where claim_id = $1 order by rule, sources, round desc
) f
where (f.at, f.key) > (sqlc.arg(after_at)::timestamptz, sqlc.arg(after_key)::text)
order by f.at, f.key limit sqlc.arg(count);

-- name: FindingsRaised :many
select rule, text_zh, text_en from (
    select distinct on (rule, sources) rule, sources, state, text_zh, text_en, at, grave
    from findings where claim_id = $1 order by rule, sources, round desc
) f where f.state = 'raised' order by f.grave desc, f.at, f.rule, f.sources limit 50;

-- name: FindingOfClaim :one
-- A finding as it stands, by its key, and how much was said of it.
select f.rule, f.sources, f.round, f.state, (select count(*) from finding_notes n where n.claim_id = $1 and n.finding = sqlc.arg(key)::text)::int as notes
from findings f where f.claim_id = $1 and md5(f.rule || '|' || f.sources) = sqlc.arg(key)::text order by f.round desc limit 1;

-- name: InsertFindingNote :exec
insert into finding_notes (claim_id, finding, number, round, verdict, note, by_id, by_role, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: FindingNotes :many
-- What was said of the findings of a claim, in order.
select n.finding, n.round, n.verdict, n.note, n.by_id, n.by_role, coalesce(s.name, '')::text as by_name, n.at
from finding_notes n left join staff s on s.id = n.by_id where n.claim_id = $1 order by n.at, n.finding, n.number;
