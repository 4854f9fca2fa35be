-- +goose Up

-- Who signs for an office: its chairman, or who acts for the chairman by a paper that says
-- from when to when.
create table signer (
    id               bigint generated always as identity primary key,
    office           text not null references office (code),
    name             text not null constraint signer_name check (btrim(name) <> ''),
    capacity         text not null constraint signer_capacity check (capacity in ('chairman', 'acting')),
    authorisation_no text not null default '',
    valid_from       date not null,
    valid_until      date,
    added_by         text not null,
    added_at         timestamptz not null,
    constraint signer_order check (valid_until >= valid_from),
    constraint signer_authorised check (capacity = 'chairman' or (btrim(authorisation_no) <> '' and valid_until is not null))
);
create index signer_office on signer (office, id);

-- A decision about one person: drafted by one, confirmed with its number, date and signer by
-- another, never changed afterwards.
create table decision (
    id              bigint generated always as identity primary key,
    office          text not null references office (code),
    kind            text not null constraint decision_kind check (kind in ('grant', 'change', 'suspend', 'resume', 'stop', 'transfer', 'receive')),
    person_id       bigint not null references person (id),
    entitlements    bigint[] not null default '{}',  -- that it acts on
    from_month      date not null constraint decision_from check (extract(day from from_month) = 1),  -- the first month that it changes
    -- what it grants
    scheme          text,
    category        text,
    last_month      date constraint decision_last check (extract(day from last_month) = 1),
    children        integer constraint decision_children check (children between 0 and 30),
    injury_percent  integer constraint decision_injury check (injury_percent between 0 and 100),
    seniority_units integer constraint decision_seniority check (seniority_units between 0 and 100),
    ground          text not null default '',
    reason          text not null constraint decision_reason check (btrim(reason) <> ''),
    to_office       text references office (code),   -- of a transfer
    follows         bigint references decision (id), -- the transfer that a commune receives by
    needs_posting   boolean not null default false,
    drafted_by      text not null,
    drafted_at      timestamptz not null,
    number          text,
    signed_on       date,
    signer_id       bigint references signer (id),
    confirmed_by    text,
    confirmed_at    timestamptz,
    effect          jsonb,                           -- what it changes month by month, as it was shown
    after_run       bigint,                          -- the newest run of its offices then: later ones know it
    refused_by      text,
    refused_at      timestamptz,
    refused_why     text,
    constraint decision_grants check ((kind in ('grant', 'change')) = (scheme is not null and category is not null)),
    constraint decision_order check (last_month is null or last_month >= from_month),
    constraint decision_acts check ((kind in ('grant', 'receive')) = (cardinality(entitlements) = 0)),
    constraint decision_changes_one check (kind <> 'change' or cardinality(entitlements) = 1),
    constraint decision_ground check (kind <> 'suspend' or ground in ('uncollected', 'detained', 'refused_assessment', 'other')),
    constraint decision_transfer check ((kind = 'transfer') = (to_office is not null) and to_office <> office),
    constraint decision_receive check ((kind = 'receive') = (follows is not null)),
    constraint decision_whole check (num_nulls(number, signed_on, signer_id, confirmed_by, confirmed_at, effect, after_run) in (0, 7)),
    constraint decision_number check (btrim(number) <> ''),
    constraint decision_refused check (num_nulls(refused_by, refused_at, refused_why) in (0, 3) and btrim(refused_why) <> ''),
    constraint decision_ends_once check (confirmed_at is null or refused_at is null),
    constraint decision_four_eyes check (confirmed_by <> drafted_by)
);
create index decision_person on decision (person_id, id);
create index decision_office on decision (office, id);
create unique index decision_numbered on decision (office, number, extract(year from signed_on), person_id, kind) where confirmed_at is not null;
create unique index decision_waiting on decision (person_id, kind, coalesce(category, '')) where confirmed_at is null and refused_at is null;
create unique index decision_received on decision (follows) where refused_at is null;
create index decision_moved on decision (person_id, id) where kind = 'transfer' and confirmed_at is not null;
alter table entitlement add constraint entitlement_decision foreign key (decision_id) references decision (id);

-- From a month on, an entitlement is in force, or is not, by a decision. Of several that
-- reach a month the newest counts: nothing is ever changed, so that what was known on any
-- day can be told again.
create table entitlement_step (
    id             bigint generated always as identity primary key,
    decision_id    bigint not null references decision (id),
    entitlement_id bigint not null references entitlement (id),
    from_month     date not null constraint entitlement_step_month check (extract(day from from_month) = 1),
    in_force       boolean not null,
    constraint entitlement_step_once unique (decision_id, entitlement_id)
);
create index entitlement_step_of on entitlement_step (entitlement_id, id);

-- +goose StatementBegin
create function entitlement_in_force(e entitlement, m date) returns boolean language sql stable as $$
    select m >= e.first_month and (e.last_month is null or m <= e.last_month)
       and coalesce((select s.in_force from entitlement_step s where s.entitlement_id = e.id and s.from_month <= m order by s.id desc limit 1), true)
$$;

-- A draft keeps what it was drafted as; it is confirmed or refused once. Confirming waits
-- for runs of its offices that are being computed, so that which runs know it is certain.
create function decision_step() returns trigger language plpgsql as $$
declare
    s signer;
begin
    if row(new.id, new.office, new.kind, new.person_id, new.entitlements, new.from_month, new.scheme, new.category, new.last_month, new.children,
           new.injury_percent, new.seniority_units, new.ground, new.reason, new.to_office, new.follows, new.needs_posting, new.drafted_by, new.drafted_at)
       is distinct from
       row(old.id, old.office, old.kind, old.person_id, old.entitlements, old.from_month, old.scheme, old.category, old.last_month, old.children,
           old.injury_percent, old.seniority_units, old.ground, old.reason, old.to_office, old.follows, old.needs_posting, old.drafted_by, old.drafted_at) then
        raise exception 'decision % is what it was drafted as', old.id using errcode = 'check_violation', constraint = 'decision_immutable';
    end if;
    if old.confirmed_at is not null or old.refused_at is not null then
        raise exception 'decision % is made', old.id using errcode = 'check_violation', constraint = 'decision_ends_once';
    end if;
    if new.confirmed_at is null then
        return new;
    end if;
    perform from office where code in (select new.office union select new.to_office union select p.office from person p where p.id = new.person_id)
        order by code for update;
    select coalesce(max(id), 0) into new.after_run from run
     where office in (select new.office union select new.to_office union select p.office from person p where p.id = new.person_id);
    if not exists (select from staff t where 'staff:' || t.login = new.confirmed_by and t.disabled_at is null
                     and 'chairman' = any (t.roles) and (t.office is null or t.office = new.office)) then
        raise exception 'who confirms decision % is not a chairman of its office', old.id
            using errcode = 'check_violation', constraint = 'decision_role';
    end if;
    select * into s from signer where id = new.signer_id;
    if s.office <> new.office or new.signed_on < s.valid_from or new.signed_on > s.valid_until then
        raise exception 'signer % may not sign for office % on %', new.signer_id, new.office, new.signed_on
            using errcode = 'check_violation', constraint = 'decision_signer';
    end if;
    if new.signed_on > (new.confirmed_at at time zone 'Asia/Ho_Chi_Minh')::date then
        raise exception 'decision % is signed in the future', old.id using errcode = 'check_violation', constraint = 'decision_signed_on';
    end if;
    if new.needs_posting and not exists (
        select from public_list_item i join public_list p on p.id = i.public_list_id
        where i.decision_id = new.id and p.ended_at is null and p.until_on <= new.signed_on
          and not exists (select from public_list_objection o where o.public_list_id = p.id and coalesce(o.decision_id, new.id) = new.id and o.settled_at is null)) then
        raise exception 'decision % was not posted for two working days', old.id
            using errcode = 'check_violation', constraint = 'decision_posted';
    end if;
    return new;
end
$$;
create function decision_begins() returns trigger language plpgsql as $$
begin
    if new.confirmed_at is not null or new.refused_at is not null then
        raise exception 'a decision begins as a draft' using errcode = 'check_violation', constraint = 'decision_begins';
    end if;
    return new;
end
$$;

-- Steps come with their decision, in its transaction, about what it names; the entitlement
-- remembers the newest.
create function entitlement_step_added() returns trigger language plpgsql as $$
declare
    d decision;
    e entitlement;
begin
    select * into d from decision where id = new.decision_id and confirmed_at is not null and xmin = pg_current_xact_id()::xid;
    select * into e from entitlement where id = new.entitlement_id;
    if d.id is null or not new.entitlement_id = any (d.entitlements) or d.from_month <> new.from_month or (d.kind = 'resume') <> new.in_force
       or not (e.person_id = d.person_id or exists (select from person p where p.id = e.person_id and p.merged_into = d.person_id)) then
        raise exception 'a step of entitlement % is not what a decision says', new.entitlement_id
            using errcode = 'check_violation', constraint = 'entitlement_step_decided';
    end if;
    update entitlement set decided = true, ceased_from = case when not new.in_force then new.from_month end,
                           suspended = not new.in_force and d.kind = 'suspend', dropped_by = null
     where id = new.entitlement_id;
    return null;
end
$$;

-- What is decided, a list does not change; what has ceased, no list can drop.
create function entitlement_stays() returns trigger language plpgsql as $$
begin
    if new.dropped_by is not null and old.dropped_by is null and old.ceased_from is not null then
        return null;
    end if;
    new.office := old.office;
    new.scheme := old.scheme;
    new.category := old.category;
    new.first_month := old.first_month;
    new.last_month := old.last_month;
    new.children := old.children;
    new.injury_percent := old.injury_percent;
    new.seniority_units := old.seniority_units;
    new.decision_no := old.decision_no;
    new.decision_on := old.decision_on;
    new.decision_id := old.decision_id;
    new.decided := true;
    return new;
end
$$;

-- What a decision grants comes with it, in its transaction, for its office and person, from
-- its month on.
create function entitlement_granted() returns trigger language plpgsql as $$
begin
    if not exists (select from decision d where d.id = new.decision_id and d.confirmed_at is not null and d.xmin = pg_current_xact_id()::xid
                     and d.kind in ('grant', 'change', 'receive') and d.person_id = new.person_id and d.office = new.office
                     and d.from_month = new.first_month and d.signed_on = new.decision_on and d.number = new.decision_no
                     and (d.kind = 'receive' or (d.scheme, d.category, d.last_month, d.children, d.injury_percent, d.seniority_units) is not distinct from
                          (new.scheme, new.category, new.last_month, new.children, new.injury_percent, new.seniority_units))) then
        raise exception 'entitlement % is not what decision % grants', new.id, new.decision_id
            using errcode = 'check_violation', constraint = 'entitlement_granted';
    end if;
    return new;
end
$$;

-- Two communes never owe the same person for the same month: looked at when a decision
-- that puts something in force commits.
create function decision_one_office() returns trigger language plpgsql as $$
declare
    m date;
begin
    with own as (select e from entitlement e where e.person_id = new.person_id and e.dropped_by is null),
         turns as (select (e).first_month m from own
                   union select s.from_month from own join entitlement_step s on s.entitlement_id = (e).id)
    select t.m into m from turns t
     where (select count(distinct (e).office) from own where entitlement_in_force(e, t.m)) > 1 limit 1;
    if found then
        raise exception 'person % would be entitled in two offices for %', new.person_id, to_char(m, 'YYYY-MM')
            using errcode = 'check_violation', constraint = 'decision_one_office';
    end if;
    return null;
end
$$;
-- +goose StatementEnd
create trigger decision_begins before insert on decision for each row execute function decision_begins();
create trigger decision_step before update on decision for each row execute function decision_step();
create constraint trigger decision_one_office after update on decision
    deferrable initially deferred for each row
    when (new.confirmed_at is not null and new.kind in ('grant', 'change', 'resume', 'receive'))
    execute function decision_one_office();
create trigger entitlement_step_added after insert on entitlement_step for each row execute function entitlement_step_added();
create trigger entitlement_granted before insert on entitlement
    for each row when (new.decision_id is not null) execute function entitlement_granted();
create trigger entitlement_stays before update of office, scheme, category, first_month, last_month, children, injury_percent, seniority_units,
    decision_no, decision_on, decision_id, decided, dropped_by on entitlement
    for each row when (old.decided) execute function entitlement_stays();
create trigger append_only before update or delete or truncate on entitlement_step for each statement execute function append_only();
create trigger no_delete before delete or truncate on decision for each statement execute function append_only();
create trigger no_delete before delete or truncate on signer for each statement execute function append_only();

-- A list that hangs out at the commune for two working days: what was on it, line by line.
create table public_list (
    id        bigint generated always as identity primary key,
    office    text not null references office (code),
    title     text not null constraint public_list_title check (btrim(title) <> ''),
    place     text not null constraint public_list_place check (btrim(place) <> ''),
    posted_on date not null,
    until_on  date not null,                         -- the second working day after
    posted_by text not null,
    posted_at timestamptz not null,
    ended_at  timestamptz,                           -- taken down before its time: counts for nothing
    ended_by  text,
    ended_why text,
    constraint public_list_days check (until_on >= posted_on + 2),
    constraint public_list_ended check (num_nulls(ended_at, ended_by, ended_why) in (0, 3) and btrim(ended_why) <> '')
);
create index public_list_office on public_list (office, id);
create table public_list_item (
    public_list_id  bigint not null references public_list (id),
    n           integer not null,
    person_id   bigint not null references person (id),
    decision_id bigint references decision (id),
    name        text not null,
    birth_year  text not null,
    hamlet      text not null,
    number      text not null constraint public_list_item_masked check (number !~ '[0-9]{6}'),
    category    text not null,
    from_month  date not null,
    primary key (public_list_id, n)
);
create index public_list_item_decision on public_list_item (decision_id);
create table public_list_objection (
    id          bigint generated always as identity primary key,
    public_list_id  bigint not null references public_list (id),
    decision_id bigint references decision (id),
    words       text not null constraint public_list_objection_words check (btrim(words) <> ''),
    taken_by    text not null,
    taken_at    timestamptz not null,
    answer      text,
    settled_by  text,
    settled_at  timestamptz,
    constraint public_list_objection_settled check (num_nulls(answer, settled_by, settled_at) in (0, 3) and btrim(answer) <> '')
);
create index public_list_objection_of on public_list_objection (public_list_id);

-- +goose StatementBegin
create function public_list_item_lawful() returns trigger language plpgsql as $$
begin
    if exists (select from decision d where d.id = new.decision_id and d.category in ('HIV', 'TE_HIV')) or new.category ~* 'hiv' then
        raise exception 'nothing that tells of HIV is posted' using errcode = 'check_violation', constraint = 'public_list_hiv';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger public_list_item_lawful before insert on public_list_item for each row execute function public_list_item_lawful();
create trigger append_only before update or delete or truncate on public_list_item for each statement execute function append_only();
create trigger no_delete before delete or truncate on public_list for each statement execute function append_only();
create trigger no_delete before delete or truncate on public_list_objection for each statement execute function append_only();

-- When somebody's condition is looked at again.
create table reassessment (
    id             bigint generated always as identity primary key,
    person_id      bigint not null references person (id),
    entitlement_id bigint references entitlement (id),
    kind           text not null constraint reassessment_kind check (kind in ('disability', 'study', 'poverty', 'other')),
    due_on         date not null,
    note           text not null default '',
    set_by         text not null,
    set_at         timestamptz not null,
    result         text constraint reassessment_result check (result in ('kept', 'changed', 'ended', 'refused')),
    done_on        date,
    done_by        text,
    done_note      text not null default '',
    constraint reassessment_done check (num_nulls(result, done_on, done_by) in (0, 3)),
    constraint reassessment_once unique nulls not distinct (person_id, entitlement_id, kind, due_on)
);
create index reassessment_open on reassessment (due_on) where result is null;
create trigger no_delete before delete or truncate on reassessment for each statement execute function append_only();

-- A change of who collects, or how: proposed by one, confirmed by another.
create table payee_change (
    id               bigint generated always as identity primary key,
    person_id        bigint not null references person (id),
    kind             text not null constraint payee_change_kind check (kind in ('self', 'guardian', 'recipient')),
    ground           text constraint payee_change_ground check (ground in ('child', 'incapacitated')),
    name             text not null constraint payee_change_name check (btrim(name) <> ''),
    number_enc       bytea,
    number_idx       bytea,
    relation         text not null default '',
    authorisation_no text not null default '',
    authorised_until date,
    way              text not null constraint payee_change_way check (way in ('bank', 'cash')),
    bank_bin         text constraint payee_change_bin check (bank_bin ~ '^[0-9]{6}$'),
    account_enc      bytea,
    account_idx      bytea,
    holder_name      text not null default '',
    holder_verdict   text not null default 'none' constraint payee_change_holder check (holder_verdict in ('same', 'near', 'different', 'none')),
    holder_why       text not null default '',
    reason           text not null constraint payee_change_reason check (btrim(reason) <> ''),
    proposed_by      text not null,
    proposed_at      timestamptz not null,
    confirmed_by     text,
    confirmed_at     timestamptz,
    refused_by       text,
    refused_at       timestamptz,
    refused_why      text,
    constraint payee_change_guardian check ((kind = 'guardian') = (ground is not null) and (kind <> 'guardian' or (btrim(authorisation_no) <> '' and authorised_until is null))),
    constraint payee_change_recipient check (kind <> 'recipient' or (btrim(authorisation_no) <> '' and authorised_until is not null and number_idx is not null)),
    constraint payee_change_a_year check (authorised_until <= (proposed_at at time zone 'Asia/Ho_Chi_Minh')::date + interval '12 months'),
    constraint payee_change_account check ((way = 'bank') = (account_enc is not null and account_idx is not null and bank_bin is not null)),
    constraint payee_change_confirmed check (num_nulls(confirmed_by, confirmed_at) in (0, 2)),
    constraint payee_change_refused check (num_nulls(refused_by, refused_at, refused_why) in (0, 3) and btrim(refused_why) <> ''),
    constraint payee_change_ends_once check (confirmed_at is null or refused_at is null),
    constraint payee_change_four_eyes check (confirmed_by <> proposed_by)
);
create unique index payee_change_waiting on payee_change (person_id) where confirmed_at is null and refused_at is null;
alter table payee add constraint payee_change foreign key (change_id) references payee_change (id);

-- +goose StatementBegin
create function payee_change_step() returns trigger language plpgsql as $$
begin
    if old.confirmed_at is not null or old.refused_at is not null then
        raise exception 'change % is made', old.id using errcode = 'check_violation', constraint = 'payee_change_ends_once';
    end if;
    if new.confirmed_at is not null and not exists (
        select from staff t join person p on p.id = new.person_id
        where 'staff:' || t.login = new.confirmed_by and t.disabled_at is null and (t.office is null or t.office = p.office)
          and t.roles && array['clerk', 'accountant', 'chairman']) then
        raise exception 'who confirms change % does not work for its office', old.id using errcode = 'check_violation', constraint = 'payee_change_role';
    end if;
    return new;
end
$$;
create function payee_changed() returns trigger language plpgsql as $$
begin
    if not exists (select from payee_change c where c.id = new.change_id and c.confirmed_at is not null and c.xmin = pg_current_xact_id()::xid
                     and (c.person_id, c.kind, c.ground, c.name, c.number_idx, c.authorisation_no, c.authorised_until, c.way, c.bank_bin, c.account_idx)
                         is not distinct from
                         (new.person_id, new.kind, new.ground, new.name, new.number_idx, new.authorisation_no, new.authorised_until, new.way, new.bank_bin, new.account_idx)) then
        raise exception 'payee % is not what change % says', new.id, new.change_id
            using errcode = 'check_violation', constraint = 'payee_changed';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger payee_change_step before update on payee_change for each row execute function payee_change_step();
create trigger payee_changed before insert on payee for each row when (new.change_id is not null) execute function payee_changed();
create trigger no_delete before delete or truncate on payee_change for each statement execute function append_only();

-- A one-off programme: what a decision gives to whom, out of which fund, once.
create table programme (
    code         text primary key constraint programme_code check (code ~ '^[a-z][a-z0-9]{1,15}$' and code not in ('btxh', 'htxh', 'ncc')),
    name         text not null constraint programme_name check (btrim(name) <> ''),
    kind         text not null constraint programme_kind check (kind in ('gift', 'emergency')),
    decision_no  text not null constraint programme_decision check (btrim(decision_no) <> ''),
    decided_on   date not null,
    signed_by    text not null constraint programme_signed check (btrim(signed_by) <> ''),
    month        date not null constraint programme_month check (extract(day from month) = 1),
    listed_on    date not null,                      -- the day as of which its list is closed
    office       text references office (code),      -- null: the province
    amounts      jsonb not null default '{}',        -- {"ncc": 600000, "btxh.KT_N": 300000}: by scheme or category, đồng
    drafted_by   text not null,
    drafted_at   timestamptz not null,
    confirmed_by text,
    confirmed_at timestamptz,
    constraint programme_confirmed check (num_nulls(confirmed_by, confirmed_at) in (0, 2)),
    constraint programme_four_eyes check (confirmed_by <> drafted_by)
);
create table programme_item (
    programme text not null references programme (code),
    person_id bigint not null references person (id),
    office    text not null references office (code),
    ground    text not null,                         -- what it is given for: a category, or the list's words
    amount    bigint not null constraint programme_item_amount check (amount > 0 and amount <= 1000000000),
    source    text not null,
    added_by  text not null,
    added_at  timestamptz not null,
    primary key (programme, person_id)
);
create index programme_item_office on programme_item (programme, office, person_id);

-- What was found out about somebody on a list that was paid first: what would have been right.
create table programme_check (
    programme   text not null,
    person_id   bigint not null,
    right_amount bigint not null constraint programme_check_amount check (right_amount >= 0 and right_amount <= 1000000000),
    words       text not null constraint programme_check_words check (btrim(words) <> ''),
    checked_by  text not null,
    checked_at  timestamptz not null,
    after_run   bigint not null default 0,
    primary key (programme, person_id),
    constraint programme_check_item foreign key (programme, person_id) references programme_item (programme, person_id)
);

-- +goose StatementBegin
create function programme_step() returns trigger language plpgsql as $$
begin
    if old.confirmed_at is not null
       or row(new.code, new.name, new.kind, new.decision_no, new.decided_on, new.signed_by, new.month, new.listed_on, new.office, new.amounts, new.drafted_by, new.drafted_at)
          is distinct from
          row(old.code, old.name, old.kind, old.decision_no, old.decided_on, old.signed_by, old.month, old.listed_on, old.office, old.amounts, old.drafted_by, old.drafted_at) then
        raise exception 'programme % is what it was drafted as', old.code using errcode = 'check_violation', constraint = 'programme_immutable';
    end if;
    if not exists (select from staff t where 'staff:' || t.login = new.confirmed_by and t.disabled_at is null
                     and 'chairman' = any (t.roles) and (t.office is null or t.office = new.office)) then
        raise exception 'who confirms programme % is not a chairman of its office', old.code using errcode = 'check_violation', constraint = 'programme_role';
    end if;
    if not exists (select from programme_item where programme = new.code) then
        raise exception 'programme % has nobody on its list', old.code using errcode = 'check_violation', constraint = 'programme_empty';
    end if;
    return new;
end
$$;
create function programme_item_added() returns trigger language plpgsql as $$
begin
    -- locks the programme, so that confirming sees every line or keeps it out
    perform from programme p where p.code in (select programme from inserted) order by p.code for share;
    if exists (select from (select distinct programme from inserted) i join programme p on p.code = i.programme where p.confirmed_at is not null)
       or exists (select from inserted i join programme p on p.code = i.programme where p.office <> i.office) then
        raise exception 'the list of a confirmed programme, or of another office, takes nobody' using errcode = 'check_violation', constraint = 'programme_closed';
    end if;
    return null;
end
$$;
create function programme_checked() returns trigger language plpgsql as $$
declare
    o text;
begin
    select i.office into o from programme_item i join programme p on p.code = i.programme
     where i.programme = new.programme and i.person_id = new.person_id and p.confirmed_at is not null;
    if o is null then
        raise exception 'programme % is not confirmed', new.programme using errcode = 'check_violation', constraint = 'programme_check_confirmed';
    end if;
    perform from office where code = o for update;
    select coalesce(max(id), 0) into new.after_run from run where office = o;
    return new;
end
$$;
create function run_schemes_known() returns trigger language plpgsql as $$
begin
    if not new.schemes <@ array['btxh', 'htxh', 'ncc']
       and not (cardinality(new.schemes) = 1 and exists (select from programme p where p.code = new.schemes[1] and p.confirmed_at is not null
                                                           and p.month = new.month and coalesce(p.office, new.office) = new.office)) then
        raise exception 'no scheme, and no programme of the month, is called %', new.schemes using errcode = 'check_violation', constraint = 'run_schemes';
    end if;
    return new;
end
$$;
create function run_months_stay() returns trigger language plpgsql as $$
begin
    raise exception 'run % is what it was prepared as', old.id using errcode = 'check_violation', constraint = 'run_immutable';
end
$$;
-- +goose StatementEnd
create trigger programme_step before update on programme for each row execute function programme_step();
create trigger inserted after insert on programme_item referencing new table as inserted
    for each statement execute function programme_item_added();
create trigger programme_checked before insert on programme_check for each row execute function programme_checked();
create trigger no_delete before delete or truncate on programme for each statement execute function append_only();
create trigger append_only before update or delete or truncate on programme_item for each statement execute function append_only();
create trigger append_only before update or delete or truncate on programme_check for each statement execute function append_only();

-- A run pays its month, or two together before Tết, by a paper that allows it.
alter table run drop constraint run_schemes,
    add constraint run_schemes check (cardinality(schemes) > 0),
    add column months integer not null default 1 constraint run_months check (months between 1 and 2),
    add column months_by text not null default '' constraint run_months_by check (months = 1 or btrim(months_by) <> '');
create trigger run_schemes_known before insert on run for each row execute function run_schemes_known();
create trigger run_months_stay before update of months, months_by on run
    for each row when (old.months <> new.months or old.months_by <> new.months_by) execute function run_months_stay();

-- days on which offices do not work, besides Saturday and Sunday
insert into setting (key, value) values ('holidays', '["2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20",
    "2026-04-26", "2026-04-27", "2026-04-30", "2026-05-01", "2026-09-01", "2026-09-02", "2027-01-01",
    "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10"]');

grant select, insert on signer, decision, entitlement_step, public_list, public_list_item, public_list_objection, reassessment, payee_change,
    programme, programme_item, programme_check to ansinh_app;
grant update (number, signed_on, signer_id, confirmed_by, confirmed_at, effect, after_run, refused_by, refused_at, refused_why) on decision to ansinh_app;
grant update (ended_at, ended_by, ended_why) on public_list to ansinh_app;
grant update (answer, settled_by, settled_at) on public_list_objection to ansinh_app;
grant update (result, done_on, done_by, done_note) on reassessment to ansinh_app;
grant update (confirmed_by, confirmed_at, refused_by, refused_at, refused_why) on payee_change to ansinh_app;
grant update (confirmed_by, confirmed_at) on programme to ansinh_app;
