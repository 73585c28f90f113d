-- +goose Up
-- Two roles hold the line between who reads and who writes. The API reads
-- claims and writes what is not theirs; the worker writes claims. Neither can
-- change or delete a row that proves something.
grant usage on schema public to anpei_api, anpei_worker;
grant select on all tables in schema public to anpei_api, anpei_worker;

grant insert on refused_attempts, reference_events, policies, policy_versions, staff, shifts,
    rule_tables, phone_codes, sessions, uploads to anpei_api;
grant update on shifts, staff, phone_codes, sessions to anpei_api;
grant delete on phone_codes, sessions, uploads to anpei_api;

grant usage on sequence claim_numbers to anpei_worker;
grant insert on claims, parties, exposures, tasks, dispatches, surveys, documents, fields,
    assessments, assessment_lines, offers, offer_answers, reviews, denials, denial_verdicts, letters,
    agreements, payments, payment_states, clock_entries, notices, deliveries, courier_queue, events,
    steps, refused_attempts to anpei_worker;
grant update on claims, tasks, courier_queue, deliveries to anpei_worker;
grant update (state, reason, kind) on documents to anpei_worker;
grant delete on courier_queue to anpei_worker;
