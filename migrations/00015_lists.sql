-- +goose Up

-- What somebody who is entitled still lacks before they can be paid by the machine's way.
-- That nobody has said whether they have an e-identity is no lack by itself.
create view person_needs as
    select p.id as person_id, p.office, p.hamlet, p.e_identity,
           array_remove(array[
               case when p.number_idx is null then 'number' end,
               case when not p.e_identity then 'e_identity' end,
               case when not exists (select from payee y
                                      where y.person_id = p.id and y.ended_at is null and y.way = 'bank'
                                        and y.account_enc is not null and y.bank_bin is not null)
                    then 'account' end,
               case when p.phone = '' then 'phone' end
           ], null) as needs
      from person p
     where p.merged_into is null and p.died_on is null and p.register_outcome <> 'deceased'
       and exists (select from entitlement e
                    where e.person_id = p.id and e.dropped_by is null and e.ceased_from is null
                      and (e.last_month is null or e.last_month >= date_trunc('month', coalesce(nullif(current_setting('ansinh.today', true), '')::date, current_date))));

-- A commune's plan to reach those who lack something: who, by when, how many of them.
create table outreach (
    id             bigint generated always as identity primary key,
    office         text not null references office (code),
    title          text not null constraint outreach_title check (btrim(title) <> ''),
    starts_on      date not null,
    ends_on        date not null,
    target_percent integer not null constraint outreach_target check (target_percent between 1 and 100),
    made_by        text not null,
    made_at        timestamptz not null,
    constraint outreach_order check (ends_on >= starts_on and ends_on <= starts_on + 366)
);
create index outreach_office on outreach (office, id);

-- A place, a day and hours: staff go from house to house, or people come to the pagoda,
-- the quay, the hamlet's house. A slot is for one person at one desk.
create table outreach_stop (
    id           bigint generated always as identity primary key,
    outreach_id  bigint not null references outreach (id),
    kind         text not null constraint outreach_stop_kind check (kind in ('home', 'pagoda', 'quay', 'hamlet_house', 'office')),
    place        text not null constraint outreach_stop_place check (btrim(place) <> ''),
    on_day       date not null,
    from_time    time not null,
    to_time      time not null,
    slot_minutes integer not null constraint outreach_stop_slot check (slot_minutes between 5 and 240),
    desks        integer not null constraint outreach_stop_desks check (desks between 1 and 20),
    made_by      text not null,
    made_at      timestamptz not null,
    constraint outreach_stop_hours check (to_time >= from_time + make_interval(mins => slot_minutes)),
    constraint outreach_stop_of unique (id, outreach_id)
);
create index outreach_stop_outreach on outreach_stop (outreach_id, on_day);

-- Somebody whom a plan is to reach: what they lacked when it began, their slot, what came
-- of it. Whether a lack is met is read from the person, not from here.
create table outreach_person (
    outreach_id bigint not null references outreach (id),
    person_id   bigint not null references person (id),
    needs       text[] not null constraint outreach_person_needs check (
                    cardinality(needs) > 0 and needs <@ array['number', 'e_identity', 'account', 'phone']),
    stop_id     bigint,
    slot_at     time,
    desk        integer,
    result      text constraint outreach_person_result check (result in ('met', 'away', 'refused', 'cannot')),
    note        text not null default '',
    noted_by    text,
    noted_at    timestamptz,
    primary key (outreach_id, person_id),
    constraint outreach_person_slot_whole check ((stop_id is null) = (slot_at is null) and (stop_id is null) = (desk is null)),
    constraint outreach_person_noted check ((result is null) = (noted_by is null) and (result is null) = (noted_at is null)),
    constraint outreach_person_why check (result is null or result in ('met', 'away') or btrim(note) <> ''),
    constraint outreach_person_stop foreign key (stop_id, outreach_id) references outreach_stop (id, outreach_id),
    constraint outreach_person_seat unique (stop_id, slot_at, desk)
);
create index outreach_person_person on outreach_person (person_id);

-- A day lies within its plan, a slot within its day's hours and desks.
-- +goose StatementBegin
create function outreach_stop_within() returns trigger language plpgsql as $$
begin
    if not exists (select from outreach o where o.id = new.outreach_id and new.on_day between o.starts_on and o.ends_on) then
        raise exception '% is outside of plan %', new.on_day, new.outreach_id
            using errcode = 'check_violation', constraint = 'outreach_stop_within';
    end if;
    return new;
end
$$;
create function outreach_slot_within() returns trigger language plpgsql as $$
begin
    if not exists (select from outreach_stop s
                    where s.id = new.stop_id and new.desk between 1 and s.desks
                      and new.slot_at >= s.from_time and new.slot_at + make_interval(mins => s.slot_minutes) <= s.to_time
                      and extract(epoch from new.slot_at - s.from_time)::integer % (60 * s.slot_minutes) = 0) then
        raise exception 'no slot % at desk % of stop %', new.slot_at, new.desk, new.stop_id
            using errcode = 'check_violation', constraint = 'outreach_slot_within';
    end if;
    return new;
end
$$;
-- +goose StatementEnd
create trigger outreach_stop_within before insert or update on outreach_stop
    for each row execute function outreach_stop_within();
create trigger outreach_slot_within before insert or update of stop_id, slot_at, desk on outreach_person
    for each row when (new.stop_id is not null) execute function outreach_slot_within();

grant select on person_needs to ansinh_app;
grant select, insert on outreach, outreach_stop, outreach_person to ansinh_app;
grant update (stop_id, slot_at, desk, result, note, noted_by, noted_at) on outreach_person to ansinh_app;
