-- +goose Up
-- What a party of a claim reads: messages and letters to them are in it. Empty
-- is not known, and Chinese.
alter table parties add column language text not null default ''
    constraint parties_language_check check (language in ('', 'zh', 'en'));
-- What a task's note says is a code with its values, told in the language of
-- whoever reads it. note is what a person wrote, or an older release did.
alter table tasks add column note_code text not null default '', add column note_values jsonb not null default '{}';
