package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/markets"
	"ansinh.vn/qr"
)

func init() {
	command("market", "Chợ: tiểu thương, sạp, thẻ QR, ngày chợ, quyết toán / markets, vendors, stall cards, settlement.", &marketCmd{})
}

type marketCmd struct {
	Add       marketAddCmd       `cmd:"" help:"Thêm chợ / add a market."`
	List      marketListCmd      `cmd:"" help:"Các chợ / list markets."`
	Vendor    marketVendorCmd    `cmd:"" help:"Tiểu thương / vendors."`
	Stall     marketStallCmd     `cmd:"" help:"Sạp / stalls."`
	Card      marketCardCmd      `cmd:"" help:"Thẻ VietQR của sạp / a stall's card."`
	Day       marketDayCmd       `cmd:"" help:"Ngày chợ / what the bank confirmed on a day."`
	Settle    marketSettleCmd    `cmd:"" help:"Trả tiền phiếu cho tiểu thương: lập tệp ngân hàng / make the bank file that pays vendors for vouchers."`
	Statement marketStatementCmd `cmd:"" help:"Bảng kê phiếu của một tiểu thương / a vendor's redemptions and how each was settled."`
}

// counter is what nearly every market command works with.
type counter struct {
	pool *pgxpool.Pool
	box  *secret.Box
	by   string
	now  time.Time
}

// counter opens the database and the keys, and checks who acts; by may be empty for
// reading.
func (a *app) counter(ctx context.Context, by string) (c counter, err error) {
	if c.pool, err = a.DB(ctx); err != nil {
		return c, err
	}
	if c.box, err = a.Secrets(); err != nil {
		return c, err
	}
	if by != "" {
		if _, err := a.staffID(ctx, by); err != nil {
			return c, err
		}
		c.by = "staff:" + by
	}
	c.now = a.Now()
	return c, nil
}

func (c counter) tx(ctx context.Context, do func(tx pgx.Tx) error) error {
	return pg.Tx(ctx, c.pool, do)
}

// told prints v as JSON, or a line of words.
func (a *app) told(v any, format string, args ...any) error {
	if a.JSON {
		return a.PrintJSON(v)
	}
	_, err := fmt.Fprintf(a.Out, format+"\n", args...)
	return err
}

// listed prints list as JSON, or a table with a row for each of it.
func listed[T any](a *app, list []T, heading string, row func(T) string) error {
	if a.JSON {
		return a.PrintJSON(append([]T{}, list...))
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, heading)
	for _, v := range list {
		fmt.Fprintln(w, row(v))
	}
	return w.Flush()
}

type marketAddCmd struct {
	Name    string `required:"" help:"Tên chợ / name."`
	Office  string `required:"" help:"Mã xã, phường / the commune's code."`
	Address string `help:"Địa chỉ / address."`
	By      string `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *marketAddCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	var id markets.MarketID
	if err := c.tx(ctx, func(tx pgx.Tx) (err error) {
		id, err = markets.AddMarket(ctx, tx, markets.NewMarket{Name: cmd.Name, Office: cmd.Office, Address: cmd.Address}, c.by, c.now)
		return err
	}); err != nil {
		return err
	}
	return a.told(map[string]any{"id": id}, "chợ số %d: %s", id, cmd.Name)
}

type marketListCmd struct{}

func (cmd *marketListCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	list, err := markets.Markets(ctx, c.pool)
	if err != nil {
		return err
	}
	return listed(a, list, "số\tđơn vị\tchợ\tsạp", func(m markets.Market) string {
		return fmt.Sprintf("%d\t%s\t%s\t%d", m.ID, m.Office, m.Name, m.Stalls)
	})
}

type marketStallCmd struct {
	Add  marketStallAddCmd  `cmd:"" help:"Mở sạp / open a stall."`
	List marketStallListCmd `cmd:"" default:"withargs" help:"Các sạp đang mở / open stalls."`
}

type marketStallAddCmd struct {
	Market markets.MarketID `required:"" help:"Số của chợ / market's number."`
	Vendor markets.VendorID `required:"" help:"Số của tiểu thương / vendor's number."`
	Label  string           `required:"" help:"Biển sạp / label. Example: QAY-017."`
	By     string           `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *marketStallAddCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	var id markets.StallID
	if err := c.tx(ctx, func(tx pgx.Tx) (err error) {
		id, err = markets.AddStall(ctx, tx, markets.NewStall{Market: cmd.Market, Vendor: cmd.Vendor, Label: cmd.Label}, c.by, c.now)
		return err
	}); err != nil {
		return err
	}
	return a.told(map[string]any{"id": id}, "sạp số %d: %s", id, cmd.Label)
}

type marketStallListCmd struct {
	Vendor markets.VendorID `help:"Chỉ của tiểu thương này / only this vendor's."`
}

func (cmd *marketStallListCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	list, err := markets.Stalls(ctx, c.pool, cmd.Vendor)
	if err != nil {
		return err
	}
	return listed(a, list, "số\tchợ\tsạp\ttiểu thương", func(s markets.Stall) string {
		return fmt.Sprintf("%d\t%s\t%s\t%d", s.ID, s.Place, s.Label, s.Vendor)
	})
}

type marketCardCmd struct {
	Stall markets.StallID `arg:"" help:"Số của sạp / stall's number."`
	New   bool            `help:"Làm thẻ mới, thẻ cũ hết hiệu lực / make the next version."`
	PNG   string          `name:"png" placeholder:"F" help:"Ghi ảnh PNG / write a PNG image."`
	SVG   string          `name:"svg" placeholder:"F" help:"Ghi ảnh SVG rộng 60 mm / write an SVG image 60 mm wide."`
	By    string          `placeholder:"LOGIN" help:"Ai làm, cần khi --new / who does this, needed with --new."`
}

func (cmd *marketCardCmd) Run(ctx context.Context, a *app) error {
	if cmd.New && cmd.By == "" {
		return usageError("market card --new needs --by")
	}
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	var card markets.StallCard
	if cmd.New {
		err = c.tx(ctx, func(tx pgx.Tx) (err error) {
			card, err = markets.MakeCard(ctx, tx, c.box, cmd.Stall, c.by, c.now)
			return err
		})
	} else {
		card, err = markets.Card(ctx, c.pool, c.box, cmd.Stall)
	}
	if err != nil {
		return err
	}
	if err := drawTo(card.Payload, qr.LevelQ, 60, cmd.PNG, cmd.SVG); err != nil {
		return err
	}
	return a.told(card, "%s · %s · lần in %d · %s · …%s\n%s", card.Place, card.Label, card.Version, card.HolderName, card.Tail, card.Payload)
}

type marketDayCmd struct {
	Vendor markets.VendorID `help:"Ngày của một tiểu thương / one vendor's own day; without: totals by vendor."`
	On     string           `placeholder:"DAY" help:"Ngày, mặc định hôm nay / the day, today if not given."`
	CSV    string           `name:"csv" placeholder:"F" help:"Ghi các dòng ra CSV / write the lines as CSV; needs --vendor."`
}

func (cmd *marketDayCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	on := c.now.In(text.Vietnam)
	if err := dayFlag(cmd.On, &on); err != nil {
		return err
	}
	if cmd.Vendor == 0 {
		if cmd.CSV != "" {
			return usageError("market day --csv needs --vendor")
		}
		totals, err := markets.MarketDay(ctx, c.pool, on)
		if err != nil {
			return err
		}
		return listed(a, totals, "số\ttiểu thương\tkhoản\ttổng", func(t markets.VendorTotal) string {
			return fmt.Sprintf("%d\t%s\t%d\t%s", t.Vendor, t.Name, t.Count, text.VND(t.Total))
		})
	}
	day, err := markets.VendorDay(ctx, c.pool, cmd.Vendor, on)
	if err != nil {
		return err
	}
	if cmd.CSV != "" {
		f, err := os.Create(cmd.CSV)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := day.WriteCSV(f); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return a.told(day, "%s: %d khoản, %s; ngân hàng chưa xác nhận %s", text.Day(day.On), day.Count, text.VND(day.Total), text.VND(day.Unconfirmed))
}

type marketSettleCmd struct {
	Office        string             `required:"" help:"Mã xã, phường trả tiền / whose vouchers are paid for."`
	Account       bank.RailAccountID `help:"Số của tài khoản chi, mặc định tài khoản ngân hàng đầu tiên / rail account, the office's bank account if not given."`
	RetryReturned bool               `help:"Trả lại cả khoản bị hoàn dù tài khoản chưa đổi / pay what came back again though the account is the same."`
	By            string             `required:"" placeholder:"LOGIN" help:"Ai làm / who does this."`
}

func (cmd *marketSettleCmd) Run(ctx context.Context, a *app) error {
	c, err := a.counter(ctx, cmd.By)
	if err != nil {
		return err
	}
	s, err := markets.Settle(ctx, c.pool, c.box, markets.SettleInput{Office: cmd.Office, RailAccountID: cmd.Account,
		RetryReturned: cmd.RetryReturned, By: c.by, Now: c.now})
	if err != nil {
		return err
	}
	if s.N == 0 {
		return a.told(s, "không nợ tiểu thương nào")
	}
	return a.told(s, "%s: %d tiểu thương, %s; còn phải gửi ngân hàng", s.MessageID, s.N, text.VND(s.Total))
}

type marketStatementCmd struct {
	Vendor markets.VendorID `arg:"" help:"Số của tiểu thương / vendor's number."`
	From   string           `required:"" placeholder:"DAY" help:"Từ ngày / first day."`
	Until  string           `required:"" placeholder:"DAY" help:"Đến ngày / last day."`
}

func (cmd *marketStatementCmd) Run(ctx context.Context, a *app) error {
	var from, until time.Time
	if err := errors.Join(dayFlag(cmd.From, &from), dayFlag(cmd.Until, &until)); err != nil {
		return err
	}
	c, err := a.counter(ctx, "")
	if err != nil {
		return err
	}
	lines, err := markets.VendorStatement(ctx, c.pool, cmd.Vendor, from, until)
	if err != nil {
		return err
	}
	return listed(a, lines, "lúc\tphiếu\tsố tiền\tlệnh chuyển\ttrạng thái", func(l markets.VendorLine) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", text.Time(l.At), l.Serial, text.VND(l.Amount), l.Settlement, l.State)
	})
}
