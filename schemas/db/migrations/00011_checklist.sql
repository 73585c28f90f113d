-- +goose Up
-- What its sender called a document: kind is what it was read or confirmed to
-- be. Empty for documents of before.
alter table documents add column sent_as text not null default '';

-- What two people did about a paper that a claim goes on without (免于提供).
create table waivers (
    claim_id uuid not null constraint waivers_claim_fkey references claims (id),
    item     text not null, -- of the claim's checklist
    number   int not null,
    act      text not null,
    by_id    text not null,
    reason   text not null default '',
    at       timestamptz not null,
    primary key (claim_id, item, number),
    constraint waivers_act_check check (act in ('proposed', 'withdrawn', 'confirmed')),
    constraint waivers_reason_check check (act <> 'proposed' or reason <> '')
);
grant select on waivers to anpei_api, anpei_worker;
grant insert on waivers to anpei_worker;

-- Nobody confirms what they proposed, whatever the code says.
-- +goose StatementBegin
create function waiver_needs_two() returns trigger language plpgsql as $$
begin
    if new.act = 'confirmed' and (new.by_id = 'system' or not exists (
        select from waivers w where w.claim_id = new.claim_id and w.item = new.item and w.number = new.number - 1
            and w.act = 'proposed' and w.by_id <> new.by_id)) then
        raise exception 'a waiver needs two people' using errcode = 'check_violation', constraint = 'waivers_two_people';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger waivers_two_people before insert on waivers
    for each row execute function waiver_needs_two();
