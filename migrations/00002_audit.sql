-- +goose Up

-- What happened, written in the transaction that it describes. Rows are never
-- changed; the sealer puts their hashes into a Merkle log afterwards.
create table audit_event (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    actor   text not null,
    kind    text not null check (kind <> ''),
    subject text not null,
    payload jsonb not null default '{}',
    -- keeps a published leaf hash from being guessed from its likely contents
    salt    bytea not null default uuid_send(gen_random_uuid()),
    -- the transaction that wrote the row: the sealer's order is (tx, id), for
    -- identity values do not come in the order of commits
    tx      xid8 not null default pg_current_xact_id()
);
create unique index audit_event_tx on audit_event (tx, id);
create index audit_event_subject on audit_event (subject);

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

-- One row a sealing: the head of the tree after it and how far it had read.
create table audit_seal (
    size      bigint primary key check (size > 0),
    root      bytea not null check (octet_length(root) = 32),
    last_tx   xid8 not null,
    last_id   bigint not null,
    -- transaction numbers mean nothing in another cluster: after a restore the
    -- sealer sees the difference and looks for unsealed events one by one
    cluster   bigint not null,
    sealed_at timestamptz not null
);

-- Signed tree heads (C2SP signed notes).
create table audit_checkpoint (
    size      bigint primary key references audit_seal,
    note      text not null,
    signed_at timestamptz not null
);

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
create trigger inserted after insert on audit_event referencing new table as inserted
    for each statement execute function audit_event_inserted();

grant select on audit_event to ansinh_app;
grant insert (at, actor, kind, subject, payload) on audit_event to ansinh_app;
grant select, insert on audit_leaf, audit_hash, audit_seal, audit_checkpoint to ansinh_app;
