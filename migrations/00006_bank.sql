-- +goose Up

-- Where an office's money moves: its account at a bank, or its arrangement with the
-- post office. The id is surrogate: ledger account 3389.r<id> is what is in transit.
create table rail_account (
    id         bigint generated always as identity primary key,
    office     text not null references office (code),
    kind       text not null constraint rail_account_kind check (kind in ('bank', 'post')),
    bank_bin   text constraint rail_account_bin check (bank_bin ~ '^[0-9]{6}$'),
    account_no text constraint rail_account_no check (account_no ~ '^[0-9A-Z]{4,34}$'),
    name       text not null constraint rail_account_name check (btrim(name) <> ''),
    constraint rail_account_whole check (kind <> 'bank' or (bank_bin is not null and account_no is not null)),
    constraint rail_account_once unique nulls not distinct (office, kind, bank_bin, account_no)
);
-- one account is one office's: a statement must lead to exactly one set of books
create unique index rail_account_number on rail_account (bank_bin, account_no) where account_no is not null;

-- What we send to a bank or a post office. The bytes are written before anything
-- leaves, and never change: the same message id always means the same bytes.
create table bank_message (
    id              bigint generated always as identity primary key,
    rail_account_id bigint not null references rail_account (id),
    message_id      text not null constraint bank_message_id unique
                        constraint bank_message_id_shape check (message_id ~ '^[A-Za-z0-9./-]{1,35}$'),
    kind            text not null constraint bank_message_kind check (kind in ('pain001', 'sheet', 'list', 'voucher')),
    sha256          bytea not null constraint bank_message_sha256 check (sha256 = sha256(content)),
    content         bytea not null,
    n               integer not null constraint bank_message_n check (n > 0),
    total           bigint not null constraint bank_message_total check (total > 0),
    state           text not null default 'made' constraint bank_message_state
                        check (state in ('made', 'sent', 'accepted', 'part', 'rejected', 'unknown', 'cancelled')),
    reason          text not null default '',
    made_at         timestamptz not null,
    sent_at         timestamptz,
    answered_at     timestamptz,
    constraint bank_message_sent check (state = 'made' or sent_at is not null)
);
create index bank_message_account on bank_message (rail_account_id);
create index bank_message_open on bank_message (id) where state in ('made', 'sent', 'unknown');

-- Which state may follow which. "unknown" is left only by asking; back to "made" means
-- that the other side has certainly never had the message.
-- +goose StatementBegin
create function bank_message_step() returns trigger language plpgsql as $$
begin
    if row(new.id, new.rail_account_id, new.message_id, new.kind, new.sha256, new.content, new.n, new.total, new.made_at)
       is distinct from
       row(old.id, old.rail_account_id, old.message_id, old.kind, old.sha256, old.content, old.n, old.total, old.made_at) then
        raise exception 'bank message % is already made and cannot be changed', old.message_id
            using errcode = 'check_violation', constraint = 'bank_message_immutable';
    end if;
    if new.state <> old.state and not (old.state, new.state) in (
        ('made', 'sent'),
        ('sent', 'made'), ('sent', 'accepted'), ('sent', 'part'), ('sent', 'rejected'), ('sent', 'unknown'), ('sent', 'cancelled'),
        ('unknown', 'made'), ('unknown', 'sent'), ('unknown', 'accepted'), ('unknown', 'part'), ('unknown', 'rejected'), ('unknown', 'cancelled'),
        ('accepted', 'part'), ('accepted', 'rejected'), ('accepted', 'cancelled'),
        ('part', 'rejected'), ('part', 'cancelled')) then
        raise exception 'bank message % cannot go from % to %', old.message_id, old.state, new.state
            using errcode = 'check_violation', constraint = 'bank_message_step';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger bank_message_step before update on bank_message
    for each row execute function bank_message_step();

-- What the bank answered, kept as it came; the same bytes again are the same answer.
create table bank_answer (
    id              bigint generated always as identity primary key,
    bank_message_id bigint not null references bank_message (id),
    sha256          bytea not null constraint bank_answer_sha256 check (sha256 = sha256(content)),
    content         bytea not null,
    state           text not null,
    received_at     timestamptz not null,
    constraint bank_answer_once unique (bank_message_id, sha256)
);

-- The bank side tells us that money moved. The raw bytes are kept; what a notice
-- means is decided by whoever waits for it, and the statement has the last word.
create table bank_notice (
    id              bigint generated always as identity primary key,
    provider        text not null,
    event_id        text not null constraint bank_notice_event check (event_id <> ''),
    received_at     timestamptz not null,
    raw             bytea not null,
    headers         jsonb not null,
    amount          bigint not null constraint bank_notice_amount check (amount > 0),
    direction       text not null constraint bank_notice_direction check (direction in ('in', 'out')),
    bank_bin        text not null default '',
    account         text not null default '',
    virtual_account text not null default '',
    memo            text not null default '',
    reference       text not null default '',
    payer_name      text not null default '',
    payer_account   text not null default '',
    balance         bigint,
    occurred_at     timestamptz,
    verdict         text not null default '',
    constraint bank_notice_once unique (provider, event_id)
);
create index bank_notice_account on bank_notice (account, occurred_at);
-- a statement line bears out one notice
create unique index bank_notice_line on bank_notice (verdict) where verdict like 'line:%';
create index bank_notice_received on bank_notice (received_at);

grant select, insert on rail_account, bank_message, bank_answer, bank_notice to ansinh_app;
grant update (name) on rail_account to ansinh_app;
grant update (state, reason, sent_at, answered_at) on bank_message to ansinh_app;
grant update (verdict) on bank_notice to ansinh_app;
