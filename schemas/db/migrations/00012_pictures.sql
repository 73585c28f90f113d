-- +goose Up
-- What the pictures of documents look like (document.Look), and which of them
-- look alike. Derived from the pictures, and never changed.
create table pictures (
    document_id uuid primary key constraint pictures_document_fkey references documents (id),
    claim_id    uuid not null constraint pictures_claim_fkey references claims (id),
    hashes      bigint[] not null, -- 64 bits each: of the whole, then of its parts
    bands       int[] not null, -- what it is found by: 16 bits of each hash, and which
    constraint pictures_hashes_check check (cardinality(hashes) = 10)
);
create index pictures_claim on pictures (claim_id);
create index pictures_bands on pictures using gin (bands);

-- Found when the later of the two was looked at, so that no step has to search.
create table pictures_alike (
    document_id uuid not null constraint pictures_alike_document_fkey references documents (id),
    other_id    uuid not null constraint pictures_alike_other_fkey references documents (id),
    primary key (document_id, other_id)
);
create index pictures_alike_other on pictures_alike (other_id);

grant select on pictures, pictures_alike to anpei_api, anpei_worker;
grant insert on pictures, pictures_alike to anpei_worker;
