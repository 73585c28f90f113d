-- +goose Up
-- What a step checks is looked up one by one, by index, whatever the planner
-- knew of the tables when it planned: a table of a few pages is else read whole,
-- for as long as that plan lives, and each step reads this several times. Most
-- steps check few documents, and what reads those expects one. The numbers of
-- invoices are looked for only where there are any.
-- +goose StatementBegin
create or replace function checked_documents(claim uuid, named uuid[], numbers text[], everything boolean) returns setof uuid language plpgsql stable rows 1 as $$
declare
    found uuid[];
begin
    if everything then
        return query select d.id from documents d where d.claim_id = claim;
        return;
    end if;
    found := named || array(select s.document_id from shared_documents s where s.claim_id = claim);
    if cardinality(numbers) > 0 then
        found := found || array(
            select f.document_id from fields f where f.name = 'invoice_number' and f.value = any(numbers)
            union all
            select f.document_id from fields f where f.name = 'reversed_number' and f.value = any(numbers));
    end if;
    if cardinality(found) > 0 then
        return query
        select d.id from (select distinct n.id from unnest(found) n (id)) n
        cross join lateral (select o.id, o.claim_id from documents o where o.id = n.id offset 0) d -- never through all documents of the claim
        where d.claim_id = claim;
    end if;
end
$$;
-- +goose StatementEnd
