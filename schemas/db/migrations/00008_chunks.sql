-- +goose Up
-- Files that come in chunks. The chunks lie in the staging bucket until the
-- file is whole, checked and stored; what is not complete after 7 days goes.
create table chunked_uploads (
    id         uuid primary key,
    claim_id   uuid not null,
    principal  text not null,
    key        text not null,
    name       text not null,
    kind       text not null,
    size       bigint not null,
    sha256     text not null, -- as announced
    received   bigint not null default 0,
    completed  uuid, -- the upload that it became
    created_at timestamptz not null default now(),
    constraint chunked_uploads_key unique (principal, key),
    constraint chunked_uploads_received_check check (received between 0 and size)
);
create index chunked_uploads_created on chunked_uploads (created_at);
create table chunks (
    upload_id uuid not null constraint chunks_upload_fkey references chunked_uploads (id) on delete cascade,
    at        bigint not null,
    size      bigint not null,
    object    text not null,
    primary key (upload_id, at)
);

grant select, insert, update, delete on chunked_uploads, chunks to anpei_api;
