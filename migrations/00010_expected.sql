-- +goose Up

-- Every transfer that a statement may show: payments of runs and settlements of vendors.
-- Its state is the owner's word: made or instructed while it waits for its debit.
create view expected_transfer as
    select i.end_to_end_id, i.rail_account_id, i.amount, i.bank_message_id, m.message_id, i.state, false as market
    from instruction i join bank_message m on m.id = i.bank_message_id
    union all
    select l.end_to_end_id, l.rail_account_id, l.amount, l.bank_message_id, m.message_id, l.state, true
    from settlement_line l join bank_message m on m.id = l.bank_message_id;

-- What is left of a reference after banks have changed its case, spaces and punctuation.
-- +goose StatementBegin
create function squeezed(reference text) returns text language sql immutable strict as $$
    select regexp_replace(upper(reference), '[^0-9A-Z]', '', 'g')
$$;
-- +goose StatementEnd
create index instruction_squeezed on instruction (squeezed(end_to_end_id));
create index settlement_line_squeezed on settlement_line (squeezed(end_to_end_id));

grant select on expected_transfer to ansinh_app;
