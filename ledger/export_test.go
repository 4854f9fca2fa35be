package ledger_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// program returns the path of a program that the tests need.
func program(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is needed: apt-get install %s", name, debian)
	}
	return path
}

// busyBooks have a few entries of all kinds, with texts that try to break a format.
func busyBooks(t *testing.T) *books {
	t.Helper()
	b := openBooks(t)
	nasty := b.funds("f;1, (odd) \"key\"", 5_000_000)
	nasty.Memo = "Nhận kinh phí; tháng 11 | \"đợt\" \\ (một)\n2026-01-01 * giả"
	if _, err := b.post(nasty); err != nil {
		t.Fatal(err)
	}
	id, err := b.post(ledger.Entry{Key: "run:1", On: day, Kind: "run", Transfers: []ledger.Transfer{
		{Debit: b.fund, Credit: b.revenue, Amount: 1_080_000},
		{Debit: b.bank, Credit: b.people, Amount: 540_000, Ref: "payment:1, x"},
		{Debit: b.bank, Credit: b.people, Amount: 540_000, Ref: "payment:2"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.post(b.funds("f2", 70_000)); err != nil {
		t.Fatal(err)
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Reverse(ctx, tx, id, "run:1:void", "huỷ", "staff:2", money.Day(2026, 12, 1))
		return err
	})
	return b
}

func (b *books) export(format string) string {
	b.Helper()
	var out bytes.Buffer
	if err := ledger.Export(b.Context(), b.pool, &out, format); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

// signed returns the balances by code, debits positive, without the empty ones.
func (b *books) signed(separator string) map[string]string {
	b.Helper()
	want := map[string]string{}
	for l, err := range ledger.Balances(b.Context(), b.pool, noDay) {
		if err != nil {
			b.Fatal(err)
		}
		if net := l.Debits - l.Credits; net != 0 {
			want[strings.ReplaceAll(l.Code, ".", separator)] = net.String()
		}
	}
	return want
}

func TestHledgerReadsTheSameBalances(t *testing.T) {
	t.Parallel()
	hledger := program(t, "hledger", "hledger")
	b := busyBooks(t)
	file := filepath.Join(t.TempDir(), "books.journal")
	if err := os.WriteFile(file, []byte(b.export("hledger")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(hledger, "-f", file, "balance", "--flat", "--no-total", "-O", "csv", "--strict").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rows[1:] {
		got[r[0]] = strings.TrimPrefix(r[1], "VND ")
	}
	if diff := cmp.Diff(b.signed(":"), got); diff != "" {
		t.Errorf("hledger disagrees (-ledger +hledger):\n%s", diff)
	}
}

func TestBeancountReadsTheSameBalances(t *testing.T) {
	t.Parallel()
	check, query := program(t, "bean-check", "beancount"), program(t, "bean-query", "beancount")
	b := busyBooks(t)
	file := filepath.Join(t.TempDir(), "books.beancount")
	if err := os.WriteFile(file, []byte(b.export("beancount")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(check, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(query, "-f", "csv", file, "select account, sum(number) group by account").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rows[1:] {
		_, code, _ := strings.Cut(strings.TrimSpace(r[0]), ":")
		if amount := strings.TrimSpace(r[1]); amount != "0" {
			got[strings.ToLower(strings.ReplaceAll(code, ":", "."))] = amount
		}
	}
	if diff := cmp.Diff(b.signed("."), got); diff != "" {
		t.Errorf("beancount disagrees (-ledger +beancount):\n%s\n%s", diff, out)
	}
}

func TestCSVHasARowATransfer(t *testing.T) {
	t.Parallel()
	b := busyBooks(t)
	rows, err := csv.NewReader(strings.NewReader(b.export("csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := "entry,key,date,kind,memo,ref,by,reverses,n,debit,credit,amount,transfer_ref"; strings.Join(rows[0], ",") != want {
		t.Errorf("columns %v", rows[0])
	}
	var got []string
	for _, r := range rows[1:] {
		got = append(got, fmt.Sprint(r[2], r[7:]))
	}
	want := []string{
		"2026-11-05[ 0 112.31825 366.31825.btxh 5000000 ]",
		"2026-11-05[ 0 366.31825.btxh 511.31825.btxh 1080000 ]",
		"2026-11-05[ 1 112.31825 3388.p1 540000 payment:1, x]",
		"2026-11-05[ 2 112.31825 3388.p1 540000 payment:2]",
		"2026-11-05[ 0 112.31825 366.31825.btxh 70000 ]",
		"2026-12-01[2 0 511.31825.btxh 366.31825.btxh 1080000 ]",
		"2026-12-01[2 1 3388.p1 112.31825 540000 payment:1, x]",
		"2026-12-01[2 2 3388.p1 112.31825 540000 payment:2]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
