package beneficiaries

import (
	"fmt"
	"testing"
	"time"

	"ansinh.vn/internal/pgtest"
)

// TestImportReadsByIndexWhateverThePlannerBelieves imports after an import that
// was rolled back and a statistics run that found nothing but dead rows: the
// planner then takes every table for empty, however much comes into it. A plan
// that reads a table for every row reads rows² pages.
func TestImportReadsByIndexWhateverThePlannerBelieves(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const rows = 8500 // three chunks
	lines := [][]string{{hongDan}, {"Họ và tên", "Ngày sinh", "Số định danh", "Nhóm đối tượng", "Hưởng từ tháng", "Ấp/khóm", "Mức hưởng", "Đã chi đến tháng"}}
	for i := range rows {
		lines = append(lines, []string{fmt.Sprintf("Nguyễn Văn Thứ %d", i%977), "15/10/1950", fmt.Sprintf("0951%08d", i), "KT_N", "05/2024", "Ấp Cầu Đỏ", "500000", "10/2026"})
	}
	path := b.csvFile("31843_btxh.csv", lines)
	owner := pgtest.Owner(t, b.pool)
	exec := func(sql string) {
		t.Helper()
		_, err := owner.Exec(b.ctx, sql)
		b.ok(err)
	}
	exec(`create function fail() returns trigger language plpgsql as $$ begin raise 'power cut'; end $$`)
	exec(`create constraint trigger fail after insert on list deferrable initially deferred for each row execute function fail()`)
	if _, err := b.importFile(path); err == nil {
		t.Fatal("the import did not fail")
	}
	exec(`drop trigger fail on list`)
	exec(`analyze`)
	read := func() (touched, inserted int64) {
		b.ok(owner.QueryRow(b.ctx, `select sum(idx_blks_hit + idx_blks_read) from pg_statio_user_indexes where relname in ('person', 'list_row', 'entitlement', 'payee', 'paid_before')`).Scan(&touched))
		b.ok(owner.QueryRow(b.ctx, `select n_tup_ins from pg_stat_user_tables where relname = 'payee'`).Scan(&inserted))
		return touched, inserted
	}
	before, _ := read()
	got, err := b.importFile(path)
	b.ok(err)
	if got[0].Imported != rows {
		t.Fatalf("got %+v", got[0])
	}
	touched, inserted := read()
	for range 100 { // counters arrive a little later
		if inserted >= 2*rows {
			break
		}
		time.Sleep(50 * time.Millisecond)
		touched, inserted = read()
	}
	if per := float64(touched-before) / rows; per > 100 {
		t.Errorf("%.0f index pages read for each row imported", per)
	}
}
