package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/staff"
)

// TestLedgerCommands reads and closes a month by hand.
func TestLedgerCommands(t *testing.T) {
	pool := pgtest.New(t)
	t.Setenv("DATABASE_URL", pgtest.AppDSN(t, pool))
	t.Setenv("DATABASE_OWNER_URL", "")
	if _, err := staff.Open(pool).Add(t.Context(), staff.New{Login: "ketoan", Name: "Kế toán", Roles: []staff.Role{staff.Accountant}, Password: "mot cau dai 31825"}, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error {
		ids, err := ledger.Ensure(t.Context(), tx, []ledger.Account{{Code: "611.31825.btxh", Name: "Chi", Type: "expense"}, {Code: "3388.p1", Name: "Phải trả", Type: "liability"}})
		if err != nil {
			return err
		}
		for i := range 2 {
			_, err = ledger.Post(t.Context(), tx, ledger.Entry{Key: money.NewMonth(2026, 10).Add(i).String(), On: money.Day(2026, time.Month(10+i), 5), Kind: "run.approved", Memo: "Đợt chi, tháng",
				Transfers: []ledger.Transfer{{Debit: ids["611.31825.btxh"], Credit: ids["3388.p1"], Amount: 540_000}}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	do := func(want int, command string) string {
		t.Helper()
		code, out, errs := ansinh(t, "", append([]string{"--data-dir", t.TempDir()}, strings.Fields(command)...)...)
		if code != want || (want != exitDone && errs == "") {
			t.Fatalf("%s: exit %d, %s", command, code, errs)
		}
		return out
	}
	do(exitDone, "ledger classify 611 khoan 398 --from 2026-01 --as ketoan")
	do(exitRefused, "ledger classify 611 khoan 000 --from 2026-01 --as ketoan")
	do(exitDone, "ledger month 2026-10 closing --as ketoan")
	do(exitRefused, "ledger month 2026-12 closed --as ketoan")
	do(exitRefused, "ledger statement 999 --from 2026-11-01 --to 2026-11-30")
	do(exitUsage, "ledger statement 3388.p1 --from 1.11.2026")
	for command, want := range map[string]string{
		"ledger month 2026-10 closed --as ketoan": `{"month":"2026-10","state":"closed"}` + "\n",
		"ledger month 2026-11":                    `{"month":"2026-11","state":"open"}` + "\n",
		"ledger trial 2026-11": "code,state_account,name,type,opening,debits,credits,closing\n" +
			"3388.p1,338,Phải trả,liability,-540000,0,540000,-1080000\n" +
			"611.31825.btxh,611,Chi,expense,540000,540000,0,1080000\n",
		"ledger statement 3388.p1 --from 2026-11-01 --to 2026-11-30": "date,entry,n,kind,memo,ref,against,debit,credit,balance\n" +
			"2026-11-01,0,0,opening,,,,0,0,540000\n" +
			"2026-11-05,2,0,run.approved,\"Đợt chi, tháng\",,611.31825.btxh,0,540000,1080000\n",
		"--json ledger classes khoan --from 2026-10-01 --to 2026-11-30": `{"value":"","name":"","account":"3388","debits":0,"credits":1080000}` + "\n" +
			`{"value":"398","name":"Chính sách và hoạt động phục vụ các đối tượng bảo trợ xã hội và các đối tượng khác","account":"611","debits":1080000,"credits":0}` + "\n",
	} {
		if diff := cmp.Diff(want, do(exitDone, command)); diff != "" {
			t.Errorf("%s: %s", command, diff)
		}
	}
}
