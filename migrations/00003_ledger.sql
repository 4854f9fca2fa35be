-- +goose Up

create table account (
    id           bigint generated always as identity primary key,
    code         text not null constraint account_code unique
                 constraint account_code_form check (code ~ '^[0-9]+(\.[a-z0-9][a-z0-9-]*)*$'),
    name         text not null,
    type         text not null constraint account_type check (type in ('asset', 'liability', 'equity', 'revenue', 'expense')),
    no_overdraft boolean not null default false,
    office       text not null default '',
    fund         text not null default '',
    scheme       text not null default '',
    owner        text not null default ''
);

-- Sums of all transfers of an account, kept by the trigger on transfer and by
-- nothing else. sign and floored repeat the account's type and no_overdraft, so
-- that posting does not have to look there.
create table balance (
    account_id bigint primary key,
    debits     bigint not null default 0 check (debits >= 0),
    credits    bigint not null default 0 check (credits >= 0),
    sign       smallint not null check (sign in (-1, 1)),
    floored    boolean not null
) with (fillfactor = 50);

create table ledger_month (
    month      date primary key check (extract(day from month) = 1),
    state      text not null default 'open' check (state in ('open', 'closing', 'closed')),
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null default ''
);

-- Idempotency keys, for ever: unpartitioned, and the place where an entry's
-- number is born. A key is committed only together with its entry.
create table entry_key (
    key      text primary key check (key <> ''),
    hash     bytea not null check (octet_length(hash) = 32),
    entry_id bigint not null generated always as identity constraint entry_key_entry unique,
    on_day   date not null,
    month    date not null generated always as (on_day - (extract(day from on_day)::int - 1)) stored,
    reverses bigint constraint reverses_once unique references entry_key (entry_id)
);

create table entry (
    id        bigint not null,
    key       text not null,
    hash      bytea not null,                -- of what is posted; the words (memo, by) are not in it
    on_day    date not null,
    month     date not null generated always as (on_day - (extract(day from on_day)::int - 1)) stored,
    kind      text not null default '',
    memo      text not null default '',
    ref       text not null default '',
    by_who    text not null default '',
    reverses  bigint,
    n         int not null check (n > 0),    -- transfers
    total     bigint not null check (total > 0),
    salt      bytea not null check (octet_length(salt) = 32),   -- secret: salts of the transfers' leaves come from it
    root      bytea not null check (octet_length(root) = 32),   -- of the tree over the transfers
    posted_at timestamptz not null default clock_timestamp(),
    tx        xid8 not null default pg_current_xact_id(),
    primary key (id, on_day)
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

-- An entry stands on its key, in its own transaction, in an open month.
-- +goose StatementBegin
create function entry_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad  record;
    each date;
begin
    select i.id, i.key into bad
    from inserted i left join entry_key k on k.entry_id = i.id
    where i.tx <> pg_current_xact_id() or k.key is null
       or (k.key, k.hash, k.on_day) <> (i.key, i.hash, i.on_day)
       or k.reverses is distinct from i.reverses
    limit 1;
    if found then
        raise exception 'entry % does not stand on its key %', bad.id, bad.key
            using errcode = 'check_violation', constraint = 'entry_on_key';
    end if;
    for each in select distinct month from inserted order by month loop
        -- closing the month takes this lock alone and so waits for who is posting
        perform pg_advisory_xact_lock_shared(26002, each - '2000-01-01'::date);
    end loop;
    select m.month, m.state, i.id into bad
    from inserted i left join ledger_month m using (month)
    where m.state is null or m.state = 'closed' or (m.state = 'closing' and i.kind <> 'closing')
    limit 1;
    if found then
        raise exception 'month % is %: entry % refused', to_char(bad.month, 'YYYY-MM'), bad.state, bad.id
            using errcode = 'check_violation', constraint = 'month_open';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on entry referencing new table as inserted
    for each statement execute function entry_inserted();

-- All transfers of an entry come in one statement, in the entry's transaction,
-- and move the balances.
-- +goose StatementBegin
create function transfer_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad  record;
    sums record;
    ids  bigint[];
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

    -- Locked in the order of their ids, so that two postings never wait for each other in
    -- a circle. By an array: when a row that was waited for has changed, its condition is
    -- tried again, and a transition table is empty then.
    select array_agg(id order by id) into ids
    from (select debit id from inserted union select credit from inserted) a;
    perform from balance where account_id = any(ids) order by account_id for no key update;

    with changed as (
        update balance b
        set debits = b.debits + m.debits, credits = b.credits + m.credits
        from (select account_id, sum(debits)::bigint debits, sum(credits)::bigint credits
              from (select debit account_id, amount debits, 0 credits from inserted
                    union all select credit, 0, amount from inserted) p
              group by account_id) m
        where b.account_id = m.account_id and b.account_id = any(ids)  -- by the index, whatever the plan knew
        returning b.account_id, b.sign, b.floored, b.debits - b.credits net, m.debits - m.credits moved)
    select count(*) n, min(account_id) filter (where floored and sign * net < 0) short into sums from changed;
    if sums.n <> cardinality(ids) then
        select a.id into bad from unnest(ids) a(id)
        where not exists (select from balance b where b.account_id = a.id) order by id limit 1;
        raise exception 'account % does not exist', bad.id
            using errcode = 'foreign_key_violation', constraint = 'accounts_exist';
    end if;
    if sums.short is not null then
        select a.code, -b.sign * (b.debits - b.credits) short, b.sign * (b.debits - b.credits - m.moved) before into bad
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
create trigger inserted after insert on transfer referencing new table as inserted
    for each statement execute function transfer_inserted();

-- ledger_lock locks balances in the order of their ids and returns them as they are then:
-- who posts a batch looks first which requests an account can bear.
create function ledger_lock(ids bigint[]) returns setof balance
language sql security definer set search_path = public, pg_temp as $$
    select * from balance where account_id = any(ids) order by account_id for no key update
$$;

-- At commit, whoever took a key has posted under it.
-- +goose StatementBegin
create function entry_key_used() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
begin
    if not exists (select from transfer where entry_id = new.entry_id and n = 0 and on_day = new.on_day) then
        raise exception 'key % has no transfers', new.key
            using errcode = 'check_violation', constraint = 'entry_complete';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger used after insert on entry_key
    deferrable initially deferred for each row execute function entry_key_used();

create trigger append_only before update or delete or truncate on entry_key
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on entry
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on transfer
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on account
    for each statement execute function append_only();
-- the balances of an account are changed from within its triggers alone
create trigger append_only before insert or update or delete on balance
    for each statement when (pg_trigger_depth() = 0) execute function append_only();
create trigger no_truncate before truncate on balance
    for each statement execute function append_only();

-- A month goes open → closing → closed, or back to open while it is closing.
-- +goose StatementBegin
create function ledger_set_month(day date, wanted text, who text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    first date := date_trunc('month', day)::date;
    was   text;
begin
    perform ledger_open_month(day);
    perform pg_advisory_xact_lock(26002, first - '2000-01-01'::date);
    select state into was from ledger_month where month = first for update;
    if (was, wanted) not in (('open', 'closing'), ('closing', 'open'), ('closing', 'closed')) then
        raise exception 'month % is %, it cannot become %', to_char(first, 'YYYY-MM'), was, wanted
            using errcode = 'check_violation', constraint = 'month_states';
    end if;
    update ledger_month set state = wanted, changed_at = clock_timestamp(), changed_by = who where month = first;
end $$;
-- +goose StatementEnd
create trigger no_delete before delete or truncate on ledger_month
    for each statement execute function append_only();

grant select on account, balance, ledger_month, entry_key, entry, transfer, posting to ansinh_app;
grant insert (code, name, type, no_overdraft, office, fund, scheme, owner) on account to ansinh_app;
grant insert (key, hash, on_day, reverses) on entry_key to ansinh_app;
grant insert (id, key, hash, on_day, kind, memo, ref, by_who, reverses, n, total, salt, root) on entry to ansinh_app;
grant insert on transfer to ansinh_app;
