package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/qr"
)

func init() {
	command("voucher", "Phiếu mua hàng: cấp, tiêu, khoá, cấp lại / vouchers: issue, redeem, block, reissue.", &voucherCmd{})
}

type voucherCmd struct {
	Issue    voucherIssueCmd    `cmd:"" help:"Cấp phiếu từ một khoản chi trả / turn a payment into a voucher, as the person chose."`
	List     voucherListCmd     `cmd:"" help:"Các phiếu / list vouchers."`
	Redeem   voucherRedeemCmd   `cmd:"" help:"Tiêu phiếu ở sạp / spend a voucher at a stall."`
	Activate voucherActivateCmd `cmd:"" help:"Giao thẻ, hoặc mở khoá / hand a card over, or unblock it."`
	Block    voucherBlockCmd    `cmd:"" help:"Khoá thẻ mất / block a lost card."`
	Reissue  voucherReissueCmd  `cmd:"" help:"Cấp lại thẻ mất / replace a lost card."`
	Expire   voucherExpireCmd   `cmd:"" help:"Thu phiếu hết hạn, trả tiền chưa tiêu về người hưởng / end what has expired."`
}

type voucherIssueCmd struct {
	Payment     payout.PaymentID `required:"" help:"Số của khoản chi trả / payment's number; it must be approved and not yet sent."`
	Market      markets.MarketID `help:"Chỉ tiêu ở chợ này / only at this market."`
	From        string           `placeholder:"DAY" help:"Từ ngày, mặc định hôm nay / first day."`
	Until       string           `required:"" placeholder:"DAY" help:"Đến hết ngày / last day."`
	PerPurchase string           `placeholder:"N" help:"Mức cao nhất một lần mua / limit of one purchase, đồng."`
	PerDay      string           `placeholder:"N" help:"Mức cao nhất một ngày / limit of one day, đồng."`
	Inactive    bool             `help:"In trước, kích hoạt khi giao / printed ahead, to be activated when handed over."`
	PNG         string           `name:"png" placeholder:"F" help:"Ghi mã QR của thẻ / write the card's QR code as PNG."`
	SVG         string           `name:"svg" placeholder:"F" help:"Ghi mã QR của thẻ / write the card's QR code as SVG."`
	By          string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *voucherIssueCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	y, m, d := c.now.In(text.Vietnam).Date()
	in := markets.IssueInput{PaymentRef: fmt.Sprintf("payment:%d", cmd.Payment), Market: cmd.Market,
		From: money.Day(y, m, d), Inactive: cmd.Inactive, By: c.by, Now: c.now}
	if err := errors.Join(dayFlag(cmd.From, &in.From), dayFlag(cmd.Until, &in.Until)); err != nil {
		return err
	}
	if err := errors.Join(amountFlag(cmd.PerPurchase, &in.PerPurchase), amountFlag(cmd.PerDay, &in.PerDay)); err != nil {
		return err
	}
	var v markets.Issued
	if err := c.tx(ctx, func(tx pgx.Tx) error {
		paid, err := payout.PayByVoucher(ctx, tx, cmd.Payment, c.by, c.now)
		if err != nil {
			return err
		}
		in.PersonID, in.Office, in.Amount = int64(paid.Person), paid.Office, paid.Amount
		v, err = markets.IssueVoucher(ctx, tx, c.box, in)
		return err
	}); err != nil {
		return err
	}
	return a.toldCard(v, cmd.PNG, cmd.SVG)
}

// dayFlag reads a day; one that is not given keeps what stands there.
func dayFlag(given string, into *time.Time) error {
	if given == "" {
		return nil
	}
	day, err := money.ParseDay(given)
	if err != nil {
		return usageError(err.Error())
	}
	*into = day
	return nil
}

func amountFlag(given string, into *money.VND) (err error) {
	if given != "" {
		*into, err = qr.Amount(given)
	}
	return err
}

// toldCard prints a new card, the only time that anybody can.
func (a *app) toldCard(v markets.Issued, pngFile, svgFile string) error {
	if err := drawTo(v.Token, qr.LevelQ, 40, pngFile, svgFile); err != nil {
		return err
	}
	return a.told(v, "phiếu số %d: %s, %s, PIN %s (chỉ báo một lần)\n%s", v.ID, v.Serial, text.VND(v.Amount), v.PIN, v.Token)
}

type voucherListCmd struct {
	Office string `help:"Chỉ của xã, phường này / only this office's."`
	Limit  int    `default:"100" help:"Nhiều nhất / at most."`
}

func (cmd *voucherListCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	list, err := markets.Vouchers(ctx, c.pool, cmd.Office, cmd.Limit)
	if err != nil {
		return err
	}
	return listed(a, list, "số\tphiếu\tđơn vị\tmệnh giá\tcòn\tđến ngày\ttrạng thái", func(v markets.Voucher) string {
		return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s", v.ID, v.Serial, v.Office, text.VND(v.Amount), text.VND(v.Left), text.Day(v.Until), v.State)
	})
}

type voucherRedeemCmd struct {
	Token  string           `arg:"" help:"Nội dung mã QR của thẻ, hoặc số in trên thẻ / the card's QR text or serial."`
	PIN    string           `name:"pin" required:"" help:"PIN."`
	Vendor markets.VendorID `required:"" help:"Số của tiểu thương / vendor's number."`
	Stall  markets.StallID  `help:"Số của sạp / stall's number."`
	Amount string           `required:"" help:"Số tiền, đồng / whole đồng."`
	Key    string           `required:"" help:"Khoá của lần tiêu này: gửi lại cùng khoá thì không tiêu hai lần / idempotency key."`
}

func (cmd *voucherRedeemCmd) Run(ctx context.Context, a *app) error {
	amount, err := qr.Amount(cmd.Amount)
	if err != nil {
		return err
	}
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	r, err := markets.Redeem(ctx, c.pool, c.box, markets.RedeemInput{Token: cmd.Token, PIN: cmd.PIN, Vendor: cmd.Vendor,
		Stall: cmd.Stall, Amount: amount, Key: cmd.Key, Now: c.now})
	if err != nil {
		return err
	}
	return a.told(r, "đã tiêu %s, phiếu còn %s", text.VND(r.Amount), text.VND(r.Left))
}

// voucherNamed finds a voucher by its number or its serial.
func voucherNamed(ctx context.Context, c counter, name string) (markets.VoucherID, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return markets.VoucherID(n), nil
	}
	v, err := markets.FindVoucher(ctx, c.pool, c.box, name)
	return v.ID, err
}

type voucherActivateCmd struct {
	Voucher string `arg:"" help:"Số phiếu / number or serial."`
	By      string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *voucherActivateCmd) Run(ctx context.Context, a *app) error {
	return a.voucherStep(ctx, cmd.Voucher, cmd.By, func(tx pgx.Tx, c counter, id markets.VoucherID) error {
		return markets.ActivateVoucher(ctx, tx, id, c.by, c.now)
	})
}

type voucherBlockCmd struct {
	Voucher string `arg:"" help:"Số phiếu / number or serial."`
	Reason  string `required:"" help:"Vì sao / why."`
	By      string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *voucherBlockCmd) Run(ctx context.Context, a *app) error {
	return a.voucherStep(ctx, cmd.Voucher, cmd.By, func(tx pgx.Tx, c counter, id markets.VoucherID) error {
		return markets.BlockVoucher(ctx, tx, id, cmd.Reason, c.by, c.now)
	})
}

func (a *app) voucherStep(ctx context.Context, name, by string, do func(pgx.Tx, counter, markets.VoucherID) error) error {
	c, err := a.counter(ctx, by)
	if err != nil {
		return err
	}
	id, err := voucherNamed(ctx, c, name)
	if err != nil {
		return err
	}
	if err := c.tx(ctx, func(tx pgx.Tx) error { return do(tx, c, id) }); err != nil {
		return err
	}
	v, err := markets.GetVoucher(ctx, c.pool, id)
	if err != nil {
		return err
	}
	return a.told(v, "phiếu %s: %s, còn %s", v.Serial, v.State, text.VND(v.Left))
}

type voucherReissueCmd struct {
	Voucher string `arg:"" help:"Số phiếu / number or serial."`
	PNG     string `name:"png" placeholder:"F" help:"Ghi mã QR của thẻ / write the card's QR code as PNG."`
	SVG     string `name:"svg" placeholder:"F" help:"Ghi mã QR của thẻ / write the card's QR code as SVG."`
	By      string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *voucherReissueCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	old, err := voucherNamed(ctx, c, cmd.Voucher)
	if err != nil {
		return err
	}
	var v markets.Issued
	if err := c.tx(ctx, func(tx pgx.Tx) (err error) {
		v, err = markets.ReissueVoucher(ctx, tx, c.box, old, c.by, c.now, nil)
		return err
	}); err != nil {
		return err
	}
	return a.toldCard(v, cmd.PNG, cmd.SVG)
}

type voucherExpireCmd struct {
	By string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *voucherExpireCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	n, err := markets.ExpireVouchers(ctx, c.pool, c.by, c.now)
	if err != nil {
		return err
	}
	return a.told(map[string]any{"expired": n}, "%d phiếu hết hạn", n)
}
