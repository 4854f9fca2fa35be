package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity/registry"
	"ansinh.vn/money"
)

type registerPage struct {
	State         beneficiaries.RegisterState
	Extracts      []beneficiaries.SentExtract
	Subscriptions []beneficiaries.Subscription // of the province; an office sees none
	Today         string
	MayAct        bool
	Problem       *problem
}

// register shows how far people are checked against the population register, and the
// lists that went to the police.
func (s *Server) register(v *visit) error { return s.registerWith(v, nil) }

func (s *Server) registerWith(v *visit, p *problem) (err error) {
	d := registerPage{Problem: p, MayAct: v.person.Has(clerk), Today: v.now().Format(time.DateOnly)}
	if d.State, err = beneficiaries.RegisterStateOf(v.ctx, s.cfg.Pool, v.office(), v.now()); err != nil {
		return err
	}
	if d.Extracts, err = beneficiaries.Extracts(v.ctx, s.cfg.Pool, v.office(), 20); err != nil {
		return err
	}
	if d.Subscriptions, err = beneficiaries.Subscriptions(v.ctx, s.cfg.Pool); err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("register", status, view{Title: "Sổ dân cư", Data: d})
}

// makeExtract gives the list of the people who are due, for the police to check. Full
// numbers leave the house by it, which is recorded.
func (s *Server) makeExtract(v *visit) error {
	days := map[string]int{"never": -1, "month": 30, "all": 0}
	age, ok := days[v.r.FormValue("who")]
	if !ok {
		return s.registerWith(v, refuse("Chưa chọn ai cần đối chiếu", "Say who is to be checked", "Chọn một trong các nhóm."))
	}
	stale := v.now().AddDate(0, 0, -age)
	if age < 0 {
		stale = time.Time{}
	}
	name := "doi-chieu-" + v.now().Format(time.DateOnly) + ".xlsx"
	if v.office() != "" {
		name = "doi-chieu-" + v.office() + "-" + v.now().Format(time.DateOnly) + ".xlsx"
	}
	var out bytes.Buffer
	_, n, err := beneficiaries.WriteExtract(v.ctx, s.cfg.Pool, s.cfg.Secrets, &out, beneficiaries.Extracting{Office: v.office(), Stale: stale, FileName: name,
		SentTo: strings.TrimSpace(v.r.FormValue("to")), By: v.person.Actor(), Now: v.now()})
	if err != nil {
		return err
	}
	if n == 0 {
		return s.registerWith(v, refuse("Không có ai trong nhóm này cần đối chiếu", "Nobody is due", "Chọn nhóm khác."))
	}
	return v.workbook(name, out.Bytes())
}

// takeChecked takes in a list that the police have checked.
func (s *Server) takeChecked(v *visit) error {
	file, head, err := v.r.FormFile("file")
	if v.r.MultipartForm != nil {
		defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	}
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		return errTooBig
	}
	if err != nil {
		return s.registerWith(v, refuse("Chưa chọn tệp", "No file was chosen", "Chọn tệp công an gửi lại rồi nhập."))
	}
	defer file.Close()
	on, err := money.ParseDay(v.r.FormValue("on"))
	if err != nil {
		return s.registerWith(v, refuse("Chưa rõ ngày đối chiếu", "The day is missing", "Ghi ngày mà công an tra cứu."))
	}
	kept, err := keep(file)
	if err != nil {
		return err
	}
	defer os.Remove(kept)
	r, err := beneficiaries.ImportChecked(v.ctx, s.cfg.Pool, s.cfg.Secrets, beneficiaries.CheckedFile{Path: kept,
		Name: path.Base(strings.ReplaceAll(head.Filename, `\`, "/")), On: on, CheckedBy: strings.TrimSpace(v.r.FormValue("checked_by")), Office: v.office(),
		By: v.person.Actor(), Now: v.now()})
	if refused := new(registry.ExtractError); errors.As(err, &refused) {
		return s.registerWith(v, refuse("Không nhận tệp này: "+strings.TrimPrefix(refused.Error(), "danh sách đối chiếu, "), "The file was refused; nothing of it was taken",
			"Sửa ô đó rồi nhập lại cả tệp; chưa có gì thay đổi."))
	}
	if p := refusedFile(err); p != nil {
		return s.registerWith(v, p)
	}
	if err != nil {
		return err
	}
	switch {
	case r.Resumed && r.Asked == 0:
		v.tell("Tệp này đã nhập trước đây; không có gì thay đổi.", "This file was taken in before.")
	case r.Older > 0:
		v.tell(fmt.Sprintf("Đã nhập kết quả của %d người; %d người đã biết tình trạng mới hơn, giữ nguyên.", r.Asked, r.Older), "Taken in; newer statuses were kept.")
	default:
		v.tell(fmt.Sprintf("Đã nhập kết quả của %d người.", r.Asked), "Taken in.")
	}
	return v.see("/register")
}
