-- +goose Up

-- The application connects as ansinh_app, which owns nothing and may do only what each
-- migration grants; migrations run as the owner. A server of one's own may have the
-- role already.
-- +goose StatementBegin
do $$
begin
    if not exists (select from pg_roles where rolname = 'ansinh_app') then
        create role ansinh_app nologin;
    end if;
end
$$;
-- +goose StatementEnd

revoke create on schema public from public;
grant usage on schema public to ansinh_app;

-- An office is a commune's People's Committee: since 2025-07-01 it decides and pays.
create table office (
    code text primary key check (code ~ '^[0-9]{5}$'),  -- the commune's code since 2025-07-01, such as 31825
    name text not null,
    kind text not null check (kind in ('Xã', 'Phường'))
);

-- What an installation decides for itself, such as the month from which it computes.
create table setting (
    key   text primary key,
    value jsonb not null
);
insert into setting (key, value) values ('opening_month', '"2026-07"');

grant select, insert, update on office, setting to ansinh_app;

-- After much has come in at once the planner must know; waiting for autovacuum means a
-- minute of bad plans. Only the owner may analyze its tables.
-- +goose StatementBegin
create function analyze_table(name regclass) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('analyze %s', name);
end $$;
-- +goose StatementEnd
revoke execute on function analyze_table(regclass) from public;
grant execute on function analyze_table(regclass) to ansinh_app;
