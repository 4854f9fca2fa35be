package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/qr"
	"ansinh.vn/staff"
)

// TestMarketCommands opens a market by hand: every command says what it did, and refuses
// what cannot be with exit code 3.
func TestMarketCommands(t *testing.T) {
	pool := pgtest.New(t)
	t.Setenv("DATABASE_URL", pgtest.AppDSN(t, pool))
	t.Setenv("DATABASE_OWNER_URL", "")
	if _, err := pool.Exec(t.Context(), `insert into office (code, name, kind) values ('31825', 'Bạc Liêu', 'Phường')`); err != nil {
		t.Fatal(err)
	}
	if _, err := staff.Open(pool).Add(t.Context(), staff.New{Login: "cho", Name: "Ban quản lý chợ", Roles: []staff.Role{staff.VendorAdmin}, Password: "mot cau dai 31825"}, "test", time.Now()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	do := func(want int, args ...string) (answer map[string]any) {
		t.Helper()
		code, out, errs := ansinh(t, "", append([]string{"--data-dir", dir, "--json"}, args...)...)
		if code != want {
			t.Fatalf("%s: exit %d, %s", strings.Join(args, " "), code, errs)
		}
		if want == exitDone && strings.HasPrefix(out, "{") {
			if err := json.Unmarshal([]byte(out), &answer); err != nil {
				t.Fatalf("%s: %v in %q", strings.Join(args, " "), err, out)
			}
		} else if want != exitDone && (out != "" || errs == "") {
			t.Errorf("%s: out %q, errors %q", strings.Join(args, " "), out, errs)
		}
		return answer
	}
	do(exitDone, "market", "add", "--name", "Chợ Phường 3", "--office", "31825", "--by", "cho")
	do(exitRefused, "market", "add", "--name", "Chợ Phường 3", "--office", "31825", "--by", "cho")
	do(exitRefused, "market", "add", "--name", "Chợ khác", "--office", "99999", "--by", "cho")
	vendor := do(exitDone, "market", "vendor", "add", "--name", "Trần Thị Sáu", "--phone", "0912345671", "--bank", "970405", "--account", "1900201234567", "--by", "cho")
	if vendor["account"] != "1900*******67" || len(vendor["pin"].(string)) != 6 {
		t.Errorf("%v", vendor)
	}
	do(exitRefused, "market", "vendor", "add", "--name", "B", "--phone", "0912345671", "--bank", "970405", "--account", "1900", "--by", "cho")
	do(exitDone, "market", "stall", "add", "--market", "1", "--vendor", "1", "--label", "QAY-017", "--by", "cho")
	do(exitRefused, "market", "stall", "add", "--market", "1", "--vendor", "1", "--label", "qay 17", "--by", "cho")
	do(exitRefused, "market", "card", "1")
	do(exitUsage, "market", "card", "1", "--new")
	card := do(exitDone, "market", "card", "1", "--new", "--by", "cho", "--svg", dir+"/card.svg")
	if c := qr.Decode(card["payload"].(string)); !c.Valid() || c.Account != "1900201234567" || c.Terminal != "QAY-017" {
		t.Errorf("%v", card)
	}
	do(exitDone, "market", "vendor", "account", "1", "--bank", "970436", "--account", "0071000999888", "--holder", "TRAN THI SAU", "--by", "cho")
	do(exitRefused, "market", "card", "1") // printed on the old account
	for _, args := range []string{"market list", "market vendor", "market vendor pin 1 --by cho", "market vendor suspend 1 --by cho", "market vendor resume 1 --by cho",
		"market vendor phones 1 --by cho", "market stall", "market day", "market day --vendor 1 --csv " + dir + "/day.csv",
		"market statement 1 --from 2026-11-01 --until 2026-11-30", "voucher list", "voucher expire --by cho"} {
		do(exitDone, strings.Fields(args)...)
	}
	do(exitUsage, "market", "day", "--on", "hôm nay")
	do(exitRefused, "market", "vendor", "suspend", "7", "--by", "cho")
	do(exitRefused, "voucher", "block", "ASV22222222", "--reason", "mất", "--by", "cho")
	do(exitRefused, "voucher", "redeem", "ASV22222222", "--pin", "000000", "--vendor", "1", "--amount", "1000", "--key", "k")
}
