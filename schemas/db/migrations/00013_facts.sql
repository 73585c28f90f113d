-- +goose Up
-- Photos of papers that fill in a report which is not sent yet (拍照填单). They
-- are the draft's and nobody else's: their bytes lie unlocked in the staging
-- bucket until a report takes them along, and go with the draft otherwise.
create table draft_papers (
    id         uuid primary key,
    principal  text not null,
    kind       text not null, -- as the sender calls it
    name       text not null,
    type       text not null,
    size       bigint not null,
    sha256     text not null,
    object     text not null,
    created_at timestamptz not null default now(),
    taken_by   uuid -- the claim whose paper it became; null: the draft's
);
create index draft_papers_principal on draft_papers (principal, created_at);
create index draft_papers_created on draft_papers (created_at);
-- What the page reader made of one.
create table draft_readings (
    paper_id uuid primary key constraint draft_readings_paper_fkey references draft_papers (id) on delete cascade,
    reading  json not null, -- claim.Reading
    at       timestamptz not null default now()
);

grant select, insert, update, delete on draft_papers to anpei_api;
grant select on draft_readings to anpei_api;
grant select on draft_papers to anpei_worker;
grant select, insert on draft_readings to anpei_worker;
