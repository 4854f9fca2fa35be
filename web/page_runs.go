package web

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

type runsPage struct {
	Runs    []payout.Run
	Offices map[string]string
	Next    string
}

// runs lists the runs that the person may see, newest first.
func (s *Server) runs(v *visit) error {
	before, err := cursor(v.r.FormValue("before"))
	if err != nil {
		return err
	}
	got, err := payout.Runs(v.ctx, s.cfg.Pool, payout.RunFilter{Office: v.office(), Before: payout.RunID(before), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	d := runsPage{Runs: got}
	if len(got) > pageSize {
		d.Runs = got[:pageSize]
		d.Next = "/runs?before=" + strconv.FormatInt(int64(d.Runs[pageSize-1].ID), 10)
	}
	if d.Offices, err = s.offices(v); err != nil {
		return err
	}
	return v.page("runs", view{Title: "Đợt chi trả", Data: d})
}

// offices are the names of all communes by code.
func (s *Server) offices(v *visit) (map[string]string, error) {
	rows, err := s.cfg.Pool.Query(v.ctx, `select code, name from office`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := map[string]string{}
	for rows.Next() {
		var code, name string
		if err := rows.Scan(&code, &name); err != nil {
			return nil, err
		}
		names[code] = name
	}
	return names, rows.Err()
}

type runPage struct {
	Run        payout.Run
	Office     string
	Compare    payout.Difference
	Sums       sums
	Rails      []payout.Sum
	Held       []payout.Sum // by reason; a person may have several
	Attention  []payout.Sum
	Messages   []payout.MessageView
	Alerts     []payout.Alert
	MayResend  bool
	Moments    []moment
	Statement  string // what an approver signs, base64
	Plain      string // the same to read
	Keys       string // the approver's public keys, base64, space between
	MaySubmit  bool
	MayApprove bool
	MayReject  bool
	WhyNot     string // why this approver cannot
	Problem    *problem
}

func (s *Server) runOf(v *visit) (payout.Run, error) {
	id, err := v.id("id")
	if err != nil {
		return payout.Run{}, err
	}
	run, err := payout.Get(v.ctx, s.cfg.Pool, payout.RunID(id))
	if err != nil {
		return run, err
	}
	return run, v.mayOffice(run.Office)
}

// run is the page on which a run is decided: what changed, what stands out, what it
// comes to, and the button that signs it.
func (s *Server) run(v *visit) error { return s.runWith(v, nil) }

func (s *Server) runWith(v *visit, p *problem) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	d := runPage{Run: run, Problem: p}
	if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, run.Office).Scan(&d.Office); err != nil {
		return err
	}
	page, err := payout.ReadRunPage(v.ctx, s.cfg.Pool, run.ID, v.now())
	if err != nil {
		return err
	}
	summary := page.Summary
	d.Compare, d.Sums = page.Difference, runSums(page)
	d.Rails, d.Held, d.Attention, d.Messages = summary.ByRail, summary.Exceptions, summary.Attention, summary.Messages
	if d.Alerts, err = payout.Alerts(v.ctx, s.cfg.Pool, summary); err != nil {
		return err
	}
	d.MayResend = run.State == payout.RunInstructed && v.person.Has(accountant)
	if d.Moments, err = s.runMoments(v.ctx, run, summary.Messages); err != nil {
		return err
	}
	d.MaySubmit = run.State == payout.RunComputed && v.person.Has(clerk, accountant)
	if run.State == payout.RunSubmitted && v.person.Has(chairman) {
		if err := s.offerApproval(v, &d, summary.Funds); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("run", status, view{Title: "Đợt " + run.Month.String() + " " + d.Office, Scripts: runScripts(d), Data: d})
}

func runScripts(d runPage) []string {
	if d.MayApprove {
		return []string{"approve.js"}
	}
	return nil
}

// offerApproval decides whether the button is there, and says why if it is not.
func (s *Server) offerApproval(v *visit, d *runPage, funds []payout.FundNeed) error {
	d.MayReject = true
	var already bool
	if err := s.cfg.Pool.QueryRow(v.ctx, `select exists (select from approval where run_id = $1 and staff_id = $2)`,
		d.Run.ID, v.person.ID).Scan(&already); err != nil {
		return err
	}
	keys, err := s.staff.Keys(v.ctx, v.person.ID)
	if err != nil {
		return err
	}
	var public []string
	for _, k := range keys {
		if k.RevokedAt == nil && k.Kind == staff.KindES256 {
			public = append(public, base64.StdEncoding.EncodeToString(k.Public))
		}
	}
	short := fundShort(funds)
	switch {
	case already:
		d.WhyNot = "Anh/chị đã ký đợt này; cần thêm chữ ký của người khác."
	case d.Run.PreparedBy == payout.StaffID(v.person.ID):
		d.WhyNot = "Anh/chị là người lập đợt này nên không được tự duyệt."
	case len(public) == 0:
		d.WhyNot = "Anh/chị chưa có khoá ký. Đăng ký ở trang cá nhân, rồi nhờ người khác xác nhận."
	case short != "":
		d.WhyNot = short
	default:
		d.MayApprove = true
		statement := payout.Statement(d.Run, payout.StaffID(v.person.ID))
		d.Statement, d.Plain = base64.StdEncoding.EncodeToString(statement), string(statement)
		d.Keys = strings.Join(public, " ")
	}
	return nil
}

// runStatement gives the exact bytes to sign, for those who sign with another program.
func (s *Server) runStatement(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	if run.State != payout.RunSubmitted {
		return errNoPage
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ansinh-run-%d.txt"`, run.ID))
	_, err = v.w.Write(payout.Statement(run, payout.StaffID(v.person.ID)))
	return err
}

func (s *Server) submitRun(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	if _, err := payout.Submit(v.ctx, s.cfg.Pool, run.ID, payout.StaffID(v.person.ID), v.now()); err != nil {
		return s.runProblem(v, err)
	}
	v.tell("Đã trình đợt; chờ người duyệt ký.", "Submitted for approval.")
	return v.see(fmt.Sprintf("/runs/%d", run.ID))
}

// approveRun takes a signature made by the approver's key over the run's statement.
// Whose key it was is found by its public half, or by trying the few that are enrolled.
func (s *Server) approveRun(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	signature, err := readSignature(v.r.FormValue("signature"))
	if err != nil {
		return s.runWith(v, refuse("Chữ ký không đọc được", "The signature cannot be read", "Ký lại, hoặc dán chữ ký dạng base64."))
	}
	key, err := s.signingKey(v, run, signature)
	if errors.Is(err, staff.ErrNotFound) {
		return s.runWith(v, refuse("Chữ ký không khớp với khoá nào đã đăng ký của anh/chị, hoặc đợt đã thay đổi", "The signature fits none of your keys, or the run has changed", "Tải lại trang, chọn đúng khoá rồi ký lại."))
	}
	if err != nil {
		return err
	}
	after, err := payout.Approve(v.ctx, s.cfg.Pool, payout.Approval{
		Run: run.ID, Staff: payout.StaffID(v.person.ID), Key: payout.KeyID(key), Signature: signature}, v.now())
	if err != nil {
		return s.runProblem(v, err)
	}
	if after.State == payout.RunApproved {
		v.tell("Đã duyệt và ghi sổ.", "Approved and posted.")
	} else {
		v.tell(fmt.Sprintf("Đã ký; còn thiếu %d chữ ký.", after.ApprovalsNeeded-after.Approvals), "Signed; more signatures are needed.")
	}
	return v.see(fmt.Sprintf("/runs/%d", run.ID))
}

// readSignature takes base64 with any line breaks, in PEM armour or without.
func readSignature(s string) ([]byte, error) {
	if block, _ := pem.Decode([]byte(s)); block != nil {
		return block.Bytes, nil
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err == nil && len(b) == 0 {
		err = errors.New("empty")
	}
	return b, err
}

func (s *Server) signingKey(v *visit, run payout.Run, signature []byte) (staff.KeyID, error) {
	keys, err := s.staff.Keys(v.ctx, v.person.ID)
	if err != nil {
		return 0, err
	}
	statement := payout.Statement(run, payout.StaffID(v.person.ID))
	for _, k := range keys {
		if k.RevokedAt == nil && signed(statement, signature, k.Public) {
			return k.ID, nil
		}
	}
	return 0, staff.ErrNotFound
}

func signed(statement, signature, public []byte) bool {
	k, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return false
	}
	ec, ok := k.(*ecdsa.PublicKey)
	if !ok {
		return false
	}
	sum := sha256.Sum256(statement)
	return ecdsa.VerifyASN1(ec, sum[:], signature)
}

// signatureNote says on the page what anybody could check by hand.
func signatureNote(statement, signature, public []byte) string {
	if signed(statement, signature, public) {
		return "chữ ký hợp lệ, khoá " + staff.Fingerprint(public)
	}
	return "CHỮ KÝ KHÔNG HỢP LỆ, khoá " + staff.Fingerprint(public)
}

func (s *Server) rejectRun(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(v.r.FormValue("reason"))
	if reason == "" {
		return s.runWith(v, refuse("Trả lại thì phải ghi lý do", "A reason is needed", "Ghi rõ cần sửa gì."))
	}
	if err := payout.Reject(v.ctx, s.cfg.Pool, run.ID, payout.StaffID(v.person.ID), reason, v.now()); err != nil {
		return s.runProblem(v, err)
	}
	v.tell("Đã trả lại đợt cho người lập.", "Rejected.")
	return v.see(fmt.Sprintf("/runs/%d", run.ID))
}

// runProblem shows a refusal on the run's own page, where it can be acted on.
func (s *Server) runProblem(v *visit, err error) error {
	if p := describe(err); !p.internal && p.Status != http.StatusNotFound {
		return s.runWith(v, p)
	}
	return err
}
