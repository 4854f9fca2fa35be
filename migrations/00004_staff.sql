-- +goose Up

-- The people who sign in. A login is for ever: the audit log names it, so a row
-- is disabled, never deleted.
create table staff (
    id            bigint generated always as identity primary key,
    login         text not null constraint staff_login_shape check (login ~ '^[a-z0-9][a-z0-9._-]{1,62}$'),
    name          text not null constraint staff_name_given check (btrim(name) <> ''),
    -- the commune this person works for; null means the whole province
    office        text references office (code),
    roles         text[] not null constraint staff_roles_known check (
                      cardinality(roles) > 0
                      and roles <@ array['clerk', 'accountant', 'chairman', 'auditor', 'operator', 'vendor-admin']),
    -- PHC string: the parameters of argon2id stand beside the hash
    password_hash text not null constraint staff_password_argon2id check (password_hash like '$argon2id$v=19$%'),
    -- raised whenever every open session must end: disabling, a new password
    epoch         integer not null default 0,
    created_at    timestamptz not null,
    created_by    text not null,
    disabled_at   timestamptz,
    disabled_by   text,
    constraint staff_login unique (login)
);
create index staff_office on staff (office);

-- A key waits here until another person has confirmed it, so that staff_key
-- holds nothing that may not sign.
create table staff_key_request (
    id           bigint generated always as identity primary key,
    staff_id     bigint not null references staff (id),
    kind         text not null constraint staff_key_request_kind check (kind in ('es256', 'passkey')),
    public_key   bytea not null constraint staff_key_request_size check (length(public_key) between 32 and 2048),
    label        text not null default '',
    requested_at timestamptz not null,
    outcome      text not null default 'waiting' constraint staff_key_request_outcome
                     check (outcome in ('waiting', 'confirmed', 'refused')),
    decided_at   timestamptz,
    decided_by   bigint references staff (id),
    constraint staff_key_request_four_eyes check (outcome <> 'confirmed' or decided_by <> staff_id),
    constraint staff_key_request_decided check ((outcome = 'waiting') = (decided_at is null and decided_by is null)),
    constraint staff_key_request_owner unique (id, staff_id)
);
create unique index staff_key_request_once on staff_key_request (public_key) where outcome = 'waiting';

-- Keys that sign approvals. kind leaves room for passkeys, whose credential id
-- and sign counter stand in details.
create table staff_key (
    id           bigint generated always as identity primary key,
    staff_id     bigint not null references staff (id),
    request_id   bigint not null constraint staff_key_request_used unique,
    kind         text not null constraint staff_key_kind check (kind in ('es256', 'passkey')),
    -- PKIX SubjectPublicKeyInfo, DER
    public_key   bytea not null constraint staff_key_public_key unique,
    label        text not null default '',
    details      jsonb not null default '{}',
    requested_at timestamptz not null,
    enrolled_at  timestamptz not null,
    confirmed_by bigint not null references staff (id),
    revoked_at   timestamptz,
    revoked_by   bigint references staff (id),
    constraint staff_key_requested foreign key (request_id, staff_id) references staff_key_request (id, staff_id),
    constraint staff_key_four_eyes check (confirmed_by <> staff_id),
    constraint staff_key_revoked check ((revoked_at is null) = (revoked_by is null)),
    -- lets an approval point at "this key of this person" with one foreign key
    constraint staff_key_owner unique (id, staff_id)
);
create index staff_key_staff on staff_key (staff_id);

-- Bearer tokens of scripts that call the API as their owner; epoch ends them with
-- the owner's sessions.
create table staff_token (
    id          bigint generated always as identity primary key,
    staff_id    bigint not null references staff (id),
    token_hash  bytea not null constraint staff_token_hash unique constraint staff_token_sha256 check (length(token_hash) = 32),
    label       text not null default '',
    epoch       integer not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null constraint staff_token_expiry check (expires_at > created_at)
);
create index staff_token_staff on staff_token (staff_id);

-- Guesses at a password or a PIN, counted per subject ("login:an", "addr:10.0.0.7").
create table sign_in_count (
    subject   text primary key,
    since     timestamptz not null,
    failures  integer not null
);

-- Sessions of package scs: token is a SHA-256, so that a stolen table opens nothing.
create table sessions (
    token  text primary key,
    data   bytea not null,
    expiry timestamptz not null
);
create index sessions_expiry on sessions (expiry);

grant select, insert on staff, staff_key_request, staff_key to ansinh_app;
-- a person's login and a key's bytes never change once written
grant update (name, office, roles, password_hash, epoch, disabled_at, disabled_by) on staff to ansinh_app;
grant update (outcome, decided_at, decided_by) on staff_key_request to ansinh_app;
grant update (details, revoked_at, revoked_by) on staff_key to ansinh_app;
grant select, insert on staff_token to ansinh_app;
grant update (expires_at) on staff_token to ansinh_app;
grant select, insert, update, delete on sign_in_count, sessions to ansinh_app;
