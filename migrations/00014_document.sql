-- +goose Up

-- A document of a run as it was handed out to be signed: the bytes, so that the signed
-- file can be held against them, and what it came to.
create table document (
    id        bigint generated always as identity primary key,
    run_id    bigint not null references run (id),
    kind      text not null constraint document_kind check (kind in ('payment-list', 'summary', 'changes', 'uncollected', 'withdrawal')),
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
