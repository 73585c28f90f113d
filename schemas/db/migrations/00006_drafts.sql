-- +goose Up
-- A report that is not sent yet: one for each claimant, kept while it is young.
create table drafts (
    principal  text primary key,
    body       json not null, -- as it came
    version    bigint not null,
    updated_at timestamptz not null default now(),
    constraint drafts_body_check check (octet_length(body::text) <= 32768)
);
create index drafts_updated on drafts (updated_at);
-- The policies of a phone, for whoever begins a report.
create index policies_holder_phone on policies (holder_phone, number);

grant select, insert, update, delete on drafts to anpei_api;
