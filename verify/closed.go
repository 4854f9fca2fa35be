package verify

// closedChecks hold the days that were closed against the statements and the books as
// they are now: nothing may have been booked into a closed day behind its back.
var closedChecks = []string{
	`select 'closed_day', c.rail_account_id || ' on ' || c.on_day, 'balance by the statements',
		(s.opening + coalesce(l.moved, 0))::text, c.bank::text
	from closed_day c
	join statement s on s.rail_account_id = c.rail_account_id and s.state = 'accepted' and s.chain_no = 1
	left join lateral (select sum(case when l.credit then l.amount else -l.amount end) moved
		from statement_line l where l.rail_account_id = c.rail_account_id and l.booked_on <= c.on_day) l on true
	where s.opening + coalesce(l.moved, 0) <> c.bank`,
	`select 'closed_day', c.rail_account_id || ' on ' || c.on_day, 'balance of the books at its end', c.books::text, coalesce(t.net, 0)::text
	from closed_day c
	join rail_account ra on ra.id = c.rail_account_id
	left join account a on a.code = '112.' || ra.office
	left join lateral (select sum(case when t.debit = a.id then t.amount else -t.amount end) net
		from transfer t where a.id in (t.debit, t.credit) and t.on_day <= c.on_day) t on true
	where c.books <> coalesce(t.net, 0)`,
	`select 'closed_day', rail_account_id || ' on ' || on_day, 'hash of its statement', encode(sha256(sheet), 'hex'), encode(sha256, 'hex')
	from closed_day where sha256 <> sha256(sheet)`,
	`select 'closed_day', c.rail_account_id || ' on ' || c.on_day, 'its event in the log', 'one', 'none'
	from closed_day c where not exists (select from audit_event e where e.kind = 'day.closed'
		and e.subject = 'account:' || c.rail_account_id || ':' || c.on_day and e.payload ->> 'sha256' = encode(c.sha256, 'hex'))`,
}
