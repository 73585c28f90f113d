-- Figures for managers, filtered by the same attributes as their lists. Days
-- are days in Beijing.

-- name: OpenFigures :many
-- Open claims by branch, stage and age; bands are the days from which each
-- begins, from 0 up.
select c.branch, c.stage, width_bucket(
        (sqlc.arg(today)::date - (c.reported_at at time zone 'Asia/Shanghai')::date)::int, sqlc.arg(bands)::int[])::int as band,
    count(*)::int as count, sum(greatest(c.payable_fen, c.claimed_fen))::bigint as amount_fen
from claims c
where c.stage <> 'closed' and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
group by 1, 2, 3 order by 1, 2, 3;

-- name: EndedFigures :many
-- Claims that ended in a time, by branch, month and how.
select c.branch, date_trunc('month', c.closed_at at time zone 'Asia/Shanghai')::date as month, c.outcome,
    count(*)::int as count, sum(c.claimed_fen)::bigint as claimed_fen, sum(c.paid_fen)::bigint as paid_fen
from claims c
where c.stage = 'closed' and c.closed_at >= sqlc.arg(since)::timestamptz
  and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
group by 1, 2, 3 order by 1, 2, 3;

-- name: StageFigures :many
-- How long claims that were reported in a time stood in each stage, each stay
-- that has ended counting for itself: from the step that led there to the
-- next that led away.
with steps_of as (
    select s.claim_id, s.version, s.at, s.receipt ->> 'stage' as stage
    from steps s join claims c on c.id = s.claim_id
    where c.reported_at >= sqlc.arg(since)::timestamptz
      and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
      and (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
), moves as (
    select claim_id, version, at, stage, lag(stage) over (partition by claim_id order by version, at) as before from steps_of
), stays as (
    select stage, extract(epoch from lead(at) over (partition by claim_id order by version, at) - at) as seconds
    from moves where stage is distinct from before
)
select stage::text as stage, count(*)::int as count,
    round(percentile_cont(0.5) within group (order by seconds))::bigint as median_seconds,
    round(percentile_cont(0.9) within group (order by seconds))::bigint as p90_seconds
from stays where seconds is not null and stage <> '' and stage <> 'closed' group by stage;

-- name: ReadingFigures :many
-- How well papers of claims that were reported in a time were read: of each
-- field what a machine read last, and what a person said of it after that.
-- Width, case, spaces and the separators of a plate make no difference.
with machine as (
    select distinct on (f.document_id, f.name) f.document_id, f.name, f.engine, f.sure, f.round,
        translate(upper(normalize(f.value, nfkc)), ' ·.-', '') as value, d.kind
    from fields f join documents d on d.id = f.document_id join claims c on c.id = d.claim_id
    where f.confirmed_by is null and c.reported_at >= sqlc.arg(since)::timestamptz
      and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
      and (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
    order by f.document_id, f.name, f.round desc
), looked as (
    select m.*, p.value is not null as seen, p.value is distinct from m.value and p.value is not null as corrected
    from machine m
    left join lateral (
        select translate(upper(normalize(f.value, nfkc)), ' ·.-', '') as value from fields f
        where f.document_id = m.document_id and f.name = m.name and f.confirmed_by is not null and f.round > m.round
        order by f.round desc limit 1
    ) p on true
)
select kind, name, engine, count(*)::int as read, (count(*) filter (where sure))::int as accepted,
    (count(*) filter (where seen))::int as looked_at, (count(*) filter (where corrected))::int as corrected,
    (count(*) filter (where sure and corrected))::int as accepted_wrong
from looked group by kind, name, engine order by kind, name, engine limit 2000;
