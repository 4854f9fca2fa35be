package verify

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// bankChecks each select what differs: table, id, what, expected, found. They know the
// money only from orders, statement lines and entries, never from a payment's own word.
var bankChecks = []string{
	// an order is a pure function of run, payment and attempt, for the payment's amount
	`select 'instruction', i.end_to_end_id, 'order of payment ' || i.payment_id,
		'AS' || to_char(r.month, 'YYYYMM') || '-' || p.id || '-A' || i.attempt || ' for ' || p.amount, i.end_to_end_id || ' for ' || i.amount
	from instruction i left join payment p on p.id = i.payment_id left join run r on r.id = p.run_id
	where (i.end_to_end_id, i.amount, i.run_id)
		is distinct from ('AS' || to_char(r.month, 'YYYYMM') || '-' || p.id || '-A' || i.attempt, p.amount, r.id)`,

	// a message holds its orders, and was posted when it was sent
	`select 'bank_message', m.message_id, 'number and total of its orders', s.n || ', ' || s.total, m.n || ', ' || m.total
	from (select bank_message_id, count(*) n, sum(amount) total from instruction group by 1) s
	join bank_message m on m.id = s.bank_message_id where (m.n, m.total) <> (s.n, s.total)`,
	`select 'bank_message', m.message_id, 'its entry', m.total::text, coalesce(e.total::text, 'none')
	from bank_message m left join entry_key k on k.key = 'message:' || m.message_id || ':sent'
	left join entry e on e.id = k.entry_id and e.on_day = k.on_day
	where m.kind in ('pain001', 'list', 'sheet') and exists (select from instruction i where i.bank_message_id = m.id) and e.total is distinct from m.total`,
	`select 'bank_message', message_id, 'hash of its bytes', encode(sha256(content), 'hex'), encode(sha256, 'hex')
	from bank_message where sha256 <> sha256(content)`,
	`select 'statement_file', id::text, 'hash of its bytes', encode(sha256(content), 'hex'), encode(sha256, 'hex')
	from statement_file where sha256 <> sha256(content)`,

	// a payment that went through the bank has an order with that outcome
	`select 'payment', p.id::text, 'order behind its state', p.state, coalesce((select string_agg(i.state, ',' order by i.attempt) from instruction i where i.payment_id = p.id), 'no order')
	from payment p
	where p.amount > 0 and p.rail <> 'voucher' and (
		p.state = 'settled' and not exists (select from instruction i where i.payment_id = p.id and i.state = 'debited')
		or p.state = 'instructed' and not exists (select from instruction i where i.payment_id = p.id and i.state in ('made', 'debited'))
		or p.state = 'collected' and not exists (select from instruction i where i.payment_id = p.id and i.state = 'collected')
		or p.state in ('returned', 'uncollected', 'carried') and not exists (select from instruction i where i.payment_id = p.id and i.state in ('returned', 'rejected', 'uncollected')))`,

	// a debited order has its line: its own, or its message's for all that was not refused
	`select 'instruction', i.end_to_end_id, 'statement line of its debit', i.amount::text, 'none'
	from instruction i join rail_account ra on ra.id = i.rail_account_id
	where ra.kind = 'bank' and i.state in ('debited', 'returned')
	and not exists (select from match m join statement_line l on l.id = m.line_id
		where m.target = i.end_to_end_id and not l.credit and l.amount = i.amount and not undone(m))
	and not exists (select from bank_message b join match m on m.target = b.message_id join statement_line l on l.id = m.line_id
		where b.id = i.bank_message_id and not l.credit and not undone(m)
		and l.amount = (select coalesce(sum(o.amount), 0) from instruction o where o.bank_message_id = b.id and o.state <> 'rejected'))`,
	`select 'instruction', i.end_to_end_id, 'statement line of its return', i.amount::text, 'none'
	from instruction i
	where i.state = 'returned' and not exists (select from match m join statement_line l on l.id = m.line_id
		where m.target = i.end_to_end_id and l.credit and l.amount = i.amount and not undone(m))`,
	`select 'instruction', i.end_to_end_id, 'refusal of the bank', 'a row', 'none'
	from instruction i where i.state = 'rejected' and not exists (select from bank_rejection b where b.end_to_end_id = i.end_to_end_id)`,

	// a line is explained for its whole amount, and the entries that name it move that
	// much on the office's account
	`select 'match', m.id::text, 'amount of its line', l.amount::text, m.amount::text
	from match m join statement_line l on l.id = m.line_id where m.amount <> l.amount`,
	`with booked as (
		select e.ref, ra.code, sum(case when t.debit = ra.id then t.amount else -t.amount end) amount
		from entry e join transfer t on t.entry_id = e.id and t.on_day = e.on_day
		join account ra on ra.id in (t.debit, t.credit) and ra.code like '112.%'
		where e.ref like 'line:%' or e.ref like 'statement:%' group by 1, 2),
	said as (
		select m.entry_ref, '112.' || ra.office code, sum(case when l.credit then l.amount else -l.amount end) amount
		from match m join statement_line l on l.id = m.line_id
		join statement s on s.id = l.statement_id and s.state = 'accepted'
		join rail_account ra on ra.id = l.rail_account_id
		where not undone(m)
		-- what vendors' transfers move is posted under their own references, see below
		and not exists (select from settlement_line v join bank_message b on b.id = v.bank_message_id where m.target in (v.end_to_end_id, b.message_id))
		group by 1, 2)
	select 'statement_line', s.entry_ref, 'what the books moved on ' || s.code, s.amount::text, coalesce(b.amount::text, 'none')
	from said s left join booked b on b.ref = s.entry_ref and b.code = s.code
	where b.amount is distinct from s.amount`,

	// the bank's own arithmetic, and the books against it
	`with last as (
		select distinct on (rail_account_id) rail_account_id, closing from statement where state = 'accepted'
		order by rail_account_id, chain_no desc),
	first as (
		select distinct on (rail_account_id) rail_account_id, opening from statement where state = 'accepted'
		order by rail_account_id, chain_no),
	moved as (
		select l.rail_account_id, sum(case when l.credit then l.amount else -l.amount end) amount,
			coalesce(sum(case when l.credit then l.amount else -l.amount end)
				filter (where not exists (select from match m where m.line_id = l.id and not undone(m))), 0) unmatched
		from statement_line l join statement s on s.id = l.statement_id and s.state = 'accepted' group by 1),
	account_of as (
		select ra.id, '112.' || ra.office code, first.opening, last.closing, coalesce(m.amount, 0) amount, coalesce(m.unmatched, 0) unmatched
		from rail_account ra join last on last.rail_account_id = ra.id join first on first.rail_account_id = ra.id
		left join moved m on m.rail_account_id = ra.id where ra.kind = 'bank')
	select 'statement', 'account ' || id, 'closing balance', (opening + amount)::text, closing::text
	from account_of where opening + amount <> closing
	union all
	select 'balance', code, 'closing balances of the bank less opening ones and lines that wait to be explained',
		sum(closing - opening - unmatched)::text,
		coalesce((select (b.debits - b.credits)::text from account a join balance b on b.account_id = a.id where a.code = x.code), '0')
	from account_of x group by code
	having sum(closing - opening - unmatched)
		<> coalesce((select b.debits - b.credits from account a join balance b on b.account_id = a.id where a.code = x.code), 0)`,

	// what is in transit by a bank account is what was sent and has no outcome yet
	`with sent as (
		select rail_account_id, amount from instruction where state = 'made'
		union all select rail_account_id, amount from settlement_line where state = 'instructed')
	select 'balance', '3389.r' || ra.id, 'orders without an outcome', coalesce(sum(s.amount), 0)::text,
		coalesce((select (b.credits - b.debits)::text from account a join balance b on b.account_id = a.id where a.code = '3389.r' || ra.id), '0')
	from rail_account ra left join sent s on s.rail_account_id = ra.id
	where ra.kind = 'bank' group by ra.id
	having coalesce(sum(s.amount), 0)
		<> coalesce((select b.credits - b.debits from account a join balance b on b.account_id = a.id where a.code = '3389.r' || ra.id), 0)`,

	// in transit by the post office: what was listed, less the money that it was given and
	// what nobody collected, and with what it gave back of that
	`with moved as (
		select rail_account_id rail, amount from instruction where state not in ('rejected', 'uncollected')
		union all
		select m2.rail_account_id, -l.amount from match m join statement_line l on l.id = m.line_id
		join bank_message m2 on m2.message_id = m.target where m.rule = 'post-debit' and not undone(m)
		union all
		select m2.rail_account_id, l.amount from match m join statement_line l on l.id = m.line_id
		join bank_message m2 on m2.message_id = m.target where m.rule = 'post-return' and not undone(m))
	select 'balance', '3389.r' || ra.id, 'money of the post office''s lists', coalesce(sum(x.amount), 0)::text,
		coalesce((select (b.credits - b.debits)::text from account a join balance b on b.account_id = a.id where a.code = '3389.r' || ra.id), '0')
	from rail_account ra left join moved x on x.rail = ra.id
	where ra.kind = 'post' group by ra.id
	having coalesce(sum(x.amount), 0)
		<> coalesce((select b.credits - b.debits from account a join balance b on b.account_id = a.id where a.code = '3389.r' || ra.id), 0)`,

	// a line is known by its own words, and was matched as the log says
	`select 'statement_line', l.id::text, 'key of its words', encode(k.key, 'hex'), encode(l.line_key, 'hex')
	from statement_line l cross join lateral (select substr(sha256(
		convert_to(l.credit::text, 'UTF8') || '\x00' || convert_to(l.amount::text, 'UTF8') || '\x00' || convert_to(to_char(l.booked_on, 'YYYYMMDD'), 'UTF8') || '\x00'
		|| convert_to(l.bank_ref, 'UTF8') || '\x00' || convert_to(l.end_to_end_id, 'UTF8') || '\x00' || convert_to(l.batch_message, 'UTF8') || '\x00' || convert_to(l.memo, 'UTF8')), 1, 16) key) k
	where k.key <> l.line_key`,
	`with said as (
		select e.id, e.payload, split_part(e.subject, ':', 2)::bigint statement, split_part(split_part(e.subject, ':', 4), '-', 1)::int first, split_part(e.subject, '-', 2)::int last
		from audit_event e where e.kind = 'lines.matched' and e.subject ~ '^statement:[0-9]+:lines:[0-9]+-[0-9]+$')
	select 'match', 'statement ' || s.statement || ' lines ' || s.first || '-' || s.last, 'matches in the log', (s.payload ->> 'n') || ', ' || (s.payload ->> 'sha256'),
		count(m.id) || ', ' || encode(sha256(convert_to(coalesce(string_agg(m.line_id || E'\t' || m.rule || E'\t' || m.version || E'\t' || m.target || E'\t' || m.amount || E'\n', '' order by l.n), ''), 'UTF8')), 'hex')
	from said s left join statement_line l on l.statement_id = s.statement and l.n between s.first and s.last
	-- the first match of a line is the one that was made then
	left join lateral (select * from match m where m.line_id = l.id and m.undoes is null order by m.id limit 1) m on true
	group by s.id, s.statement, s.first, s.last, s.payload
	having (s.payload ->> 'n')::bigint <> count(m.id)
		or s.payload ->> 'sha256' <> encode(sha256(convert_to(coalesce(string_agg(m.line_id || E'\t' || m.rule || E'\t' || m.version || E'\t' || m.target || E'\t' || m.amount || E'\n', '' order by l.n), ''), 'UTF8')), 'hex')`,

	// what is not explained stands as a break, and takes two people to settle
	`select 'recon_break', b.id::text, 'who settled it', 'two people, in the log', 'proposed by ' || coalesce(b.proposed_by::text, 'nobody') || ', settled by ' || coalesce(b.settled_by::text, 'nobody')
	from recon_break b where b.state = 'settled' and b.line_id is not null
	and (b.proposed_by = b.settled_by or not exists (select from audit_event e where e.kind = 'break.settled' and e.subject = 'break:' || b.id))
	union all
	select 'recon_break', b.id::text, 'amount of its line', (case when l.credit then l.amount else -l.amount end)::text, b.amount::text
	from recon_break b join statement_line l on l.id = b.line_id where b.amount <> case when l.credit then l.amount else -l.amount end`,
	`select 'statement_line', l.id::text, 'break that says why it is in suspense', 'a row', 'none'
	from match m join statement_line l on l.id = m.line_id where m.rule = 'suspense' and not exists (select from recon_break b where b.line_id = l.id)`,
	`select 'funds_request', coalesce(f.reference, substr(e.subject, 7)), 'request in the log', coalesce(e.payload ->> 'amount', 'none'), coalesce(f.amount::text, 'no row')
	from funds_request f full join (select subject, payload from audit_event where kind = 'funds.requested') e on e.subject = 'funds:' || f.reference
	where (e.payload ->> 'amount', e.payload ->> 'scheme', e.payload ->> 'office') is distinct from (f.amount::text, f.scheme, f.office)`,
	`select 'bank_answer', id::text, 'hash of its bytes', encode(sha256(content), 'hex'), encode(sha256, 'hex') from bank_answer where sha256 <> sha256(content)`,
	`select 'bank_message', e.payload ->> 'message', 'number and total in the log', (e.payload ->> 'n') || ', ' || (e.payload ->> 'total'), coalesce(m.n || ', ' || m.total, 'no row')
	from audit_event e left join bank_message m on m.message_id = e.payload ->> 'message'
	where e.kind = 'run.instructed' and (m.n::text, m.total::text) is distinct from (e.payload ->> 'n', e.payload ->> 'total')`,
	`select 'bank_rejection', b.end_to_end_id, 'order that was refused', 'rejected', coalesce(i.state, 'none')
	from bank_rejection b left join instruction i using (end_to_end_id)
	where b.end_to_end_id like 'AS%-A%' and i.state is distinct from 'rejected'`,

	// vouchers are worth what was issued less what was redeemed; vendors are owed what was
	// redeemed with them less what is under way or settled
	`select 'voucher', v.id::text, 'what its account holds',
		(case when v.state in ('inactive', 'active', 'suspended') then v.amount - coalesce(r.spent, 0) else 0 end)::text, coalesce((b.credits - b.debits)::text, 'no account')
	from voucher v left join (select voucher_id, sum(amount) spent from redemption group by 1) r on r.voucher_id = v.id
	left join account a on a.code = '3387.v' || v.id left join balance b on b.account_id = a.id
	where b.credits - b.debits is distinct from case when v.state in ('inactive', 'active', 'suspended') then v.amount - coalesce(r.spent, 0) else 0 end`,
	`select 'vendor', v.id::text, 'what is owed to them', (coalesce(r.sold, 0) - coalesce(s.sent, 0))::text, coalesce((b.credits - b.debits)::text, '0')
	from vendor v left join (select vendor_id, sum(amount) sold from redemption group by 1) r on r.vendor_id = v.id
	left join (select vendor_id, sum(amount) sent from settlement_line where state in ('instructed', 'settled') group by 1) s on s.vendor_id = v.id
	left join account a on a.code = '3386.m' || v.id left join balance b on b.account_id = a.id
	where coalesce(r.sold, 0) - coalesce(s.sent, 0) <> coalesce(b.credits - b.debits, 0)`,
	`select 'settlement_line', v.end_to_end_id, 'statement line of its debit', v.amount::text, 'none'
	from settlement_line v
	where v.state = 'settled' and not exists (select from match m join statement_line l on l.id = m.line_id
		left join bank_message b on b.id = v.bank_message_id
		where m.target in (v.end_to_end_id, b.message_id) and not l.credit and not undone(m))`,
}

// bank holds payments against orders, orders against statement lines, and the books
// against the bank.
func (c *checker) bank(ctx context.Context) error {
	for _, sql := range slices.Concat(bankChecks, closedChecks) {
		if err := c.check(ctx, sql); err != nil {
			return err
		}
	}
	type count struct {
		what string
		n    int64
		sum  money.VND
	}
	return each(ctx, c.look(), func(rows pgx.Rows, x *count) error { return rows.Scan(&x.what, &x.n, &x.sum) }, func(x *count) error {
		c.counted(x.what, x.n, x.sum)
		return nil
	}, `
		select 'orders', count(*), coalesce(sum(amount), 0)::bigint from instruction
		union all
		select 'statement lines', count(*), coalesce(sum(case when credit then amount else -amount end), 0)::bigint from statement_line`)
}
