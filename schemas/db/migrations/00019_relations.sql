-- +goose Up
-- Who a policy knows beside its holder, each by name and mobile number: the
-- insured (被保险人) where that is another, and the drivers that it names. Both
-- are optional; drivers are a list of {name, phone}.
alter table policies
    add column insured_name text not null default '',
    add column insured_phone text not null default '',
    add column drivers jsonb not null default '[]';

-- A partner that vouches for the phones of those it reports for.
alter table staff add column vouches boolean not null default false;

-- What the verified phone of a report is to its policy: a claim.Relation. A
-- reporter who is nothing to it learns nothing of it. Of claims of before
-- nobody has looked.
alter table claims add column relation text not null default '';

-- What speaks for the amounts of an assessment: a list of claim.Witness.
alter table assessments add column witnesses jsonb not null default '[]';

-- What machines have paid is counted by policy, by account and by phone.
create index payments_by_machine on payments (payee_account, at) where released_by = 'system';

-- When a holder was told last that a loss was reported on their policy.
create index notices_holder_reported on notices ("to", at) where template = 'holder-reported';
