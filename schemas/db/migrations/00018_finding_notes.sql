-- +goose Up
-- What people say of a finding (疑点处理): looked at, or explained. It changes
-- neither the finding nor the claim; whoever decides reads it.
create table finding_notes (
    claim_id uuid not null constraint finding_notes_claim_fkey references claims (id),
    finding  text not null, -- md5 of rule and sources
    number   int not null,
    round    int not null, -- of the finding that they had before them
    verdict  text not null,
    note     text not null,
    by_id    text not null,
    by_role  text not null,
    at       timestamptz not null,
    primary key (claim_id, finding, number),
    constraint finding_notes_verdict_check check (verdict in ('seen', 'explained')),
    constraint finding_notes_note_check check (verdict = 'seen' or note <> '')
);
grant select on finding_notes to anpei_api, anpei_worker;
grant insert on finding_notes to anpei_worker;
