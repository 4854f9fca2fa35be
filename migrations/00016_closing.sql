-- +goose Up

-- A day of an account that is closed: its books agree with the bank, with what explains
-- the difference, on paper (bảng đối chiếu) and for ever.
create table closed_day (
    rail_account_id bigint not null references rail_account (id),
    on_day          date not null,
    bank            bigint not null,   -- closing balance by the statements
    books           bigint not null,   -- ledger account 112 at the end of the day
    explained       bigint not null,   -- sum of the items that stand between them
    sheet           bytea not null,    -- the reconciliation statement as it was, JSON
    sha256          bytea not null constraint closed_day_sha256 check (sha256 = sha256(sheet)),
    closed_by       bigint not null references staff (id),
    closed_at       timestamptz not null,
    primary key (rail_account_id, on_day),
    constraint closed_day_agrees check (bank - explained = books)
);
create trigger append_only before update or delete or truncate on closed_day
    for each statement execute function append_only();

-- Only a day that the statements tell of to its end is closed, with every line explained.
-- +goose StatementBegin
create function closed_day_inserted() returns trigger language plpgsql as $$
declare
    last record;
begin
    select st.to_day into last from statement st
    where st.rail_account_id = new.rail_account_id and st.state = 'accepted' order by st.chain_no desc limit 1;
    if not found or last.to_day < new.on_day then
        raise exception 'the statements of account % do not reach the end of %', new.rail_account_id, new.on_day
            using errcode = 'check_violation', constraint = 'closed_day_told';
    end if;
    if exists (select from statement st where st.rail_account_id = new.rail_account_id and st.state = 'accepted' and not st.finished) then
        raise exception 'lines of account % wait to be explained', new.rail_account_id
            using errcode = 'check_violation', constraint = 'closed_day_explained';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger inserted before insert on closed_day for each row execute function closed_day_inserted();

grant select, insert on closed_day to ansinh_app;
