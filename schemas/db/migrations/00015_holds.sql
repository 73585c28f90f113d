-- +goose Up
-- Legal hold on a claim's evidence (证据保全). The row says whether there is
-- one; each placing and lifting is kept with its reason.
alter table claims add column held boolean not null default false;
create table holds (
    claim_id uuid not null constraint holds_claim_fkey references claims (id),
    round    int not null,
    held     boolean not null,
    reason   text not null,
    by_id    text not null,
    at       timestamptz not null,
    primary key (claim_id, round)
);
grant select on holds to anpei_api, anpei_worker;
grant insert on holds to anpei_worker;
