-- +goose Up
-- Reference data: what administrators keep, with a log of its own.

create table policies (
    id            uuid primary key,
    number        text not null,
    line          text not null,
    branch        text not null,
    holder_name   text not null,
    holder_phone  text not null,
    plate         text,
    vin           text,
    address       text,
    created_at    timestamptz not null default now(),
    constraint policies_number_key unique (number),
    constraint policies_line_check check (line in ('motor', 'commercial_property')),
    constraint policies_branch_check check (branch ~ '^[0-9]{4}$')
);

-- A policy as it stood in a period: a claim takes the version in force at the
-- moment of loss, and keeps it. coverages: a list of {kind, form,
-- sum_insured_fen, value_fen, deductible_fen, rate_bp, limit_fen}.
create table policy_versions (
    policy_id  uuid not null constraint policy_versions_policy_fkey references policies (id),
    version    int not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    coverages  jsonb not null,
    written_at timestamptz not null default now(),
    primary key (policy_id, version),
    constraint policy_versions_period_check check (starts_at < ends_at)
);

create table staff (
    id       text primary key, -- the subject that the identity provider gives
    name     text not null,
    role     text not null,
    branch   text not null,
    level    int not null default 0,
    phone    text not null default '',
    skills   text[] not null default '{}',
    max_load int not null default 8,
    active   boolean not null default true,
    constraint staff_branch_check check (branch ~ '^[0-9]{4}$'),
    constraint staff_level_check check (level between 0 and 9)
);

-- Where a surveyor is, and whether on shift: written by the surveyor's phone.
create table shifts (
    staff_id text primary key constraint shifts_staff_fkey references staff (id),
    on_shift boolean not null default false,
    lat      double precision,
    lng      double precision,
    seen_at  timestamptz not null default now(),
    constraint shifts_place_check check ((lat is null) = (lng is null) and lat between -90 and 90 and lng between -180 and 180)
);

-- Tables of rules, dated and versioned: authority, lanes, calendar.
create table rule_tables (
    kind           text not null,
    version        text not null,
    effective_from date not null,
    body           jsonb not null,
    written_at     timestamptz not null default now(),
    primary key (kind, version)
);

-- What administrators did to the above.
create table reference_events (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default now(),
    by_id   text not null,
    kind    text not null,
    subject text not null,
    body    jsonb not null
);
