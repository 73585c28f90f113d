-- What the cross-checks hold against each other, and what they found.

-- name: ClaimFacts :one
-- What the report, the policy as of the loss and the latest visit say.
select c.loss_at, c.place, c.lat, c.lng, c.plate, c.claimed_fen,
    coalesce(p.number, '')::text as policy_number, coalesce(p.plate, '')::text as policy_plate, coalesce(p.vin, '')::text as policy_vin,
    coalesce(p.holder_name, '')::text as policy_holder, s.arrived_at, coalesce(s.estimate_fen, 0)::bigint as estimate_fen
from claims c left join policies p on p.id = c.policy_id
left join lateral (select v.arrived_at, v.estimate_fen from surveys v where v.claim_id = c.id and v.kind = 'site' order by v.round desc limit 1) s on true
where c.id = $1;

-- name: DocumentFacts :many
select id, kind, sha256, taken_at, taken_lat, taken_lng, attached_at, coalesce(camera, '{}')::jsonb as camera from documents where claim_id = $1;

-- name: FactsElsewhere :many
-- The files and the invoices of this claim, and those that a step brings, where
-- another claim has them. One that was withdrawn used up nothing.
select c.number, o.id::text as document_id, o.kind, 'sha256'::text as field, o.sha256 as value, ''::text as code
from documents o join claims c on c.id = o.claim_id
where o.claim_id <> $1 and c.outcome <> 'withdrawn'
  and o.sha256 in (select d.sha256 from documents d where d.claim_id = $1 union select unnest(sqlc.arg(hashes)::text[]))
union all
select c.number, o.id::text, o.kind, 'invoice_number', f.value,
    coalesce((select k.value from fields k where k.document_id = o.id and k.name = 'invoice_code' order by k.round desc limit 1), '')
from fields f join documents o on o.id = f.document_id join claims c on c.id = o.claim_id
where f.name = 'invoice_number' and o.claim_id <> $1 and c.outcome <> 'withdrawn'
  and f.value in (
      select m.value from fields m join documents d on d.id = m.document_id where d.claim_id = $1 and m.name = 'invoice_number'
      union select unnest(sqlc.arg(numbers)::text[]))
  and not exists (select from fields n where n.document_id = f.document_id and n.name = f.name and n.round > f.round)
limit 100;

-- name: FindingsInForce :many
select distinct on (rule, sources) rule, sources, round, state, grave, one, other, text_zh, text_en, at
from findings where claim_id = $1 order by rule, sources, round desc;

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
