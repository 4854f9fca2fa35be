package verify

import "context"

// saidChecks hold rows that change, or that nothing is computed from, against what the
// log says that somebody did to them.
var saidChecks = []string{
	// who signs: a key is the one that a second person confirmed, and revoked when the log
	// says so, and never by its row alone
	`select 'staff_key', k.id::text, 'fingerprint in the log', coalesce(e.payload ->> 'fingerprint', 'an event'), f.words
	from staff_key k
	cross join lateral (select substr(h, 1, 4) || ' ' || substr(h, 5, 4) || ' ' || substr(h, 9, 4) || ' ' || substr(h, 13, 4) words
		from encode(sha256(k.public_key), 'hex') h) f
	join audit_event e on e.kind = 'staff.key_enrolled' and e.payload ->> 'key' = k.id::text
	where e.payload ->> 'fingerprint' <> f.words or e.subject <> 'staff:' || k.staff_id`,
	`select 'staff_key', k.id::text, 'public key of the request that was confirmed', encode(sha256(q.public_key), 'hex'), encode(sha256(k.public_key), 'hex')
	from staff_key k join staff_key_request q on q.id = k.request_id where q.public_key <> k.public_key or q.staff_id <> k.staff_id`,
	`select 'staff_key', coalesce(k.id::text, e.payload ->> 'key'), 'revoked', case when e.id is null then 'not, as the log says' else 'yes, as the log says' end,
		case when k.id is null then 'no row' when k.revoked_at is null then 'not' else 'yes' end
	from staff_key k full join audit_event e on e.kind = 'staff.key_revoked' and e.payload ->> 'key' = k.id::text
	where (k.id is not null or e.kind = 'staff.key_revoked') and (e.id is null) <> (k.revoked_at is null)`,
	`select 'staff_key_request', q.id::text, 'who decided', 'somebody else', 'its holder' from staff_key_request q where q.decided_by = q.staff_id and q.outcome = 'confirmed'`,
	`select 'staff', s.id::text, 'login in the log', e.payload ->> 'login', s.login
	from staff s join audit_event e on e.kind = 'staff.added' and e.subject = 'staff:' || s.id where e.payload ->> 'login' <> s.login`,
	`select 'staff', coalesce(s.id::text, substr(e.subject, 7)), 'disabled', 'as the log says', case when s.disabled_at is null then 'not disabled' else 'disabled' end
	from staff s left join (select subject, min(id) id from audit_event where kind = 'staff.disabled' group by 1) e on e.subject = 'staff:' || s.id
	where (e.id is not null) and s.disabled_at is null`,

	// runs and approvals as they were submitted, signed and posted
	`select 'run', r.id::text, 'digest, number and total when it was submitted', (e.payload ->> 'digest') || ', ' || (e.payload ->> 'n') || ', ' || (e.payload ->> 'total'),
		coalesce(encode(r.digest, 'hex'), 'none') || ', ' || r.n || ', ' || r.total
	from run r join audit_event e on e.kind = 'run.submitted' and e.subject = 'run:' || r.id
	where (e.payload ->> 'digest', e.payload ->> 'n', e.payload ->> 'total') is distinct from (encode(r.digest, 'hex'), r.n::text, r.total::text)`,
	`select 'run', r.id::text, 'what was prepared', e.office || ' ' || e.month || ' ' || e.known || ' ' || e.schemes, r.office || ' ' || to_char(r.month, 'YYYY-MM') || ' ' || r.known_on || ' ' || to_jsonb(r.schemes)::text
	from run r join (select subject, payload ->> 'office' office, left(payload ->> 'month', 7) as month, payload ->> 'known_on' known, payload ->> 'schemes' schemes
		from audit_event where kind = 'run.prepared') e on e.subject = 'run:' || r.id
	where (e.office, e.month, e.known, e.schemes) is distinct from (r.office, to_char(r.month, 'YYYY-MM'), r.known_on::text, to_jsonb(r.schemes)::text)`,
	`select 'run', substr(e.subject, 5), 'run of the log', 'a row', 'none' from audit_event e
	where e.kind = 'run.prepared' and not exists (select from run r where 'run:' || r.id = e.subject)`,
	`select 'run', r.id::text, 'approved', 'an event in the log', 'none' from run r
	where r.state in ('approved', 'instructed', 'closed') and not exists (select from audit_event e where e.kind = 'run.approved' and e.subject = 'run:' || r.id)`,
	`select 'approval', substr(e.subject, 5) || ' by ' || e.actor, 'approval in the log', 'a row with that signature', 'none' from audit_event e
	where e.kind = 'run.approval' and not exists (
		select from approval a where 'run:' || a.run_id = e.subject and encode(a.signature, 'hex') = e.payload ->> 'signature')`,

	// rates are named by what they hold, and were confirmed as they are
	`select 'rate_edition', encode(digest, 'hex'), 'digest of its files', encode(sha256(string_agg(convert_to(f.name || ' ' || octet_length(files ->> f.name) || E'\n' || (files ->> f.name), 'UTF8'), '' order by f.nth)), 'hex'), encode(digest, 'hex')
	from rate_edition, unnest(array['levels.csv', 'btxh.csv', 'ncc.csv', 'ncc_injury.csv']) with ordinality f(name, nth)
	group by digest, files having sha256(string_agg(convert_to(f.name || ' ' || octet_length(files ->> f.name) || E'\n' || (files ->> f.name), 'UTF8'), '' order by f.nth)) <> digest`,
	`select 'rate_confirmation', coalesce(c.set_id, substr(e.subject, 7)), 'confirmation in the log', coalesce(e.payload ->> 'sha256', 'none'), coalesce(encode(c.sha256, 'hex'), 'none')
	from rate_confirmation c full join (select subject, payload from audit_event where kind = 'rates.confirmed') e
		on e.subject = 'rates:' || c.set_id and e.payload ->> 'sha256' = encode(c.sha256, 'hex')
	where c.set_id is null or e.subject is null`,

	// lists: every row that came is there, and what a decision rests on is its row
	`select 'list', l.id::text, 'rows that were imported and quarantined', l.imported || ', ' || l.quarantined, coalesce(r.imported, 0) || ', ' || coalesce(r.quarantined, 0)
	from list l left join (select list_id, count(*) filter (where state = 'imported') imported, count(*) filter (where state = 'quarantined') quarantined
		from list_row group by 1) r on r.list_id = l.id
	where (l.imported, l.quarantined) is distinct from (coalesce(r.imported, 0)::int, coalesce(r.quarantined, 0)::int)`,
	`select 'list', coalesce(l.id::text, substr(e.subject, 6)), 'file and rows in the log', e.payload ->> 'sha256' || ', ' || (e.payload ->> 'received') || ', ' || (e.payload ->> 'imported'),
		coalesce(encode(l.sha256, 'hex') || ', ' || l.received || ', ' || l.imported, 'no row')
	from audit_event e left join list l on 'list:' || l.id = e.subject
	where e.kind = 'list.imported' and (e.payload ->> 'sha256', e.payload ->> 'received', e.payload ->> 'imported') is distinct from (encode(l.sha256, 'hex'), l.received::text, l.imported::text)`,
	`select 'list_row', r.id::text, 'list of the row', 'a row', 'none' from list_row r where not exists (select from list l where l.id = r.list_id)`,
	`select 'entitlement', e.id::text, 'person of the row that it came by', coalesce(p.merged_into, p.id)::text, coalesce(q.merged_into, q.id)::text
	from entitlement e join list_row r on r.id = e.row_id join person p on p.id = e.person_id join person q on q.id = r.person_id
	where coalesce(p.merged_into, p.id) <> coalesce(q.merged_into, q.id)
	union all
	select 'entitlement', e.id::text, 'row that it came by', 'a row of list ' || e.list_id, coalesce('list ' || r.list_id, 'none')
	from entitlement e left join list_row r on r.id = e.row_id where e.row_id is not null and r.list_id is distinct from e.list_id`,

	// people: nobody is dead, settled or merged without somebody who said so
	`select 'person', p.id::text, 'event of the death', 'a row', 'none' from person p
	where p.died_on is not null and p.register_outcome <> 'deceased' and not exists (select from life_event l where l.kind = 'death' and l.person_id in (select q.id from person q where q.id = p.id or q.merged_into = p.id))`,
	`select 'person', p.id::text, 'day of death', l.on_day::text, coalesce(p.died_on::text, 'alive') from person p
	join lateral (select on_day from life_event where person_id = p.id and kind = 'death' order by id desc limit 1) l on true
	where p.died_on is null and p.merged_into is null and l.on_day is not null`,
	`select 'person', p.id::text, 'decision that merged them', 'one that two people made', 'none' from person p
	where p.merged_into is not null and not exists (select from review_decision d where d.person_id = p.id and d.other_person = p.merged_into
		and d.decision = 'merge' and d.confirmed_by is not null and d.confirmed_by <> d.decided_by)`,
	`select 'person', p.id::text, 'decision that settled them', p.settled, 'none' from person p
	where p.settled is not null and not exists (select from audit_event e where e.kind = 'person.settled' and e.subject = 'person:' || p.id)`,
	`select 'life_event', l.id::text, 'its event in the log', 'a row', 'none' from life_event l
	where not exists (select from audit_event e where e.subject = 'person:' || l.person_id and e.kind = 'person.' || l.kind)
	-- what the register tells of many is one event
	and not exists (select from audit_event e where e.kind = 'sync.written' and e.at = l.recorded_at
		and l.person_id between (e.payload ->> 'first')::bigint and (e.payload ->> 'last')::bigint)`,
	`select 'life_event', coalesce(substr(e.subject, 8), ''), 'death of the log', 'a row', 'none' from audit_event e
	where e.kind = 'person.death' and not exists (select from life_event l where 'person:' || l.person_id = e.subject and l.kind = 'death')`,

	// an account is never changed in its row: a new one is a new payee
	`select 'payment', p.id::text, 'account of its payee', encode(y.account_idx, 'hex'), coalesce(encode(p.account_idx, 'hex'), 'none')
	from payment p join payee y on y.id = p.payee_id
	where p.rail = 'bank' and p.state <> 'held' and (p.account_idx, p.bank_bin) is distinct from (y.account_idx, y.bank_bin)`,
	`select 'payment', p.id::text, 'person of its payee', coalesce(q.merged_into, q.id)::text, y.person_id::text
	from payment p join payee y on y.id = p.payee_id join person q on q.id = p.person_id
	where y.person_id not in (p.person_id, coalesce(q.merged_into, q.id)) and not exists (select from person m where m.id = y.person_id and m.merged_into = q.id)`,
	`select 'payment_carry', c.from_payment || ' to ' || c.to_payment, 'amount of the payment that it takes over', f.amount::text, c.amount::text
	from payment_carry c join payment f on f.id = c.from_payment where f.amount <> c.amount`,
}

// said looks for rows that are not what the log says of them.
func (c *checker) said(ctx context.Context) error {
	for _, sql := range saidChecks {
		if err := c.check(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
