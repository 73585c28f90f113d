-- +goose Up
-- How an agreement was signed, beside the kind: the name that was typed, or the
-- picture of what was drawn, which is a document of the claim. Agreements from
-- before have neither.
alter table agreements
    add column signed_name text not null default '',
    add column document_id uuid constraint agreements_document_fkey references documents (id);
