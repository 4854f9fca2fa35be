-- +goose Up

-- A statement file as it came. The same bytes again are the same import.
create table statement_file (
    id          bigint generated always as identity primary key,
    sha256      bytea not null constraint statement_file_once unique check (octet_length(sha256) = 32),
    name        text not null,
    content     bytea not null,
    received_at timestamptz not null,
    received_by text not null
);

-- One account's statement in a file. Only an accepted one counts and has lines: they make
-- the chain of the account, each link going on from the closing balance before it. A gap
-- parks a statement, one that shows nothing new is known, and one that does not add up or
-- contradicts what was accepted is quarantined with the reason.
create table statement (
    id              bigint generated always as identity primary key,
    file_id         bigint not null references statement_file (id),
    rail_account_id bigint not null references rail_account (id),
    format          text not null,
    statement_id    text not null,
    from_day        date not null,
    to_day          date not null check (to_day >= from_day),
    opening         bigint,
    closing         bigint,
    entries         int not null check (entries >= 0),
    state           text not null constraint statement_state check (state in ('accepted', 'known', 'parked', 'quarantined')),
    reason          text not null default '',
    accepted_at     timestamptz,
    chain_no        int,    -- its place in the account's chain, from 1
    explained       int not null default 0,         -- its lines up to this one are explained
    finished        boolean not null default false, -- all of them
    constraint statement_chain unique (rail_account_id, chain_no),
    constraint statement_in_chain check ((state = 'accepted') = (chain_no is not null)),
    constraint statement_proven check (state <> 'accepted' or (opening is not null and closing is not null))
);
create index statement_account on statement (rail_account_id, to_day, id);
create index statement_unfinished on statement (rail_account_id, chain_no) where state = 'accepted' and not finished;

-- One booked row of a statement. The same row in two overlapping statements is one line:
-- it is known by its contents and, among equal rows of a statement, by its occurrence.
create table statement_line (
    id              bigint generated always as identity primary key,
    statement_id    bigint not null references statement (id),
    rail_account_id bigint not null references rail_account (id),
    n               int not null check (n > 0),
    credit          boolean not null,
    amount          bigint not null check (amount > 0),
    reversal        boolean not null,
    booked_on       date not null,
    value_on        date not null,
    bank_ref        text not null,
    code            text not null,
    memo            text not null,
    info            text not null,
    end_to_end_id   text not null,
    batch_message   text not null,
    batch_n         int not null,
    return_code     text not null,
    return_info     text not null,
    party           text not null,
    party_account   text not null,
    line_key        bytea not null check (octet_length(line_key) = 16),
    occurrence      int not null check (occurrence > 0),
    constraint statement_line_once unique (rail_account_id, line_key, occurrence)
);
create index statement_line_booked on statement_line (rail_account_id, booked_on);
create index statement_line_statement on statement_line (statement_id, n);

-- Why a line is what it is: the rule, its version and what it led to. Never changed;
-- undoing one is a new row that names it.
create table match (
    id         bigint generated always as identity primary key,
    line_id    bigint not null,
    rule       text not null,
    version    int not null,
    target     text not null,   -- end-to-end id, message id, funds request or account
    amount     bigint not null,
    entry_ref  text not null,   -- ref of the ledger entry that it posted
    matched_at timestamptz not null,
    matched_by text not null,
    attempt    int not null default 1 check (attempt > 0),  -- the line's how manyth explanation
    undoes     bigint references match (id)
);
create unique index match_undone_once on match (undoes) where undoes is not null;
-- a line stands in at most one match that is not undone: the next one follows on an undone one
create unique index match_once on match (line_id, attempt) where undoes is null;
-- +goose StatementBegin
create function match_inserted() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    bad bigint;
begin
    select i.line_id into bad from inserted i
    where i.undoes is null and i.attempt > 1 and not exists (
              select from match m join match u on u.undoes = m.id
              where m.line_id = i.line_id and m.attempt = i.attempt - 1 and m.undoes is null)
       or i.undoes is not null and not exists (
              select from match m where m.id = i.undoes and m.undoes is null
              and (m.line_id, m.attempt, m.rule, m.target, m.amount) = (i.line_id, i.attempt, i.rule, i.target, i.amount))
    limit 1;
    if found then
        raise exception 'line % is matched already', bad
            using errcode = 'unique_violation', constraint = 'match_once';
    end if;
    -- over the inserted set at once: a foreign key looks row by row
    select i.line_id into bad from inserted i left join statement_line l on l.id = i.line_id
    where l.amount is distinct from i.amount limit 1;
    if found then
        raise exception 'line % is not there, or of another amount', bad
            using errcode = 'foreign_key_violation', constraint = 'match_of_line';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger inserted after insert on match referencing new table as inserted
    for each statement execute function match_inserted();
-- +goose StatementBegin
create function undone(m match) returns boolean language sql stable as $$
    select m.undoes is not null or exists (select from match u where u.undoes = m.id)
$$;
-- +goose StatementEnd
create index match_target on match (target, rule);
create trigger append_only before update or delete or truncate on match
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on statement_line
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on statement_file
    for each statement execute function append_only();

-- What reconciliation could not explain. Settling one takes two people.
create table recon_break (
    id          bigint generated always as identity primary key,
    kind        text not null constraint recon_break_kind check (kind in (
                    'unmatched', 'unknown-credit', 'amount-differs', 'duplicate-debit', 'ambiguous',
                    'return-without-original', 'stale-in-transit', 'missing-statement', 'opening-balance', 'notice-without-line')),
    subject     text not null,          -- "line:812", "instruction:AS…", "statement:7"
    line_id     bigint references statement_line (id),
    office      text not null references office (code),
    amount      bigint not null,        -- of the line; negative when money left
    opened_on   date not null,
    note        text not null default '',
    owner       text not null default '',
    state       text not null default 'open' check (state in ('open', 'proposed', 'settled')),
    action      text not null default '',
    proposed_by bigint references staff (id),
    proposed_at timestamptz,
    settled_by  bigint references staff (id),
    settled_at  timestamptz,
    constraint recon_break_once unique (kind, subject),
    -- a break without money ends by itself when what was missing appears, and a debit
    -- booked twice when the bank takes it back
    constraint recon_break_proposed check (state = 'open' or (action <> '' and (proposed_by is not null or line_id is null
        or (kind = 'duplicate-debit' and action = 'reversed')))),
    constraint recon_break_two_people check (settled_by is null or settled_by <> proposed_by),
    constraint recon_break_settled check ((state = 'settled') = (settled_at is not null))
);
create index recon_break_open on recon_break (office, opened_on) where state <> 'settled';

-- Money that an office asked the treasury for; the statement shows when it came.
create table funds_request (
    reference    text primary key check (reference ~ '^ASKP[0-9A-Z]{8,20}$'),
    office       text not null references office (code),
    scheme       text not null check (scheme in ('btxh', 'htxh', 'ncc')),
    amount       bigint not null check (amount > 0),
    requested_on date not null,
    requested_by text not null
);

-- Transfers that the bank refused before debiting them (pain.002).
create table bank_rejection (
    end_to_end_id   text primary key,
    bank_message_id bigint not null references bank_message (id),
    reason          text not null,
    rejected_at     timestamptz not null
);
create index bank_rejection_message on bank_rejection (bank_message_id);

-- Answers whose refusals have reached the payments.
create table answer_taken (
    bank_answer_id bigint primary key references bank_answer (id),
    taken_at       timestamptz not null
);

-- The bank message that gives the post office the money of a cash list.
create table post_transfer (
    list            bigint primary key references bank_message (id),
    bank_message_id bigint not null unique references bank_message (id)
);

grant select, insert on bank_rejection, answer_taken, post_transfer to ansinh_app;
grant select on statement_file, statement, statement_line, match, recon_break, funds_request to ansinh_app;
grant insert on statement_file, statement, statement_line, match, recon_break, funds_request to ansinh_app;
grant update (state, reason, accepted_at, chain_no, explained, finished) on statement to ansinh_app;
grant update (note, owner, state, action, proposed_by, proposed_at, settled_by, settled_at) on recon_break to ansinh_app;
