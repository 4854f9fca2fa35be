package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func TestTransfersAreClassified(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	ids := b.ensure(ledger.Account{Code: "611.31825.btxh", Type: "expense"}, ledger.Account{Code: "611.31825.ncc", Type: "expense"})
	november := money.NewMonth(2026, 11)
	classify := func(code string, c ledger.Class, from money.Month) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error { return ledger.Classify(ctx, tx, code, c, from, "staff:1") })
	}
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		return ledger.DefineClass(ctx, tx, ledger.Class{Dimension: "khoan", Value: "399"}, "Chi khác", "quyết định của tỉnh", "staff:1")
	})
	for _, err := range []error{
		classify("611", ledger.Class{Dimension: "khoan", Value: "398"}, money.NewMonth(2026, 1)),
		classify("611.31825.ncc", ledger.Class{Dimension: "khoan", Value: "371"}, november),
		classify("611.31825.ncc", ledger.Class{Dimension: "khoan", Value: "371"}, november), // said again
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for what, err := range map[string]error{
		"no such value":     classify("611", ledger.Class{Dimension: "khoan", Value: "000"}, november),
		"no such dimension": classify("611", ledger.Class{Dimension: "nguon", Value: "398"}, november),
		"another value":     classify("611.31825.ncc", ledger.Class{Dimension: "khoan", Value: "398"}, november),
		"no code":           classify("61x", ledger.Class{Dimension: "khoan", Value: "398"}, november),
	} {
		if !errors.Is(err, ledger.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var first ledger.EntryID
	for _, month := range []money.Month{november.Add(-1), november} {
		b.tx(func(ctx context.Context, tx pgx.Tx) error {
			id, err := ledger.Post(ctx, tx, ledger.Entry{Key: month.String(), On: month.First(), Transfers: []ledger.Transfer{
				{Debit: ids["611.31825.btxh"], Credit: b.people, Amount: 100}, {Debit: ids["611.31825.ncc"], Credit: b.people, Amount: 10},
				{Debit: ids["611.31825.ncc"], Credit: b.people, Amount: 1}}})
			if err != nil {
				return err
			}
			first = id
			return ledger.ClassifyTransfer(ctx, tx, id, 2, ledger.Class{Dimension: "khoan", Value: "399"}, "staff:1")
		})
	}
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		return ledger.ClassifyTransfer(ctx, tx, first, 1, ledger.Class{Dimension: "khoan", Value: "399"}, "staff:1")
	})
	if !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("classified afterwards: %v", err)
	}
	var got []ledger.ClassLine
	for l, err := range ledger.ByClass(t.Context(), b.pool, "khoan", november.Add(-1).First(), november.Last()) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Account == "611" {
			got = append(got, l)
		}
	}
	want := []ledger.ClassLine{
		{Value: "371", Name: "Chính sách và hoạt động phục vụ người có công với cách mạng", Account: "611", Debits: 10},
		{Value: "398", Name: "Chính sách và hoạt động phục vụ các đối tượng bảo trợ xã hội và các đối tượng khác", Account: "611", Debits: 210},
		{Value: "399", Name: "Chi khác", Account: "611", Debits: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
