-- +goose Up

create table market (
    id         bigint generated always as identity primary key,
    name       text not null constraint market_name_given check (btrim(name) <> ''),
    office     text not null references office (code),
    address    text not null default '',
    created_at timestamptz not null,
    created_by text not null,
    constraint market_name unique (office, name)
);

-- A vendor is paid on an account of their own; the number is sealed. Families share
-- accounts, so account_idx (of the number alone: not every notice names its bank) is
-- not unique.
create table vendor (
    id                 bigint generated always as identity primary key,
    name               text not null constraint vendor_name_given check (btrim(name) <> ''),
    phone              text not null constraint vendor_phone unique
                           constraint vendor_phone_shape check (phone ~ '^0[0-9]{9}$'),
    bank_bin           text not null constraint vendor_bin check (bank_bin ~ '^[0-9]{6}$'),
    account_enc        bytea not null,
    account_idx        bytea not null constraint vendor_account_idx_size check (octet_length(account_idx) = 16),
    account_changed_at timestamptz not null,
    holder_name        text not null constraint vendor_holder_given check (btrim(holder_name) <> ''),
    pin_hash           text constraint vendor_pin_argon2id check (pin_hash like '$argon2id$v=19$%'),
    pin_failures       integer not null default 0,
    pin_locked_until   timestamptz,
    state              text not null default 'active' constraint vendor_state check (state in ('active', 'suspended')),
    created_at         timestamptz not null,
    created_by         text not null
);
create index vendor_account on vendor (account_idx);

-- A phone on which a vendor may sign in by PIN; the token it keeps is stored as a hash.
create table vendor_device (
    id          bigint generated always as identity primary key,
    vendor_id   bigint not null references vendor (id),
    token_hash  bytea not null constraint vendor_device_token unique constraint vendor_device_hash check (octet_length(token_hash) = 32),
    name        text not null,
    enrolled_at timestamptz not null,
    enrolled_by text not null,
    revoked_at  timestamptz,
    revoked_by  text,
    constraint vendor_device_revoked check ((revoked_at is null) = (revoked_by is null))
);
create index vendor_device_vendor on vendor_device (vendor_id);

-- A stall is one vendor's from opening to closing; its next vendor gets a row of their own.
create table stall (
    id         bigint generated always as identity primary key,
    market_id  bigint not null references market (id),
    vendor_id  bigint not null references vendor (id),
    label      text not null constraint stall_label_shape check (label ~ '^[A-Z0-9][A-Z0-9 ./-]{0,24}$'),
    created_at timestamptz not null,
    created_by text not null,
    closed_at  timestamptz,
    constraint stall_owner unique (id, vendor_id)
);
create unique index stall_label on stall (market_id, label) where closed_at is null;
create index stall_vendor on stall (vendor_id);

-- References that travel through bank memos: "AS", a letter for what it is, eight
-- letters and digits of which the last checks the others.
create sequence market_code minvalue 1 maxvalue 27512614110;

-- The printed VietQR of a stall. The payload holds the vendor's account: sealed.
create table stall_card (
    stall_id    bigint not null references stall (id),
    version     integer not null constraint stall_card_version check (version > 0),
    code        text not null constraint stall_card_code unique constraint stall_card_code_shape check (code ~ '^AST[2-9A-HJKMNP-Z]{8}$'),
    payload_enc bytea not null,
    made_at     timestamptz not null,
    made_by     text not null,
    revoked_at  timestamptz,
    primary key (stall_id, version)
);
create unique index stall_card_valid on stall_card (stall_id) where revoked_at is null;

-- A vendor asks for an amount. What the state says, the sums must bear out.
create table charge (
    id              bigint generated always as identity primary key,
    vendor_id       bigint not null references vendor (id),
    stall_id        bigint,
    reference       text not null constraint charge_reference unique
                        constraint charge_reference_shape check (reference ~ '^ASC[2-9A-HJKMNP-Z]{8}$'),
    key             text not null constraint charge_key_given check (key <> ''),
    amount          bigint not null constraint charge_amount check (amount between 1 and 9999999999999),
    bill            text not null default '',
    virtual_account text not null default '',
    payload_enc     bytea not null,
    state           text not null default 'waiting' constraint charge_state
                        check (state in ('waiting', 'paid', 'short', 'over', 'late', 'expired', 'cancelled')),
    received        bigint not null default 0,
    payments        integer not null default 0,
    warning         text not null default '',
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    changed_at      timestamptz not null,
    constraint charge_key unique (vendor_id, key),
    constraint charge_stall foreign key (stall_id, vendor_id) references stall (id, vendor_id),
    constraint charge_expiry check (expires_at > created_at),
    constraint charge_sums check (case state
        when 'paid' then received = amount
        when 'short' then received between 1 and amount - 1
        when 'over' then received > amount
        when 'late' then received > 0
        else received = 0 end),
    constraint charge_payments check ((received > 0) = (payments > 0))
);
create unique index charge_virtual_account on charge (virtual_account) where virtual_account <> '';
create index charge_vendor on charge (vendor_id, created_at);
create index charge_open on charge (expires_at) where state = 'waiting';

-- Money that the bank side says has come to a vendor, or that names a code of ours.
-- Told by several sources it is still one receipt.
create table receipt (
    id          bigint generated always as identity primary key,
    vendor_id   bigint references vendor (id),
    stall_id    bigint references stall (id),
    charge_id   bigint references charge (id),
    outcome     text not null constraint receipt_outcome
                    check (outcome in ('charge', 'stall', 'vendor', 'unknown-code', 'wrong-account', 'shared-account')),
    code        text not null default '',
    amount      bigint not null constraint receipt_amount check (amount > 0),
    account_idx bytea not null,
    bank_bin    text not null default '',
    -- account, bank reference, amount and code; the bank's references do repeat, so
    -- the n-th of one source is the n-th of another
    fingerprint bytea,
    occurrence  integer,
    warning     text not null default '',
    occurred_at timestamptz,
    received_at timestamptz not null,
    constraint receipt_once unique (fingerprint, occurrence),
    constraint receipt_fingerprint check ((fingerprint is null) = (occurrence is null)),
    constraint receipt_charge check ((outcome = 'charge') = (charge_id is not null))
);
create index receipt_vendor on receipt (vendor_id, received_at);
create index receipt_charge_id on receipt (charge_id) where charge_id is not null;
create index receipt_code on receipt (code) where charge_id is null and code <> '';

-- Every notice or statement line behind a receipt.
create table receipt_evidence (
    receipt_id bigint not null references receipt (id),
    source     text not null,               -- provider of the notice, or "statement"
    notice_id  bigint references bank_notice (id) constraint receipt_evidence_notice unique,
    line_id    bigint constraint receipt_evidence_line unique,
    seen_at    timestamptz not null,
    constraint receipt_evidence_one check (num_nonnulls(notice_id, line_id) = 1)
);
create index receipt_evidence_receipt on receipt_evidence (receipt_id);

-- Every step of a charge. Nothing but money that the bank told of makes one paid,
-- short, over or late.
create table charge_event (
    id         bigint generated always as identity primary key,
    charge_id  bigint not null references charge (id),
    at         timestamptz not null,
    from_state text,
    to_state   text not null,
    received   bigint not null,
    receipt_id bigint constraint charge_event_receipt unique references receipt (id),
    warning    text not null default '',
    by_who     text not null,
    constraint charge_event_evidence check ((to_state in ('paid', 'short', 'over', 'late')) = (receipt_id is not null))
);
create index charge_event_charge on charge_event (charge_id);
create trigger append_only before update or delete or truncate on charge_event
    for each statement execute function append_only();

-- +goose StatementBegin
create function charge_step() returns trigger language plpgsql as $$
begin
    if row(new.id, new.vendor_id, new.stall_id, new.reference, new.key, new.amount, new.created_at, new.expires_at)
       is distinct from
       row(old.id, old.vendor_id, old.stall_id, old.reference, old.key, old.amount, old.created_at, old.expires_at)
       or new.received < old.received then
        raise exception 'charge % cannot be rewritten', old.reference
            using errcode = 'check_violation', constraint = 'charge_immutable';
    end if;
    if new.received = old.received and new.state <> old.state
       and not (old.state = 'waiting' and new.state in ('expired', 'cancelled')) then
        raise exception 'charge % cannot go from % to % without money', old.reference, old.state, new.state
            using errcode = 'check_violation', constraint = 'charge_step';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger charge_step before update on charge for each row execute function charge_step();

-- A voucher is a claim on the province, worth what ledger account 3387.v<id> holds.
create table voucher (
    id           bigint generated always as identity primary key,
    serial       text not null constraint voucher_serial unique
                     constraint voucher_serial_shape check (serial ~ '^ASV[2-9A-HJKMNP-Z]{8}$'),
    token_idx    bytea not null constraint voucher_token unique constraint voucher_token_size check (octet_length(token_idx) = 16),
    pin_mac      bytea not null constraint voucher_pin_size check (octet_length(pin_mac) = 16),
    pin_failures integer not null default 0,
    person_id    bigint not null references person (id),
    office       text not null references office (code),
    market_id    bigint references market (id),          -- null: any market
    payment_ref  text not null,
    amount       bigint not null constraint voucher_amount check (amount > 0),
    state        text not null constraint voucher_state
                     check (state in ('inactive', 'active', 'suspended', 'redeemed', 'expired', 'cancelled')),
    valid_from   date not null,
    valid_until  date not null,
    per_purchase bigint constraint voucher_per_purchase check (per_purchase > 0),
    per_day      bigint constraint voucher_per_day check (per_day > 0),
    replaces     bigint constraint voucher_replaces unique references voucher (id),
    issued_at    timestamptz not null,
    issued_by    text not null,
    changed_at   timestamptz not null,
    constraint voucher_dates check (valid_until >= valid_from),
    constraint voucher_other check (replaces <> id)
);
create unique index voucher_payment on voucher (payment_ref) where replaces is null;
create index voucher_person on voucher (person_id);
create index voucher_expiring on voucher (valid_until) where state in ('inactive', 'active', 'suspended');

create table voucher_event (
    id         bigint generated always as identity primary key,
    voucher_id bigint not null references voucher (id),
    at         timestamptz not null,
    from_state text,
    to_state   text not null,
    reason     text not null default '',
    by_who     text not null
);
create index voucher_event_voucher on voucher_event (voucher_id);
create trigger append_only before update or delete or truncate on voucher_event
    for each statement execute function append_only();

-- +goose StatementBegin
create function voucher_step() returns trigger language plpgsql as $$
begin
    if row(new.id, new.serial, new.person_id, new.office, new.payment_ref, new.amount, new.replaces)
       is distinct from
       row(old.id, old.serial, old.person_id, old.office, old.payment_ref, old.amount, old.replaces) then
        raise exception 'voucher % cannot be rewritten', old.serial
            using errcode = 'check_violation', constraint = 'voucher_immutable';
    end if;
    if new.state <> old.state and not (old.state, new.state) in (
        ('inactive', 'active'), ('inactive', 'suspended'), ('inactive', 'expired'), ('inactive', 'cancelled'),
        ('active', 'suspended'), ('active', 'redeemed'), ('active', 'expired'), ('active', 'cancelled'),
        ('suspended', 'active'), ('suspended', 'expired'), ('suspended', 'cancelled')) then
        raise exception 'voucher % cannot go from % to %', old.serial, old.state, new.state
            using errcode = 'check_violation', constraint = 'voucher_step';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger voucher_step before update on voucher for each row execute function voucher_step();

-- What one bank message pays to vendors for one office's vouchers.
create table settlement (
    id              bigint generated always as identity primary key,
    office          text not null references office (code),
    rail_account_id bigint not null references rail_account (id),
    bank_message_id bigint not null constraint settlement_message unique references bank_message (id),
    on_day          date not null,
    n               integer not null constraint settlement_n check (n > 0),
    total           bigint not null constraint settlement_total check (total > 0),
    made_at         timestamptz not null,
    made_by         text not null
);

create table settlement_line (
    end_to_end_id   text primary key,
    settlement_id   bigint not null references settlement (id),
    bank_message_id bigint not null references bank_message (id),
    rail_account_id bigint not null references rail_account (id),
    vendor_id       bigint not null references vendor (id),
    amount          bigint not null constraint settlement_line_amount check (amount > 0),
    state           text not null default 'instructed' constraint settlement_line_state
                        check (state in ('instructed', 'settled', 'rejected', 'returned', 'carried')),
    reason          text not null default '',
    changed_at      timestamptz not null,
    carried_to      text references settlement_line (end_to_end_id) deferrable initially deferred,
    constraint settlement_line_vendor unique (settlement_id, vendor_id),
    constraint settlement_line_carried check ((state = 'carried') = (carried_to is not null))
);
create index settlement_line_message on settlement_line (bank_message_id);
create index settlement_line_back on settlement_line (vendor_id) where state in ('rejected', 'returned');

create table redemption (
    id            bigint generated always as identity primary key,
    key           text not null constraint redemption_key unique constraint redemption_key_given check (key <> ''),
    voucher_id    bigint not null references voucher (id),
    vendor_id     bigint not null references vendor (id),
    stall_id      bigint,
    office        text not null references office (code),
    amount        bigint not null constraint redemption_amount check (amount > 0),
    left_after    bigint not null constraint redemption_left check (left_after >= 0),
    at            timestamptz not null,
    on_day        date not null,
    end_to_end_id text references settlement_line (end_to_end_id) deferrable initially deferred,
    constraint redemption_stall foreign key (stall_id, vendor_id) references stall (id, vendor_id)
);
create index redemption_voucher on redemption (voucher_id, on_day);
create index redemption_vendor on redemption (vendor_id, at);
create index redemption_unsettled on redemption (office, vendor_id) where end_to_end_id is null;
create index redemption_settled on redemption (end_to_end_id) where end_to_end_id is not null;

grant usage on sequence market_code to ansinh_app;
grant select, insert on market, vendor, vendor_device, stall, stall_card, charge, receipt, receipt_evidence, charge_event,
    voucher, voucher_event, settlement, settlement_line, redemption to ansinh_app;
grant update (name, address) on market to ansinh_app;
grant update (name, phone, bank_bin, account_enc, account_idx, account_changed_at, holder_name,
    pin_hash, pin_failures, pin_locked_until, state) on vendor to ansinh_app;
grant update (revoked_at, revoked_by) on vendor_device to ansinh_app;
grant update (closed_at) on stall to ansinh_app;
grant update (revoked_at) on stall_card to ansinh_app;
grant update (state, received, payments, warning, changed_at) on charge to ansinh_app;
grant update (vendor_id, stall_id, charge_id, outcome, warning) on receipt to ansinh_app;
grant update (state, pin_failures, changed_at) on voucher to ansinh_app;
grant update (state, reason, changed_at, carried_to) on settlement_line to ansinh_app;
grant update (end_to_end_id) on redemption to ansinh_app;
