-- +goose Up
-- Who was a party of a claim only because they held a policy that was linked to
-- it by mistake is taken off (Personal Information Protection Law art. 6, 47).
-- Nobody else is: who reported, and who owns what was damaged, stays.
-- +goose StatementBegin
create function parties_stay() returns trigger language plpgsql as $$
begin
    if old.number = 1 or old.principal <> '' or old.role <> 'insured'
        or exists (select from exposures e where e.claim_id = old.claim_id and e.owner_party = old.number) then
        raise exception 'party % of claim % stays', old.number, old.claim_id using errcode = 'check_violation', constraint = 'parties_stay';
    end if;
    return old;
end $$;
-- +goose StatementEnd
create trigger parties_stay before delete on parties for each row execute function parties_stay();
grant delete on parties to anpei_worker;
