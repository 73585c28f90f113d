-- +goose Up
-- How the papers that a claim needs stood when its denial was proposed: a list
-- of claim.Stated. Empty for those of before.
alter table denials add column papers jsonb not null default '[]';
