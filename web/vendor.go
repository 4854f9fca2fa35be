package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/markets"
	"ansinh.vn/staff"
)

// vendor is who stands behind a stall's phone.
type vendor struct {
	ID   markets.VendorID
	Name string
}

func (v *visit) admitVendor() error {
	id := v.s.stall.GetInt64(v.ctx, keyVendor)
	if id == 0 {
		return errSignInFirst
	}
	err := v.s.cfg.Pool.QueryRow(v.ctx, `select name from vendor where id = $1 and state = 'active'`, id).Scan(&v.vendor.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := v.s.stall.Destroy(v.ctx); err != nil {
			return err
		}
		return errSignInFirst
	}
	v.vendor.ID = markets.VendorID(id)
	return err
}

func (v *visit) stalls() ([]markets.Stall, error) {
	return markets.Stalls(v.ctx, v.s.cfg.Pool, v.vendor.ID)
}

type vendorDoor struct {
	Phone   string
	Problem *problem
	Demo    []DemoSignIn
}

func (s *Server) vendorSignInForm(v *visit) error {
	return v.page("cho-signin", view{Title: "Tiểu thương đăng nhập", Data: vendorDoor{Demo: s.cfg.DemoVendors}})
}

// vendorSignIn checks phone and PIN. markets counts wrong PINs of a vendor; the
// address is counted here, so that nobody tries one PIN on every phone.
func (s *Server) vendorSignIn(v *visit) error {
	phone, addr := digits(v.r.FormValue("phone")), s.address(v.r)
	again := func(p *problem) error {
		return v.pageWrite("cho-signin", p.Status, view{Title: "Tiểu thương đăng nhập",
			Data: vendorDoor{Phone: phone, Problem: p, Demo: s.cfg.DemoVendors}})
	}
	if err := staff.Guess(v.ctx, s.cfg.Pool, time.Now(), staff.Limit{Subject: "vendor@" + addr, Most: 60, Window: 15 * time.Minute}); err != nil {
		if errors.As(err, new(*staff.TooMany)) {
			return again(describe(err))
		}
		return err
	}
	id, err := markets.SignIn(v.ctx, s.cfg.Pool, phone, v.r.FormValue("pin"), time.Now())
	if err != nil {
		p := describe(err)
		if p.internal {
			return err
		}
		return again(p)
	}
	if err := s.stall.Clear(v.ctx); err != nil {
		return err
	}
	if err := s.stall.RenewToken(v.ctx); err != nil {
		return err
	}
	s.stall.Put(v.ctx, keyVendor, int64(id))
	return v.see("/cho")
}

func (s *Server) vendorSignOut(v *visit) error {
	if err := s.stall.Destroy(v.ctx); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/cho/sign-in", http.StatusSeeOther)
	return nil
}

// digits drops the spaces and dots that people put into phone numbers.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
