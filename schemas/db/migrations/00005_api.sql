-- +goose Up
-- What the API's lists and administrators' commands look for.

-- An administrator's command acts once: its key, the hash of what it asked,
-- and in the body what it answered.
alter table reference_events
    add column command_key text not null default '',
    add column command_hash text not null default '';
create unique index reference_events_command on reference_events (by_id, command_key) where command_key <> '';

-- Worklists: mine; free ones of my role and branch; of my role, for the head
-- office. A task without a deadline comes last.
drop index tasks_worklist;
drop index tasks_owner;
create index tasks_worklist on tasks (role, branch, coalesce(due_at, 'infinity'), id) where state = 'open' and owner is null;
create index tasks_worklist_everywhere on tasks (role, coalesce(due_at, 'infinity'), id) where state = 'open' and owner is null;
create index tasks_owner on tasks (owner, coalesce(due_at, 'infinity'), id) where state = 'open';
-- Claims that a member of staff has worked on.
create index tasks_worked on tasks (owner, claim_id) where owner is not null;
-- Claims that a principal reported, the same loss again included.
create index parties_principal on parties (principal, claim_id) where principal <> '';
create index payments_list on payments (at desc, id desc);
create index policies_branch on policies (branch, number);
create index policies_plate on policies (plate) where plate is not null;
