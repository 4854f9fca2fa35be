-- +goose Up

-- The rates as files, each edition once: whoever checks a run later reads the rates it
-- was computed from here, not from a program.
create table rate_edition (
    digest    bytea primary key constraint rate_edition_digest check (octet_length(digest) = 32),
    files     jsonb not null,              -- name → CSV text, in the form of the program's own rate files
    stored_at timestamptz not null
);

-- A provisional set of rates that somebody compared with the signed text. The hash
-- binds the confirmation to these rows: another amount has to be confirmed again.
create table rate_confirmation (
    set_id       text not null,            -- such as ncc:2026-07-01:2026-10-01
    sha256       bytea not null constraint rate_confirmation_sha256 check (octet_length(sha256) = 32),
    confirmed_by bigint not null references staff (id),
    confirmed_at timestamptz not null,
    note         text not null constraint rate_confirmation_note check (btrim(note) <> ''),
    primary key (set_id, sha256)
);

-- How many people must approve a run, by its total in đồng.
create table approval_threshold (
    total_from bigint primary key check (total_from >= 0),
    approvals  integer not null constraint approval_threshold_people check (approvals between 1 and 5)
);
insert into approval_threshold values (0, 1), (10000000000, 2), (50000000000, 3);

-- One office's payout for one month.
create table run (
    id               bigint generated always as identity primary key,
    office           text not null references office (code),
    month            date not null constraint run_month check (extract(day from month) = 1),
    schemes          text[] not null constraint run_schemes check (cardinality(schemes) > 0 and schemes <@ array['btxh', 'htxh', 'ncc']),
    state            text not null default 'draft' constraint run_state check (state in
                         ('draft', 'computed', 'submitted', 'approved', 'instructed', 'closed', 'rejected', 'void')),
    prepared_by      bigint not null references staff (id),
    prepared_at      timestamptz not null,
    known_on         date not null,
    with_provisional boolean not null,
    provisional_sets text[] not null default '{}',  -- sets used that nobody had confirmed
    rates            bytea not null references rate_edition (digest),
    n                integer not null default 0,    -- payments that are not held
    total            bigint not null default 0,     -- what they come to, đồng
    held_n           integer not null default 0,
    held_total       bigint not null default 0,
    digest           bytea constraint run_digest check (octet_length(digest) = 32),
    approvals_needed integer not null default 0,
    submitted_by     bigint references staff (id),
    submitted_at     timestamptz,
    approved_at      timestamptz,
    entry_id         bigint,                        -- of the ledger; null when there was nothing to post
    ended_by         bigint references staff (id),  -- who rejected, voided or closed it
    ended_at         timestamptz,
    reason           text not null default '',
    constraint run_preparer unique (id, prepared_by),
    constraint run_frozen check (state in ('draft', 'computed', 'void') or (digest is not null and submitted_by is not null)),
    constraint run_reason check (state not in ('rejected', 'void') or btrim(reason) <> '')
);
create index run_office on run (office, month);

-- What one payee gets in one run. How much and whereto never change once written.
create table payment (
    id           bigint generated always as identity primary key,
    run_id       bigint not null,
    person_id    bigint not null,
    -- the how manyth payment of this person: two runs that read the same past collide here
    nth          integer not null,
    payee_id     bigint,
    payee_name   text not null default '',
    payee_kind   text not null default 'self',
    rail         text not null constraint payment_rail check (rail in ('bank', 'cash', 'voucher')),
    bank_bin     text,
    account_enc  bytea,
    account_idx  bytea,
    holder_name  text not null default '',
    regular      bigint not null,                   -- of owed less clawback: the run's own month
    owed         bigint not null constraint payment_owed check (owed >= 0),          -- sum of positive lines
    clawback     bigint not null constraint payment_clawback check (clawback >= 0),  -- sum of negative lines
    set_off      bigint not null constraint payment_set_off check (set_off >= 0 and set_off <= owed),
    carried      bigint not null constraint payment_carried check (carried >= 0),    -- taken over from earlier payments
    amount       bigint not null,
    state        text not null constraint payment_state check (state in
                     ('held', 'ready', 'instructed', 'settled', 'returned', 'carried', 'cancelled', 'collected', 'uncollected')),
    hold_reasons text[] not null default '{}',
    attention    text[] not null default '{}',
    leaf         bytea not null constraint payment_leaf check (octet_length(leaf) = 32),  -- hash of the canonical payment with its lines
    live         boolean not null default true,     -- its lines count as paid
    stopped      text not null default '',          -- why it must not be sent although its run is frozen
    held_by      bigint references staff (id),      -- null: held by a rule
    released_by  bigint references staff (id),
    note         text not null default '',
    reason_code  text not null default '',          -- why it came back, ISO 20022
    reason_info  text not null default '',
    changed_at   timestamptz not null,
    constraint payment_sum check (amount = owed - set_off + carried and amount >= 0),
    constraint payment_account check (rail <> 'bank' or state = 'held' or amount = 0 or (bank_bin is not null and account_enc is not null)),
    constraint payment_held check (state <> 'held' or (cardinality(hold_reasons) > 0 and amount > 0)),
    constraint payment_one_at_a_time unique (person_id, nth)
) with (fillfactor = 75);  -- the state changes in place; no index names it
create index payment_run on payment (run_id, id);

-- The sentences of lines, each kept once: thousands of people share one.
create table line_reason (
    id          bigint generated always as identity primary key,
    article     text not null,
    explanation text not null,
    constraint line_reason_once unique (explanation, article)
);

-- The lines of a payment; read them through payment_line.
create table payment_item (
    payment_id bigint not null,
    scheme     text not null,
    category   text not null,
    month      date not null,
    amount     bigint not null constraint payment_item_amount check (amount <> 0),
    set_off    bigint not null default 0 constraint payment_item_set_off check (set_off >= 0 and set_off <= greatest(amount, 0)),
    kind       text not null constraint payment_item_kind check (kind in ('regular', 'arrears', 'clawback', 'funeral')),
    reason_id  bigint not null,
    primary key (payment_id, scheme, category, month)
);

create view payment_line as
    select i.payment_id, i.scheme, i.category, i.month, i.amount, i.set_off, i.kind, r.article, r.explanation
    from payment_item i join line_reason r on r.id = i.reason_id;

-- What a payment takes over: an earlier one that was returned or not collected.
create table payment_carry (
    from_payment bigint not null references payment (id),
    to_payment   bigint not null references payment (id),
    amount       bigint not null check (amount > 0),
    live         boolean not null default true,
    primary key (from_payment, to_payment),
    constraint payment_carry_forward check (to_payment > from_payment)
);
create unique index payment_carry_once on payment_carry (from_payment) where live;
create index payment_carry_to on payment_carry (to_payment);

-- One person's signature over a run. The foreign keys are the rules: the key is this
-- person's, the run is what was signed, and its preparer is somebody else.
create table approval (
    run_id      bigint not null,
    staff_id    bigint not null references staff (id),
    prepared_by bigint not null,
    key_id      bigint not null,
    digest      bytea not null,
    statement   bytea not null,
    signature   bytea not null,
    approved_at timestamptz not null,
    constraint one_approval_each primary key (run_id, staff_id),
    constraint four_eyes check (staff_id <> prepared_by),
    constraint approval_run foreign key (run_id, prepared_by) references run (id, prepared_by),
    constraint approval_key foreign key (key_id, staff_id) references staff_key (id, staff_id)
);

-- One order to pay, in a message to the bank or on a list of the post office.
create table instruction (
    end_to_end_id   text primary key constraint instruction_id check (end_to_end_id ~ '^AS[0-9]{6}-[0-9]+-A[0-9]+$' and length(end_to_end_id) <= 35),
    payment_id      bigint not null,
    run_id          bigint not null,
    attempt         integer not null constraint instruction_attempt check (attempt > 0),
    bank_message_id bigint not null,
    rail_account_id bigint not null,
    amount          bigint not null constraint instruction_amount check (amount > 0),
    state           text not null default 'made' constraint instruction_state check (state in
                        ('made', 'debited', 'rejected', 'returned', 'collected', 'uncollected')),
    reason_code     text not null default '',
    reason_info     text not null default '',
    changed_on      date,
    alive           boolean not null generated always as (state in ('made', 'debited', 'collected')) stored,
    constraint instruction_once unique (payment_id, attempt)
) with (fillfactor = 50);  -- a debit changes no index, and a page of orders is debited at once: its rows stay in their page
-- nobody is paid twice: of a payment's instructions at most one is alive
create unique index instruction_alive on instruction (payment_id) where alive;
create index instruction_message on instruction (bank_message_id);
create index instruction_run on instruction (run_id);

-- What a person has to look into: a death the bank told of, money paid after a death,
-- an account that sends money back, a reason that only the person or the bank can explain.
create table payment_case (
    id            bigint generated always as identity primary key,
    kind          text not null constraint payment_case_kind check (kind in ('death', 'clawback', 'account', 'ask')),
    person_id     bigint not null references person (id),
    payment_id    bigint references payment (id),
    account_idx   bytea,
    reason_code   text not null default '',
    amount        bigint not null default 0,
    note          text not null default '',
    opened_at     timestamptz not null,
    opened_by     text not null,
    closed_at     timestamptz,
    closed_by     bigint references staff (id),
    constraint payment_case_once unique nulls not distinct (kind, person_id, payment_id)
);
create index payment_case_open on payment_case (person_id) where closed_at is null;

-- A run's steps, and what must be true to take one.
-- +goose StatementBegin
create function run_step() returns trigger language plpgsql as $$
declare
    needed integer;
    given  integer;
    sums   record;
begin
    if row(new.id, new.office, new.month, new.schemes, new.prepared_by, new.prepared_at, new.known_on, new.with_provisional, new.rates)
       is distinct from
       row(old.id, old.office, old.month, old.schemes, old.prepared_by, old.prepared_at, old.known_on, old.with_provisional, old.rates) then
        raise exception 'run % is what it was prepared as', old.id using errcode = 'check_violation', constraint = 'run_immutable';
    end if;
    if old.state not in ('draft', 'computed') and
       row(new.n, new.total, new.digest, new.provisional_sets, new.submitted_by, new.submitted_at, new.approvals_needed)
       is distinct from
       row(old.n, old.total, old.digest, old.provisional_sets, old.submitted_by, old.submitted_at, old.approvals_needed) then
        raise exception 'run % is frozen since it was submitted', old.id using errcode = 'check_violation', constraint = 'run_frozen';
    end if;
    if new.state = old.state then
        if old.state in ('rejected', 'void', 'closed') then
            raise exception 'run % is %', old.id, old.state using errcode = 'check_violation', constraint = 'run_ended';
        end if;
        return new;
    end if;
    if (old.state, new.state) not in (
        ('draft', 'computed'), ('computed', 'submitted'), ('computed', 'void'),
        ('submitted', 'approved'), ('submitted', 'rejected'), ('submitted', 'void'),
        ('approved', 'instructed'), ('approved', 'void'), ('instructed', 'closed')) then
        raise exception 'run % cannot go from % to %', old.id, old.state, new.state
            using errcode = 'check_violation', constraint = 'run_step';
    end if;
    if new.state in ('computed', 'submitted') then
        select count(*) filter (where state = 'ready') n, coalesce(sum(amount) filter (where state = 'ready'), 0) total,
               count(*) filter (where state = 'held') held_n, coalesce(sum(amount) filter (where state = 'held'), 0) held_total
          into sums from payment where run_id = new.id;
        if (sums.n, sums.total, sums.held_n, sums.held_total) is distinct from
           (new.n::bigint, new.total::numeric, new.held_n::bigint, new.held_total::numeric) then
            raise exception 'run % says % payments of % but has % of %', new.id, new.n, new.total, sums.n, sums.total
                using errcode = 'check_violation', constraint = 'run_sums';
        end if;
    end if;
    select approvals into needed from approval_threshold where total_from <= new.total order by total_from desc limit 1;
    -- one more where the run departs from the months before
    if new.state = 'submitted' and new.approvals_needed is distinct from needed and new.approvals_needed is distinct from needed + 1 then
        raise exception 'run % of % needs % approvals', new.id, new.total, needed
            using errcode = 'check_violation', constraint = 'run_approvals';
    end if;
    if new.state = 'approved' then
        select count(*) into given from approval where run_id = new.id and digest = new.digest;
        if given < greatest(needed, new.approvals_needed) then
            raise exception 'run % has % of % approvals', new.id, given, greatest(needed, new.approvals_needed)
                using errcode = 'check_violation', constraint = 'run_approvals';
        end if;
        if exists (select from unnest(new.provisional_sets) s where not exists (select from rate_confirmation c where c.set_id = s)) then
            raise exception 'run % uses provisional rates that nobody has confirmed', new.id
                using errcode = 'check_violation', constraint = 'run_provisional';
        end if;
        if not exists (select from entry_key k where k.entry_id = new.entry_id and k.key = 'run:' || new.id || ':approved')
           and exists (select from payment where run_id = new.id and state <> 'held' and (owed > 0 or clawback > 0)) then
            raise exception 'run % is approved only together with its entry', new.id
                using errcode = 'check_violation', constraint = 'run_posted';
        end if;
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger run_step before update on run for each row execute function run_step();

-- +goose StatementBegin
create function run_begins() returns trigger language plpgsql as $$
begin
    if new.state <> 'draft' then
        raise exception 'a run begins as a draft' using errcode = 'check_violation', constraint = 'run_step';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger run_begins before insert on run for each row execute function run_begins();

-- Payments and lines are written while their run is a draft, and only then.
-- +goose StatementBegin
create function payment_inserted() returns trigger language plpgsql as $$
begin
    if exists (select from (select distinct run_id from inserted) i left join run r on r.id = i.run_id where r.state is distinct from 'draft')
       or exists (select from inserted i left join person p on p.id = i.person_id where p.id is null)
       or exists (select from inserted where state not in ('held', 'ready') or not live or released_by is not null or held_by is not null or stopped <> '') then
        raise exception 'payments are added to a run that is being computed, for people that exist, held or ready'
            using errcode = 'check_violation', constraint = 'payment_of_draft';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger inserted after insert on payment referencing new table as inserted
    for each statement execute function payment_inserted();

-- +goose StatementBegin
create function payment_item_inserted() returns trigger language plpgsql as $$
begin
    if exists (select from (select distinct payment_id from inserted) i
               left join payment p on p.id = i.payment_id left join run r on r.id = p.run_id
               where r.state is distinct from 'draft')
       or exists (select from (select distinct reason_id from inserted) i left join line_reason e on e.id = i.reason_id where e.id is null) then
        raise exception 'lines are added to a run that is being computed'
            using errcode = 'check_violation', constraint = 'payment_item_of_draft';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger inserted after insert on payment_item referencing new table as inserted
    for each statement execute function payment_item_inserted();

-- A payment's steps. Before its run is submitted it may be held and released, by
-- somebody who did not prepare it; afterwards it only goes its way.
-- +goose StatementBegin
create function payment_step() returns trigger language plpgsql
    -- a plan made for the first few rows is kept for the session: nested loops would ruin a whole run
    set enable_nestloop = off as $$
declare
    bad record;
begin
    select w.id into bad from was w join now n using (id)
    where (w.run_id, w.person_id, w.nth, w.payee_id, w.payee_name, w.payee_kind, w.bank_bin, w.account_enc, w.account_idx, w.holder_name,
           w.regular, w.owed, w.clawback, w.set_off, w.carried, w.amount, w.leaf)
          is distinct from
          (n.run_id, n.person_id, n.nth, n.payee_id, n.payee_name, n.payee_kind, n.bank_bin, n.account_enc, n.account_idx, n.holder_name,
           n.regular, n.owed, n.clawback, n.set_off, n.carried, n.amount, n.leaf)
       or (w.rail <> n.rail and (n.rail, n.state) <> ('voucher', 'settled'))
    limit 1;
    if found or (select count(*) from was) <> (select count(*) from was join now using (id)) then
        raise exception 'payment % is what was computed', bad.id using errcode = 'check_violation', constraint = 'payment_immutable';
    end if;
    select w.id, w.state before, n.state after, r.state run, n.released_by, r.prepared_by into bad
    from was w join now n using (id) join run r on r.id = n.run_id
    where w.state <> n.state and not (
           (w.state, n.state) in (('held', 'ready'), ('ready', 'held')) and r.state = 'computed'
        or (w.state, n.state) in (('ready', 'cancelled'), ('held', 'cancelled')) and r.state not in ('draft', 'closed')
        or (w.state, n.state) in (('ready', 'instructed'), ('ready', 'settled')) and r.state in ('approved', 'instructed')
        or (w.state, n.state) in (('instructed', 'settled'), ('instructed', 'returned'), ('settled', 'returned'),
               ('instructed', 'collected'), ('instructed', 'uncollected'))
           and r.state in ('instructed', 'closed')
        or (w.state, n.state) in (('returned', 'carried'), ('uncollected', 'carried'), ('carried', 'returned'), ('carried', 'uncollected'))
        -- what came back is sent again by its own run, or surrendered at the end of the year,
        -- as long as no later run has taken it over
        or ((w.state, n.state) = ('returned', 'ready') and r.state = 'instructed'
            or (w.state, n.state) in (('returned', 'cancelled'), ('uncollected', 'cancelled')) and r.state in ('instructed', 'closed'))
           and not exists (select from payment_carry c where c.from_payment = n.id and c.live))
    order by w.id limit 1;
    if found then
        raise exception 'payment % of a run that is % cannot go from % to %', bad.id, bad.run, bad.before, bad.after
            using errcode = 'check_violation', constraint = 'payment_step';
    end if;
    select n.id into bad from was w join now n using (id) join run r on r.id = n.run_id
    where w.state = 'held' and n.state = 'ready' and (n.released_by is null or n.released_by = r.prepared_by)
    limit 1;
    if found then
        raise exception 'payment % is released by somebody who did not prepare it', bad.id
            using errcode = 'check_violation', constraint = 'four_eyes';
    end if;
    select n.id into bad from was w join now n using (id) join run r on r.id = n.run_id
    where w.live <> n.live and (n.live or not (n.state = 'cancelled' or (n.state = 'held' and r.state = 'approved')))
    limit 1;
    if found then
        raise exception 'payment % still counts as paid', bad.id using errcode = 'check_violation', constraint = 'payment_live';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger payment_step after update on payment referencing old table as was new table as now
    for each statement execute function payment_step();

-- A run is signed while it waits, as it is, by an active chairman of the office or of
-- the province, with a key that is not revoked.
-- +goose StatementBegin
create function approval_given() returns trigger language plpgsql as $$
declare
    r record;
begin
    select state, digest, office into r from run where id = new.run_id for update;
    if r.state is distinct from 'submitted' then
        raise exception 'run % is %', new.run_id, r.state using errcode = 'check_violation', constraint = 'approval_of_submitted';
    end if;
    if r.digest is distinct from new.digest then
        raise exception 'run % is not what was signed', new.run_id using errcode = 'check_violation', constraint = 'approval_digest';
    end if;
    if not exists (select from staff s where s.id = new.staff_id and s.disabled_at is null
                     and 'chairman' = any (s.roles) and (s.office is null or s.office = r.office)) then
        raise exception 'who approves run % is not a chairman of its office', new.run_id
            using errcode = 'check_violation', constraint = 'approval_role';
    end if;
    if not exists (select from staff_key k where k.id = new.key_id and k.staff_id = new.staff_id and k.revoked_at is null) then
        raise exception 'the key is revoked' using errcode = 'check_violation', constraint = 'approval_key_revoked';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger approval_given before insert on approval for each row execute function approval_given();

-- +goose StatementBegin
create function instruction_step() returns trigger language plpgsql
    set enable_nestloop = off as $$
declare
    bad record;
begin
    select w.end_to_end_id, w.state before, n.state after into bad
    from was w left join now n using (end_to_end_id)
    where n.end_to_end_id is null
       or (w.payment_id, w.run_id, w.attempt, w.bank_message_id, w.rail_account_id, w.amount)
          is distinct from (n.payment_id, n.run_id, n.attempt, n.bank_message_id, n.rail_account_id, n.amount)
       or (w.state <> n.state and (w.state, n.state) not in (
             ('made', 'debited'), ('made', 'rejected'), ('debited', 'returned'),
             ('made', 'collected'), ('made', 'uncollected'), ('debited', 'collected'), ('debited', 'uncollected')))
    limit 1;
    if found then
        raise exception 'instruction % cannot go from % to %', bad.end_to_end_id, bad.before, bad.after
            using errcode = 'check_violation', constraint = 'instruction_step';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger instruction_step after update on instruction referencing old table as was new table as now
    for each statement execute function instruction_step();

-- Instructions are made of payments that are ready in an approved run, for their amount.
-- +goose StatementBegin
create function instruction_inserted() returns trigger language plpgsql as $$
begin
    if exists (select from inserted i left join payment p on p.id = i.payment_id left join run r on r.id = p.run_id
               where p.id is null or p.run_id <> i.run_id or p.amount <> i.amount or p.stopped <> '' or i.state <> 'made'
                  or r.state not in ('approved', 'instructed') or p.state not in ('ready', 'instructed'))
       or exists (select from (select distinct bank_message_id, rail_account_id from inserted) i
                  left join bank_message m on m.id = i.bank_message_id where m.rail_account_id is distinct from i.rail_account_id) then
        raise exception 'only what is approved and ready is instructed, for its amount'
            using errcode = 'check_violation', constraint = 'instruction_of_approved';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger inserted after insert on instruction referencing new table as inserted
    for each statement execute function instruction_inserted();

create trigger append_only before update or delete or truncate on rate_edition
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on rate_confirmation
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on line_reason
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on payment_item
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on approval
    for each statement execute function append_only();
create trigger no_delete before delete or truncate on run
    for each statement execute function append_only();
create trigger no_delete before delete or truncate on payment
    for each statement execute function append_only();
create trigger no_delete before delete or truncate on payment_carry
    for each statement execute function append_only();
create trigger no_delete before delete or truncate on instruction
    for each statement execute function append_only();
create trigger no_delete before delete or truncate on payment_case
    for each statement execute function append_only();

grant select, insert on rate_edition, rate_confirmation, run, payment, line_reason, payment_item, payment_carry, approval,
    instruction, payment_case to ansinh_app;
grant select on approval_threshold, payment_line to ansinh_app;
grant update (state, provisional_sets, n, total, held_n, held_total, digest, approvals_needed, submitted_by, submitted_at,
    approved_at, entry_id, ended_by, ended_at, reason) on run to ansinh_app;
grant update (state, rail, hold_reasons, live, stopped, held_by, released_by, note, reason_code, reason_info, changed_at) on payment to ansinh_app;
grant update (live) on payment_carry to ansinh_app;
grant update (state, reason_code, reason_info, changed_on) on instruction to ansinh_app;
grant update (closed_at, closed_by, note) on payment_case to ansinh_app;
grant usage on sequence payment_id_seq to ansinh_app;
