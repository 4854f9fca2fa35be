package verify

import "context"

// marketChecks re-derive charges from the money that was told of, and vouchers from their
// redemptions and entries.
var marketChecks = []string{
	// money that came: what somebody told of it, and nothing else
	`select 'receipt', r.id::text, 'notice or statement line behind it', 'a row', 'none' from receipt r
	where not exists (select from receipt_evidence e where e.receipt_id = r.id)`,
	`select 'receipt', r.id::text, 'amount that was told', coalesce(n.amount, l.amount)::text, r.amount::text
	from receipt r join receipt_evidence e on e.receipt_id = r.id
	left join bank_notice n on n.id = e.notice_id left join statement_line l on l.id = e.line_id
	where coalesce(n.amount, l.amount) is distinct from r.amount`,
	`select 'receipt_evidence', e.receipt_id::text, 'what it rests on', 'a row', 'none' from receipt_evidence e
	where (e.notice_id is not null and not exists (select from bank_notice n where n.id = e.notice_id))
	or (e.line_id is not null and not exists (select from statement_line l where l.id = e.line_id))
	or not exists (select from receipt r where r.id = e.receipt_id)`,
	`select 'charge', c.id::text, 'money received', coalesce(r.amount, 0) || ' in ' || coalesce(r.n, 0), c.received || ' in ' || c.payments
	from charge c left join (select charge_id, sum(amount)::bigint amount, count(*)::int n from receipt where charge_id is not null group by 1) r on r.charge_id = c.id
	where (c.received, c.payments) is distinct from (coalesce(r.amount, 0), coalesce(r.n, 0))`,
	`select 'charge', c.id::text, 'state of its last event', e.to_state || ' ' || e.received, c.state || ' ' || c.received
	from charge c join lateral (select to_state, received from charge_event where charge_id = c.id order by id desc limit 1) e on true
	where (c.state, c.received) is distinct from (e.to_state, e.received)
	union all
	select 'charge', c.id::text, 'events of it', 'a row', 'none' from charge c where c.state <> 'waiting' and not exists (select from charge_event e where e.charge_id = c.id)`,
	`select 'charge_event', e.id::text, 'receipt of that charge', 'charge ' || e.charge_id, coalesce('charge ' || r.charge_id, 'none')
	from charge_event e left join receipt r on r.id = e.receipt_id where e.receipt_id is not null and r.charge_id is distinct from e.charge_id`,

	// vouchers: worth what their entry issued, spent by their redemptions
	`select 'voucher', v.id::text, 'amount of the entry that issued it', coalesce(e.total::text, 'no entry'), v.amount::text
	from voucher v left join entry_key k on k.key = case when v.replaces is null then 'voucher:' || v.id || ':issued' else 'voucher:' || v.replaces || ':reissued' end
	left join entry e on e.id = k.entry_id and e.on_day = k.on_day
	where e.total is distinct from v.amount`,
	`select 'voucher', v.id::text, 'state of its last event', e.to_state, v.state
	from voucher v join lateral (select to_state from voucher_event where voucher_id = v.id order by id desc limit 1) e on true where e.to_state <> v.state`,
	`select 'redemption', r.id::text, 'its entry', '3387.v' || r.voucher_id || ' to 3386.m' || r.vendor_id || ' ' || r.amount, coalesce(d.code || ' to ' || c.code || ' ' || t.amount, 'none')
	from redemption r left join entry_key k on k.key = 'redemption:' || r.key
	left join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day left join account d on d.id = t.debit left join account c on c.id = t.credit
	where (d.code, c.code, t.amount) is distinct from ('3387.v' || r.voucher_id, '3386.m' || r.vendor_id, r.amount)`,
	`select 'entry', k.entry_id::text, 'redemption of ' || k.key, 'a row', 'none' from entry_key k
	where k.key like 'redemption:%' and not exists (select from redemption r where r.key = substr(k.key, 12))`,
	`select 'redemption', id::text, 'what was left after it', (worth - spent)::text, left_after::text
	from (select r.*, v.amount worth, sum(r.amount) over (partition by r.voucher_id order by r.id) spent from redemption r join voucher v on v.id = r.voucher_id) x
	where left_after <> worth - spent`,

	// what vendors are paid: their redemptions and what came back before, one message each
	`select 'settlement', s.id::text, 'number and total of its lines', coalesce(l.n, 0) || ', ' || coalesce(l.total, 0), s.n || ', ' || s.total
	from settlement s left join (select settlement_id, count(*)::int n, sum(amount)::bigint total from settlement_line group by 1) l on l.settlement_id = s.id
	where (s.n, s.total) is distinct from (l.n, l.total)`,
	`select 'settlement_line', l.end_to_end_id, 'redemptions and earlier lines that it pays', (coalesce(r.amount, 0) + coalesce(b.amount, 0))::text, l.amount::text
	from settlement_line l left join (select end_to_end_id, sum(amount)::bigint amount from redemption where end_to_end_id is not null group by 1) r using (end_to_end_id)
	left join (select carried_to, sum(amount)::bigint amount from settlement_line where carried_to is not null group by 1) b on b.carried_to = l.end_to_end_id
	where coalesce(r.amount, 0) + coalesce(b.amount, 0) <> l.amount`,
	`select 'settlement_line', l.end_to_end_id, 'amount of the line that shows its debit', l.amount::text, x.amount::text
	from settlement_line l join match m on m.target = l.end_to_end_id and not undone(m) join statement_line x on x.id = m.line_id and not x.credit
	where l.state in ('settled', 'returned') and x.amount <> l.amount`,
	`select 'redemption', r.id::text, 'transfer that settled it', 'to vendor ' || r.vendor_id, coalesce('to vendor ' || l.vendor_id, 'none')
	from redemption r left join settlement_line l using (end_to_end_id) where r.end_to_end_id is not null and l.vendor_id is distinct from r.vendor_id`,
}

// market re-derives charges, vouchers and settlements.
func (c *checker) market(ctx context.Context) error {
	for _, sql := range marketChecks {
		if err := c.check(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
