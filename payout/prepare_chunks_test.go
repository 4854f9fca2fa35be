package payout

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
)

// crowd puts people of the office on a list by sets, paid in cash.
func (b *bundle) crowd(n int) {
	b.Helper()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		must := func(sql string, args ...any) {
			_, err := tx.Exec(b.ctx, sql, args...)
			b.check(err)
		}
		must(`insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
		values ('list', $1, 'btxh', 1, 'ds.xlsx', sha256('crowd'), 1, 'test', $2)`, office, b.now)
		must(`insert into person (number_enc, number_idx, name, name_key, birth, sex, office, hamlet, register_outcome, checked_at, first_list)
		select sha256(i::text::bytea), substr(sha256(i::text::bytea), 1, 16), 'Nguyễn Thị Số', 'nguyen thi so', 1940 + i % 60, 'F', $1, 'Ấp 1', 'match', $2, (select max(id) from list)
		from generate_series(1, $3) i order by i`, office, b.now, n)
		must(`insert into payee (person_id, kind, name, way, list_id, since) select id, 'self', name, 'cash', first_list, $1 from person`, b.now.AddDate(-1, 0, 0))
		must(`insert into list_row (list_id, row_no, state, person_id, cells) select first_list, id, 'imported', id, '' from person order by id`)
		must(`insert into entitlement (person_id, office, scheme, category, first_month, decision_on, list_id, row_id)
		select r.person_id, $1, 'btxh', 'KT_N', '2026-10-01', '2026-10-01', r.list_id, r.id from list_row r order by r.person_id`, office)
		must(`update list set received = $1, imported = $1, done = true`, n)
		return nil
	}))
	b.exec(`insert into setting values ('opening_month', '"2026-07"') on conflict (key) do update set value = excluded.value`)
}

// A run of several chunks is read, computed and written at once, and is the same as
// when the pool has a single connection and everything comes one after the other.
func TestABigRunIsTheSameByOneConnection(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const n = 2*chunkSize + 1
	b.crowd(n)
	at := func(pool *pgxpool.Pool) Run {
		r, err := Prepare(b.ctx, pool, PrepareInput{Office: office, Month: month("2026-11"), KnownOn: day("2026-10-20"), By: b.clerk, Now: b.now})
		b.check(err)
		return r
	}
	all := at(b.pool)
	if got := b.count(`select count(distinct person_id) from payment where run_id = $1`, all.ID); got != n || all.N != n {
		t.Fatalf("%d people in a run of %d, %d were there", got, all.N, n)
	}
	b.check(Void(b.ctx, b.pool, all.ID, b.clerk, "tính lại", b.now))
	config := b.pool.Config()
	config.MaxConns = 1
	one, err := pgxpool.NewWithConfig(b.ctx, config)
	b.check(err)
	defer one.Close()
	again := at(one)
	if again.N != all.N || again.Total != all.Total {
		t.Errorf("%d payments of %s, by one connection %d of %s", all.N, all.Total.Format(), again.N, again.Total.Format())
	}
	if got := b.count(`select count(*) from payment a join payment_item i on i.payment_id = a.id join payment b using (person_id) join payment_item j on j.payment_id = b.id
		where a.run_id = $1 and b.run_id = $2 and (i.scheme, i.category, i.month, i.amount, i.reason_id) = (j.scheme, j.category, j.month, j.amount, j.reason_id)`,
		all.ID, again.ID); got != 2*n {
		t.Errorf("%d lines are the same, want %d", got, 2*n)
	}
}
