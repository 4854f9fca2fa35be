package reconcile

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// staleAfter is how long a transfer may be in transit before it is asked about.
const staleAfter = 3 // days after it was sent

// watch opens a break for what should have shown in a statement by now and has not, and
// settles such a break by itself when it appears after all: no money stands behind it.
func (s *Store) watch(ctx context.Context, now time.Time) error {
	return pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into recon_break (kind, subject, office, amount, opened_on, note)
			select 'stale-in-transit', 'message:' || m.message_id, ra.office, -m.total, @today::date,
			       'sent on ' || m.sent_at::date || ' and in no statement yet: ask the bank'
			from bank_message m join rail_account ra on ra.id = m.rail_account_id
			where ra.kind = 'bank' and m.state in ('sent', 'accepted', 'part', 'unknown') and m.sent_at < @now::timestamptz - make_interval(days => @days)
			  and not exists (select from match where rule = 'batch-debit' and target = m.message_id and not undone(match))
			  and not exists (select from post_transfer t join bank_message lm on lm.id = t.list
			                  join match on match.rule = 'post-debit' and match.target = lm.message_id where t.bank_message_id = m.id)
			  and not exists (select from expected_transfer e join match on match.rule = 'debit' and match.target = e.end_to_end_id
			                  where e.message_id = m.message_id)
			order by m.id
			on conflict (kind, subject) do nothing`,
			pgx.StrictNamedArgs{"today": day(now), "now": now, "days": staleAfter})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into recon_break (kind, subject, office, amount, opened_on, note)
			select 'missing-statement', 'statement:' || st.id, ra.office, 0, @today::date, st.reason
			from statement st join rail_account ra on ra.id = st.rail_account_id
			where st.state = 'parked'
			order by st.id
			on conflict (kind, subject) do nothing`, pgx.StrictNamedArgs{"today": day(now)})
		if err != nil {
			return err
		}
		if err := s.holdNotices(ctx, tx, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			update recon_break b set state = 'settled', action = 'appeared', settled_at = $1
			where b.state <> 'settled' and (
			    b.kind = 'missing-statement' and exists (select from statement st where 'statement:' || st.id = b.subject and st.state <> 'parked')
			 or b.kind = 'notice-without-line' and exists (select from bank_notice n where 'notice:' || n.id = b.subject and n.verdict like 'line:%')
			 or b.kind = 'stale-in-transit' and b.subject like 'message:%' and exists (
			        select from match where rule = 'batch-debit' and target = substr(b.subject, 9) and not undone(match)
			        union all select from post_transfer t join bank_message lm on lm.id = t.list join bank_message m on m.id = t.bank_message_id
			            join match on match.rule = 'post-debit' and match.target = lm.message_id where m.message_id = substr(b.subject, 9)
			        union all select from expected_transfer e join match on match.rule = 'debit' and match.target = e.end_to_end_id
			            where e.message_id = substr(b.subject, 9)))`, now)
		return err
	})
}
