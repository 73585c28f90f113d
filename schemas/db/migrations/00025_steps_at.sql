-- +goose Up
-- The watch looks for claims by when their last steps were done. Steps are
-- only ever appended, so a range of them lies together.
create index steps_at on steps using brin (at);
-- Claims that stand still are few, and resumed by their cause.
create index claims_parked on claims (reported_at) where parked;
