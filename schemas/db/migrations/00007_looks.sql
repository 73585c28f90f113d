-- +goose Up
-- How far a member of staff has looked at a claim: its last event then.
create table looks (
    staff_id text not null constraint looks_staff_fkey references staff (id),
    claim_id uuid not null constraint looks_claim_fkey references claims (id),
    event    bigint not null constraint looks_event_check check (event >= 0),
    at       timestamptz not null default now(),
    primary key (staff_id, claim_id)
);

grant select, insert, update on looks to anpei_api;
