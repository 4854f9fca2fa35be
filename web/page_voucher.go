package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/qr"
	"ansinh.vn/staff"
)

type voucherPage struct {
	Key        string
	Token      string
	Amount     string
	Stalls     []markets.Stall
	Problem    *problem
	Redemption *markets.Redemption
	Balance    *markets.Voucher
}

// voucherForm is where a vendor takes a voucher, or looks what is left on it.
func (s *Server) voucherForm(v *visit) error { return s.voucherWith(v, voucherPage{}) }

func (s *Server) voucherWith(v *visit, d voucherPage) (err error) {
	status := http.StatusOK
	if d.Problem != nil {
		status = d.Problem.Status
	}
	if d.Key == "" {
		d.Key = rand.Text()
	}
	if d.Stalls, err = v.stalls(); err != nil {
		return err
	}
	return v.pageWrite("voucher", status, view{Title: "Phiếu mua hàng", Data: d})
}

// redeemVoucher takes the amount from the voucher, or with "look" only says what is left.
func (s *Server) redeemVoucher(v *visit) error {
	d := voucherPage{Key: v.r.FormValue("key"), Token: strings.TrimSpace(v.r.FormValue("token")), Amount: v.r.FormValue("amount")}
	pin := v.r.FormValue("pin")
	if v.r.FormValue("look") != "" {
		b, err := s.findVoucher(v, d.Token)
		if err != nil {
			return s.voucherProblem(v, d, err)
		}
		d.Balance = &b
		return s.voucherWith(v, d)
	}
	amount, err := money.Parse(d.Amount)
	if err != nil || amount <= 0 {
		d.Problem = refuse("Số tiền chưa đúng", "The amount is not right", "Nhập số tiền lớn hơn 0.")
		return s.voucherWith(v, d)
	}
	stallID, err := cursor(v.r.FormValue("stall"))
	if err != nil {
		return err
	}
	got, err := markets.Redeem(v.ctx, s.cfg.Pool, s.cfg.Secrets, markets.RedeemInput{Token: d.Token, PIN: pin,
		Vendor: v.vendor.ID, Stall: markets.StallID(stallID), Amount: amount, Key: fmt.Sprintf("page:%d:%s", v.vendor.ID, d.Key), Now: v.now()})
	if err != nil {
		return s.voucherProblem(v, d, err)
	}
	return s.voucherWith(v, voucherPage{Redemption: &got})
}

func (s *Server) voucherProblem(v *visit, d voucherPage, err error) error {
	p := describe(err)
	if p.internal {
		return err
	}
	d.Problem, d.Key = p, "" // a new key: the next try is another one
	return s.voucherWith(v, d)
}

// findVoucher looks a voucher up, counting the tries: a serial is short enough to guess.
func (s *Server) findVoucher(v *visit, token string) (markets.Voucher, error) {
	limit := staff.Limit{Subject: "voucher@" + s.address(v.r), Most: 30, Window: 10 * time.Minute}
	if err := staff.Guess(v.ctx, s.cfg.Pool, time.Now(), limit); err != nil {
		return markets.Voucher{}, err
	}
	found, err := markets.FindVoucher(v.ctx, s.cfg.Pool, s.cfg.Secrets, token)
	if errors.Is(err, markets.ErrNotFound) {
		return found, marketProblem(&markets.Refusal{Why: "voucher-unknown", Text: "this is no voucher of ours"})
	}
	return found, err
}

type balancePage struct {
	Token   string
	Voucher *markets.Voucher
	Market  string
	Problem *problem
}

// balance is for whoever holds the card: what is left, where and until when.
func (s *Server) balance(v *visit) error {
	return v.page("phieu", view{Title: "Phiếu mua hàng", Data: balancePage{}})
}

func (s *Server) showBalance(v *visit) error {
	d := balancePage{Token: strings.TrimSpace(v.r.FormValue("token"))}
	found, err := s.findVoucher(v, d.Token)
	if err != nil {
		if d.Problem = describe(err); d.Problem.internal {
			return err
		}
		return v.pageWrite("phieu", d.Problem.Status, view{Title: "Phiếu mua hàng", Data: d})
	}
	d.Voucher = &found
	if found.Market != 0 {
		if err := s.cfg.Pool.QueryRow(v.ctx, `select name from market where id = $1`, found.Market).Scan(&d.Market); err != nil {
			return err
		}
	}
	return v.page("phieu", view{Title: "Phiếu mua hàng", Data: d})
}

type cardsPage struct{ Stalls []markets.Stall }

func (s *Server) vendorCards(v *visit) error {
	stalls, err := v.stalls()
	if err != nil {
		return err
	}
	return v.page("cards", view{Title: "Thẻ sạp", Data: cardsPage{stalls}})
}

// cardPage is what is printed and stood on the stall.
type cardPage struct {
	markets.StallCard
	QR   template.HTML
	Size string // "a5" or "a6"
}

// vendorCard is the vendor's own card.
func (s *Server) vendorCard(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var own bool
	if err := s.cfg.Pool.QueryRow(v.ctx, `select vendor_id = $2 from stall where id = $1`, id, v.vendor.ID).Scan(&own); err != nil {
		return err
	}
	if !own {
		return errNoPage
	}
	return s.printCard(v, id)
}

// stallCard is any stall's card, for the market's office.
func (s *Server) stallCard(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var office string
	if err := s.cfg.Pool.QueryRow(v.ctx, `select m.office from stall s join market m on m.id = s.market_id where s.id = $1`, id).Scan(&office); err != nil {
		return err
	}
	if err := v.mayOffice(office); err != nil {
		return err
	}
	return s.printCard(v, id)
}

func (s *Server) printCard(v *visit, id int64) error {
	c, err := markets.Card(v.ctx, s.cfg.Pool, s.cfg.Secrets, markets.StallID(id))
	if err != nil {
		return err
	}
	d, err := cardData(c, v.r.FormValue("size"))
	if err != nil {
		return err
	}
	return v.page("card", view{Title: "Thẻ sạp " + c.Label, Bare: true, Scripts: []string{"print.js"}, Data: d})
}

func cardData(c markets.StallCard, size string) (cardPage, error) {
	picture, err := qr.Draw(c.Payload, qr.LevelQ)
	if err != nil {
		return cardPage{}, err
	}
	d := cardPage{StallCard: c, QR: template.HTML(picture.SVG(0)), Size: "a6"} //nolint:gosec // drawn by qr, digits only
	if size == "a5" {
		d.Size = size
	}
	return d, nil
}
