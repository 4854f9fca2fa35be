-- +goose Up

-- What happened, written in the transaction that it describes. Rows are never
-- changed; the sealer puts their hashes into a Merkle log afterwards. It grows for
-- ever, so it is kept in partitions by number, each a span of time: a look-up by number
-- touches one of them, and an old one can be moved to slower disks.
create table audit_event (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    actor   text not null,
    kind    text not null check (kind <> ''),
    subject text not null,
    payload jsonb not null default '{}',
    -- keeps a published leaf hash from being guessed from its likely contents
    salt    bytea not null default uuid_send(gen_random_uuid()),
    -- the transaction that wrote the row: which of them had ended at a moment is what
    -- the sealer goes by, for identity values do not come in the order of commits
    tx      xid8 not null default pg_current_xact_id()
) partition by range (id);
create unique index audit_event_tx on audit_event (tx, id);
create index audit_event_subject on audit_event (subject);
-- holds nothing as long as somebody seals now and then; nobody is refused for want of room
create table audit_event_rest partition of audit_event default;

-- The leaf number of each sealed event, from 0 without a gap.
create table audit_leaf (
    leaf     bigint primary key check (leaf >= 0),
    event_id bigint not null constraint audit_leaf_event unique
);

-- Hashes of the tree (RFC 6962) by the position that tlog stores them at.
create table audit_hash (
    pos  bigint primary key check (pos >= 0),
    hash bytea not null check (octet_length(hash) = 32)
);

-- One row a sealing: the head of the tree after it and how far it had read. Every
-- event of a transaction that had ended in seen has its place; while a large backlog is
-- read, reading is the snapshot it ends at, and (last_tx, last_id) how far that is.
create table audit_seal (
    size      bigint primary key check (size > 0),
    root      bytea not null check (octet_length(root) = 32),
    seen      pg_snapshot not null,
    reading   pg_snapshot,
    last_tx   xid8 not null default '0',
    last_id   bigint not null default 0,
    -- transaction numbers mean nothing in another cluster: after a restore the
    -- sealer sees the difference and looks for unsealed events one by one
    cluster   bigint not null,
    sealed_at timestamptz not null
);

-- Signed tree heads (C2SP signed notes). One head may be signed again: by a new key, or
-- with a witness.
create table audit_checkpoint (
    id        bigint generated always as identity primary key,
    size      bigint not null references audit_seal,
    note      text not null,
    signed_at timestamptz not null
);
create unique index audit_checkpoint_once on audit_checkpoint (size, md5(note));

-- +goose StatementBegin
create function append_only() returns trigger language plpgsql as $$
begin
    raise exception '% on % refused: its rows are never changed', lower(tg_op), tg_table_name
        using errcode = 'check_violation', constraint = 'append_only', table = tg_table_name;
end $$;
-- +goose StatementEnd

create trigger append_only before update or delete or truncate on audit_event
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on audit_leaf
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on audit_hash
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on audit_seal
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on audit_checkpoint
    for each statement execute function append_only();

-- +goose StatementBegin
create function audit_event_inserted() returns trigger language plpgsql as $$
begin
    if exists (select from inserted where tx <> pg_current_xact_id() or octet_length(salt) < 16) then
        raise exception 'an event is recorded in its own transaction, with a salt'
            using errcode = 'check_violation', constraint = 'audit_event_own_transaction';
    end if;
    return null;
end $$;
-- +goose StatementEnd
-- what a trigger of ours writes, such as the event of an entry, is so by construction
create trigger inserted after insert on audit_event referencing new table as inserted
    for each statement when (pg_trigger_depth() = 0) execute function audit_event_inserted();

-- audit_event_room makes the next partition before the one in use is half full. Whoever
-- writes events never waits for it: attaching locks only the empty rest, for at most a
-- tenth of a second, and is tried again with the next sealing.
-- +goose StatementBegin
create function audit_event_room() returns void
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '100ms' as $$
declare
    span constant bigint := 4000000;
    used bigint;
    k    bigint;
    part text;
begin
    select last_value into used from pg_sequences
    where (schemaname || '.' || sequencename)::regclass = pg_get_serial_sequence('audit_event', 'id')::regclass;
    select coalesce(max(substr(c.relname, 13)::bigint), 0) into k
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'audit_event'::regclass and c.relname ~ '^audit_event_[0-9]+$';
    while k * span < coalesce(used, 0) + span / 2 loop
        perform pg_advisory_xact_lock(26004);
        k := k + 1;
        part := 'audit_event_' || k;
        if to_regclass(part) is not null
           or exists (select from audit_event_rest where id > (k - 1) * span and id <= k * span) then
            continue;
        end if;
        execute format('create table %I (like audit_event including defaults including constraints)', part);
        execute format('create trigger append_only before update or delete or truncate on %I
            for each statement execute function append_only()', part);
        -- statement triggers fire on the table that a statement names: rows go in by the parent only
        execute format('create trigger by_parent before insert on %I
            for each statement execute function append_only()', part);
        execute format('alter table audit_event attach partition %I for values from (%s) to (%s)', part, (k - 1) * span + 1, k * span + 1);
    end loop;
end $$;
-- +goose StatementEnd
create trigger append_only before update or delete or truncate on audit_event_rest
    for each statement execute function append_only();
create trigger by_parent before insert on audit_event_rest
    for each statement execute function append_only();
revoke execute on function audit_event_room() from public;
grant execute on function audit_event_room() to ansinh_app;
select audit_event_room();

grant select on audit_event to ansinh_app;
grant insert (at, actor, kind, subject, payload) on audit_event to ansinh_app;
grant select, insert on audit_leaf, audit_hash, audit_seal, audit_checkpoint to ansinh_app;
