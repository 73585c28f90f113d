-- What the API shows. Each list pages by its key and filters by the same
-- attributes as the policies of schemas/policies.

-- name: ClaimDetail :one
select id, number, version, line, lane, stage, branch, outcome, channel, opened_by, policy_no, policy_version, loss_at, place, lat, lng,
    cause, story, plate, injury, claimed_fen, payable_fen, paid_fen, due_at, due_clock, parked, held, reported_at, updated_at, closed_at, relation, file
from claims where id = $1;

-- name: ClaimExposures :many
select number, kind, object, claimed_fen, owner_party from exposures where claim_id = $1 order by number;

-- name: LatestDispatch :one
select s.name, s.phone, d.metres, d.eta from dispatches d join staff s on s.id = d.chosen
where d.claim_id = $1 and d.chosen is not null order by d.round desc limit 1;

-- name: ClaimFile :one
select file from claims where id = $1;

-- name: ListClaimsOfBranch :many
-- For staff of a branch, and for the head office of all.
select c.id, c.number, c.line, c.lane, c.stage, c.branch, c.outcome, c.policy_no, c.plate, c.place, c.loss_at, c.reported_at, c.updated_at,
    c.due_at, c.due_clock, c.parked, c.claimed_fen, c.payable_fen, c.paid_fen, true as insider, true as known
from claims c
where (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
  and (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
  and (sqlc.arg(stage)::text = '' or c.stage = sqlc.arg(stage)::text)
  and (sqlc.arg(lane)::text = '' or c.lane = sqlc.arg(lane)::text)
  and (sqlc.arg(line)::text = '' or c.line = sqlc.arg(line)::text)
  and (sqlc.arg(policy_no)::text = '' or c.policy_no = sqlc.arg(policy_no)::text)
  and (sqlc.arg(outcome)::text = '' or c.outcome = sqlc.arg(outcome)::text)
  and (not sqlc.arg(ended)::boolean or c.closed_at >= sqlc.arg(closed_from)::timestamptz and c.closed_at < sqlc.arg(closed_to)::timestamptz)
  and c.reported_at >= sqlc.arg(opened_from)::timestamptz and c.reported_at < sqlc.arg(opened_to)::timestamptz
  and (c.reported_at, c.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
order by c.reported_at desc, c.id desc limit sqlc.arg(count);

-- name: FindClaims :many
-- Claims by what people have at hand: a number, a policy, a plate, a phone.
-- Who may see them is not asked here.
(select f.id from claims f where f.number = sqlc.arg(number)::text)
union (select f.id from claims f where f.policy_no = sqlc.arg(number)::text and f.policy_no <> '' order by f.loss_at desc limit sqlc.arg(count))
union (select f.id from claims f where f.plate = sqlc.arg(plate)::text and f.plate <> '' order by f.loss_at desc limit sqlc.arg(count))
union (select p.claim_id from parties p where p.phone = sqlc.arg(phone)::text and p.phone <> '' limit sqlc.arg(count));

-- name: ListClaimsFound :many
-- Of claims that were found, those that staff of a branch, or the head office, may see.
select c.id, c.number, c.line, c.lane, c.stage, c.branch, c.outcome, c.policy_no, c.plate, c.place, c.loss_at, c.reported_at, c.updated_at,
    c.due_at, c.due_clock, c.parked, c.claimed_fen, c.payable_fen, c.paid_fen, true as insider, true as known
from claims c
where c.id = any(sqlc.arg(found)::uuid[]) and (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
order by c.reported_at desc, c.id desc limit sqlc.arg(count);

-- name: ListClaimsOf :many
-- For those who see single claims: a surveyor those of their tasks, a partner
-- and a claimant those that they reported, a claimant with a bound session
-- that one. insider tells whether they speak for it: to who does not, a claim is
-- open or closed, and filters find no more than that. known tells whether they are
-- in its policy: its number is for no one else.
with mine as (
    select t.claim_id from tasks t where sqlc.arg(role)::text = 'surveyor' and t.owner = sqlc.arg(principal)::text
    union
    select o.id from claims o
    where (sqlc.arg(role)::text = 'partner' or sqlc.arg(role)::text = 'claimant' and coalesce(sqlc.narg(bound)::uuid, o.id) = o.id)
      and o.opened_by = sqlc.arg(principal)::text
    union
    select r.claim_id from parties r
    where sqlc.arg(role)::text = 'claimant' and sqlc.narg(bound)::uuid is null
      and r.principal = sqlc.arg(principal)::text and r.principal <> ''
    union
    select b.claim_id from parties b
    where sqlc.arg(role)::text = 'claimant' and b.claim_id = sqlc.narg(bound)::uuid and b.phone = sqlc.arg(phone)::text
), known as (
    select m.claim_id, (sqlc.arg(role)::text <> 'claimant' or exists (
        select from policies y where y.id = o.policy_id and (sqlc.arg(phone)::text in (y.holder_phone, y.insured_phone)
          or y.drivers @> jsonb_build_array(jsonb_build_object('phone', sqlc.arg(phone)::text)))))::boolean as known
    from mine m join claims o on o.id = m.claim_id
), seen as (
    select k.claim_id, k.known, (sqlc.arg(role)::text <> 'claimant' or o.opened_by = sqlc.arg(principal)::text or exists (
        select from parties p where p.claim_id = o.id and p.phone = sqlc.arg(phone)::text and p.role <> 'third_party'
          and (k.known or p.principal = o.opened_by and p.number = (
              select min(q.number) from parties q where q.claim_id = o.id and q.principal = o.opened_by))))::boolean as insider
    from known k join claims o on o.id = k.claim_id
)
select c.id, c.number, c.line, c.lane, c.stage, c.branch, c.outcome, c.policy_no, c.plate, c.place, c.loss_at, c.reported_at, c.updated_at,
    c.due_at, c.due_clock, c.parked, c.claimed_fen, c.payable_fen, c.paid_fen, s.insider, s.known
from claims c join seen s on s.claim_id = c.id
where (sqlc.arg(branch)::text = '' or c.branch = sqlc.arg(branch)::text)
  and (sqlc.arg(stage)::text = '' or case when s.insider or c.stage = 'closed' then c.stage else 'reported' end = sqlc.arg(stage)::text)
  and (sqlc.arg(lane)::text = '' or case when s.insider then c.lane else 'standard' end = sqlc.arg(lane)::text)
  and (sqlc.arg(line)::text = '' or c.line = sqlc.arg(line)::text)
  and (sqlc.arg(policy_no)::text = '' or s.insider and s.known and c.policy_no = sqlc.arg(policy_no)::text)
  and (sqlc.arg(outcome)::text = '' or s.insider and c.outcome = sqlc.arg(outcome)::text)
  and (not sqlc.arg(ended)::boolean or s.insider and c.closed_at >= sqlc.arg(closed_from)::timestamptz and c.closed_at < sqlc.arg(closed_to)::timestamptz)
  and c.reported_at >= sqlc.arg(opened_from)::timestamptz and c.reported_at < sqlc.arg(opened_to)::timestamptz
  and (c.reported_at, c.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
  and (not sqlc.arg(searched)::boolean or c.id = any(sqlc.arg(found)::uuid[]))
order by c.reported_at desc, c.id desc limit sqlc.arg(count);

-- name: StaffNames :many
select id, name, role from staff where id = any(sqlc.arg(ids)::text[]);

-- name: PartyNames :many
-- Claimants who acted on a claim, by how they named themselves on it.
select distinct on (principal) principal, name from parties
where claim_id = $1 and principal = any(sqlc.arg(principals)::text[]) and principal <> '' order by principal, number;

-- name: Timeline :many
-- own narrows to what one principal did; empty takes all.
select number, kind, at, by_id, by_role, body, prev_hash, hash from events
where claim_id = $1 and number > $2 and (sqlc.arg(own)::text = '' or by_id = sqlc.arg(own)::text)
  and kind <> all (sqlc.arg(hidden)::text[])
order by number limit sqlc.arg(count);

-- name: RecentEvents :many
-- Claims with events of the last seconds, and the newest of each. The overlap
-- is longer than a step may take: what is recorded early and committed late is
-- seen too.
select claim_id, max(number)::bigint as number from events
where recorded_at > now() - make_interval(secs => sqlc.arg(seconds)::double precision) group by claim_id;

-- name: TouchedTasks :many
-- Whose worklists these claims' tasks are in, or were until a moment ago.
select distinct role, branch, coalesce(owner, '')::text as owner from tasks
where claim_id = any(sqlc.arg(claims)::uuid[]) and (state = 'open' or closed_at > now() - interval '10 minutes');

-- name: LastEvent :one
select (next_event - 1)::bigint from claims where id = $1;

-- name: TasksOfClaim :many
select t.id, t.claim_id, t.kind, t.role, t.branch, t.level, coalesce(t.owner, '')::text as owner, coalesce(s.name, '')::text as owner_name,
    t.state, t.note, t.note_code, t.note_values, t.opened_at, t.due_at, t.closed_at, coalesce(t.closed_by, '')::text as closed_by
from tasks t left join staff s on s.id = t.owner
where t.claim_id = $1 and t.state = 'open' order by t.opened_at, t.id;

-- name: TaskByID :one
select t.id, t.claim_id, t.kind, t.role, t.branch, t.level, coalesce(t.owner, '')::text as owner, coalesce(s.name, '')::text as owner_name,
    t.state, t.note, t.note_code, t.note_values, t.opened_at, t.due_at, t.closed_at, coalesce(t.closed_by, '')::text as closed_by,
    c.number, c.stage, c.line, c.lane, c.claimed_fen, c.payable_fen,
    (case when t.kind = 'survey' and c.stage = 'dispatched' then coalesce((c.file ->> 'accept_within')::bigint, 0) else 0 end)::bigint as answer_within
from tasks t join claims c on c.id = t.claim_id left join staff s on s.id = t.owner
where t.id = $1;

-- name: ListTasks :many
-- Mine, and the free ones of my role, branch and level: two ordered lists,
-- each by its index, merged; and for managers and operators those that no active
-- member of staff has or may take.
select t.id, t.claim_id, t.kind, t.role, t.branch, t.level, coalesce(t.owner, '')::text as owner, coalesce(s.name, '')::text as owner_name,
    t.state, t.note, t.note_code, t.note_values, t.opened_at, t.due_at, t.closed_at, coalesce(t.closed_by, '')::text as closed_by,
    c.number, c.stage, c.line, c.lane, c.claimed_fen, c.payable_fen,
    (case when t.kind = 'survey' and c.stage = 'dispatched' then coalesce((c.file ->> 'accept_within')::bigint, 0) else 0 end)::bigint as answer_within
from tasks t join claims c on c.id = t.claim_id left join staff s on s.id = t.owner
where t.id in (
    (select m.id from tasks m
     where m.state = 'open' and m.owner = sqlc.arg(principal)::text
       and (sqlc.arg(kind)::text = '' or m.kind = sqlc.arg(kind)::text)
       and (sqlc.narg(claim_id)::uuid is null or m.claim_id = sqlc.narg(claim_id)::uuid)
       and (coalesce(m.due_at, 'infinity'), m.id) > (coalesce(sqlc.narg(after_due)::timestamptz, 'infinity'), sqlc.arg(after_id)::uuid)
     order by coalesce(m.due_at, 'infinity'), m.id limit sqlc.arg(count))
    union all
    (select f.id from tasks f
     where f.state = 'open' and f.owner is null and not sqlc.arg(mine)::boolean
       and f.role = sqlc.arg(role)::text and f.level <= sqlc.arg(level)::int
       and (sqlc.arg(everywhere)::boolean or f.branch = sqlc.arg(own_branch)::text)
       and (sqlc.arg(kind)::text = '' or f.kind = sqlc.arg(kind)::text)
       and (sqlc.narg(claim_id)::uuid is null or f.claim_id = sqlc.narg(claim_id)::uuid)
       and (coalesce(f.due_at, 'infinity'), f.id) > (coalesce(sqlc.narg(after_due)::timestamptz, 'infinity'), sqlc.arg(after_id)::uuid)
     order by coalesce(f.due_at, 'infinity'), f.id limit sqlc.arg(count))
    union all
    (select o.id from tasks o
     where o.state = 'open' and not sqlc.arg(mine)::boolean and sqlc.arg(role)::text in ('manager', 'operator')
       and (sqlc.arg(everywhere)::boolean or o.branch = sqlc.arg(own_branch)::text)
       and not exists (select from staff d where d.active and d.role = o.role and d.level >= o.level
           and (o.owner is null and d.branch in (o.branch, '0000') or o.owner = d.id and (d.branch in (o.branch, '0000') or d.role = 'surveyor')))
       and (sqlc.arg(kind)::text = '' or o.kind = sqlc.arg(kind)::text)
       and (sqlc.narg(claim_id)::uuid is null or o.claim_id = sqlc.narg(claim_id)::uuid)
       and (coalesce(o.due_at, 'infinity'), o.id) > (coalesce(sqlc.narg(after_due)::timestamptz, 'infinity'), sqlc.arg(after_id)::uuid)
     order by coalesce(o.due_at, 'infinity'), o.id limit sqlc.arg(count)))
order by coalesce(t.due_at, 'infinity'), t.id limit sqlc.arg(count);

-- name: ListSurveys :many
select round, kind, by_id, arrived_at, lat, lng, metres_off, facts, fault_share_bp, estimate_fen, photos, at
from surveys where claim_id = $1 and round > $2 order by round limit $3;

-- name: ListDispatches :many
select round, ranked, coalesce(chosen, '')::text as chosen, metres, eta, by_id, at
from dispatches where claim_id = $1 and round > $2 order by round limit $3;

-- name: ListAssessments :many
select version, by_id, input, payable_fen, note, at, witnesses from assessments where claim_id = $1 and version > $2 order by version limit $3;

-- name: AssessmentLines :many
select version, line, exposure, figure, rule, text_zh, text_en, inputs, amount_fen, balance_fen, clause from assessment_lines
where claim_id = $1 and version = any(sqlc.arg(versions)::int[]) order by version, line;

-- name: ListOffers :many
-- The newest is in force, unless its figure was voided.
select o.version, o.assessment, o.amount_fen, o.at,
    (not exists (select from offers n where n.claim_id = o.claim_id and n.version > o.version)
     and not exists (select from claims c where c.id = o.claim_id and c.payable_fen = 0 and c.stage not in ('denied', 'closed')))::boolean as in_force
from offers o where o.claim_id = $1 and o.version > $2 order by o.version limit $3;

-- name: OfferAnswers :many
select o.offer, o.answer, o.by_id, o.reason, o.counter_fen, o.at, coalesce(a.signature, '')::text as signature,
    coalesce(a.signed_name, '')::text as signed_name, coalesce(a.document_id::text, '')::text as document_id
from offer_answers o left join agreements a on a.claim_id = o.claim_id and a.offer = o.offer and o.answer = 'agreed'
    and a.round = (select min(f.round) from agreements f where f.claim_id = o.claim_id and f.offer = o.offer)
where o.claim_id = $1 and o.offer = any(sqlc.arg(offers)::int[]) order by o.offer, o.at;

-- name: ListReviews :many
select id, coalesce(task_id::text, '')::text as task_id, level, required, by_id, verdict, result, amount_fen, authority_version, opinion, return_to, question, at
from reviews where claim_id = $1 and (at, id) > (sqlc.arg(after_at)::timestamptz, sqlc.arg(after_id)::uuid) order by at, id limit sqlc.arg(count);

-- name: ListDenials :many
select d.round, d.proposed_by, d.clause, d.facts, d.reasons, d.evidence, d.papers, d.at,
    coalesce(v.by_id, '')::text as decided_by, coalesce(v.approved, false)::boolean as approved, coalesce(v.opinion, '')::text as opinion, v.at as decided_at
from denials d left join denial_verdicts v on v.claim_id = d.claim_id and v.round = d.round
where d.claim_id = $1 and d.round > $2 order by d.round limit $3;

-- name: ListLetters :many
select number, kind, sha256, at from letters
where claim_id = $1 and (at, number) > (sqlc.arg(after_at)::timestamptz, sqlc.arg(after_number)::text) order by at, number limit sqlc.arg(count);

-- name: LetterOfClaim :one
select number, kind, sha256, object, revision from letters where claim_id = $1 and number = $2;

-- name: ListClaimPayments :many
select p.id, p.claim_id, c.number, c.branch, p.sequence, p.amount_fen, p.payee_name, p.payee_bank, p.payee_account, p.released_by, p.at
from payments p join claims c on c.id = p.claim_id where p.claim_id = $1 and p.sequence > $2 order by p.sequence limit $3;

-- name: ListPayments :many
select p.id, p.claim_id, c.number, c.branch, p.sequence, p.amount_fen, p.payee_name, p.payee_bank, p.payee_account, p.released_by, p.at
from payments p join claims c on c.id = p.claim_id
where (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
  and p.at >= sqlc.arg(from_at)::timestamptz and p.at < sqlc.arg(to_at)::timestamptz
  and (sqlc.arg(state)::text = '' or (select s.state from payment_states s where s.payment_id = p.id order by s.number desc limit 1) = sqlc.arg(state)::text)
  and (p.at, p.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
order by p.at desc, p.id desc limit sqlc.arg(count);

-- name: PaymentTotals :many
select l.state, c.branch, count(*) as count, sum(p.amount_fen)::bigint as amount_fen
from payments p join claims c on c.id = p.claim_id
cross join lateral (select s.state from payment_states s where s.payment_id = p.id order by s.number desc limit 1) l
where (sqlc.arg(everywhere)::boolean or c.branch = sqlc.arg(own_branch)::text)
  and p.at >= sqlc.arg(from_at)::timestamptz and p.at < sqlc.arg(to_at)::timestamptz
  and (sqlc.arg(state)::text = '' or l.state = sqlc.arg(state)::text)
group by l.state, c.branch order by l.state, c.branch;

-- name: PaymentAttempts :many
select payment_id, attempt, payee_name, payee_bank, payee_account, released_by from attempts
where payment_id = any(sqlc.arg(ids)::uuid[]) order by payment_id, attempt;

-- name: PaymentSteps :many
select payment_id, number, attempt, reference, state, bank_id, reason, at from payment_states
where payment_id = any(sqlc.arg(ids)::uuid[]) order by payment_id, number;

-- name: ListRefusedAttempts :many
-- A claimant's attempt has no branch of its own: it is its claim's.
select r.request_id, r.claim_id, coalesce(c.number, '')::text as number, r.at, r.by_id, r.by_role, r.branch, r.act, r.rule, r.detail
from refused_attempts r left join claims c on c.id = r.claim_id
where (sqlc.arg(everywhere)::boolean or coalesce(nullif(r.branch, ''), c.branch, '') = sqlc.arg(own_branch)::text)
  and (sqlc.narg(claim_id)::uuid is null or r.claim_id = sqlc.narg(claim_id)::uuid)
  and (sqlc.arg(rule)::text = '' or r.rule = sqlc.arg(rule)::text)
  and r.at >= sqlc.arg(from_at)::timestamptz and r.at < sqlc.arg(to_at)::timestamptz
  and (r.at, r.request_id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_request)::text)
order by r.at desc, r.request_id desc limit sqlc.arg(count);

-- name: TablesInForce :many
select distinct on (kind) kind, version, effective_from, body from rule_tables
where effective_from <= $1 and kind > $2 order by kind, effective_from desc, version desc;
