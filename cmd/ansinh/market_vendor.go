package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/markets"
)

type marketVendorCmd struct {
	Add     vendorAddCmd     `cmd:"" help:"Thêm tiểu thương / add a vendor."`
	List    vendorListCmd    `cmd:"" default:"withargs" help:"Các tiểu thương / list vendors."`
	Account vendorAccountCmd `cmd:"" help:"Đổi tài khoản nhận tiền / change the account that customers pay to."`
	PIN     vendorPINCmd     `cmd:"" name:"pin" help:"Cấp PIN mới / draw a new PIN and tell it once."`
	Suspend vendorSuspendCmd `cmd:"" help:"Tạm dừng / suspend."`
	Resume  vendorResumeCmd  `cmd:"" help:"Cho bán lại / let a suspended vendor sell again."`
	Phones  vendorPhonesCmd  `cmd:"" help:"Gỡ mọi điện thoại đã đăng ký / forget every enrolled phone."`
}

type vendorAddCmd struct {
	Name    string `required:"" help:"Họ tên / name."`
	Phone   string `required:"" help:"Số điện thoại 10 số / phone."`
	Bank    string `required:"" placeholder:"BIN" help:"Mã ngân hàng 6 số / acquirer BIN."`
	Account string `required:"" help:"Số tài khoản của chính họ / their own account."`
	Holder  string `help:"Tên chủ tài khoản như ngân hàng ghi / holder's name as the bank writes it."`
	By      string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorAddCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	var v markets.Vendor
	var pin string
	if err := c.tx(ctx, func(tx pgx.Tx) error {
		id, err := markets.AddVendor(ctx, tx, c.box, markets.NewVendor{Name: cmd.Name, Phone: cmd.Phone, BankBIN: cmd.Bank,
			Account: cmd.Account, HolderName: cmd.Holder}, c.by, c.now)
		if err != nil {
			return err
		}
		if pin, err = markets.DrawPIN(nil); err != nil {
			return err
		}
		if err := markets.SetPIN(ctx, tx, id, pin, c.by, c.now); err != nil {
			return err
		}
		v, err = markets.GetVendor(ctx, tx, c.box, id)
		return err
	}); err != nil {
		return err
	}
	if v.HolderDiffers {
		fmt.Fprintf(a.Err, "tài khoản đứng tên %q, khác tên tiểu thương: hỏi lại trước khi in thẻ\n", v.HolderName)
	}
	return a.told(struct {
		markets.Vendor
		PIN string `json:"pin"`
	}{v, pin}, "tiểu thương số %d: %s, tài khoản %s, PIN %s (chỉ báo một lần)", v.ID, v.Name, v.Account, pin)
}

type vendorListCmd struct{}

func (cmd *vendorListCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	list, err := markets.Vendors(ctx, c.pool, c.box)
	if err != nil {
		return err
	}
	return listed(a, list, "số\ttiểu thương\tđiện thoại\tngân hàng\ttài khoản\tchủ tài khoản\ttrạng thái", func(v markets.Vendor) string {
		return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s", v.ID, v.Name, v.Phone, v.BankBIN, v.Account, v.HolderName, v.State)
	})
}

type vendorAccountCmd struct {
	Vendor  markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	Bank    string           `required:"" placeholder:"BIN" help:"Mã ngân hàng 6 số / acquirer BIN."`
	Account string           `required:"" help:"Số tài khoản mới / the new account."`
	Holder  string           `required:"" help:"Tên chủ tài khoản như ngân hàng ghi / holder's name as the bank writes it."`
	By      string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorAccountCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	if err := c.tx(ctx, func(tx pgx.Tx) error {
		return markets.SetAccount(ctx, tx, c.box, cmd.Vendor, cmd.Bank, cmd.Account, cmd.Holder, c.by, c.now)
	}); err != nil {
		return err
	}
	return a.told(map[string]any{"vendor": cmd.Vendor}, "đã đổi tài khoản của tiểu thương số %d; phải in lại thẻ của các sạp", cmd.Vendor)
}

type vendorPINCmd struct {
	Vendor markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	By     string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorPINCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	pin, err := markets.DrawPIN(nil)
	if err != nil {
		return err
	}
	if err := c.tx(ctx, func(tx pgx.Tx) error { return markets.SetPIN(ctx, tx, cmd.Vendor, pin, c.by, c.now) }); err != nil {
		return err
	}
	return a.told(map[string]any{"vendor": cmd.Vendor, "pin": pin}, "PIN mới của tiểu thương số %d: %s (chỉ báo một lần)", cmd.Vendor, pin)
}

type vendorSuspendCmd struct {
	Vendor markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	By     string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorSuspendCmd) Run(ctx context.Context, a *app) error {
	return a.setVendor(ctx, cmd.Vendor, "suspended", cmd.By)
}

type vendorResumeCmd struct {
	Vendor markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	By     string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorResumeCmd) Run(ctx context.Context, a *app) error {
	return a.setVendor(ctx, cmd.Vendor, "active", cmd.By)
}

func (a *app) setVendor(ctx context.Context, vendor markets.VendorID, state, by string) error {
	c, err := a.counter(ctx, by)
	if err != nil {
		return err
	}
	if err := c.tx(ctx, func(tx pgx.Tx) error {
		return markets.SetVendorState(ctx, tx, vendor, state, c.by, c.now)
	}); err != nil {
		return err
	}
	return a.told(map[string]any{"vendor": vendor, "state": state}, "tiểu thương số %d: %s", vendor, state)
}

type vendorPhonesCmd struct {
	Vendor markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	By     string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *vendorPhonesCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	var n int64
	if err := c.tx(ctx, func(tx pgx.Tx) (err error) {
		n, err = markets.RevokeDevices(ctx, tx, cmd.Vendor, c.by, c.now)
		return err
	}); err != nil {
		return err
	}
	return a.told(map[string]any{"revoked": n}, "đã gỡ %d điện thoại", n)
}
