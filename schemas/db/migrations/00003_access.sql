-- +goose Up
-- What is not the claim's: the API writes it.

create table phone_codes (
    id         uuid primary key,
    phone      text not null,
    claim_no   text not null default '',
    code_hash  bytea not null,
    tries      int not null default 0,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index phone_codes_phone on phone_codes (phone, expires_at);

create table sessions (
    token_hash bytea primary key,
    principal  text not null, -- "phone:<hash>" of a claimant, the id of a member of staff
    staff      boolean not null default false,
    phone      text not null default '', -- a claimant's
    claim_id   uuid, -- null: reports, and the claims this principal reported
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(), -- of staff, to the minute: who has left is let out
    expires_at timestamptz not null
);

-- Bytes that are stored, or on their way, and not a document of a claim yet.
create table uploads (
    id         uuid primary key,
    claim_id   uuid not null,
    principal  text not null,
    key        text not null,
    name       text not null,
    type       text not null,
    size       bigint not null,
    sha256     text not null,
    object     text not null,
    revision   text not null,
    created_at timestamptz not null default now(),
    constraint uploads_key unique (principal, key)
);
create index uploads_claim on uploads (claim_id);
