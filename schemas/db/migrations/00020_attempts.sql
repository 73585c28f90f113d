-- +goose Up
-- Each attempt to pay an instruction, as it is sent: whom, how much, under which
-- reference. payments holds what was released first; an account that is
-- corrected later makes another attempt. References are derived from claim,
-- cycle, sequence and attempt, and the database sees to it that none is used twice.
create table attempts (
    payment_id    uuid not null constraint attempts_payment_fkey references payments (id),
    attempt       int not null,
    reference     text not null constraint attempts_reference_key unique,
    amount_fen    bigint not null constraint attempts_amount_check check (amount_fen > 0),
    payee_name    text not null,
    payee_bank    text not null,
    payee_account text not null,
    released_by   text not null,
    at            timestamptz not null,
    primary key (payment_id, attempt)
);
grant select on attempts to anpei_api, anpei_worker;
grant insert on attempts to anpei_worker;

-- What was sent until now went to the account of the agreement of that moment.
insert into attempts (payment_id, attempt, reference, amount_fen, payee_name, payee_bank, payee_account, released_by, at)
select distinct on (s.payment_id, s.attempt)
    s.payment_id, s.attempt, s.reference, p.amount_fen,
    coalesce(g.payee_name, p.payee_name), coalesce(g.payee_bank, p.payee_bank), coalesce(g.payee_account, p.payee_account), p.released_by, s.at
from payment_states s join payments p on p.id = s.payment_id
left join lateral (
    select payee_name, payee_bank, payee_account from agreements a where a.claim_id = p.claim_id and a.at <= s.at order by a.round desc limit 1
) g on true
order by s.payment_id, s.attempt, s.number;
