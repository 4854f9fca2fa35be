-- +goose Up

-- A document of a run as it was handed out to be signed: the bytes, so that the signed
-- file can be held against them, and what it came to.
create table document (
    id        bigint generated always as identity primary key,
    run_id    bigint not null references run (id),
    kind      text not null constraint document_kind check (kind in ('payment-list', 'cash-list', 'summary', 'changes', 'uncollected', 'withdrawal')),
    file_name text not null,
    sha256    bytea not null,
    content   bytea not null constraint document_size check (octet_length(content) between 1 and 33554432),
    total     bigint not null,
    made_by   bigint not null references staff (id),
    made_at   timestamptz not null,
    constraint document_hash check (sha256 = sha256(content)),
    constraint document_once unique (run_id, kind, sha256)
);

-- What came back signed, by the state's certificate or on paper and scanned, outside of
-- the program, which keeps it and does not judge the signature.
create table document_signed (
    id          bigint generated always as identity primary key,
    document_id bigint not null references document (id),
    file_name   text not null,
    sha256      bytea not null,
    content     bytea not null constraint document_signed_size check (octet_length(content) between 1 and 33554432),
    note        text not null default '',
    kept_by     bigint not null references staff (id),
    kept_at     timestamptz not null,
    constraint document_signed_hash check (sha256 = sha256(content)),
    constraint document_signed_once unique (document_id, sha256)
);

create trigger append_only before update or delete or truncate on document for each statement execute function append_only();
create trigger append_only before update or delete or truncate on document_signed for each statement execute function append_only();

grant select, insert on document, document_signed to ansinh_app;

-- What the page of a run shows, so that a million payments answer at once: which of them
-- are held or to be looked at, and the sums, kept until something changes them.

-- Written by the database itself when payments are. A flag stays when its payment is
-- released: whoever reads joins the payment. '*' is any reason to hold.
create table payment_flag (
    run_id     bigint not null,
    reason     text not null,
    payment_id bigint not null,
    primary key (run_id, reason, payment_id)
);

create table run_summary (
    run_id  bigint primary key references run (id),
    body    jsonb not null,
    made_at timestamptz not null
);

-- The people behind a change against the month before, where they are few: many are
-- found by walking.
create table run_change (
    run_id     bigint not null,
    change     text not null,
    person_id  bigint not null,
    payment_id bigint,
    before     bigint not null,
    now        bigint not null,
    primary key (run_id, change, person_id)
);

-- A kept summary is true while no row here names its run. Rows are only added by those who
-- change something, so that none of them waits for another; whoever makes the summary anew
-- takes away those that it has seen.
create table run_stale (
    id     bigint generated always as identity primary key,
    run_id bigint not null
);
create index run_stale_run on run_stale (run_id);

-- +goose StatementBegin
create function payment_flagged() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into payment_flag (run_id, reason, payment_id)
        select distinct p.run_id, f.reason, p.id from now p, unnest(case when p.state = 'held' then p.hold_reasons || '{*}' else '{}' end || p.attention) f(reason)
        where p.state = 'held' or cardinality(p.attention) > 0;
    else
        insert into payment_flag (run_id, reason, payment_id)
        select distinct p.run_id, f.reason, p.id from now p, unnest(p.hold_reasons || '{*}') f(reason) where p.state = 'held'
        on conflict do nothing;
        insert into run_stale (run_id) select distinct run_id from now;
        -- later runs of the office are compared with what is paid, not with what is held
        insert into run_stale (run_id)
        select l.id
        from (select run_id, sum(n) n, sum(total) total
              from (select run_id, count(*) n, sum(amount) total from was where state not in ('held', 'cancelled') group by run_id
                    union all
                    select run_id, -count(*), -sum(amount) from now where state not in ('held', 'cancelled') group by run_id) x
              group by run_id) moved
        join run r on r.id = moved.run_id join run l on l.office = r.office and l.id > r.id
        where moved.n <> 0 or moved.total <> 0;
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger payment_flagged after insert on payment referencing new table as now for each statement execute function payment_flagged();
create trigger payment_flagged_again after update on payment referencing old table as was new table as now
    for each statement execute function payment_flagged();

-- +goose StatementBegin
create function run_compared() returns trigger language plpgsql as $$
begin
    insert into run_stale (run_id) select l.id from run l where l.office = new.office and l.id > new.id;
    return null;
end
$$;
-- +goose StatementEnd
create trigger run_compared after update of state on run for each row when (old.state <> new.state) execute function run_compared();

-- +goose StatementBegin
create function paid_before_compared() returns trigger language plpgsql as $$
begin
    insert into run_stale (run_id) select run_id from run_summary;
    return null;
end
$$;
-- +goose StatementEnd
create trigger paid_before_compared after insert or update or delete on paid_before for each statement execute function paid_before_compared();

-- the messages of a run are found by stepping over their orders
drop index instruction_run;
create index instruction_run on instruction (run_id, bank_message_id);

grant select, insert on payment_flag to ansinh_app;
grant select, insert, update on run_summary to ansinh_app;
grant select, insert, delete on run_change, run_stale to ansinh_app;
