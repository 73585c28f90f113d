-- What a step reads and writes. The worker's role alone may write these.

-- name: LockClaim :one
select version, next_event, last_hash, file from claims where id = $1 for no key update;

-- name: StepReceipt :one
select receipt from steps where claim_id = $1 and key = $2;

-- name: InsertStep :exec
insert into steps (claim_id, key, version, principal, command_key, command_hash, receipt)
values ($1, $2, $3, sqlc.narg(principal), sqlc.narg(command_key), sqlc.narg(command_hash), $4);

-- name: InsertEvent :exec
insert into events (claim_id, number, kind, at, by_id, by_role, body, prev_hash, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: UpdateClaim :exec
-- The nearest deadline stays as it is where the step moved no clock, and the
-- moment of the closure where the claim is closed already.
update claims set lane = $2, stage = $3, branch = $4, outcome = $5, payable_fen = $6, paid_fen = $7, parked = $8,
    version = $9, next_event = $10, last_hash = $11, file = $12, updated_at = $13, held = sqlc.arg(held)::boolean,
    closed_at = case when $3::text = 'closed' then coalesce(closed_at, $13::timestamptz) end,
    due_at = case when sqlc.arg(clocks_moved)::boolean then sqlc.narg(due_at)::timestamptz else due_at end,
    due_clock = case when sqlc.arg(clocks_moved)::boolean then sqlc.arg(due_clock)::text else due_clock end
where id = $1;

-- name: NextClaimNumber :one
select nextval('claim_numbers')::bigint;

-- name: LockFingerprints :exec
-- In the order that is given.
select pg_advisory_xact_lock(l.key) from (
    select hashtextextended(v.value, 0) as key from unnest(sqlc.arg(fingerprints)::text[]) with ordinality as v (value, n) order by v.n
) l;

-- name: SameLoss :many
-- Claims of a policy or of a car, as they name it or as their policy does. The
-- policies come first: claims are looked for by a number, and never by the time
-- of the loss alone.
select c.id, c.number, c.stage, c.loss_at, c.line, c.lat, c.lng, c.policy_no, coalesce(w.plate, '')::text as policy_plate
from claims c left join policies w on w.id = c.policy_id
where c.outcome <> 'withdrawn' and c.id <> sqlc.arg(id) and c.id in (
    select o.id from claims o where o.policy_no = sqlc.arg(policy_no)::text and o.policy_no <> ''
        and o.loss_at between sqlc.arg(after)::timestamptz and sqlc.arg(before)::timestamptz
    union
    select o.id from claims o where o.plate = any(sqlc.arg(plates)::text[]) and o.plate <> ''
        and o.loss_at between sqlc.arg(after)::timestamptz and sqlc.arg(before)::timestamptz
    union
    select o.id from claims o where o.policy_no = any(array(
            select p.number from policies p where p.plate = any(sqlc.arg(plates)::text[]) and p.plate is not null)) and o.policy_no <> ''
        and o.loss_at between sqlc.arg(after)::timestamptz and sqlc.arg(before)::timestamptz
)
order by c.reported_at limit 10;

-- name: Heard :one
-- Whether a claim has taken a report that joined it, and whether it is closed,
-- as of one moment.
select exists (select from steps s where s.claim_id = c.id and s.key like '%/' || sqlc.arg(report)::text || '/reported-again')::boolean as taken,
    (c.stage = 'closed')::boolean as closed
from claims c where c.id = sqlc.arg(id);

-- name: InsertClaim :exec
insert into claims (id, number, line, lane, stage, branch, channel, opened_by, policy_no, policy_id, policy_version,
    loss_at, place, lat, lng, cause, story, plate, injury, claimed_fen, reported_at, updated_at, version, next_event, last_hash, file,
    due_at, due_clock, relation)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21, $22, $23, $24, $25, $26, $27, $28);

-- name: PolicyAt :one
-- The policy as it stood at the moment of loss, or as it stood nearest to it.
select p.id, p.number, p.line, p.branch, p.holder_name, p.holder_phone, p.insured_name, p.insured_phone, p.drivers, p.plate, p.vin, v.version, v.starts_at, v.ends_at, v.coverages
from policies p join policy_versions v on v.policy_id = p.id
where p.number = $1
order by (v.starts_at <= sqlc.arg(loss_at)::timestamptz and sqlc.arg(loss_at)::timestamptz < v.ends_at) desc, v.version desc
limit 1;

-- name: LinkPolicy :exec
update claims set policy_no = $2, policy_id = $3, policy_version = $4, relation = $5 where id = $1;

-- name: SetClaimant :exec
-- Whose claim it is, and what they are to its policy.
update claims set opened_by = $2, relation = $3 where id = $1;

-- name: ClaimLoss :one
select c.line, c.policy_no, c.policy_id, c.policy_version, c.loss_at, c.place, c.lat, c.lng, c.cause, c.story, c.plate, c.number, c.reported_at, c.branch
from claims c where c.id = $1;

-- name: ClaimCoverages :one
select v.coverages from claims c join policy_versions v on v.policy_id = c.policy_id and v.version = c.policy_version where c.id = $1;

-- name: InsertParty :exec
insert into parties (claim_id, number, role, name, phone, principal, added_at, language) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ClaimParties :many
-- known reports whether the claim's policy knows their phone: what a report says
-- of somebody's role proves nothing.
select r.number, r.role, r.name, r.phone, r.principal, r.language, coalesce(
    r.phone in (p.holder_phone, p.insured_phone) or p.drivers @> jsonb_build_array(jsonb_build_object('phone', r.phone)), false)::boolean as known
from parties r join claims c on c.id = r.claim_id left join policies p on p.id = c.policy_id
where r.claim_id = $1 order by r.number;

-- name: FormerHolders :many
-- Who is a party only because they held a policy that the claim had.
select p.number from parties p
where p.claim_id = $1 and p.role = 'insured' and p.number > 1 and p.principal = '' and p.phone <> sqlc.arg(holder)::text
  and not exists (select from exposures e where e.claim_id = p.claim_id and e.owner_party = p.number)
order by p.number;

-- name: DeleteParties :exec
delete from parties where claim_id = $1 and number = any(sqlc.arg(numbers)::int[]);

-- name: InsertExposure :exec
insert into exposures (claim_id, number, kind, object, claimed_fen, owner_party) values ($1, $2, $3, $4, $5, $6);

-- name: InsertTask :exec
insert into tasks (id, claim_id, kind, role, branch, level, owner, state, note, note_code, note_values, opened_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12);

-- name: CloseTask :exec
update tasks set state = $2, closed_at = $3, closed_by = $4, owner = coalesce(owner, $4) where id = $1 and state = 'open';

-- name: OwnTask :exec
update tasks set owner = $2 where id = $1 and state = 'open';

-- name: SetTaskBranch :exec
update tasks set branch = $2 where claim_id = $1 and state = 'open';

-- name: StaffSeeingBranch :many
-- Those of these who see the claims of a branch.
select id from staff where id = any(sqlc.arg(ids)::text[]) and branch in (sqlc.arg(branch)::text, '0000');

-- name: InsertDispatch :exec
insert into dispatches (claim_id, round, ranked, chosen, metres, eta, by_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: CountDispatches :one
select count(*)::int from dispatches where claim_id = $1;

-- name: SurveyorsToRank :many
select s.id, s.name, s.phone, s.branch, s.skills, s.max_load, coalesce(f.on_shift, false)::boolean as on_shift, f.lat, f.lng,
    coalesce(f.seen_at, 'epoch'::timestamptz)::timestamptz as seen_at,
    (select count(*) from tasks t where t.owner = s.id and t.state = 'open' and t.kind = 'survey')::int as load,
    exists (select from parties p where p.claim_id = $1 and p.phone = s.phone and s.phone <> '') as is_party
from staff s left join shifts f on f.staff_id = s.id
where s.role = 'surveyor' and s.active
order by s.id;

-- name: StaffMember :one
select id, name, role, branch, level, phone, skills, max_load, active, vouches from staff where id = $1;

-- name: InsertSurvey :exec
insert into surveys (claim_id, round, kind, by_id, arrived_at, lat, lng, metres_off, facts, fault_share_bp, estimate_fen, photos, at)
values ($1, (select count(*) + 1 from surveys s where s.claim_id = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: LatestSurvey :one
select round, kind, by_id, fault_share_bp, estimate_fen from surveys where claim_id = $1 order by round desc limit 1;

-- name: InsertDocument :exec
insert into documents (id, claim_id, kind, name, type, size, sha256, object, revision, state, reason, taken_at, taken_lat, taken_lng, attached_by, attached_at, sent_as, number, asked, awaiting, extra)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $3, $17, $18, $19, $20);

-- name: UpdateDocument :exec
-- What the camera said stays as it was where the step brings nothing of it.
update documents set state = $2, kind = $3, reason = $4, awaiting = sqlc.arg(awaiting), extra = sqlc.arg(extra),
    camera = case when sqlc.arg(camera)::jsonb = 'null'::jsonb then camera else sqlc.arg(camera)::jsonb end
where id = $1;

-- name: DocumentObject :one
select id, claim_id, kind, name, type, size, sha256, object, revision, state from documents where id = $1;

-- name: DocumentObjects :many
select id, kind, object, revision from documents where id = any(sqlc.arg(ids)::uuid[]);

-- name: InsertField :exec
insert into fields (document_id, round, name, value, source, confidence_bp, page, box, engine, sure, note, confirmed_by, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);


-- name: InsertAssessment :exec
insert into assessments (claim_id, version, by_id, input, payable_fen, note, at, witnesses) values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: InsertAssessmentLine :exec
insert into assessment_lines (claim_id, version, line, exposure, figure, rule, text_zh, text_en, inputs, amount_fen, balance_fen, clause)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: InsertOffer :exec
insert into offers (claim_id, version, assessment, amount_fen, at) values ($1, $2, $3, $4, $5);

-- name: InsertOfferAnswer :exec
insert into offer_answers (claim_id, offer, answer, by_id, reason, counter_fen, at) values ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertReview :exec
insert into reviews (id, claim_id, task_id, level, required, by_id, verdict, result, amount_fen, authority_version, opinion, return_to, question, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: InsertDenial :exec
insert into denials (claim_id, round, proposed_by, clause, facts, reasons, evidence, papers, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: InsertDenialVerdict :exec
insert into denial_verdicts (claim_id, round, by_id, approved, opinion, at) values ($1, $2, $3, $4, $5, $6);

-- name: InsertLetter :exec
insert into letters (number, claim_id, kind, sha256, object, revision, at) values ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertAgreement :exec
insert into agreements (claim_id, round, offer, amount_fen, payee_name, payee_bank, payee_account, text_sha256, signature, signed_name, document_id, by_id, at)
values ($1, (select count(*) + 1 from agreements g where g.claim_id = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: SignatureHash :one
-- The picture of a signature, among the claim's own documents.
select sha256 from documents where claim_id = $1 and id = $2 and kind = 'signature';

-- name: Payout :one
-- What a release pays and what it rests on: the latest agreement, the policy,
-- and what the last approval was of.
select g.round, g.offer, g.amount_fen, g.payee_name, g.payee_bank, g.payee_account, g.by_id, g.at,
    c.branch, coalesce(c.policy_no, '')::text as policy_no, coalesce(c.policy_version, 0)::int as policy_version, coalesce(p.holder_name, '')::text as holder, coalesce(p.insured_name, '')::text as insured,
    coalesce(a.number, 0)::bigint as approved, coalesce((a.body ->> 'amount_fen')::bigint, 0)::bigint as approved_fen,
    coalesce((select t.branch from tasks t where t.claim_id = c.id and t.kind = 'review' and t.state = 'done' order by t.closed_at desc limit 1), '')::text as approved_in
from claims c
join lateral (select * from agreements where claim_id = c.id order by round desc limit 1) g on true
left join policies p on p.id = c.policy_id
left join lateral (select number, body from events where claim_id = c.id and kind = 'review.approved' order by number desc limit 1) a on true
where c.id = $1;

-- name: PayoutEvents :many
-- What came between the approval and the release: the first of it, with the number
-- of the last.
select number, kind, at, by_id, by_role, body, (max(number) over ())::bigint as last from events
where claim_id = $1 and number > $2
  and (kind in ('policy.linked', 'paper.confirmed', 'payment.rejected', 'payment.refused', 'payment.returned', 'payment.decided')
    or kind = 'agreement.made' and body ->> 'signature' = 'correction' or kind = 'claim.rereported' and body ->> 'relation' is not null
    or kind = 'finding.raised' and body ->> 'grave' = 'true')
order by number limit 200;

-- name: Agreements :many
-- On the offer that was agreed to last: those on a voided one are no corrections.
select a.round, a.payee_name, a.payee_bank, a.payee_account, a.at from agreements a
where a.claim_id = $1 and a.offer = (select l.offer from agreements l where l.claim_id = $1 order by l.round desc limit 1) order by a.round;

-- name: InsertPayment :exec
insert into payments (id, claim_id, sequence, amount_fen, payee_name, payee_bank, payee_account, released_by, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: MachinePayee :one
-- Whom a machine may pay, and by what its payments are counted.
select c.policy_no, r.phone as reporter_phone, p.holder_name, p.insured_name
from claims c join policies p on p.id = c.policy_id
    join lateral (select phone from parties where claim_id = c.id and principal = c.opened_by order by number limit 1) r on true
where c.id = $1;

-- name: LockMachinePayments :exec
-- Those who are about to count the same payments come one at a time. In one
-- order, so that no two wait for each other.
select pg_advisory_xact_lock(l.key) from (
    select distinct hashtextextended('machine payment ' || w, 0) as key from unnest(sqlc.arg(counted)::text[]) w order by 1
) l;

-- name: CountMachinePayments :one
-- What machines have paid since three moments: on a policy, to an account, on
-- the reports of a phone. Without its second condition the number of a policy
-- is not looked up by its index, which has no claim without one.
select
    (select count(distinct p.claim_id) from claims c join payments p on p.claim_id = c.id
     where c.policy_no = sqlc.arg(policy_no)::text and c.policy_no <> '' and c.policy_id is not null and p.released_by = 'system' and p.at > sqlc.arg(policy_since)::timestamptz)::int as on_policy,
    (select count(distinct p.claim_id) from payments p
     where p.payee_account = sqlc.arg(account)::text and p.released_by = 'system' and p.at > sqlc.arg(account_since)::timestamptz)::int as to_account,
    (select count(distinct p.claim_id) from parties r join payments p on p.claim_id = r.claim_id
     where r.phone = sqlc.arg(phone)::text and r.number = 1 and p.released_by = 'system' and p.at > sqlc.arg(phone_since)::timestamptz)::int as for_phone;

-- name: HolderToldSince :one
-- Whether the holder of a policy was told of a report on it since a moment.
select exists (
    select from notices n join claims c on c.id = n.claim_id
    where n."to" = sqlc.arg(phone)::text and n.template = 'holder-reported' and n.at > sqlc.arg(since)::timestamptz
      and c.policy_id = sqlc.arg(policy)::uuid
)::boolean as told;

-- name: HolderOfClaim :one
-- Who holds the policy of a claim, and the phone of the report that it is of; ''
-- where no party has made it.
select p.id, p.number, p.holder_phone, coalesce(r.phone, '')::text as reporter_phone
from claims c join policies p on p.id = c.policy_id
    left join lateral (select phone from parties where claim_id = c.id and principal = c.opened_by order by number limit 1) r on true
where c.id = $1;

-- name: InsertPaymentState :exec
insert into payment_states (payment_id, number, attempt, reference, state, bank_id, reason, at)
values ($1, (select count(*) + 1 from payment_states s where s.payment_id = $1), $2, $3, $4, $5, $6, $7);

-- name: InsertAttempt :exec
insert into attempts (payment_id, attempt, reference, amount_fen, payee_name, payee_bank, payee_account, released_by, at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: AttemptToSend :one
-- An attempt that the release before this one has written has no row: it goes to
-- the account of the latest agreement.
select c.number, coalesce(a.reference, '')::text as reference, coalesce(a.amount_fen, p.amount_fen)::bigint as amount_fen,
    coalesce(a.payee_name, g.payee_name)::text as payee_name, coalesce(a.payee_bank, g.payee_bank)::text as payee_bank,
    coalesce(a.payee_account, g.payee_account)::text as payee_account
from payments p join claims c on c.id = p.claim_id
join lateral (select payee_name, payee_bank, payee_account from agreements where claim_id = p.claim_id order by round desc limit 1) g on true
left join attempts a on a.payment_id = p.id and a.attempt = $2
where p.id = $1;

-- name: InsertClockEntry :exec
insert into clock_entries (claim_id, number, clock, kind, at, days, hours, proof, reason, by_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: ClockEntries :many
select number, clock, kind, at, days, hours, proof, reason, by_id from clock_entries where claim_id = $1 order by number;

-- name: SetTaskDue :exec
update tasks set due_at = $2 where claim_id = $1 and state = 'open';

-- name: InsertNotice :exec
-- With its place in the courier's queue, from now on.
with notice as (
    insert into notices (id, claim_id, event, channel, template, "to", subject, body, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id, at
)
insert into courier_queue (notice_id, not_before) select id, at from notice;

-- name: TakeNotices :many
-- Leases what is due: nobody else takes it within so many seconds, in which its
-- taker notes down what became of it.
with due as (
    select notice_id, not_before from courier_queue where not_before <= now() order by not_before limit sqlc.arg(most) for update skip locked
), leased as (
    update courier_queue q set not_before = now() + sqlc.arg(seconds)::int * interval '1 second' from due where q.notice_id = due.notice_id
    returning q.notice_id, due.not_before as since
)
select n.id, n.claim_id, n.channel, n.template, n."to", n.subject, n.body from leased l join notices n on n.id = l.notice_id order by l.since, n.at, n.id;

-- name: NoticesDelivered :exec
-- The gateway has these: they leave the queue.
with gone as (delete from courier_queue where notice_id = any(sqlc.arg(ids)::uuid[]))
insert into deliveries (notice_id, attempts, state, delivered_at)
select unnest(sqlc.arg(ids)::uuid[]), 1, 'delivered', sqlc.arg(at)::timestamptz
on conflict (notice_id) do update
set attempts = deliveries.attempts + 1, state = excluded.state, reason = excluded.reason, delivered_at = excluded.delivered_at;

-- name: NoticesPostponed :exec
-- The gateway has not taken these: they are tried again later.
with later as (update courier_queue set not_before = sqlc.arg(not_before) where notice_id = any(sqlc.arg(ids)::uuid[]))
insert into deliveries (notice_id, attempts, state, reason)
select unnest(sqlc.arg(ids)::uuid[]), 1, 'retrying', sqlc.arg(reason)::text
on conflict (notice_id) do update
set attempts = deliveries.attempts + 1, state = excluded.state, reason = excluded.reason;

-- name: RuleTablesInForce :many
select distinct on (kind) kind, version, body from rule_tables where effective_from <= $1 order by kind, effective_from desc, version desc;

-- name: RuleTable :one
select body from rule_tables where kind = $1 and version = $2;

-- name: InsertWaiver :exec
insert into waivers (claim_id, item, number, act, by_id, reason, at)
select $1, $2, coalesce((select max(w.number) from waivers w where w.claim_id = $1 and w.item = $2), 0) + 1, $3, $4, $5, $6;

-- name: NoticeDelivered :one
select delivered_at from deliveries where notice_id = $1 and state = 'delivered' and delivered_at is not null;

-- name: InsertRefusedAttempt :exec
insert into refused_attempts (request_id, claim_id, by_id, by_role, branch, act, rule, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (request_id) do nothing;

-- name: InsertHold :exec
insert into holds (claim_id, round, held, reason, by_id, at)
select sqlc.arg(claim_id)::uuid, coalesce(max(h.round), 0) + 1, sqlc.arg(held)::boolean, sqlc.arg(reason)::text, sqlc.arg(by_id)::text, sqlc.arg(at)::timestamptz
from holds h where h.claim_id = sqlc.arg(claim_id)::uuid;

-- name: HoldInForce :one
-- The last word on the hold of a claim, and who spoke it.
select h.held, h.reason, h.by_id::text as by_id, coalesce(s.name, '')::text as name, h.at
from holds h left join staff s on s.id = h.by_id
where h.claim_id = $1 order by h.round desc limit 1;

-- name: ClaimHeld :one
select held from claims where id = $1;

-- name: DenialLetter :one
select c.held, c.number, c.policy_no, c.loss_at, c.place, p.name, p.language, d.round, d.clause, d.facts, d.reasons, d.evidence, d.papers, v.at as decided_at
from claims c
join denials d on d.claim_id = c.id
join denial_verdicts v on v.claim_id = d.claim_id and v.round = d.round and v.approved
join parties p on p.claim_id = c.id
left join policies y on y.id = c.policy_id
where c.id = $1
order by d.round desc, coalesce(p.phone in (y.holder_phone, y.insured_phone), false) desc, (p.principal = c.opened_by) desc, p.number
limit 1;

-- name: EvidenceHashes :many
select name, sha256 from documents where claim_id = $1 and id = any(sqlc.arg(ids)::uuid[]) order by attached_at, id;

-- name: PaperLetter :one
-- What a letter that asks for papers says of its claim, to whom the policy
-- insures first, and else to whom the claim is of.
select c.held, c.number, c.policy_no, c.loss_at, c.place, c.file, p.name, p.language
from claims c join parties p on p.claim_id = c.id left join policies y on y.id = c.policy_id
where c.id = $1
order by coalesce(p.phone in (y.holder_phone, y.insured_phone), false) desc, (p.principal = c.opened_by) desc, p.number
limit 1;

-- name: LoadFile :one
select file from claims where id = $1;

-- name: WatchClock :one
-- The end of what the watch looks at: every step that began before has been
-- committed or given up, since a step takes less than ten seconds.
select (now() - interval '10 seconds')::timestamptz;

-- name: SteppedClaims :many
-- The open claims that have had a step in a span of time.
select id, version, file from claims
where stage <> 'closed' and id in (select claim_id from steps where at > sqlc.arg(after)::timestamptz and at <= sqlc.arg(until)::timestamptz)
order by id;

-- name: OpenClaims :many
-- All open claims, page by page.
select id, version, file from claims where stage <> 'closed' and id > sqlc.arg(after)::uuid order by id limit 500;
