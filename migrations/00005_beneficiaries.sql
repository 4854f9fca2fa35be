-- +goose Up

-- A person as the service knows one. Numbers are sealed (number_enc) and found by a
-- keyed blind index (number_idx): nobody who reads the table learns a number.
create table person (
    id                 bigint generated always as identity primary key,
    -- the 12-digit personal number; two people never share one
    number_enc         bytea,
    number_idx         bytea constraint person_number unique constraint person_number_idx_size check (octet_length(number_idx) = 16),
    -- a number that names nobody for certain: an old 9-digit one, or one that a
    -- list gives to a person although it is already another's
    other_enc          bytea,
    other_idx          bytea constraint person_other_idx_size check (octet_length(other_idx) = 16),
    other_kind         text constraint person_other_kind check (other_kind in ('old', 'claimed')),
    name               text not null constraint person_name_given check (btrim(name) <> ''),
    name_key           text not null,                -- folded: no marks, one spelling, lower case
    birth              text constraint person_birth_shape check (birth ~ '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$'),
    sex                text constraint person_sex check (sex in ('M', 'F')),
    ethnicity          text not null default '',
    office             text not null references office (code),
    hamlet             text not null default '',
    address            text not null default '',
    phone              text not null default '',
    e_identity         boolean,                      -- has an e-identity of level 2 (VNeID); null: nobody has said
    died_on            date,
    register_outcome   text not null default 'unchecked' constraint person_outcome check (register_outcome in (
                           'match', 'mismatch', 'review', 'not_found', 'duplicate', 'deceased',
                           'moved', 'absent', 'old_number', 'unchecked')),
    -- what the answer rests on: fields, candidates, register, day it was true
    register_evidence  jsonb not null default '{}',
    checked_at         timestamptz,
    as_of              date,                         -- the day the register's status was true
    -- what a clerk decided about the outcome; a new answer that differs clears it
    settled            text constraint person_settled check (settled in ('pay', 'stop')),
    settled_by         text,
    settled_at         timestamptz,
    merged_into        bigint references person (id),
    first_list         bigint not null,              -- the list that named them first
    constraint person_number_whole check ((number_enc is null) = (number_idx is null)),
    constraint person_other_whole check ((other_enc is null) = (other_idx is null) and (other_idx is null) = (other_kind is null)),
    constraint person_settled_whole check ((settled is null) = (settled_by is null) and (settled is null) = (settled_at is null)),
    -- a clerk cannot pay the dead or the absent by a click
    constraint person_settled_alive check (settled is distinct from 'pay' or register_outcome not in ('deceased', 'absent')),
    constraint person_checked check (register_outcome = 'unchecked' or checked_at is not null),
    constraint person_merged_other check (merged_into <> id)
) with (fillfactor = 80);
-- Nothing that a sync changes in everybody stands in an index, so that its updates
-- stay on their pages.
create index person_other on person (other_idx) where other_idx is not null;
create index person_office on person (office); -- without the id: a second index that has it could be taken for the primary key
create index person_unnumbered on person (office, name_key) where number_idx is null;
create index person_name on person (name_key text_pattern_ops);
create index person_merged on person (merged_into) where merged_into is not null;

-- One file as received, for one office and one scheme: a version. Kind 'correction'
-- holds repaired quarantine rows of another list, 'accounts' an account file.
create table list (
    id             bigint generated always as identity primary key,
    kind           text not null constraint list_kind check (kind in ('list', 'correction', 'accounts')),
    office         text references office (code),
    scheme         text constraint list_scheme check (scheme ~ '^[a-z][a-z0-9_]{1,15}$'),
    version        integer not null constraint list_version_positive check (version > 0),
    previous       bigint references list (id),      -- the version before, or the list a correction mends
    file_name      text not null,
    sha256         bytea not null constraint list_sha256 check (octet_length(sha256) = 32),
    size           bigint not null,
    sheet          text not null default '',
    title          text not null default '',
    layout         jsonb not null default '{}',      -- by sheet: headings, where the columns are, their encodings
    sender         text not null default '',         -- who gave us the file
    imported_by    text not null,
    imported_at    timestamptz not null,
    waits          boolean not null default false,   -- what it brings is held until a second person accepts it
    received       integer not null default 0,
    imported       integer not null default 0,
    quarantined    integer not null default 0,
    duplicates     integer not null default 0,
    remarks        integer not null default 0,       -- rows that name nobody: totals, signatures
    repairs        jsonb not null default '{}',      -- how often each repair was made
    changes        jsonb not null default '{}',      -- {"added": n, "gone": n, "changed": n}
    done           boolean not null default false,   -- set last by the import; from then on nothing changes
    constraint list_whole check (received = imported + quarantined and imported >= 0 and quarantined >= 0),
    constraint list_of_office check (kind = 'accounts' or (office is not null and scheme is not null))
);
create unique index list_once on list (sha256, kind, coalesce(office, ''), coalesce(scheme, ''), sheet);
create unique index list_version on list (office, scheme, version) where kind = 'list';
create index list_waits on list (id) where waits;

-- Who looked at what a list changes and took it, or refused it. Of a list that waits it is
-- another person than who imported it.
create table list_verdict (
    list_id    bigint primary key references list (id),
    accepted   boolean not null,
    decided_by text not null,
    decided_at timestamptz not null,
    note       text not null default '',
    constraint list_verdict_reason check (accepted or btrim(note) <> '')
);
-- +goose StatementBegin
create function list_verdict_four_eyes() returns trigger language plpgsql as $$
declare
    l list;
begin
    select * into l from list where id = new.list_id;
    if not l.done then
        raise exception 'list % is not finished', l.id using errcode = 'check_violation', constraint = 'list_verdict_done';
    end if;
    if l.waits and l.imported_by = new.decided_by then
        raise exception 'list % was imported by %', l.id, new.decided_by
            using errcode = 'check_violation', constraint = 'list_verdict_four_eyes';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger list_verdict_four_eyes before insert on list_verdict
    for each row execute function list_verdict_four_eyes();

-- A row as received: imported, or quarantined with the cell and the reason.
create table list_row (
    id            bigint generated always as identity primary key,
    list_id       bigint not null,
    sheet         text not null default '',
    row_no        integer not null,                  -- as the spreadsheet counts, from 1
    state         text not null constraint list_row_state check (state in ('imported', 'quarantined')),
    person_id     bigint,
    cells         bytea not null,                    -- sealed: every cell as received, JSON array
    repairs       jsonb not null default '[]',       -- [{"column", "kind", "note"}], without the values of numbers
    warnings      text[] not null default '{}',
    cell          text,                              -- the cell at fault, such as D17
    reason        text,                              -- in plain Vietnamese
    duplicate_of  bigint references list_row (id),
    corrected_by  bigint references list_row (id),
    constraint list_row_once unique (list_id, sheet, row_no),
    constraint list_row_quarantined check ((state = 'quarantined') = (reason is not null)),
    constraint list_row_imported check ((state = 'imported') = (person_id is not null)),
    constraint list_row_corrected check (corrected_by is null or state = 'quarantined')
);
create index list_row_person on list_row (person_id);
create index list_row_quarantine on list_row (list_id) where state = 'quarantined' and corrected_by is null;

-- What a list says it holds is what it holds, checked when the import commits; a
-- finished list takes no more rows and changes no more.
-- +goose StatementBegin
create function list_counts() returns trigger language plpgsql as $$
declare
    l list;
    i integer;
    q integer;
begin
    select * into l from list where id = new.id;
    select count(*) filter (where state = 'imported'), count(*) filter (where state = 'quarantined')
      into i, q from list_row where list_id = new.id;
    if not l.done or i <> l.imported or q <> l.quarantined then
        raise exception 'list % says % imported and % quarantined but holds % and %', l.id, l.imported, l.quarantined, i, q
            using errcode = 'check_violation', constraint = 'list_counts';
    end if;
    return null;
end
$$;
create function list_finished() returns trigger language plpgsql as $$
begin
    raise exception 'list % is finished and cannot be changed', old.id
        using errcode = 'check_violation', constraint = 'list_finished';
end
$$;
-- +goose StatementEnd
create constraint trigger list_counts after insert on list
    deferrable initially deferred for each row execute function list_counts();
create trigger list_finished before update on list
    for each row when (old.done) execute function list_finished();

-- What a version changed against the one before.
create table list_change (
    list_id    bigint not null references list (id),
    person_id  bigint not null references person (id),
    category   text not null,
    change     text not null constraint list_change_kind check (change in ('added', 'gone', 'changed')),
    fields     jsonb not null default '{}',          -- {"field": ["before", "after"]}; numbers masked
    primary key (list_id, person_id, category, change)
);

-- One person, one category, from a month to a month, by a decision.
create table entitlement (
    id              bigint generated always as identity primary key,
    person_id       bigint not null,
    office          text not null,
    scheme          text not null,
    category        text not null,
    first_month     date not null constraint entitlement_first_day check (extract(day from first_month) = 1),
    last_month      date constraint entitlement_last_day check (extract(day from last_month) = 1),
    children        integer constraint entitlement_children check (children between 0 and 30),
    injury_percent  integer constraint entitlement_injury check (injury_percent between 0 and 100),
    seniority_units integer constraint entitlement_seniority check (seniority_units between 0 and 100),
    decision_no     text not null default '',
    decision_on     date,
    list_id         bigint,                          -- the newest version that carries it; null when only a decision does
    row_id          bigint,
    dropped_by      bigint references list (id),     -- a newer version no longer carries it: held until someone says why
    decision_id     bigint,                          -- that granted it; null when it came by a list
    decided         boolean not null default false,  -- a decision made or changed it: lists do not change it any more
    ceased_from     date,                            -- by the newest decision about it: not in force from this month
    suspended       boolean not null default false,  -- … but only for a while
    constraint entitlement_source check ((list_id is null) = (row_id is null) and (list_id is not null or decision_id is not null)),
    constraint entitlement_decided check (decided or (decision_id is null and ceased_from is null)),
    constraint entitlement_suspended check (ceased_from is not null or not suspended),
    constraint entitlement_order check (last_month is null or last_month >= first_month)
);
create unique index entitlement_once on entitlement (person_id, office, scheme, category, first_month, coalesce(decision_id, 0));
create index entitlement_office on entitlement (office, scheme);

-- Who collects for a person: the person, or an authorised recipient. A changed account
-- is a new row, so that the next run can show it first.
create table payee (
    id                bigint generated always as identity primary key,
    person_id         bigint not null,
    kind              text not null constraint payee_kind check (kind in ('self', 'guardian', 'recipient')),
    ground            text constraint payee_ground check (ground in ('child', 'incapacitated')),  -- of a guardian
    name              text not null,
    number_enc        bytea,
    number_idx        bytea,
    relation          text not null default '',
    authorisation_no  text not null default '',
    authorised_until  date,
    way               text not null constraint payee_way check (way in ('bank', 'cash')),
    bank_bin          text constraint payee_bin check (bank_bin ~ '^[0-9]{6}$'),
    account_enc       bytea,
    account_idx       bytea,
    holder_name       text not null default '',
    holder_verdict    text not null default 'none' constraint payee_holder check (holder_verdict in ('same', 'near', 'different', 'none')),
    holder_why        text not null default '',
    shared_reason     text not null default '',      -- why several people use one account, as accepted by a clerk
    list_id           bigint,
    change_id         bigint,                        -- the change that two people made, when it came by no list
    since             timestamptz not null,
    ended_at          timestamptz,
    constraint payee_source check ((list_id is null) <> (change_id is null)),
    constraint payee_guardian check ((kind = 'guardian') = (ground is not null)),
    constraint payee_guardian_paper check (kind <> 'guardian' or (btrim(authorisation_no) <> '' and authorised_until is null)),
    constraint payee_account_whole check ((account_enc is null) = (account_idx is null)),
    constraint payee_number_whole check ((number_enc is null) = (number_idx is null)),
    constraint payee_recipient check (kind = 'self' or authorised_until is null or btrim(name) <> ''),
    -- an authorisation holds at most 12 months
    constraint payee_authorised_a_year check (
        authorised_until <= (since at time zone 'Asia/Ho_Chi_Minh')::date + interval '12 months')
);
create unique index payee_current on payee (person_id) where ended_at is null;
create index payee_past on payee (person_id) where ended_at is not null;
create index payee_account on payee (account_idx) where ended_at is null;

-- Months settled outside the system before it took over, as the first list says.
create table paid_before (
    person_id    bigint not null,
    scheme       text not null,
    category     text not null,
    first_month  date not null,
    last_month   date not null,
    amount       bigint not null constraint paid_before_amount check (amount >= 0),  -- đồng a month
    list_id      bigint not null,
    primary key (person_id, scheme, category, first_month),
    constraint paid_before_order check (last_month >= first_month)
);

-- What an import writes by the hundred thousand refers to rows that exist: checked over
-- the set a statement writes, because a foreign key looks at row after row and takes
-- half of the time. Nobody but the owner can delete what is referred to. A scalar subquery
-- is always answered by index: a join planned while a table was empty would read all of it
-- for every row.
-- +goose StatementBegin
create function list_row_refers() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if exists (select from (select distinct list_id from fresh) f where (select l.done from list l where l.id = f.list_id) is distinct from false) then
        raise exception 'rows of no list, or of a finished one' using errcode = 'foreign_key_violation', constraint = 'list_row_list';
    end if;
    if exists (select from fresh f where f.person_id is not null and (select true from person p where p.id = f.person_id) is null) then
        raise exception 'rows of no person' using errcode = 'foreign_key_violation', constraint = 'list_row_person';
    end if;
    return null;
end
$$;
create function person_refers() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if exists (select from fresh f where (select true from person p where p.id = f.person_id) is null) then
        raise exception '% of no person', tg_table_name using errcode = 'foreign_key_violation', constraint = tg_table_name || '_person';
    end if;
    if exists (select from (select distinct list_id from fresh where list_id is not null) f where (select true from list l where l.id = f.list_id) is null) then
        raise exception '% of no list', tg_table_name using errcode = 'foreign_key_violation', constraint = tg_table_name || '_list';
    end if;
    return null;
end
$$;
create function entitlement_refers() returns trigger language plpgsql set enable_seqscan = off as $$
begin
    if exists (select from fresh f where (select r.list_id from list_row r where r.id = f.row_id) is distinct from f.list_id) then
        raise exception 'entitlement of no list row' using errcode = 'foreign_key_violation', constraint = 'entitlement_row';
    end if;
    if exists (select from (select distinct office, list_id from fresh where list_id is not null) f where (select l.office from list l where l.id = f.list_id) is distinct from f.office) then
        raise exception 'entitlement of another office than its list' using errcode = 'foreign_key_violation', constraint = 'entitlement_office';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger list_row_refers after insert on list_row
    referencing new table as fresh for each statement execute function list_row_refers();
create trigger entitlement_person_new after insert on entitlement
    referencing new table as fresh for each statement execute function person_refers();
create trigger entitlement_person_changed after update on entitlement
    referencing new table as fresh for each statement execute function person_refers();
create trigger entitlement_row_new after insert on entitlement
    referencing new table as fresh for each statement execute function entitlement_refers();
create trigger entitlement_row_changed after update on entitlement
    referencing new table as fresh for each statement execute function entitlement_refers();
create trigger payee_person_new after insert on payee
    referencing new table as fresh for each statement execute function person_refers();
create trigger payee_person_changed after update on payee
    referencing new table as fresh for each statement execute function person_refers();
create trigger paid_before_person_new after insert on paid_before
    referencing new table as fresh for each statement execute function person_refers();
create trigger paid_before_person_changed after update on paid_before
    referencing new table as fresh for each statement execute function person_refers();

-- One asking of the register about everybody who is due; an unfinished one is taken up again.
create table sync (
    id           bigint generated always as identity primary key,
    register     text not null,
    started_by   text not null,
    started_at   timestamptz not null,
    stale_before timestamptz,                        -- people checked before this are asked again
    finished_at  timestamptz,
    asked        integer not null default 0,
    outcomes     jsonb not null default '{}'
);
create unique index sync_open on sync (register) where finished_at is null;

-- A clerk's decision about one person. A merge works only when another person confirms it.
create table review_decision (
    id            bigint generated always as identity primary key,
    person_id     bigint not null references person (id),
    decision      text not null constraint review_decision_kind check (decision in ('same', 'pay', 'stop', 'merge')),
    other_person  bigint references person (id),     -- merge: who remains
    candidate     integer,                           -- same: which candidate of the evidence, from 1
    reason        text not null constraint review_decision_reason check (btrim(reason) <> ''),
    decided_by    text not null,
    decided_at    timestamptz not null,
    confirmed_by  text,
    confirmed_at  timestamptz,
    refused_at    timestamptz,
    constraint review_four_eyes check (decision <> 'merge' or confirmed_by is null or confirmed_by <> decided_by),
    constraint review_merge_other check ((decision = 'merge') = (other_person is not null) and other_person is distinct from person_id),
    constraint review_same_candidate check ((decision = 'same') = (candidate is not null)),
    constraint review_confirmed check ((confirmed_by is null) = (confirmed_at is null))
);
create index review_decision_person on review_decision (person_id);
create unique index review_merge_waiting on review_decision (person_id) where decision = 'merge' and confirmed_at is null and refused_at is null;

-- Somebody is merged only by a decision that two people made.
-- +goose StatementBegin
create function person_merge_decided() returns trigger language plpgsql as $$
begin
    if not exists (select from review_decision d
                    where d.person_id = new.id and d.other_person = new.merged_into
                      and d.decision = 'merge' and d.confirmed_by is not null) then
        raise exception 'person % cannot be merged without a decision that a second person confirmed', new.id
            using errcode = 'check_violation', constraint = 'person_merge_decided';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger person_merge_decided before update of merged_into on person
    for each row when (new.merged_into is not null and old.merged_into is null)
    execute function person_merge_decided();

-- Deaths, moves and absences as they become known; a worker hands them on.
create table life_event (
    id          bigint generated always as identity primary key,
    person_id   bigint not null references person (id),
    kind        text not null constraint life_event_kind check (kind in ('death', 'move', 'absence')),
    on_day      date,                                -- null: the day is not known
    known_on    date not null,
    source      text not null,
    detail      jsonb not null default '{}',
    recorded_by text not null,
    recorded_at timestamptz not null,
    handled_at  timestamptz,
    constraint life_event_once unique nulls not distinct (person_id, kind, on_day)
);
create index life_event_waiting on life_event (id) where handled_at is null;

-- The lists whose newcomers and changes are held; a later version takes over what is held.
create view list_not_accepted as
    select l.id as list_id, l.kind <> 'list' or l.version = 1 as whole
      from list l left join list_verdict v on v.list_id = l.id
     where l.waits and v.accepted is not true
       and not (l.kind = 'list' and exists (select from list n
                                             where n.kind = 'list' and n.done and n.office = l.office and n.scheme = l.scheme and n.version > l.version));

-- Whether somebody is 16 on a day; a birth known by its year or month counts from its
-- first day, an unknown one as long ago.
-- +goose StatementBegin
create function sixteen(birth text, day date) returns boolean language sql immutable as $$
    select coalesce(lpad((left(birth, 4)::integer + 16)::text, 4, '0') || substr(birth || substr('0000-01-01', length(birth) + 1), 5)
                    <= to_char(day, 'YYYY-MM-DD'), true)
$$;
-- +goose StatementEnd

-- Who may be paid, as of a day: one row a person with an entitlement; no reasons = payable.
-- A plain SQL function, so that the planner sees through it.
-- +goose StatementBegin
create function payable_on(day date) returns table (
    person_id bigint, office text, payee_id bigint, payee_name text, payee_kind text, way text,
    bank_bin text, account_enc bytea, account_idx bytea, holder_name text,
    payee_since timestamptz, authorised_until date, register_outcome text, hold_reasons text[])
language sql stable as $$
    select p.id, p.office, y.id, y.name, y.kind, y.way,
           y.bank_bin, y.account_enc, y.account_idx, y.holder_name,
           y.since, y.authorised_until, p.register_outcome,
           array_remove(array[
               case when p.settled = 'stop' then 'stopped'
                    when p.settled = 'pay' or p.register_outcome in ('match', 'old_number', 'moved') then null
                    else p.register_outcome end,
               case when p.died_on is not null and p.register_outcome <> 'deceased' then 'deceased' end,
               case when exists (select from entitlement d
                                  where d.person_id = p.id and d.dropped_by is not null and d.last_month is null)
                    then 'not_listed' end,
               case when exists (select from entitlement f
                                  where f.person_id = p.id and f.office <> p.office and f.ceased_from is null
                                    and f.dropped_by is null and (f.last_month is null or f.last_month >= day))
                    then 'two_offices' end,
               case when y.id is null then 'no_payee' end,
               case when y.way = 'bank' and (y.account_enc is null or y.bank_bin is null) then 'no_account' end,
               case when y.way = 'bank' and y.holder_verdict = 'different' then 'holder_mismatch' end,
               case when y.way = 'bank' and y.shared_reason = '' and y.account_idx is not null
                     and exists (select from payee o
                                  where o.account_idx = y.account_idx and o.ended_at is null and o.person_id <> p.id)
                    then 'shared_account' end,
               -- a parent or guardian collects for a child until it is 16, and for the
               -- incapacitated until a decision; an authorisation holds at most 12 months
               case when y.kind = 'recipient'
                     and (y.authorised_until < day or y.authorised_until > y.since::date + interval '12 months'
                          or y.authorised_until is null and sixteen(p.birth, day))
                      or y.kind = 'guardian' and y.ground = 'child' and sixteen(p.birth, day)
                    then 'authorisation_expired' end,
               case when y.kind = 'recipient' and (y.number_idx is null or y.authorisation_no = '') and sixteen(p.birth, day)
                    then 'authorisation_incomplete' end,
               -- what a list that nobody has accepted added or changed; all of a first version, a
               -- correction or a file of accounts
               case when p.id in (select c.person_id from list_change c where c.list_id in (select list_id from list_not_accepted))
                      or y.list_id in (select list_id from list_not_accepted)
                      or exists (select from list_not_accepted where whole) -- rarely: nobody is looked at else
                         and exists (select from entitlement e
                                      where e.person_id = p.id and e.list_id = any(array(select list_id from list_not_accepted where whole)))
                    then 'list_not_accepted' end
           ], null)
      from person p
      left join payee y on y.person_id = p.id and y.ended_at is null
     where p.merged_into is null
       and exists (select from entitlement e where e.person_id = p.id)
$$;
-- +goose StatementEnd

-- The same as of today; a session that plays another day says
-- set local ansinh.today = '2026-10-20'.
create view payable as
    select * from payable_on(coalesce(nullif(current_setting('ansinh.today', true), '')::date, current_date));

grant select, insert, update on person, payee, entitlement, paid_before, sync to ansinh_app;
grant select, insert on list, list_row, list_change, list_verdict, review_decision, life_event to ansinh_app;
grant update (received, imported, quarantined, duplicates, remarks, repairs, changes, done) on list to ansinh_app;
grant update (corrected_by) on list_row to ansinh_app;
grant update (confirmed_by, confirmed_at, refused_at) on review_decision to ansinh_app;
grant update (handled_at) on life_event to ansinh_app;
grant select on payable, list_not_accepted to ansinh_app;
-- rows are written by COPY with ids taken ahead
grant usage on sequence person_id_seq, list_id_seq, list_row_id_seq, entitlement_id_seq, payee_id_seq to ansinh_app;
