-- +goose Up
-- A claim and what belongs to it. Only the claim's workflow writes here, one
-- step at a time, under the lock of the claim's row.

create sequence claim_numbers;

create table claims (
    id              uuid primary key,
    number          text not null,
    line            text not null,
    lane            text not null,
    stage           text not null,
    branch          text not null,
    outcome         text not null default '',
    channel         text not null,
    opened_by       text not null,
    policy_no       text not null, -- as reported; may be unknown
    policy_id       uuid constraint claims_policy_fkey references policies (id),
    policy_version  int,
    loss_at         timestamptz not null,
    place           text not null,
    lat             double precision,
    lng             double precision,
    cause           text not null,
    story           text not null,
    plate           text not null default '',
    injury          boolean not null,
    claimed_fen     bigint not null constraint claims_claimed_check check (claimed_fen >= 0),
    payable_fen     bigint not null default 0 constraint claims_payable_check check (payable_fen >= 0),
    paid_fen        bigint not null default 0 constraint claims_paid_check check (paid_fen >= 0),
    due_at          timestamptz, -- the nearest deadline of the clock ledger
    due_clock       text not null default '',
    parked          boolean not null default false,
    reported_at     timestamptz not null,
    updated_at      timestamptz not null,
    closed_at       timestamptz,
    version         bigint not null,
    next_event      bigint not null,
    last_hash       bytea not null,
    file            jsonb not null, -- claim.File, what the workflow knows
    constraint claims_number_key unique (number),
    constraint claims_policy_version_fkey foreign key (policy_id, policy_version) references policy_versions (policy_id, version),
    constraint claims_closed_check check ((stage = 'closed') = (closed_at is not null)),
    constraint claims_paid_limit_check check (paid_fen <= payable_fen)
);
create index claims_list on claims (reported_at desc, id desc);
create index claims_branch_stage on claims (branch, stage, reported_at desc, id desc);
create index claims_fingerprint_policy on claims (policy_no, loss_at) where policy_no <> '';
create index claims_fingerprint_plate on claims (plate, loss_at) where plate <> '';
create index claims_opened_by on claims (opened_by, reported_at desc);

create table parties (
    claim_id uuid not null constraint parties_claim_fkey references claims (id),
    number   int not null,
    role     text not null,
    name     text not null,
    phone    text not null,
    principal text not null default '', -- who reported as this party
    added_at timestamptz not null,
    primary key (claim_id, number)
);
create index parties_phone on parties (phone, claim_id);

create table exposures (
    claim_id    uuid not null constraint exposures_claim_fkey references claims (id),
    number      int not null,
    kind        text not null,
    object      text not null,
    claimed_fen bigint not null constraint exposures_claimed_check check (claimed_fen >= 0),
    owner_party int,
    primary key (claim_id, number),
    constraint exposures_kind_check check (kind in ('own_damage', 'third_party_property', 'commercial_property'))
);

create table tasks (
    id         uuid primary key,
    claim_id   uuid not null constraint tasks_claim_fkey references claims (id),
    kind       text not null,
    role       text not null,
    branch     text not null,
    level      int not null default 0,
    owner      text,
    state      text not null,
    note       text not null default '', -- a reviewer's question, a parked claim's cause
    opened_at  timestamptz not null,
    due_at     timestamptz,
    closed_at  timestamptz,
    closed_by  text,
    constraint tasks_state_check check (state in ('open', 'done', 'cancelled')),
    constraint tasks_closed_check check ((state = 'open') = (closed_at is null))
);
create index tasks_worklist on tasks (role, branch, due_at, id) where state = 'open';
create index tasks_owner on tasks (owner, due_at, id) where state = 'open';
create index tasks_claim on tasks (claim_id);
-- One open task of a kind for a claim.
create unique index tasks_one_open on tasks (claim_id, kind) where state = 'open';

-- The ranked list that a dispatch chose from, losers and reasons included.
create table dispatches (
    claim_id  uuid not null constraint dispatches_claim_fkey references claims (id),
    round     int not null,
    ranked    jsonb not null,
    chosen    text,
    metres    bigint,
    eta       timestamptz,
    by_id     text not null,
    at        timestamptz not null,
    primary key (claim_id, round)
);

create table surveys (
    claim_id       uuid not null constraint surveys_claim_fkey references claims (id),
    round          int not null,
    kind           text not null, -- site or self
    by_id          text not null,
    arrived_at     timestamptz,
    lat            double precision,
    lng            double precision,
    metres_off     bigint, -- from the reported place of loss
    facts          text not null,
    fault_share_bp int not null,
    estimate_fen   bigint not null,
    photos         text[] not null,
    at             timestamptz not null,
    primary key (claim_id, round),
    constraint surveys_fault_check check (fault_share_bp between 0 and 10000),
    constraint surveys_estimate_check check (estimate_fen >= 0)
);

create table documents (
    id          uuid primary key, -- UUIDv5 of claim and SHA-256: the same bytes are one document
    claim_id    uuid not null constraint documents_claim_fkey references claims (id),
    kind        text not null,
    name        text not null,
    type        text not null,
    size        bigint not null,
    sha256      text not null,
    object      text not null,
    revision    text not null, -- version id in the store
    state       text not null,
    reason      text not null default '', -- why it could not be read, in a claimant's words
    taken_at    timestamptz,
    taken_lat   double precision,
    taken_lng   double precision,
    attached_by text not null,
    attached_at timestamptz not null,
    constraint documents_content_key unique (claim_id, sha256),
    constraint documents_size_check check (size > 0),
    constraint documents_sha256_check check (sha256 ~ '^[0-9a-f]{64}$')
);
create index documents_claim on documents (claim_id, attached_at, id);

-- What a document says. Each reading or confirmation is a new round; the
-- highest round of a name is in force.
create table fields (
    document_id   uuid not null constraint fields_document_fkey references documents (id),
    round         int not null,
    name          text not null,
    value         text not null,
    source        text not null,
    confidence_bp int not null,
    page          int not null,
    box           int[] not null,
    engine        text not null,
    sure          boolean not null,
    note          text not null default '',
    confirmed_by  text,
    at            timestamptz not null,
    primary key (document_id, name, round),
    constraint fields_confidence_check check (confidence_bp between 0 and 10000)
);

create table assessments (
    claim_id    uuid not null constraint assessments_claim_fkey references claims (id),
    version     int not null,
    by_id       text not null,
    input       jsonb not null, -- claim.Assessment
    payable_fen bigint not null constraint assessments_payable_check check (payable_fen >= 0),
    note        text not null,
    at          timestamptz not null,
    primary key (claim_id, version)
);

-- The settlement statement (赔款计算书): a row for each line of the derivation.
create table assessment_lines (
    claim_id   uuid not null,
    version    int not null,
    line       int not null,
    exposure   int not null,
    figure     text not null, -- the payable figure that the line belongs to: compulsory, third_party, damage…
    rule       text not null,
    text_zh    text not null,
    text_en    text not null,
    inputs     jsonb not null,
    amount_fen bigint not null, -- by how much the line changes what is payable
    balance_fen bigint not null, -- the figure after it
    clause     text not null,
    primary key (claim_id, version, line),
    constraint assessment_lines_assessment_fkey foreign key (claim_id, version) references assessments (claim_id, version)
);

create table offers (
    claim_id    uuid not null constraint offers_claim_fkey references claims (id),
    version     int not null,
    assessment  int not null,
    amount_fen  bigint not null constraint offers_amount_check check (amount_fen >= 0),
    at          timestamptz not null,
    primary key (claim_id, version),
    constraint offers_assessment_fkey foreign key (claim_id, assessment) references assessments (claim_id, version)
);

-- What the claimant said to an offer: consented, objected, agreed.
create table offer_answers (
    claim_id    uuid not null,
    offer       int not null,
    answer      text not null,
    by_id       text not null,
    reason      text not null default '',
    counter_fen bigint not null default 0,
    at          timestamptz not null,
    primary key (claim_id, offer, answer),
    constraint offer_answers_offer_fkey foreign key (claim_id, offer) references offers (claim_id, version),
    constraint offer_answers_answer_check check (answer in ('consented', 'objected', 'agreed'))
);

create table reviews (
    id                uuid primary key,
    claim_id          uuid not null constraint reviews_claim_fkey references claims (id),
    task_id           uuid,
    level             int not null,
    required          int not null,
    by_id             text not null,
    verdict           text not null, -- as given
    result            text not null, -- determined, recommended, sent_up, returned, denial_proposed
    amount_fen        bigint not null,
    authority_version text not null,
    opinion           text not null,
    return_to         text not null default '',
    question          text not null default '',
    at                timestamptz not null
);
create index reviews_claim on reviews (claim_id, at);

create table denials (
    claim_id    uuid not null constraint denials_claim_fkey references claims (id),
    round       int not null,
    proposed_by text not null,
    clause      text not null constraint denials_clause_check check (clause <> ''),
    facts       text not null,
    reasons     text not null,
    evidence    text[] not null,
    at          timestamptz not null,
    primary key (claim_id, round)
);

create table denial_verdicts (
    claim_id   uuid not null,
    round      int not null,
    by_id      text not null,
    approved   boolean not null,
    opinion    text not null,
    at         timestamptz not null,
    primary key (claim_id, round),
    constraint denial_verdicts_denial_fkey foreign key (claim_id, round) references denials (claim_id, round)
);

-- Nobody approves the denial that they proposed, whatever the code says.
-- +goose StatementBegin
create function denial_needs_two() returns trigger language plpgsql as $$
begin
    if exists (select from denials d where d.claim_id = new.claim_id and d.round = new.round and d.proposed_by = new.by_id)
       or new.by_id = 'system' then
        raise exception 'a denial needs two people' using errcode = 'check_violation', constraint = 'denial_verdicts_two_people';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger denial_verdicts_two_people before insert on denial_verdicts
    for each row execute function denial_needs_two();

-- Formal letters, as stored objects.
create table letters (
    number   text primary key,
    claim_id uuid not null constraint letters_claim_fkey references claims (id),
    kind     text not null,
    sha256   text not null,
    object   text not null,
    revision text not null,
    at       timestamptz not null
);

create table agreements (
    claim_id      uuid not null constraint agreements_claim_fkey references claims (id),
    round         int not null,
    offer         int not null,
    amount_fen    bigint not null constraint agreements_amount_check check (amount_fen >= 0),
    payee_name    text not null,
    payee_bank    text not null,
    payee_account text not null,
    text_sha256   text not null, -- of the text that was signed
    signature     text not null,
    by_id         text not null,
    at            timestamptz not null,
    primary key (claim_id, round),
    constraint agreements_offer_fkey foreign key (claim_id, offer) references offers (claim_id, version)
);

-- An approved amount becomes an instruction before anything is sent.
create table payments (
    id            uuid primary key,
    claim_id      uuid not null constraint payments_claim_fkey references claims (id),
    sequence      int not null,
    amount_fen    bigint not null constraint payments_amount_check check (amount_fen > 0),
    payee_name    text not null,
    payee_bank    text not null,
    payee_account text not null,
    released_by   text not null,
    at            timestamptz not null,
    constraint payments_sequence_key unique (claim_id, sequence)
);

-- What is known of each attempt to pay, in order. The last row of an
-- instruction is its state.
create table payment_states (
    payment_id uuid not null constraint payment_states_payment_fkey references payments (id),
    number     int not null,
    attempt    int not null,
    reference  text not null,
    state      text not null,
    bank_id    text not null default '',
    reason     text not null default '',
    at         timestamptz not null,
    primary key (payment_id, number),
    constraint payment_states_state_check check (state in
        ('submitted', 'unknown', 'accepted', 'cleared', 'rejected', 'returned', 'not_found'))
);
create index payment_states_reference on payment_states (reference);
-- A reference clears once.
create unique index payment_states_cleared_once on payment_states (reference) where state = 'cleared';

create table clock_entries (
    claim_id uuid not null constraint clock_entries_claim_fkey references claims (id),
    number   int not null,
    clock    text not null,
    kind     text not null,
    at       timestamptz not null,
    days     int not null default 0,
    hours    int not null default 0,
    proof    text not null default '',
    reason   text not null default '',
    by_id    text not null,
    primary key (claim_id, number),
    constraint clock_entries_kind_check check (kind in ('start', 'pause', 'resume', 'extend', 'stop'))
);

-- What is to be told, written with the step that causes it; a courier
-- delivers it. One notice for an event, template and recipient.
create table notices (
    id       uuid primary key,
    claim_id uuid not null constraint notices_claim_fkey references claims (id),
    event    bigint not null,
    channel  text not null,
    template text not null,
    "to"     text not null,
    subject  text not null default '',
    body     text not null,
    at       timestamptz not null,
    constraint notices_once_key unique (claim_id, event, template, "to")
);

create table deliveries (
    notice_id    uuid primary key constraint deliveries_notice_fkey references notices (id),
    attempts     int not null,
    state        text not null,
    reason       text not null default '',
    delivered_at timestamptz,
    constraint deliveries_state_check check (state in ('delivered', 'failed', 'retrying'))
);
-- Notices that the courier has not finished with.
create table courier_queue (
    notice_id uuid primary key constraint courier_queue_notice_fkey references notices (id),
    not_before timestamptz not null
);
create index courier_queue_due on courier_queue (not_before);

-- The log. hash = SHA-256 over the previous hash and this event's bytes;
-- number runs without a gap from 1. body is json, not jsonb: its bytes count.
create table events (
    claim_id    uuid not null constraint events_claim_fkey references claims (id),
    number      bigint not null,
    kind        text not null,
    at          timestamptz not null,
    by_id       text not null,
    by_role     text not null,
    body        json not null,
    prev_hash   bytea not null,
    hash        bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (claim_id, number)
);
create index events_recorded on events (recorded_at);

-- Steps that are done, with what they answered: the same cause never acts
-- twice. principal and command_key are set where a step answered a command.
create table steps (
    claim_id     uuid not null,
    key          text not null,
    version      bigint not null,
    principal    text,
    command_key  text,
    command_hash text,
    receipt      json not null,
    at           timestamptz not null default now(),
    primary key (claim_id, key),
    constraint steps_command_key unique (principal, command_key)
);

-- Acts that a rule stopped. Unique by request, so that a retry logs once.
create table refused_attempts (
    request_id text primary key,
    claim_id   uuid,
    at         timestamptz not null default now(),
    by_id      text not null,
    by_role    text not null,
    branch     text not null default '',
    act        text not null,
    rule       text not null,
    detail     text not null
);
create index refused_attempts_claim on refused_attempts (claim_id, at);
create index refused_attempts_at on refused_attempts (at desc, request_id desc);
