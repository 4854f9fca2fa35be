-- +goose Up

-- Accounts that benefits are not paid to without a second look: those of people who work
-- here. Vendors' accounts stand with the vendors. Sealed; whoever prepares a run compares
-- them by the keyed index of bank and number.
create table staff_account (
    id          bigint generated always as identity primary key,
    staff_id    bigint not null references staff (id),
    bank_bin    text not null constraint staff_account_bin check (bank_bin ~ '^[0-9]{6}$'),
    account_enc bytea not null,
    account_idx bytea not null constraint staff_account_idx check (octet_length(account_idx) = 16),
    declared_by bigint not null references staff (id),
    declared_at timestamptz not null,
    ended_at    timestamptz
);
create unique index staff_account_once on staff_account (staff_id, account_idx) where ended_at is null;

create view guarded_account as
    select 'staff' kind, staff_id id, bank_bin, account_enc from staff_account where ended_at is null
    union all
    select 'vendor', id, bank_bin, account_enc from vendor;

-- Whose account was another's before, and for how many one recipient collects.
create index payee_account_past on payee (account_idx) where ended_at is not null;
create index payee_collects on payee (number_idx) where ended_at is null and number_idx is not null;

-- A decision about what somebody was overpaid: to take it back, by at most so much a
-- month, or to write it off. One person proposes, another confirms.
create table recovery (
    id           bigint generated always as identity primary key,
    person_id    bigint not null references person (id),
    office       text not null references office (code),
    kind         text not null constraint recovery_kind check (kind in ('instalments', 'write_off')),
    decision_no  text not null constraint recovery_decision_no check (btrim(decision_no) <> ''),
    decided_on   date not null,
    signer       text not null constraint recovery_signer check (btrim(signer) <> ''),
    scheme       text constraint recovery_scheme check (scheme in ('btxh', 'htxh', 'ncc')),
    amount       bigint not null constraint recovery_amount check (amount > 0),  -- đồng a month, or written off
    reason       text not null constraint recovery_reason check (btrim(reason) <> ''),
    proposed_by  bigint not null references staff (id),
    proposed_at  timestamptz not null,
    confirmed_by bigint references staff (id),
    confirmed_at timestamptz,
    refused_at   timestamptz,
    ended_at     timestamptz,          -- instalments: replaced by a later decision, or lifted
    constraint recovery_two_people check (confirmed_by <> proposed_by),
    constraint recovery_confirmed check ((confirmed_by is null) = (confirmed_at is null)),
    constraint recovery_one_answer check (confirmed_at is null or refused_at is null),
    constraint recovery_of_scheme check ((kind = 'write_off') = (scheme is not null)),
    constraint recovery_ended check (ended_at is null or (kind = 'instalments' and confirmed_at is not null))
);
create unique index recovery_in_force on recovery (person_id) where kind = 'instalments' and confirmed_at is not null and ended_at is null;
create index recovery_person on recovery (person_id);

-- Money that a person, or the household, gave back: at the desk, or by transfer, which
-- the statement showed and reconciliation explained.
create table recovery_receipt (
    id          bigint generated always as identity primary key,
    person_id   bigint not null references person (id),
    office      text not null references office (code),
    way         text not null constraint recovery_receipt_way check (way in ('cash', 'bank')),
    receipt_no  text not null constraint recovery_receipt_no check (btrim(receipt_no) <> ''),  -- of the slip, or break:N
    scheme      text not null constraint recovery_receipt_scheme check (scheme in ('btxh', 'htxh', 'ncc')),
    amount      bigint not null constraint recovery_receipt_amount check (amount > 0),
    on_day      date not null,
    note        text not null default '',
    recorded_by text not null,
    recorded_at timestamptz not null,
    constraint recovery_receipt_once unique (office, way, receipt_no)
);
create index recovery_receipt_person on recovery_receipt (person_id);

-- What a person was overpaid and has not settled, đồng: what was found of payments that
-- cannot be cancelled any more, less what payments set off, what was given back and what
-- was written off.
-- +goose StatementBegin
create function overpaid(person bigint) returns bigint language sql stable as $$
    select coalesce((select sum(case when state = 'ready' then 0 else clawback end - set_off)
                     from payment where person_id = person and live and state <> 'held'), 0)::bigint
         - coalesce((select sum(amount) from recovery_receipt where person_id = person), 0)::bigint
         - coalesce((select sum(amount) from recovery where person_id = person and kind = 'write_off' and confirmed_at is not null), 0)::bigint
$$;
-- +goose StatementEnd

-- Nobody gives back, and nothing is written off, beyond what was overpaid. Who records
-- for one person waits for who does so already.
-- +goose StatementBegin
create function recovery_within() returns trigger language plpgsql as $$
declare
    rest bigint;
begin
    perform from person where id = new.person_id for no key update;
    rest := overpaid(new.person_id);
    if new.amount > rest then
        raise exception 'person % owes %, not %', new.person_id, rest, new.amount
            using errcode = 'check_violation', constraint = 'recovery_within', detail = rest::text;
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger recovery_within before insert on recovery_receipt for each row execute function recovery_within();
create trigger recovery_within before update on recovery
    for each row when (new.kind = 'write_off' and new.confirmed_at is not null and old.confirmed_at is null)
    execute function recovery_within();

-- A decision is what was proposed; it is answered once.
-- +goose StatementBegin
create function recovery_step() returns trigger language plpgsql as $$
begin
    if row(new.id, new.person_id, new.office, new.kind, new.decision_no, new.decided_on, new.signer, new.scheme, new.amount, new.reason,
           new.proposed_by, new.proposed_at)
       is distinct from
       row(old.id, old.person_id, old.office, old.kind, old.decision_no, old.decided_on, old.signer, old.scheme, old.amount, old.reason,
           old.proposed_by, old.proposed_at)
       or (old.confirmed_at is not null and (new.confirmed_at, new.confirmed_by) is distinct from (old.confirmed_at, old.confirmed_by))
       or (old.refused_at is not null and new is distinct from old)
       or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
        raise exception 'recovery % is what was decided', old.id using errcode = 'check_violation', constraint = 'recovery_immutable';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger recovery_step before update on recovery for each row execute function recovery_step();
-- +goose StatementBegin
create function recovery_begins() returns trigger language plpgsql as $$
begin
    if new.confirmed_at is not null or new.refused_at is not null or new.ended_at is not null then
        raise exception 'a decision begins as a proposal' using errcode = 'check_violation', constraint = 'recovery_two_people';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger recovery_begins before insert on recovery for each row execute function recovery_begins();

-- What the province pays who pays out: a percentage of what was paid, by the kind of rail,
-- from a month on. Of several for one month the latest counts.
create table payout_fee_rate (
    id          bigint generated always as identity primary key,
    kind        text not null constraint payout_fee_rate_kind check (kind in ('bank', 'post')),
    valid_from  date not null constraint payout_fee_rate_month check (extract(day from valid_from) = 1),
    percent     numeric(7, 4) not null constraint payout_fee_rate_percent check (percent between 0 and 10),
    decision_no text not null constraint payout_fee_rate_decision check (btrim(decision_no) <> ''),
    set_by      bigint not null references staff (id),
    set_at      timestamptz not null
);
-- +goose StatementBegin
create function payout_fee_rate_set() returns trigger language plpgsql as $$
begin
    if not exists (select from staff where id = new.set_by and office is null and disabled_at is null
                      and roles && array['chairman', 'accountant']) then
        raise exception 'the province sets the fee' using errcode = 'check_violation', constraint = 'payout_fee_of_province';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger payout_fee_rate_set before insert on payout_fee_rate for each row execute function payout_fee_rate_set();

-- The fee of one run on one rail account, posted once when the run is closed.
create table payout_fee (
    run_id          bigint not null references run (id),
    rail_account_id bigint not null references rail_account (id),
    rate_id         bigint not null references payout_fee_rate (id),
    base            bigint not null constraint payout_fee_base check (base > 0),      -- what was paid out
    amount          bigint not null constraint payout_fee_amount check (amount > 0),
    charged_at      timestamptz not null,
    primary key (run_id, rail_account_id)
);

-- An office's accounts of a scheme at the end of a year: what was not received went back
-- to the fund, and what the fund held is due to the budget.
create table year_end (
    office   text not null references office (code),
    year     integer not null constraint year_end_year check (year between 2000 and 2199),
    scheme   text not null constraint year_end_scheme check (scheme ~ '^[a-z][a-z0-9]{1,15}$'),  -- or a programme
    unpaid_n integer not null,         -- payments that nobody received
    unpaid   bigint not null,          -- what of them went back to the fund
    unspent  bigint not null constraint year_end_unspent check (unspent >= 0),   -- what the fund held after that
    done_by  bigint not null references staff (id),
    done_at  timestamptz not null,
    primary key (office, year, scheme)
);

create trigger append_only before update or delete or truncate on recovery_receipt for each statement execute function append_only();
create trigger append_only before update or delete or truncate on payout_fee_rate for each statement execute function append_only();
create trigger append_only before update or delete or truncate on payout_fee for each statement execute function append_only();
create trigger append_only before update or delete or truncate on year_end for each statement execute function append_only();
create trigger no_delete before delete or truncate on recovery for each statement execute function append_only();
create trigger no_delete before delete or truncate on staff_account for each statement execute function append_only();

-- A payment that comes back while it is being taken over by another run, or the other way
-- round: one of the two has to give way.
-- +goose StatementBegin
create function payment_carry_inserted() returns trigger language plpgsql as $$
declare
    was text;
begin
    -- of a payment that left as a voucher, what was not spent
    select case when rail = 'voucher' and state = 'settled' then 'returned' else state end into was
    from payment where id = new.from_payment for share;
    if was not in ('returned', 'uncollected') then
        raise exception 'payment % is %: it cannot be taken over', new.from_payment, was
            using errcode = 'check_violation', constraint = 'payment_carry_of_returned';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger payment_carry_inserted before insert on payment_carry for each row execute function payment_carry_inserted();

grant select, insert on staff_account, recovery, recovery_receipt, payout_fee_rate, payout_fee, year_end to ansinh_app;
grant select on guarded_account to ansinh_app;
grant update (ended_at) on staff_account to ansinh_app;
grant update (confirmed_by, confirmed_at, refused_at, ended_at) on recovery to ansinh_app;
