-- +goose Up
-- Uploads that nobody attached go when they are old.
create index uploads_created on uploads (created_at);
