package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/staff"
)

// problem is an error as people and programs are told it.
type problem struct {
	Status   int
	VI, EN   string // what happened
	Next     string // what to do, in Vietnamese
	Ref      string // for what we must look up in the log
	internal bool
}

func (p *problem) Error() string { return p.EN }

var (
	errNoPage      = &problem{Status: 404, VI: "Không có trang này", EN: "There is no such page", Next: "Quay lại trang chủ hoặc kiểm tra địa chỉ."}
	errMethod      = &problem{Status: 405, VI: "Không dùng được cách gọi này", EN: "Method not allowed", Next: "Quay lại và dùng nút trên trang."}
	errForbidden   = &problem{Status: 403, VI: "Anh/chị không có quyền làm việc này", EN: "You may not do this", Next: "Nhờ người có quyền, hoặc báo bộ phận vận hành nếu cần được cấp quyền."}
	errCrossOrigin = &problem{Status: 403, VI: "Yêu cầu đến từ một trang khác nên bị chặn", EN: "A request from another site was refused", Next: "Mở An Sinh trực tiếp rồi làm lại."}
	errSignInFirst = &problem{Status: 401, VI: "Cần đăng nhập", EN: "Sign in first", Next: "Đăng nhập rồi làm lại."}
	errTooBig      = &problem{Status: 413, VI: "Dữ liệu gửi lên quá lớn", EN: "The request is too large", Next: "Gửi ít dữ liệu hơn."}
)

// refuse is a 422: what the person typed or chose cannot be done, and why.
func refuse(vi, en, next string) *problem {
	return &problem{Status: http.StatusUnprocessableEntity, VI: vi, EN: en, Next: next}
}

// describe is the one place where errors become status and words.
func describe(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var many *staff.TooMany
	var refusal *staff.Refusal
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &many):
		return &problem{Status: http.StatusTooManyRequests, VI: "Đã thử quá nhiều lần", EN: "Too many attempts",
			Next: fmt.Sprintf("Đợi %d phút rồi thử lại.", int(many.Wait.Minutes())+1)}
	case errors.Is(err, staff.ErrSignIn):
		return &problem{Status: 401, VI: "Sai tên đăng nhập hoặc mật khẩu", EN: "Wrong login or password",
			Next: "Kiểm tra lại phím Caps Lock và bộ gõ tiếng Việt, rồi thử lại."}
	case errors.Is(err, staff.ErrOwnKey):
		return &problem{Status: 409, VI: "Người giữ khoá không được tự xác nhận khoá của mình", EN: "A key needs a second person",
			Next: "Nhờ một người khác đọc dấu vân tay của khoá và xác nhận."}
	case errors.Is(err, staff.ErrKeyState):
		return &problem{Status: 409, VI: "Yêu cầu này đã được xử lý", EN: "This key request was already decided", Next: "Tải lại trang."}
	case errors.Is(err, staff.ErrKeyInUse):
		return &problem{Status: 409, VI: "Khoá này đã được đăng ký", EN: "This key is already enrolled", Next: "Tạo một khoá mới."}
	case errors.Is(err, staff.ErrSelf):
		return &problem{Status: 409, VI: "Không ai tự khoá tài khoản của mình", EN: "Nobody disables their own login", Next: "Nhờ một người vận hành khác."}
	case errors.As(err, &refusal):
		return refuse("Không nhận được thông tin này", refusal.Reason, "Sửa lại rồi gửi lần nữa.")
	case errors.As(err, &tooBig):
		return errTooBig
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, staff.ErrNotFound):
		return errNoPage
	}
	if p := describeRooms(err); p != nil {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &problem{Status: http.StatusServiceUnavailable, VI: "Máy đang bận, việc này chưa làm xong", EN: "The server is busy",
			Next: "Đợi một phút rồi tải lại; chưa có gì bị thay đổi nửa chừng.", Ref: reference(), internal: true}
	}
	return &problem{Status: 500, VI: "Có lỗi trong máy chủ", EN: "Something broke on our side",
		Next: "Thử lại; nếu vẫn lỗi, gửi mã bên dưới cho bộ phận vận hành.", Ref: reference(), internal: true}
}

// writeProblem answers a program (RFC 9457).
func writeProblem(w http.ResponseWriter, p *problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	m := map[string]any{"status": p.Status, "title": p.EN, "detail": p.VI + ". " + p.Next}
	if p.Ref != "" {
		m["instance"] = "urn:ansinh:ref:" + p.Ref
	}
	_ = json.NewEncoder(w).Encode(m) // a caller that went away needs no answer
}

func reference() string { return rand.Text()[:8] }

// fail answers with the page of an error.
func (v *visit) fail(err error) {
	p := describe(err)
	if errors.Is(err, context.Canceled) && v.r.Context().Err() != nil {
		return // nobody is waiting any more
	}
	if p.internal {
		v.s.log.Error("request failed", "ref", p.Ref, "method", v.r.Method, "route", pattern(v.r), "err", err)
	}
	if wantsJSON(v.r) {
		writeProblem(v.w, p)
		return
	}
	if p == errSignInFirst {
		v.toSignIn()
		return
	}
	page := view{Title: p.VI, Problem: p, Data: p}
	if v.pageWrite("problem", p.Status, page) != nil {
		http.Error(v.w, p.VI+" / "+p.EN, p.Status)
	}
}
