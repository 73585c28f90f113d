-- +goose Up
-- What a step checks is looked for by what it names and brings, never through
-- all documents of its claim: the planner takes a claim to have the few that
-- most have, and goes that way once per query. So each search is made apart,
-- and the planner sees none of it from outside.
-- +goose StatementBegin
create or replace function checked_documents(claim uuid, named uuid[], numbers text[], everything boolean) returns setof uuid language plpgsql stable rows 10 as $$
begin
    if everything then
        return query select d.id from documents d where d.claim_id = claim;
        return;
    end if;
    return query
    with found as materialized (
        select n.id from unnest(named) n (id)
        union select s.document_id from shared_documents s where s.claim_id = claim
        union select f.document_id from fields f where f.name = 'invoice_number' and f.value = any(numbers)
        union select f.document_id from fields f where f.name = 'reversed_number' and f.value = any(numbers)
    ), documented as materialized (
        select d.id, d.claim_id from documents d where d.id in (select o.id from found o)
    )
    select o.id from documented o where o.claim_id = claim;
end
$$;
-- +goose StatementEnd
