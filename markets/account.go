package markets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// The accounts of vouchers; codes carry surrogate ids, never numbers of people.

func voucherAccount(v VoucherID) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("3387.v%d", v), Name: "Phiếu mua hàng", Type: "liability", NoOverdraft: true, Owner: fmt.Sprintf("v%d", v)}
}

func owedToVendor(v VendorID) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("3386.m%d", v), Name: "Phải trả tiểu thương", Type: "liability", NoOverdraft: true, Owner: fmt.Sprintf("m%d", v)}
}

func payableCode(person int64) string { return fmt.Sprintf("3388.p%d", person) }

func inTransit(a bank.RailAccount) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("3389.r%d", a.ID), Name: "Đang chuyển", Type: "liability", Office: a.Office}
}

func bankAccount(office string) ledger.Account {
	return ledger.Account{Code: "112." + office, Name: "Tiền gửi ngân hàng " + office, Type: "asset", Office: office}
}

// ensure returns the numbers of accounts of ours, in their order.
func ensure(ctx context.Context, tx pgx.Tx, accounts ...ledger.Account) ([]ledger.AccountID, error) {
	byCode, err := ledger.Ensure(ctx, tx, accounts)
	if err != nil {
		return nil, err
	}
	ids := make([]ledger.AccountID, len(accounts))
	for i, a := range accounts {
		ids[i] = byCode[a.Code]
	}
	return ids, nil
}

// existing returns the number of another room's account, or ErrNotFound.
func existing(ctx context.Context, q pg.Queryer, code string) (a ledger.AccountID, err error) {
	err = q.QueryRow(ctx, `select id from account where code = $1`, code).Scan(&a)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return a, err
}

// dayOf is the booking day of an instant: the date on the clock of Việt Nam.
func dayOf(t time.Time) time.Time { return money.Day(t.In(text.Vietnam).Date()) }
