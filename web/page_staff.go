package web

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"ansinh.vn/staff"
)

type mePage struct {
	Person  staff.Person
	Keys    []staff.Key
	Waiting []staff.Request // this person's own
	Problem *problem
}

// me shows one's own keys and password.
func (s *Server) me(v *visit) error {
	d, err := s.meOf(v)
	if err != nil {
		return err
	}
	return v.page("me", view{Title: v.person.Name, Scripts: []string{"keys.js"}, Data: d})
}

func (s *Server) meOf(v *visit) (d mePage, err error) {
	d.Person = v.person
	if d.Keys, err = s.staff.Keys(v.ctx, v.person.ID); err != nil {
		return d, err
	}
	waiting, err := s.staff.Waiting(v.ctx)
	for _, r := range waiting {
		if r.Staff == v.person.ID {
			d.Waiting = append(d.Waiting, r)
		}
	}
	return d, err
}

func (s *Server) meProblem(v *visit, p *problem) error {
	d, err := s.meOf(v)
	if err != nil {
		return err
	}
	d.Problem = p
	return v.pageWrite("me", p.Status, view{Title: v.person.Name, Scripts: []string{"keys.js"}, Data: d})
}

// changePassword asks for the old one and ends every session, this one too.
func (s *Server) changePassword(v *visit) error {
	fresh := v.r.FormValue("new")
	if fresh != v.r.FormValue("again") {
		return s.meProblem(v, refuse("Hai lần nhập mật khẩu mới không giống nhau", "The new passwords differ", "Nhập lại."))
	}
	err := s.staff.SetPassword(v.ctx, v.person.ID, v.r.FormValue("old"), fresh, s.address(v.r), time.Now())
	var refusal *staff.Refusal
	switch {
	case errors.Is(err, staff.ErrSignIn):
		return s.meProblem(v, refuse("Mật khẩu hiện tại không đúng", "The present password is wrong", "Nhập lại mật khẩu đang dùng."))
	case errors.As(err, &refusal):
		return s.meProblem(v, refuse("Mật khẩu mới quá yếu", refusal.Reason, "Dùng ít nhất 10 ký tự, không chứa tên đăng nhập."))
	case err != nil:
		return err
	}
	if err := s.desk.Destroy(v.ctx); err != nil {
		return err
	}
	return v.see("/sign-in")
}

// requestKey takes a public key: from the browser as base64 DER, or as a PEM file's text.
func (s *Server) requestKey(v *visit) error {
	public := []byte(strings.TrimSpace(v.r.FormValue("public")))
	if len(public) > 0 && !strings.Contains(string(public), "-----BEGIN") {
		der, err := base64.StdEncoding.DecodeString(string(public))
		if err != nil {
			return s.meProblem(v, refuse("Khoá công khai không đọc được", "The public key cannot be read", "Dán nguyên khoá công khai dạng PEM."))
		}
		public = der
	}
	label := strings.TrimSpace(v.r.FormValue("label"))
	if r := []rune(label); len(r) > 60 {
		label = string(r[:60])
	}
	if _, err := s.staff.RequestKey(v.ctx, v.person.ID, public, label, time.Now()); err != nil {
		return s.meProblem(v, describe(err))
	}
	v.tell("Đã gửi khoá; cần một người khác xác nhận trước khi dùng.", "Key sent; another person has to confirm it.")
	return v.see("/me")
}

type staffPage struct {
	People  []staff.Person
	Waiting []waitingKey
	MayEnd  bool // may disable
}

type waitingKey struct {
	staff.Request
	Own bool
}

// staffList shows who may sign in and which keys wait for a second person.
func (s *Server) staffList(v *visit) (err error) {
	d := staffPage{MayEnd: v.person.Has(operator)}
	if d.People, err = s.staff.List(v.ctx); err != nil {
		return err
	}
	if v.person.Has(operator, chairman) {
		waiting, err := s.staff.Waiting(v.ctx)
		if err != nil {
			return err
		}
		for _, r := range waiting {
			d.Waiting = append(d.Waiting, waitingKey{r, r.Staff == v.person.ID})
		}
	}
	return v.page("staff", view{Title: "Nhân sự", Data: d})
}

func (s *Server) disableStaff(v *visit) error {
	login := chi.URLParam(v.r, "login")
	if err := s.staff.Disable(v.ctx, login, v.person.Actor(), time.Now()); err != nil {
		return err
	}
	v.tell("Đã khoá tài khoản "+login+" và đóng mọi phiên đang mở.", "Account disabled, its sessions ended.")
	return v.see("/staff")
}

// decideKey is the second pair of eyes over an enrolment.
func (s *Server) decideKey(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if v.r.FormValue("accept") == "yes" {
		_, err = s.staff.ConfirmKey(v.ctx, staff.RequestID(id), v.person.ID, time.Now())
	} else {
		err = s.staff.RefuseKey(v.ctx, staff.RequestID(id), v.person.ID, time.Now())
	}
	if err != nil {
		return err
	}
	v.tell("Đã ghi ý kiến về khoá.", "Recorded.")
	return v.see("/staff")
}

// revokeKey ends one's own key; an operator may end anybody's.
func (s *Server) revokeKey(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	var owner staff.ID
	if err := s.cfg.Pool.QueryRow(v.ctx, `select staff_id from staff_key where id = $1`, id).Scan(&owner); err != nil {
		return err
	}
	if owner != v.person.ID && !v.person.Has(operator) {
		return errNoPage
	}
	if err := s.staff.RevokeKey(v.ctx, staff.KeyID(id), v.person.ID, time.Now()); err != nil {
		return err
	}
	v.tell("Đã thu hồi khoá.", "Key revoked.")
	if owner == v.person.ID {
		return v.see("/me")
	}
	return v.see("/staff")
}
