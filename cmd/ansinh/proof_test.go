package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// keptBooks is a database with one entry of two payments, and an ansinh that works on it.
func keptBooks(t *testing.T) (dir string, ansinhDB func(args ...string) (int, string, string), tamper func(sql ...string)) {
	t.Helper()
	pool := pgtest.New(t)
	t.Setenv("DATABASE_URL", pgtest.AppDSN(t, pool))
	dir = t.TempDir()
	err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error {
		ids, err := ledger.Ensure(t.Context(), tx, []ledger.Account{
			{Code: "611.31825.btxh", Name: "Chi btxh", Type: "expense"}, {Code: "3388.p1", Name: "Phải trả", Type: "liability"},
			{Code: "3388.p2", Name: "Phải trả", Type: "liability"}})
		if err != nil {
			return err
		}
		_, err = ledger.Post(t.Context(), tx, ledger.Entry{Key: "run:1:approved", On: money.Day(2026, 10, 21), Kind: "run.approved", Ref: "run:1",
			Transfers: []ledger.Transfer{
				{Debit: ids["611.31825.btxh"], Credit: ids["3388.p1"], Amount: 540_000, Ref: "payment:1"},
				{Debit: ids["611.31825.btxh"], Credit: ids["3388.p2"], Amount: 1_080_000, Ref: "payment:2"}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	owner := pgtest.Owner(t, pool)
	tamper = func(sql ...string) {
		for _, s := range sql {
			if _, err := owner.Exec(context.WithoutCancel(t.Context()), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	return dir, func(args ...string) (int, string, string) {
		return ansinh(t, "", append([]string{"--data-dir", dir}, args...)...)
	}, tamper
}

func TestReceiptIsCheckedWithoutTheDatabase(t *testing.T) {
	dir, ansinhDB, _ := keptBooks(t)
	receipt := filepath.Join(dir, "receipt.json")
	if code, _, errs := ansinhDB("proof", "entry", "1", "--transfer", "1", "--out", receipt); code != exitDone {
		t.Fatal(code, errs)
	}
	checkpoint := filepath.Join(dir, "checkpoint.txt")
	if code, _, errs := ansinhDB("checkpoint", "--out", checkpoint); code != exitDone {
		t.Fatal(code, errs)
	}
	consistency := filepath.Join(dir, "consistency.json")
	if code, _, errs := ansinhDB("proof", "consistency", checkpoint, "--out", consistency); code != exitDone {
		t.Fatal(code, errs)
	}
	key, err := os.ReadFile(filepath.Join(dir, "keys", "log.pub"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", "postgres://nowhere.invalid/none")
	stranger := t.TempDir()
	for _, file := range []string{receipt, checkpoint, consistency} {
		code, out, errs := ansinh(t, "", "--data-dir", stranger, "--json", "proof", "verify", file, "--key", strings.TrimSpace(string(key)))
		var said struct {
			Valid    bool
			Transfer struct{ Amount money.VND }
		}
		if err := json.Unmarshal([]byte(out), &said); code != exitDone || err != nil || !said.Valid || (file == receipt && said.Transfer.Amount != 1_080_000) {
			t.Errorf("%s: exit %d, %s %s", file, code, out, errs)
		}
	}
	// without a trusted key a receipt is checked with its own, and says so; a checkpoint has none
	if code, _, errs := ansinh(t, "", "--data-dir", stranger, "proof", "verify", receipt); code != exitDone || !strings.Contains(errs, "compare them") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := ansinh(t, "", "--data-dir", stranger, "proof", "verify", checkpoint); code != exitRefused || !strings.Contains(errs, "--key") {
		t.Errorf("exit %d: %s", code, errs)
	}
	b, err := os.ReadFile(receipt)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another amount": strings.Replace(string(b), "1080000", "2080000", 1), "half a file": string(b[:len(b)/2]), "nothing": "", "another thing": "{}",
	} {
		bad := filepath.Join(dir, "bad.json")
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := ansinh(t, "", "--data-dir", dir, "proof", "verify", bad); code != exitRefused || out != "" || !strings.Contains(errs, "bad.json") {
			t.Errorf("%s: exit %d, %s %s", name, code, out, errs)
		}
	}
}

func TestVerifyAndCheckpointCatchARewrittenPast(t *testing.T) {
	dir, ansinhDB, tamper := keptBooks(t)
	kept := filepath.Join(dir, "kept.txt")
	if code, _, errs := ansinhDB("checkpoint", "--out", kept); code != exitDone {
		t.Fatal(code, errs)
	}
	code, out, errs := ansinhDB("--json", "verify", "--checkpoint", kept)
	var report struct {
		Agrees      bool
		Differences []struct{ Table, ID, What, Expected, Found string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitDone || !report.Agrees {
		t.Fatalf("exit %d: %s %s", code, out, errs)
	}
	tamper("alter table balance disable trigger user", "update balance set credits = credits + 1 where account_id = 1", "alter table balance enable trigger user")
	code, out, errs = ansinhDB("verify")
	if code != exitFailed || !strings.Contains(out, "balance 3388.p1: credits: expected 540000, found 540001") {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	tables := []string{"audit_event", "audit_leaf", "audit_hash", "audit_seal", "audit_checkpoint"}
	for _, table := range tables {
		tamper("alter table " + table + " disable trigger user")
	}
	tamper("update audit_event set actor = 'nobody'", "delete from audit_checkpoint", "delete from audit_leaf", "delete from audit_hash", "delete from audit_seal")
	if code, _, errs := ansinhDB("checkpoint", "--out", kept); code != exitFailed || !strings.Contains(errs, "rewritten") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestLedgerPrintsItsBooks(t *testing.T) {
	_, ansinhDB, _ := keptBooks(t)
	code, out, errs := ansinhDB("ledger", "balances")
	want := "code,name,type,debits,credits,balance\n3388.p1,Phải trả,liability,0,540000,540000\n3388.p2,Phải trả,liability,0,1080000,1080000\n611.31825.btxh,Chi btxh,expense,1620000,0,1620000\n"
	if code != exitDone || out != want {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	if code, out, _ := ansinhDB("ledger", "balances", "--on", "2026-10-20"); code != exitDone || strings.Count(out, "\n") != 1 {
		t.Errorf("before anything was posted: exit %d: %s", code, out)
	}
	if code, _, errs := ansinhDB("ledger", "balances", "--on", "yesterday"); code != exitUsage {
		t.Errorf("exit %d: %s", code, errs)
	}
	code, out, errs = ansinhDB("--json", "ledger", "balances")
	var said struct{ Balances []struct{ Code string } }
	if err := json.Unmarshal([]byte(out), &said); err != nil || code != exitDone || len(said.Balances) != 3 {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	code, out, errs = ansinhDB("ledger", "export", "--format", "csv")
	if rows, err := csv.NewReader(strings.NewReader(out)).ReadAll(); err != nil || code != exitDone || len(rows) != 3 {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	if code, _, _ := ansinhDB("ledger", "export", "--format", "qif"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
}
