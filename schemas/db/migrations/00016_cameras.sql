-- +goose Up
-- What a picture's own data says about how it was taken: a claim.Camera. Null
-- until it was looked at; {} where the picture says nothing.
alter table documents add column camera jsonb;
grant update (camera) on documents to anpei_worker;
