-- +goose Up
-- Two facts of a claim that do not go together (疑点). What they rest on is
-- there once; each change of state is a new round, the highest is in force.
create table findings (
    claim_id uuid not null constraint findings_claim_fkey references claims (id),
    rule     text not null,
    sources  text not null, -- where the two stand
    round    int not null,
    state    text not null,
    grave    boolean not null, -- a machine does not decide over it
    one      json not null, -- document.Fact: what was brought
    other    json not null, -- document.Fact: what it is held against
    text_zh  text not null,
    text_en  text not null,
    at       timestamptz not null,
    primary key (claim_id, rule, sources, round),
    constraint findings_state_check check (state in ('raised', 'gone'))
);
grant select on findings to anpei_api, anpei_worker;
grant insert on findings to anpei_worker;

-- The same file, and the same invoice, on another claim.
create index documents_sha256 on documents (sha256);
create index fields_invoice_number on fields (value) where name = 'invoice_number';
