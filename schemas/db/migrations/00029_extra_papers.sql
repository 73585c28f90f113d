-- +goose Up
-- A paper from a person who does not speak for the claim, as who has reported
-- its loss too: it counts for nothing until a person confirms it.
alter table documents add column extra boolean not null default false;
grant update (extra) on documents to anpei_worker;
