package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// demoVendor is one stall of the demo's market.
type demoVendor struct {
	name, phone, bin, account, stall string
}

var demoVendors = []demoVendor{
	{"Danh Thị Sà Rươne", "0912000017", "970405", "7002051234567", "QAY-017"},
	{"Trần Văn Út", "0912000021", "970449", "0096123450021", "QAY-021"},
	{"Lâm Mỹ Huê", "0912000033", "970415", "108000330033", "QAY-033"},
	{"Thạch Sóc Kha", "0912000042", "970422", "0912000042", "QAY-042"},
}

const demoVendorPIN = "271828"

// openMarket makes the market, its vendors with their own accounts, stalls and cards.
func (d *demo) openMarket(ctx context.Context, office string) ([]markets.Stall, markets.MarketID, error) {
	existing, err := markets.Markets(ctx, d.pool)
	if err != nil {
		return nil, 0, err
	}
	const by = "staff:cho"
	var market markets.MarketID
	if len(existing) > 0 {
		market = existing[0].ID
	} else {
		err = pg.Tx(ctx, d.pool, func(tx pgx.Tx) (err error) {
			if market, err = markets.AddMarket(ctx, tx, markets.NewMarket{Name: "Chợ Bạc Liêu", Office: office, Address: "Phường Bạc Liêu"}, by, d.Now()); err != nil {
				return err
			}
			for _, v := range demoVendors {
				vendor, err := markets.AddVendor(ctx, tx, d.box, markets.NewVendor{Name: v.name, Phone: v.phone, BankBIN: v.bin, Account: v.account}, by, d.Now())
				if err != nil {
					return err
				}
				if err := markets.SetPIN(ctx, tx, vendor, demoVendorPIN, by, d.Now()); err != nil {
					return err
				}
				stall, err := markets.AddStall(ctx, tx, markets.NewStall{Market: market, Vendor: vendor, Label: v.stall}, by, d.Now())
				if err != nil {
					return err
				}
				if _, err := markets.MakeCard(ctx, tx, d.box, stall, by, d.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	var stalls []markets.Stall
	vendors, err := markets.Vendors(ctx, d.pool, d.box)
	for _, v := range vendors {
		own, stallsErr := markets.Stalls(ctx, d.pool, v.ID)
		err = errors.Join(err, stallsErr)
		stalls = append(stalls, own...)
	}
	for _, v := range demoVendors {
		_, opened := d.bank.ask(ctx, http.MethodPost, "/accounts", map[string]string{"bank": v.bin, "account": v.account, "name": v.name, "kind": "vendor"})
		err = errors.Join(err, opened)
	}
	return stalls, market, err
}

// issueVouchers turns two payments of the market's commune into vouchers, at the
// people's choice.
func (d *demo) issueVouchers(ctx context.Context) error {
	d.clock.Set(d.on(-1, 23, 9))
	path := filepath.Join(d.dir, "vouchers.json")
	var there int // a file without vouchers was written just before we were killed
	var sum money.VND
	err := d.pool.QueryRow(ctx, `select count(*), coalesce(sum(amount), 0)::bigint from voucher`).Scan(&there, &sum)
	if err != nil || there > 0 {
		d.summary.say("vouchers", "%d phiếu, %s", there, sum.Format())
		return err
	}
	if err := d.startBank(ctx); err != nil {
		return err
	}
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	office := offices[0]
	_, market, err := d.openMarket(ctx, office)
	if err != nil {
		return err
	}
	rows, err := d.pool.Query(ctx, `
		select p.id from payment p join run r on r.id = p.run_id
		where r.office = $1 and r.month = $2 and r.state = 'approved' and p.state = 'ready' and p.rail = 'bank' and p.amount >= 300000 and p.stopped = ''
		order by p.amount, p.id limit 2`, office, d.plan.Month)
	if err != nil {
		return err
	}
	chosen, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	var issued []markets.Issued
	err = pg.Tx(ctx, d.pool, func(tx pgx.Tx) error {
		for _, id := range chosen {
			by, err := payout.PayByVoucher(ctx, tx, payout.PaymentID(id), "staff:"+accountantOf(office), d.Now())
			if err != nil {
				return err
			}
			v, err := markets.IssueVoucher(ctx, tx, d.box, markets.IssueInput{PersonID: int64(by.Person), Office: by.Office,
				PaymentRef: fmt.Sprintf("payment:%d", id), Amount: by.Amount, Market: market, From: d.day(0, 1), Until: d.day(3, 28),
				PerPurchase: 500_000, By: "staff:" + accountantOf(office), Now: d.Now()})
			if err != nil {
				return err
			}
			issued = append(issued, v)
		}
		// the cards' secrets are kept nowhere else; the file is the demo's printer
		b, err := json.MarshalIndent(issued, "", "  ")
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o600)
	})
	if err != nil {
		return errors.Join(err, removeIfThere(path))
	}
	for _, v := range issued {
		sum += v.Amount
	}
	d.summary.say("vouchers", "%d phiếu, %s", len(issued), sum.Format())
	return nil
}

// purchase is one customer at one stall.
type purchase struct {
	amount money.VND
	paid   money.VND // what the customer's bank app sends; 0: nothing
	fate   string    // of the bank's notice
	late   bool      // pays after the charge has expired
}

// marketDay is a morning at the market: charges paid, short, over, late, twice told, not
// at all; money on a stall card; vouchers redeemed and the vendors settled.
func (d *demo) marketDay(ctx context.Context) error {
	d.clock.Set(d.on(0, 10, 6))
	if err := d.startBank(ctx); err != nil {
		return err
	}
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	stalls, _, err := d.openMarket(ctx, offices[0])
	if err != nil {
		return err
	}
	if err := d.hearNotices(ctx); err != nil {
		return err
	}
	watch, stop := context.WithCancel(ctx)
	defer stop()
	heard, err := d.listenAtStalls(watch, stalls)
	if err != nil {
		return err
	}
	purchases := demoPurchases()
	for i, p := range purchases {
		stall := stalls[i%len(stalls)]
		c, err := markets.CreateCharge(ctx, d.pool, d.box, markets.ChargeInput{Vendor: stall.Vendor, Stall: stall.ID, Amount: p.amount,
			Bill: fmt.Sprintf("%s-%02d", stall.Label, i+1), Key: fmt.Sprintf("demo-%d", i), Now: d.Now()})
		if err != nil {
			return err
		}
		if p.late {
			d.clock.Set(d.Now().Add(20 * time.Minute))
			if _, err := markets.ExpireCharges(ctx, d.pool, d.Now()); err != nil {
				return err
			}
			if err := d.bankClock(ctx); err != nil {
				return err
			}
		}
		if p.paid > 0 {
			if err := d.pay(ctx, c.Payload, p.paid, p.fate, fmt.Sprintf("charge-%d", i)); err != nil {
				return err
			}
		}
	}
	card, err := markets.Card(ctx, d.pool, d.box, stalls[0].ID)
	if err != nil {
		return err
	}
	if err := d.pay(ctx, card.Payload, 15_000, "sent", "card"); err != nil {
		return err
	}
	if _, err := d.bank.ask(ctx, http.MethodPost, "/notices/flush", nil); err != nil {
		return err
	}
	d.clock.Set(d.Now().Add(20 * time.Minute))
	if _, err := markets.ExpireCharges(ctx, d.pool, d.Now()); err != nil {
		return err
	}
	if err := d.sumCharges(ctx, purchases); err != nil {
		return err
	}
	stop()
	verdicts := heard()
	if err := d.redeemVouchers(ctx, stalls, offices[0]); err != nil {
		return err
	}
	d.summary.say("market", "%d lần thu, %d kết quả tới màn hình sạp", len(purchases), verdicts)
	return nil
}

// demoPurchases are the troubles of a market morning, each at least once.
func demoPurchases() []purchase {
	list := []purchase{
		{amount: 200_000, paid: 200, fate: "sent"},                 // 200 đồng for 200,000
		{amount: 85_000, paid: 100_000, fate: "sent"},              // too much
		{amount: 45_000, paid: 45_000, fate: "doubled"},            // told twice
		{amount: 120_000, paid: 120_000, fate: "sent", late: true}, // after the charge expired
		{amount: 60_000}, // a screenshot, and no money
		{amount: 35_000, paid: 35_000, fate: "late"}, // told late, in time
	}
	for i := range 34 {
		v := money.VND(10_000 + 5_000*(i*7%38))
		list = append(list, purchase{amount: v, paid: v, fate: "sent"})
	}
	return list
}

// pay is a customer's bank app reading the QR code and sending an amount, once under its
// key: a morning that was interrupted is lived again from its start.
func (d *demo) pay(ctx context.Context, payload string, v money.VND, fate, key string) error {
	_, err := d.bank.ask(ctx, http.MethodPost, "/qr-pay", map[string]any{"payload": payload, "amount": v, "fault": fate, "key": key,
		"payer_name": "NGUYEN THI HOA", "payer_account": "9704050001112223", "payer_bank": "970405"})
	return err
}

// listenAtStalls opens what each vendor's page opens, and counts the verdicts that come.
func (d *demo) listenAtStalls(ctx context.Context, stalls []markets.Stall) (heard func() int, err error) {
	counts := make(chan int, len(stalls))
	for _, s := range stalls {
		changes, err := markets.Watch(ctx, d.pool, s.Vendor)
		if err != nil {
			return nil, err
		}
		go func() {
			decided := map[markets.ChargeID]bool{}
			for c := range changes {
				if c.State != markets.Waiting {
					decided[c.ID] = true
				}
			}
			counts <- len(decided)
		}()
	}
	return func() (n int) {
		for range stalls {
			n += <-counts
		}
		return n
	}, nil
}

// sumCharges checks that every charge has its verdict, and that what stalls got is what
// customers sent.
func (d *demo) sumCharges(ctx context.Context, purchases []purchase) error {
	rows, err := d.pool.Query(ctx, `select state, count(*), sum(amount)::bigint from charge group by state order by state`)
	if err != nil {
		return err
	}
	type verdict struct {
		State string
		N     int
		VND   money.VND
	}
	verdicts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[verdict])
	if err != nil {
		return err
	}
	whole, sent := amount{}, amount{N: 1, VND: 15_000}
	for _, p := range purchases {
		whole.N++
		whole.VND += p.amount
		if p.paid > 0 {
			sent.N++
			sent.VND += p.paid
		}
	}
	var parts []part
	for _, v := range verdicts {
		parts = append(parts, part{v.State, amount{v.N, v.VND}})
	}
	d.summary.add("Lần thu ở chợ / charges", whole, parts...)
	var got amount
	if err := d.pool.QueryRow(ctx, `select count(*), coalesce(sum(amount), 0)::bigint from receipt`).Scan(&got.N, &got.VND); err != nil {
		return err
	}
	d.summary.add("Khách chuyển / sent by customers", sent, part{"sạp nhận được / received at stalls", got})
	return nil
}

// redeemVouchers spends at the stalls, twice with the same key once, and settles the
// vendors by bank file.
func (d *demo) redeemVouchers(ctx context.Context, stalls []markets.Stall, office string) error {
	b, err := os.ReadFile(filepath.Join(d.dir, "vouchers.json"))
	if err != nil {
		return err
	}
	var cards []markets.Issued
	if err := json.Unmarshal(b, &cards); err != nil {
		return err
	}
	var issued, redeemed amount
	for i, card := range cards {
		issued.N++
		issued.VND += card.Amount
		for n, spend := range []money.VND{120_000, 80_000} {
			stall := stalls[(i+n)%len(stalls)]
			for range 2 { // the scanner is impatient
				if _, err := markets.Redeem(ctx, d.pool, d.box, markets.RedeemInput{Token: card.Token, PIN: card.PIN, Vendor: stall.Vendor,
					Stall: stall.ID, Amount: spend, Key: fmt.Sprintf("demo-voucher-%d-%d", i, n), Now: d.Now()}); err != nil {
					return err
				}
			}
			redeemed.N++
			redeemed.VND += spend
		}
	}
	s, err := markets.Settle(ctx, d.pool, d.box, markets.SettleInput{Office: office, By: "staff:" + accountantOf(office), Now: d.Now()})
	if err != nil {
		return err
	}
	if s.MessageID != "" {
		if err := d.hand(ctx, &bank.HTTPRail{Base: d.bank.URL, Token: d.bank.Token}, s.MessageID); err != nil {
			return err
		}
	}
	for n := 10; n <= 13; n++ {
		if err := d.importDay(ctx, d.day(0, n)); err != nil {
			return err
		}
	}
	var left, settled amount
	err = d.pool.QueryRow(ctx, `
		select (select coalesce(sum(b.credits - b.debits), 0)::bigint from account a join balance b on b.account_id = a.id where a.code like '3387.%'),
		       (select coalesce(sum(amount), 0)::bigint from redemption)`).Scan(&left.VND, &settled.VND)
	if err != nil {
		return err
	}
	issued.N = 0
	d.summary.add("Phiếu mua hàng đã phát / vouchers issued", issued,
		part{"đã tiêu ở sạp / redeemed", settled}, part{"còn trên phiếu / left on cards", left})
	return nil
}
