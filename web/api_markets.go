package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/staff"
)

// Idempotent is the key by which the same call again is the same thing.
type Idempotent struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"200" doc:"Of your own making; the same key again never creates twice."`
}

type chargeInput struct {
	Idempotent
	Body struct {
		Amount         money.VND       `json:"amount" minimum:"1" doc:"Whole đồng."`
		Bill           string          `json:"bill,omitempty" maxLength:"25"`
		Stall          markets.StallID `json:"stall,omitempty"`
		VirtualAccount string          `json:"virtual_account,omitempty" maxLength:"19"`
	}
}

type chargeOutput struct {
	Location string `header:"Location"`
	Body     markets.Charge
}

type byID struct {
	ID int64 `path:"id" minimum:"1"`
}

type redeemInput struct {
	Idempotent
	Body struct {
		Token  string          `json:"token" minLength:"1" maxLength:"200" doc:"What the card's QR holds, or its serial."`
		PIN    string          `json:"pin" minLength:"4" maxLength:"12"`
		Amount money.VND       `json:"amount" minimum:"1" doc:"Whole đồng."`
		Stall  markets.StallID `json:"stall,omitempty"`
	}
}

type redeemOutput struct{ Body markets.Redemption }

type balanceInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"200" doc:"What the card's QR holds, or its serial."`
	}
}

type balanceOutput struct {
	Body struct {
		Voucher markets.VoucherID `json:"voucher"`
		State   string            `json:"state"`
		Left    money.VND         `json:"left"`
		Until   string            `json:"until" format:"date"`
	}
}

type vendorSignInInput struct {
	Body struct {
		Phone string `json:"phone" minLength:"9" maxLength:"20"`
		PIN   string `json:"pin" minLength:"4" maxLength:"12"`
	}
}

type vendorSignInOutput struct {
	Body struct {
		Token   string    `json:"token" doc:"Bearer token of the vendor's session."`
		Expires time.Time `json:"expires"`
	}
}

func (a api) marketRoutes() {
	register(a, vendors, huma.Operation{OperationID: "create-charge", Method: http.MethodPost, Path: "/charges", DefaultStatus: http.StatusCreated,
		Summary: "Ask for an amount: a dynamic VietQR to the vendor's own account"}, a.createCharge)
	register(a, vendors, huma.Operation{OperationID: "get-charge", Method: http.MethodGet, Path: "/charges/{id}",
		Summary: "A charge and what the bank has said about it"}, a.getCharge)
	register(a, vendors, huma.Operation{OperationID: "redeem-voucher", Method: http.MethodPost, Path: "/vouchers/redeem", DefaultStatus: http.StatusCreated,
		Summary: "Take an amount from a voucher"}, a.redeem)
	register(a, vendors, huma.Operation{OperationID: "voucher-balance", Method: http.MethodPost, Path: "/vouchers/balance",
		Summary: "What is left on a voucher; POST, because a card's token does not belong in an address"}, a.balance)
	register(a, anyone, huma.Operation{OperationID: "vendor-sign-in", Method: http.MethodPost, Path: "/vendor/sign-in",
		Summary: "Sign a vendor's device in by phone number and PIN"}, a.vendorSignIn)
}

func (a api) createCharge(ctx context.Context, c caller, in *chargeInput) (*chargeOutput, error) {
	charge, err := markets.CreateCharge(ctx, a.s.cfg.Pool, a.s.cfg.Secrets, markets.ChargeInput{
		Vendor: c.vendor, Stall: in.Body.Stall, Amount: in.Body.Amount, Bill: in.Body.Bill,
		VirtualAccount: in.Body.VirtualAccount, Key: "api:" + in.IdempotencyKey, Now: a.s.cfg.Clock()})
	if err != nil {
		return nil, err
	}
	return &chargeOutput{Location: "/api/v1/charges/" + id(int64(charge.ID)), Body: charge}, nil
}

func (a api) getCharge(ctx context.Context, c caller, in *byID) (*chargeOutput, error) {
	charge, err := markets.GetCharge(ctx, a.s.cfg.Pool, a.s.cfg.Secrets, c.vendor, markets.ChargeID(in.ID))
	if err != nil {
		return nil, err
	}
	return &chargeOutput{Body: charge}, nil
}

func (a api) redeem(ctx context.Context, c caller, in *redeemInput) (*redeemOutput, error) {
	got, err := markets.Redeem(ctx, a.s.cfg.Pool, a.s.cfg.Secrets, markets.RedeemInput{
		Token: in.Body.Token, PIN: in.Body.PIN, Vendor: c.vendor, Stall: in.Body.Stall, Amount: in.Body.Amount,
		Key: fmt.Sprintf("api:%d:%s", c.vendor, in.IdempotencyKey), Now: a.s.cfg.Clock()})
	if err != nil {
		return nil, err
	}
	return &redeemOutput{got}, nil
}

func (a api) balance(ctx context.Context, c caller, in *balanceInput) (*balanceOutput, error) {
	limit := staff.Limit{Subject: fmt.Sprintf("voucher-api:%d", c.vendor), Most: 120, Window: 10 * time.Minute}
	if err := staff.Guess(ctx, a.s.cfg.Pool, time.Now(), limit); err != nil {
		return nil, err
	}
	got, err := markets.FindVoucher(ctx, a.s.cfg.Pool, a.s.cfg.Secrets, in.Body.Token)
	if err != nil {
		return nil, err
	}
	out := new(balanceOutput)
	out.Body.Voucher, out.Body.State, out.Body.Left, out.Body.Until = got.ID, string(got.State), got.Left, got.Until.Format(time.DateOnly)
	return out, nil
}

func (a api) vendorSignIn(ctx context.Context, _ caller, in *vendorSignInInput) (*vendorSignInOutput, error) {
	limit := staff.Limit{Subject: "vendor-api:" + in.Body.Phone, Most: 20, Window: 15 * time.Minute}
	if err := staff.Guess(ctx, a.s.cfg.Pool, time.Now(), limit); err != nil {
		return nil, err
	}
	vendor, err := markets.SignIn(ctx, a.s.cfg.Pool, in.Body.Phone, in.Body.PIN, time.Now())
	if err != nil {
		return nil, err
	}
	if ctx, err = a.s.stall.Load(ctx, ""); err != nil {
		return nil, err
	}
	a.s.stall.Put(ctx, keyVendor, int64(vendor))
	out := new(vendorSignInOutput)
	out.Body.Token, out.Body.Expires, err = a.s.stall.Commit(ctx)
	return out, err
}
