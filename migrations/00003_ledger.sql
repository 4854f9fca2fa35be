-- +goose Up

create table account (
    id           bigint generated always as identity primary key,
    code         text not null constraint account_code unique
                 constraint account_code_form check (code ~ '^[0-9]+(\.[a-z0-9][a-z0-9-]*)*$'),
    name         text not null,
    type         text not null constraint account_type check (type in ('asset', 'liability', 'equity', 'revenue', 'expense')),
    currency     text not null default 'VND' constraint account_currency check (currency = 'VND'),
    no_overdraft boolean not null default false,
    office       text not null default '',
    fund         text not null default '',
    scheme       text not null default '',
    owner        text not null default ''
);

-- Sums of all transfers of an account and what is held of it, kept by triggers and by
-- nothing else. sign and floored repeat the account's type and no_overdraft, so
-- that posting does not have to look there.
create table balance (
    account_id bigint primary key,
    debits     bigint not null default 0 check (debits >= 0),
    credits    bigint not null default 0 check (credits >= 0),
    held       bigint not null default 0 check (held >= 0),
    sign       smallint not null check (sign in (-1, 1)),
    floored    boolean not null
) with (fillfactor = 50);

create table ledger_month (
    month      date primary key check (extract(day from month) = 1),
    state      text not null default 'open' check (state in ('open', 'closing', 'closed')),
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null default ''
);

-- Idempotency keys, for ever: unpartitioned. A key is written by its entry's trigger,
-- and so there is none without an entry.
create table entry_key (
    key      text collate "C" primary key,
    hash     bytea not null,
    entry_id bigint not null constraint entry_key_entry unique,
    on_day   date not null,
    reverses bigint
);
create unique index reverses_once on entry_key (reverses) where reverses is not null;

create sequence entry_number;

create table entry (
    id        bigint not null default nextval('entry_number'),
    key       text not null,
    hash      bytea not null,                -- of what is posted; the words (memo, by) are not in it
    on_day    date not null,
    month     date not null generated always as (on_day - (extract(day from on_day)::int - 1)) stored,
    kind      text not null default '',
    memo      text not null default '',
    ref       text not null default '',
    by_who    text not null default '',
    at        timestamptz not null default clock_timestamp(),   -- by the clock of who posts
    reverses  bigint,
    n         int not null,    -- transfers
    total     bigint not null,
    -- An entry of one transfer, with the entry's ref, may carry its accounts: its transfer
    -- is then written here, and nothing is left to be checked when the transaction ends.
    debit     bigint,
    credit    bigint,
    salt      bytea not null,   -- secret: salts of the transfers' leaves come from it
    root      bytea not null,   -- of the tree over the transfers
    posted_at timestamptz not null default clock_timestamp(),
    tx        xid8 not null default pg_current_xact_id(),
    primary key (id, on_day),
    -- one check, for each has to be read anew by every statement
    constraint entry_form check (key <> '' and n > 0 and total > 0
        and octet_length(hash) = 32 and octet_length(salt) = 32 and octet_length(root) = 32),
    constraint entry_of_one check ((debit is null) = (credit is null) and (debit is null or (n = 1 and reverses is null)))
) partition by range (on_day);
create index entry_ref on entry (ref) where ref <> '';

create table transfer (
    entry_id bigint not null,
    n        int not null check (n >= 0),    -- place in its entry, from 0
    on_day   date not null,
    debit    bigint not null,
    credit   bigint not null,
    amount   bigint not null check (amount > 0),
    ref      text not null default '',
    constraint two_accounts check (debit <> credit),
    primary key (entry_id, n, on_day)
) partition by range (on_day);
create index transfer_debit on transfer (debit, on_day);
create index transfer_credit on transfer (credit, on_day);

create view posting as
    select entry_id, n, on_day, debit as account_id, 'debit' as side, amount, ref from transfer
    union all
    select entry_id, n, on_day, credit, 'credit', amount, ref from transfer;

-- ledger_open_month makes the partitions of day's month, once. Posting calls it;
-- a worker may call it ahead so that no posting has to wait for another's.
-- +goose StatementBegin
create function ledger_open_month(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    first date := date_trunc('month', day)::date;
    next  date := (first + interval '1 month')::date;
    part  text;
    base  text;
begin
    if exists (select from ledger_month where month = first) then
        return;
    end if;
    if day not between '2000-01-01' and '2199-12-31' then
        raise exception 'no books are kept for %', day
            using errcode = 'check_violation', constraint = 'ledger_month_range';
    end if;
    perform pg_advisory_xact_lock(26001, 0);
    if exists (select from ledger_month where month = first) then
        return;
    end if;
    insert into ledger_month (month) values (first);
    foreach base in array array['entry', 'transfer'] loop
        part := base || to_char(first, '_YYYY_MM');
        execute format('create table %I (like %I including defaults including constraints including generated)', part, base);
        execute format('create trigger append_only before update or delete or truncate on %I
            for each statement execute function append_only()', part);
        -- statement triggers fire on the table that a statement names: rows go in by the parent only
        execute format('create trigger by_parent before insert on %I
            for each statement execute function append_only()', part);
        execute format('alter table %I attach partition %I for values from (%L) to (%L)', base, part, first, next);
    end loop;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function account_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into balance (account_id, sign, floored)
    select id, case when type in ('asset', 'expense') then 1 else -1 end, no_overdraft from inserted;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on account referencing new table as inserted
    for each statement execute function account_inserted();

-- The triggers of posting keep their plans for as long as a session lives; without
-- sequential scans a plan made while a table was small is right when it has grown.
-- (And a scan that cannot be avoided looks so dear then that it would be compiled.)

-- An entry of several transfers takes its key before its row is written, and the row is
-- not written when somebody has the key: whoever posts the same key at the same time
-- waits here for the first one to finish. Entries of one transfer take theirs by sets,
-- below; there a key that is taken is an error.
-- +goose StatementBegin
create function entry_takes_key() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if new.reverses is not null and not exists (select from entry_key where entry_id = new.reverses) then
        raise exception 'entry % reverses %, which does not exist', new.id, new.reverses
            using errcode = 'foreign_key_violation', constraint = 'reverses_an_entry';
    end if;
    insert into entry_key (key, hash, entry_id, on_day, reverses)
    values (new.key, new.hash, new.id, new.on_day, new.reverses) on conflict (key) do nothing;
    if not found then
        return null;
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger takes_key before insert on entry
    for each row when (new.debit is null) execute function entry_takes_key();

-- An entry stands in its own transaction and in an open month, and leaves its event in
-- the log. What is written here goes by sets: a batch of payments is a few statements.
-- +goose StatementBegin
create function entry_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad record;
begin
    -- closing the month takes this lock alone and so waits for who is posting
    perform pg_advisory_xact_lock_shared(26002, m.month - '2000-01-01'::date)
    from (select distinct month from inserted order by month) m;
    select i.month, i.own, m.state, i.id into bad
    from (select month, kind = 'closing' closing, bool_and(tx = pg_current_xact_id()) own, min(id) id from inserted group by 1, 2) i
    left join ledger_month m on m.month = i.month
    where not i.own or m.state is null or m.state = 'closed' or (m.state = 'closing' and not i.closing)
    limit 1;
    if found then
        if not bad.own then
            raise exception 'entry % is not posted in its own transaction', bad.id
                using errcode = 'check_violation', constraint = 'entry_own_transaction';
        end if;
        raise exception 'month % is %: entry % refused', to_char(bad.month, 'YYYY-MM'), bad.state, bad.id
            using errcode = 'check_violation', constraint = 'month_open';
    end if;
    -- the transfers wait for balances, last of all: whoever posts to the same account
    -- meanwhile has done all else by then
    with keys as (
        insert into entry_key (key, hash, entry_id, on_day)
        select key, hash, id, on_day from inserted where debit is not null),
    events as (
        insert into audit_event (at, actor, kind, subject, payload, salt)
        select at, case by_who when '' then 'system' else by_who end, 'ledger.entry', 'entry:' || id,
            case when reverses is null then
                jsonb_build_object('entry', id, 'key', key, 'on', on_day, 'kind', kind, 'memo', memo, 'ref', ref, 'by', by_who,
                    'n', n, 'total', total, 'hash', encode(hash, 'hex'), 'root', encode(root, 'hex'))
            else
                jsonb_build_object('entry', id, 'key', key, 'on', on_day, 'kind', kind, 'memo', memo, 'ref', ref, 'by', by_who,
                    'n', n, 'total', total, 'hash', encode(hash, 'hex'), 'root', encode(root, 'hex'), 'reverses', reverses)
            end,
            substr(sha256(salt || '\x6576656e74'), 1, 16)
        from inserted)
    insert into transfer (entry_id, n, on_day, debit, credit, amount, ref)
    select id, 0, on_day, debit, credit, total, ref from inserted where debit is not null;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on entry referencing new table as inserted
    for each statement execute function entry_inserted();

-- All transfers of an entry come in one statement, in the entry's transaction. Those
-- that the entry's own trigger writes are so by construction.
-- +goose StatementBegin
create function transfer_complete() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad record;
begin
    select min(s.entry_id) filter (where e.id is null or e.tx <> pg_current_xact_id()
                                      or s.n <> e.n or s.last <> e.n - 1 or s.total <> e.total) id,
           bool_or(e.reverses is not null) reversal into bad
    from (select entry_id, on_day, count(*) n, max(n) last, sum(amount) total from inserted group by entry_id, on_day) s
    left join entry e on e.id = s.entry_id and e.on_day = s.on_day;
    if bad.id is not null then
        raise exception 'transfers of entry % are not those it announces', bad.id
            using errcode = 'check_violation', constraint = 'entry_complete';
    end if;

    -- a reversal is its entry with the sides changed, transfer for transfer
    if bad.reversal then
        select e.id, e.reverses into bad
        from (select distinct entry_id, on_day from inserted) s
        join entry e on e.id = s.entry_id and e.on_day = s.on_day
        join entry_key k on k.entry_id = e.reverses
        where exists (
            select from (select * from inserted i where i.entry_id = e.id) i
            full join (select * from transfer t where t.entry_id = k.entry_id and t.on_day = k.on_day) o on o.n = i.n
            where (i.debit, i.credit, i.amount) is distinct from (o.credit, o.debit, o.amount))
        limit 1;
        if found then
            raise exception 'entry % does not mirror entry %, which it reverses', bad.id, bad.reverses
                using errcode = 'check_violation', constraint = 'reversal_mirrors';
        end if;
    end if;
    return null;
end $$;
-- +goose StatementEnd

-- Transfers move the balances.
-- +goose StatementBegin
create function transfer_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad  record;
    sums record;
    ids  bigint[];
begin
    -- Locked in the order of their ids, so that two postings never wait for each other in
    -- a circle. By an array: when a row that was waited for has changed, its condition is
    -- tried again, and a transition table is empty then.
    select array_agg(id order by id) into ids
    from (select debit id from inserted union select credit from inserted) a;
    if ids is null then -- an entry that did not carry its transfer
        return null;
    end if;
    perform from balance where account_id = any(ids) order by account_id for no key update;

    with changed as (
        update balance b
        set debits = b.debits + m.debits, credits = b.credits + m.credits
        from (select account_id, sum(debits)::bigint debits, sum(credits)::bigint credits
              from (select debit account_id, amount debits, 0 credits from inserted
                    union all select credit, 0, amount from inserted) p
              group by account_id) m
        where b.account_id = m.account_id and b.account_id = any(ids)  -- by the index, whatever the plan knew
        returning b.account_id, b.floored, b.sign * (b.debits - b.credits) - b.held free, b.sign * (m.debits - m.credits) moved)
    -- what only comes in is never refused
    select count(*) n, min(account_id) filter (where floored and free < 0 and moved < 0) short into sums from changed;
    if sums.n <> cardinality(ids) then
        select a.id into bad from unnest(ids) a(id)
        where not exists (select from balance b where b.account_id = a.id) order by id limit 1;
        raise exception 'account % does not exist', bad.id
            using errcode = 'foreign_key_violation', constraint = 'accounts_exist';
    end if;
    if sums.short is not null then
        select a.code, -b.sign * (b.debits - b.credits) + b.held short, b.sign * (b.debits - b.credits - m.moved) - b.held before into bad
        from balance b join account a on a.id = b.account_id,
            (select sum(case when debit = sums.short then amount else -amount end)::bigint moved
             from inserted where sums.short in (debit, credit)) m
        where b.account_id = sums.short;
        raise exception 'account % is short of %', bad.code, bad.short
            using errcode = 'check_violation', constraint = 'no_overdraft',
                  detail = json_build_object('account', bad.code, 'short', bad.short, 'balance', bad.before);
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger complete after insert on transfer referencing new table as inserted
    for each statement when (pg_trigger_depth() = 0 or not has_table_privilege('public.entry_key'::regclass, 'insert'))
    execute function transfer_complete();
create trigger inserted after insert on transfer referencing new table as inserted
    for each statement execute function transfer_inserted();

-- ledger_lock locks balances in the order of their ids and returns them as they are then:
-- who posts a batch looks first which requests an account can bear.
create function ledger_lock(ids bigint[]) returns setof balance
language sql security definer set search_path = public, pg_temp as $$
    select * from balance where account_id = any(ids) order by account_id for no key update
$$;

-- At commit, an entry that did not carry its transfer has got its transfers.
-- +goose StatementBegin
create function entry_has_transfers() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
begin
    if not exists (select from transfer where entry_id = new.id and n = 0 and on_day = new.on_day) then
        raise exception 'entry % has no transfers', new.id
            using errcode = 'check_violation', constraint = 'entry_complete';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger has_transfers after insert on entry
    deferrable initially deferred for each row when (new.debit is null) execute function entry_has_transfers();

-- Money set aside: on every account that its transfer would draw from, a hold counts
-- against no_overdraft until it is posted, released or expired.
create table hold (
    id      bigint generated always as identity primary key,
    key     text collate "C" not null constraint hold_key unique check (key <> ''),
    debit   bigint not null,
    credit  bigint not null,
    amount  bigint not null constraint hold_amount check (amount > 0),
    until   timestamptz not null,            -- from then on it can only expire
    ref     text not null default '',
    by_who  text not null default '',
    made_at timestamptz not null,
    constraint hold_two_accounts check (debit <> credit),
    constraint hold_until check (until > made_at)
);

-- The holds that have not ended, kept by the triggers of the two tables around it.
create table hold_open (
    hold_id bigint primary key,
    until   timestamptz not null
);
create index hold_open_until on hold_open (until);

create table hold_end (
    hold_id bigint primary key references hold (id),
    how     text not null check (how in ('posted', 'released', 'expired')),
    key     text collate "C",                -- of the entry that it was posted by
    at      timestamptz not null,
    by_who  text not null default '',
    constraint hold_posted check ((how = 'posted') = (key is not null))
);

-- ledger_hold adds amounts to what is held of accounts, or takes them off, in the order
-- of the accounts' ids. The accounts of a hold are those that its transfer draws from.
-- +goose StatementBegin
create function ledger_hold(holds bigint[], way int) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    ids bigint[];
    bad record;
begin
    select array_agg(id order by id) into ids
    from (select debit id from hold where hold.id = any(holds) union select credit from hold where hold.id = any(holds)) a;
    perform from balance where account_id = any(ids) order by account_id for no key update;
    if (select count(*) from balance where account_id = any(ids)) <> cardinality(ids) then
        raise exception 'an account of a hold does not exist'
            using errcode = 'foreign_key_violation', constraint = 'accounts_exist';
    end if;
    with changed as (
        update balance b set held = b.held + m.amount
        from (select b.account_id, sum(way * h.amount)::bigint amount
              from hold h join balance b on (b.account_id = h.debit and b.sign = -1) or (b.account_id = h.credit and b.sign = 1)
              where h.id = any(holds) group by b.account_id) m
        where b.account_id = m.account_id and b.account_id = any(ids)
        returning b.account_id, b.floored and m.amount > 0 and b.sign * (b.debits - b.credits) < b.held short,
            b.sign * (b.debits - b.credits) - b.held free, m.amount)
    select a.code, c.free, c.free + c.amount before into bad
    from changed c join account a on a.id = c.account_id where c.short order by a.id limit 1;
    if found then
        raise exception 'account % is short of %', bad.code, -bad.free
            using errcode = 'check_violation', constraint = 'no_overdraft',
                  detail = json_build_object('account', bad.code, 'short', -bad.free, 'balance', bad.before);
    end if;
end $$;
-- +goose StatementEnd
revoke execute on function ledger_hold(bigint[], int) from public;

-- +goose StatementBegin
create function hold_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into hold_open select id, until from inserted;
    perform ledger_hold(array_agg(id), 1) from inserted having count(*) > 0;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on hold referencing new table as inserted
    for each statement execute function hold_inserted();

-- +goose StatementBegin
create function hold_end_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    bad record;
begin
    select e.hold_id, e.how into bad from inserted e join hold h on h.id = e.hold_id
    where (e.how = 'expired' and e.at < h.until) or (e.how = 'posted' and e.at >= h.until) limit 1;
    if found then
        raise exception 'hold % cannot be % at that time', bad.hold_id, bad.how
            using errcode = 'check_violation', constraint = 'hold_in_time';
    end if;
    delete from hold_open where hold_id in (select hold_id from inserted);
    perform ledger_hold(array_agg(hold_id), -1) from inserted having count(*) > 0;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on hold_end referencing new table as inserted
    for each statement execute function hold_end_inserted();

-- At commit, a posted hold has its entry: one transfer between its accounts, of at most
-- its amount, posted in the same transaction.
-- +goose StatementBegin
create function hold_has_entry() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
begin
    if not exists (
        select from entry_key k join entry e on e.id = k.entry_id and e.on_day = k.on_day
        join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day
        join hold h on (h.debit, h.credit) = (t.debit, t.credit) and t.amount <= h.amount
        where k.key = new.key and h.id = new.hold_id and e.n = 1 and e.tx = pg_current_xact_id()) then
        raise exception 'hold % is not posted by the entry of %', new.hold_id, new.key
            using errcode = 'check_violation', constraint = 'hold_by_entry';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger has_entry after insert on hold_end
    deferrable initially deferred for each row when (new.how = 'posted') execute function hold_has_entry();

create trigger append_only before update or delete or truncate on entry_key
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on entry
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on transfer
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on account
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on hold
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on hold_end
    for each statement execute function append_only();
-- keys come with entries, balances with accounts, and both change from within triggers alone
create trigger by_entry before insert on entry_key
    for each statement when (pg_trigger_depth() = 0) execute function append_only();
create trigger append_only before insert or update or delete on balance
    for each statement when (pg_trigger_depth() = 0) execute function append_only();
create trigger append_only before insert or update or delete on hold_open
    for each statement when (pg_trigger_depth() = 0) execute function append_only();
create trigger no_truncate before truncate on hold_open
    for each statement execute function append_only();
create trigger no_truncate before truncate on balance
    for each statement execute function append_only();

-- What moved on each account in a month that is closed; the trial balance stands on it.
create table month_total (
    month      date not null references ledger_month (month),
    account_id bigint not null,
    debits     bigint not null check (debits >= 0),
    credits    bigint not null check (credits >= 0),
    primary key (month, account_id)
);
create index month_total_account on month_total (account_id, month);
create trigger append_only before update or delete or truncate on month_total
    for each statement execute function append_only();
create trigger by_close before insert on month_total
    for each statement when (pg_trigger_depth() = 0) execute function append_only();

-- A month goes open → closing → closed, or back to open while it is closing. Who closes
-- it waits for who is posting.
-- +goose StatementBegin
create function month_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        if new.state <> 'open' then
            raise exception 'month % begins open', new.month
                using errcode = 'check_violation', constraint = 'month_states';
        end if;
        return new;
    end if;
    perform pg_advisory_xact_lock(26002, old.month - '2000-01-01'::date);
    if new.month <> old.month or (old.state, new.state) not in (('open', 'closing'), ('closing', 'open'), ('closing', 'closed')) then
        raise exception 'month % is %, it cannot become %', to_char(old.month, 'YYYY-MM'), old.state, new.state
            using errcode = 'check_violation', constraint = 'month_states';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger step before insert or update on ledger_month
    for each row execute function month_step();

-- +goose StatementBegin
create function month_closed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into month_total (month, account_id, debits, credits)
    select new.month, account_id, sum(debits)::bigint, sum(credits)::bigint
    from (select debit account_id, amount debits, 0 credits from transfer where on_day >= new.month and on_day < (new.month + interval '1 month')::date
          union all
          select credit, 0, amount from transfer where on_day >= new.month and on_day < (new.month + interval '1 month')::date) p
    group by account_id;
    return null;
end $$;
-- +goose StatementEnd
create trigger closed after update on ledger_month
    for each row when (new.state = 'closed') execute function month_closed();

-- +goose StatementBegin
create function ledger_set_month(day date, wanted text, who text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform ledger_open_month(day);
    update ledger_month set state = wanted, changed_at = clock_timestamp(), changed_by = who where month = date_trunc('month', day)::date;
end $$;
-- +goose StatementEnd
create trigger no_delete before delete or truncate on ledger_month
    for each statement execute function append_only();

-- What moved on each account month by month: of closed months as it was when they were
-- closed, of the others from their transfers.
create view account_month as
    select month, account_id, debits, credits from month_total
    union all
    select m.month, p.account_id, sum(p.debits)::bigint, sum(p.credits)::bigint
    from ledger_month m, lateral (
        select debit account_id, amount debits, 0::bigint credits from transfer where on_day >= m.month and on_day < (m.month + interval '1 month')::date
        union all
        select credit, 0, amount from transfer where on_day >= m.month and on_day < (m.month + interval '1 month')::date) p
    where m.state <> 'closed'
    group by m.month, p.account_id;

-- Budget classification: an office adds dimensions and values as the state's list changes.
create table dimension (
    code text primary key constraint dimension_form check (code ~ '^[a-z][a-z_]{0,30}$'),
    name text not null,
    n    int not null                        -- their order in a code that is read as one
);
create table dimension_value (
    dimension text not null references dimension,
    code      text not null constraint dimension_value_form check (code ~ '^[0-9A-Za-z.-]{1,20}$'),
    name      text not null,
    note      text not null default '',      -- which text says so, or that nobody has checked it
    primary key (dimension, code)
);
insert into dimension (code, name, n) values
    ('chuong', 'Chương', 1), ('loai', 'Loại', 2), ('khoan', 'Khoản', 3), ('muc', 'Mục', 4), ('tieu_muc', 'Tiểu mục', 5);
insert into dimension_value (dimension, code, name, note) values
    ('chuong', '423', 'Sở Y tế', 'chưa đối chiếu văn bản'),
    ('chuong', '435', 'Sở Nội vụ', 'chưa đối chiếu văn bản'),
    ('chuong', '805', 'Văn phòng Ủy ban nhân dân cấp xã', 'chưa đối chiếu văn bản'),
    ('chuong', '860', 'Các quan hệ khác của ngân sách cấp xã', 'chưa đối chiếu văn bản'),
    ('loai', '370', 'Chi bảo đảm xã hội', 'Thông tư 44/2022/TT-BTC, Điều 13'),
    ('khoan', '133', 'Chi đóng bảo hiểm y tế cho các đối tượng (loại 130)', 'Thông tư 44/2022/TT-BTC, Điều 13'),
    ('khoan', '371', 'Chính sách và hoạt động phục vụ người có công với cách mạng', 'Thông tư 44/2022/TT-BTC, Điều 13'),
    ('khoan', '372', 'Hoạt động bảo vệ và chăm sóc trẻ em', 'chưa đối chiếu văn bản'),
    ('khoan', '374', 'Chính sách đối với cựu chiến binh, thanh niên xung phong', 'chưa đối chiếu văn bản'),
    ('khoan', '398', 'Chính sách và hoạt động phục vụ các đối tượng bảo trợ xã hội và các đối tượng khác', 'chưa đối chiếu văn bản'),
    ('muc', '7150', 'Chi về công tác người có công với cách mạng và xã hội', 'chưa đối chiếu văn bản'),
    ('tieu_muc', '7151', 'Trợ cấp hằng tháng cho người có công và thân nhân theo chế độ', 'chưa đối chiếu văn bản');

-- The class of an account, and of all whose codes go on with a dot after it, from a month
-- on. The longest code that fits rules, and of its rules the latest.
create table account_class (
    code       text not null constraint account_class_form check (code ~ '^[0-9]+(\.[a-z0-9][a-z0-9-]*)*$'),
    dimension  text not null,
    value      text not null,
    from_month date not null check (extract(day from from_month) = 1),
    primary key (code, dimension, from_month),
    foreign key (dimension, value) references dimension_value
);
-- The class of one transfer, where it is another than its accounts'; said when it is posted.
create table transfer_class (
    entry_id  bigint not null,
    n         int not null,
    on_day    date not null,
    dimension text not null,
    value     text not null,
    primary key (entry_id, n, dimension),
    foreign key (dimension, value) references dimension_value
);

-- +goose StatementBegin
create function transfer_class_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
begin
    if exists (
        select from inserted i
        left join entry e on e.id = i.entry_id and e.on_day = i.on_day
        left join transfer t on t.entry_id = i.entry_id and t.n = i.n and t.on_day = i.on_day
        where t.entry_id is null or e.tx is distinct from pg_current_xact_id()) then
        raise exception 'a transfer is classified when it is posted'
            using errcode = 'check_violation', constraint = 'transfer_class_with_entry';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on transfer_class referencing new table as inserted
    for each statement execute function transfer_class_inserted();
create trigger append_only before update or delete or truncate on transfer_class
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on account_class
    for each statement execute function append_only();

-- ledger_net is what an account's debits were more than its credits at the end of a day:
-- from the totals of the months that are closed before all others, and the transfers since.
create function ledger_net(account bigint, day date) returns bigint
language sql stable as $$
    select ((select coalesce(sum(t.debits - t.credits), 0) from month_total t where t.account_id = account and t.month < b.since)
          + (select coalesce(sum(t.amount), 0) from transfer t where t.debit = account and t.on_day between b.since and day)
          - (select coalesce(sum(t.amount), 0) from transfer t where t.credit = account and t.on_day between b.since and day))::bigint
    from (select least((select min(month) from ledger_month where state <> 'closed'), date_trunc('month', day)::date) since) b
$$;

grant select on account, balance, ledger_month, entry_key, entry, transfer, posting, hold, hold_open, hold_end, month_total, account_month,
    dimension, dimension_value, account_class, transfer_class to ansinh_app;
grant insert (code, name, type, no_overdraft, office, fund, scheme, owner) on account to ansinh_app;
grant insert (key, hash, on_day, kind, memo, ref, by_who, at, reverses, n, total, debit, credit, salt, root) on entry to ansinh_app;
grant usage on sequence entry_number to ansinh_app;
grant insert on transfer to ansinh_app;
grant insert (key, debit, credit, amount, until, ref, by_who, made_at) on hold to ansinh_app;
grant insert on hold_end to ansinh_app;
grant insert, update on dimension, dimension_value to ansinh_app;
grant insert on account_class, transfer_class to ansinh_app;
