package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"ansinh.vn/audit"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
	"ansinh.vn/verify"
	"ansinh.vn/web"
)

// startBankProcess runs the sandbox bank, which keeps a journal so that an interrupted
// month goes on with the same bank.
func (d *demo) startBankProcess(ctx context.Context, log string) (*process, *sandboxBank, error) {
	tokenFile := filepath.Join(d.dir, "bank.token")
	p, err := startProcess(ctx, "the sandbox bank", log, "bank", "serve", "--listen", "127.0.0.1:0", "--seed", strconv.FormatUint(d.plan.Seed, 10),
		"--token-file", tokenFile, "--state-dir", filepath.Join(d.dir, "bank"), "--day", d.Now().Format(time.DateOnly))
	if err != nil {
		return nil, nil, err
	}
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, nil, errors.Join(err, p.stop())
	}
	return p, &sandboxBank{URL: strings.TrimPrefix(p.first, "listening "), Token: strings.TrimSpace(string(token))}, nil
}

// noticeProvider is the profile in which the sandbox bank writes its notices.
const noticeProvider = "sepay"

// hearNotices opens the web's door for notices and tells the bank where it is.
func (d *demo) hearNotices(ctx context.Context) error {
	secret, err := d.noticeSecret()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	site := d.site(map[string]string{noticeProvider: secret})
	go func() { _ = serveHTTP(ctx, l, site, site.Close) }() // ends with ctx
	return d.tellBank(ctx, l.Addr().String(), secret)
}

func (d *demo) tellBank(ctx context.Context, address, secret string) error {
	_, err := d.bank.ask(ctx, http.MethodPost, "/notify", map[string]string{
		"url": "http://" + address + "/notices/" + noticeProvider, "profile": noticeProvider, "secret": secret})
	return err
}

func (d *demo) noticeSecret() (string, error) {
	path := filepath.Join(d.dir, "notice.secret")
	return tokenFrom(path)
}

func (d *demo) site(notices map[string]string) *web.Server {
	market := units.Communes()[0].Code
	hints := []web.DemoSignIn{
		{Name: "Cán bộ", Role: "chuyên viên", Login: clerkOf(market), Password: demoPassword},
		{Name: "Kế toán", Role: "kế toán", Login: accountantOf(market), Password: demoPassword},
		{Name: "Chủ tịch", Role: "người duyệt", Login: chairmanOf(market), Password: demoPassword},
		{Name: "Thanh tra", Role: "thanh tra", Login: "thanhtra", Password: demoPassword},
		{Name: "Ban quản lý chợ", Role: "quản lý chợ", Login: "cho", Password: demoPassword},
	}
	var vendors []web.DemoSignIn
	for _, v := range demoVendors {
		vendors = append(vendors, web.DemoSignIn{Name: v.name, Role: v.stall, Login: v.phone, Password: demoVendorPIN})
	}
	keys, err := d.logKeys()
	if err != nil {
		keys = nil // receipts are then not offered
	}
	return web.New(web.Config{Pool: d.pool, Secrets: d.box, Clock: d.Now, Notices: notices, DemoHint: hints, DemoVendors: vendors,
		LogKeys: keys, Log: slog.New(slog.DiscardHandler)})
}

// cashBack takes the post office's list back: most people came, a few did not, and the
// rest of the money returns to the account.
func (d *demo) cashBack(ctx context.Context) error {
	d.clock.Set(d.on(0, 18, 10))
	if err := d.startBank(ctx); err != nil {
		return err
	}
	var collected, uncollected amount
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	for _, office := range offices {
		r, there, err := d.runOf(ctx, office, d.plan.Month)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		results, list, left, err := d.postReport(ctx, office, r.ID)
		if err != nil {
			return err
		}
		accountant, err := d.staff(ctx, accountantOf(office))
		if err != nil {
			return err
		}
		if err := payout.RecordCash(ctx, d.pool, r.ID, results, accountant, d.Now()); err != nil {
			return err
		}
		if left > 0 {
			if _, err := d.bank.ask(ctx, http.MethodPost, "/credit", map[string]any{"bank": agencyBIN, "account": agencyAccount(office), "amount": left,
				"memo": list + " hoan tra tien khong nguoi nhan", "name": "BUU DIEN TINH CA MAU", "reference": list}); err != nil {
				return err
			}
		}
	}
	if err := d.importDay(ctx, d.day(0, 18)); err != nil {
		return err
	}
	err = d.pool.QueryRow(ctx, `
		select count(*) filter (where state = 'collected'), coalesce(sum(amount) filter (where state = 'collected'), 0)::bigint,
		       count(*) filter (where state = 'uncollected'), coalesce(sum(amount) filter (where state = 'uncollected'), 0)::bigint from instruction`).
		Scan(&collected.N, &collected.VND, &uncollected.N, &uncollected.VND)
	d.summary.say("cash", "%d người đã nhận %s, %d người chưa nhận %s", collected.N, collected.VND.Format(), uncollected.N, uncollected.VND.Format())
	return err
}

// postReport is what the post office reports of a run's list: by the demo's seed about
// one in thirty did not come.
func (d *demo) postReport(ctx context.Context, office string, run payout.RunID) (results []payout.CashResult, list string, left money.VND, err error) {
	rows, err := d.pool.Query(ctx, `
		select i.end_to_end_id, m.message_id, i.amount from instruction i
		join rail_account a on a.id = i.rail_account_id join bank_message m on m.id = i.bank_message_id
		where i.run_id = $1 and a.kind = 'post' order by i.amount, i.end_to_end_id`, run)
	if err != nil {
		return nil, "", 0, err
	}
	chance := rand.New(rand.NewPCG(d.plan.Seed, number(office)))
	var id string
	var v money.VND
	_, err = pgx.ForEachRow(rows, []any{&id, &list, &v}, func() error {
		r := payout.CashResult{EndToEndID: id, Collected: chance.IntN(30) > 0, On: d.day(0, 5+chance.IntN(10))}
		if !r.Collected {
			r.Note, r.On = "không đến nhận", d.day(0, 18)
			left += v
		}
		results = append(results, r)
		return nil
	})
	return results, list, left, err
}

func number(office string) (n uint64) {
	for _, digit := range []byte(office) {
		n = n*10 + uint64(digit-'0')
	}
	return n
}

// prove seals the log, verifies the books by their own code and adds up the month.
func (d *demo) prove(ctx context.Context) error {
	if err := d.sumPayments(ctx); err != nil {
		return err
	}
	if err := d.sumBank(ctx); err != nil {
		return err
	}
	head, err := audit.Seal(ctx, d.pool, d.Now())
	if err != nil {
		return err
	}
	report, err := verify.Run(ctx, d.pool, verify.Options{})
	if err != nil {
		return err
	}
	d.summary.Verified = report
	if len(report.Differences) > 0 {
		return fmt.Errorf("verify found %d differences, the first: %s", len(report.Differences), report.Differences[0])
	}
	d.summary.say("proof", "nhật ký %s dòng, sổ sách khớp", money.VND(head.Size).Grouped())
	return nil
}

// sumPayments shows what became of everything that was approved.
func (d *demo) sumPayments(ctx context.Context) error {
	rows, err := d.pool.Query(ctx, `
		select case when p.rail = 'voucher' then 'voucher' else p.state end, count(*), sum(p.amount)::bigint
		from payment p join run r on r.id = p.run_id
		where r.month = $1 and r.state not in ('void', 'rejected') and p.state <> 'held' and not (p.state = 'settled' and p.amount = 0)
		group by 1 order by 1`, d.plan.Month)
	if err != nil {
		return err
	}
	words := map[string]string{"settled": "đã vào tài khoản / settled", "returned": "bị từ chối hoặc trả lại / refused or returned",
		"instructed": "đang chuyển / in transit", "collected": "đã nhận tiền mặt / cash collected", "uncollected": "chưa nhận tiền mặt / cash uncollected",
		"voucher": "phiếu mua hàng / vouchers", "cancelled": "dừng chi trước khi gửi / stopped before sending", "ready": "chưa gửi / not sent"}
	var parts []part
	var state string
	var a amount
	_, err = pgx.ForEachRow(rows, []any{&state, &a.N, &a.VND}, func() error {
		parts = append(parts, part{words[state], a})
		return nil
	})
	if err != nil {
		return err
	}
	var whole amount
	err = d.pool.QueryRow(ctx, `
		select sum(n)::int - (select count(*) from payment p join run r on r.id = p.run_id where r.month = $1 and p.state <> 'held' and p.amount = 0)::int, sum(total)::bigint
		from run where month = $1 and state not in ('void', 'rejected')`, d.plan.Month).Scan(&whole.N, &whole.VND)
	if err != nil {
		return err
	}
	d.summary.add("Đã duyệt chi / approved", whole, parts...)
	return nil
}

// sumBank shows that the books agree with the bank, and what stands in suspense.
func (d *demo) sumBank(ctx context.Context) error {
	positions, err := reconcile.Positions(ctx, d.pool)
	if err != nil {
		return err
	}
	var closing, books, unmatched, suspense amount
	for _, p := range positions {
		closing.N++
		closing.VND += p.Bank
		if p.Agrees {
			books.N++
		}
		books.VND += p.Books
		unmatched.VND += p.Unmatched
		suspense.VND += p.Suspense
	}
	d.summary.add("Số dư ngân hàng / balances at the bank", closing,
		part{"sổ cái 112 / ledger", books}, part{"dòng chưa khớp / lines not matched", unmatched})
	rows, err := d.pool.Query(ctx, `
		select kind, count(*), sum(amount)::bigint from recon_break where line_id is not null and state <> 'settled' group by kind order by kind`)
	if err != nil {
		return err
	}
	var parts []part
	var kind string
	var a amount
	_, err = pgx.ForEachRow(rows, []any{&kind, &a.N, &a.VND}, func() error {
		suspense.N += a.N
		parts = append(parts, part{kind, a})
		return nil
	})
	d.summary.add("Chờ giải thích / in suspense", suspense, parts...)
	return err
}

// serve shows the month on the web, with the sandboxes and the workers running.
func (d *demo) serve(ctx context.Context, l net.Listener) error {
	d.clock.Set(d.on(0, 21, 9)) // the morning after the last step, whether it was lived now or before
	if err := d.startBank(ctx); err != nil {
		return err
	}
	secret, err := d.noticeSecret()
	if err != nil {
		return err
	}
	if err := d.tellBank(ctx, l.Addr().String(), secret); err != nil {
		return err
	}
	d.clock.Run()
	office := units.Communes()[0]
	fmt.Fprintf(d.Err, `
Trang web:  http://%[1]s/           (cán bộ / staff)
Sạp chợ:    http://%[1]s/cho        (tiểu thương / vendors)

Đăng nhập (%[2]s), mật khẩu "%[3]s":
  %[4]s, %[5]s, %[6]s, thanhtra, cho
Khóa ký của Chủ tịch: %[7]s
Tiểu thương: %[8]s, mã PIN %[9]s

Ctrl-C để dừng. Dữ liệu ở %[10]s; xóa: rm -rf %[10]s
`, l.Addr(), office.Name, demoPassword, clerkOf(office.Code), accountantOf(office.Code), chairmanOf(office.Code),
		d.keyFile(chairmanOf(office.Code)), demoVendors[0].phone, demoVendorPIN, d.DataDir)
	site := d.site(map[string]string{noticeProvider: secret})
	defer site.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return work(ctx, d.pool, d.box, d.Now) })
	g.Go(func() error { return serveHTTP(ctx, l, site, site.Close) })
	return g.Wait()
}
