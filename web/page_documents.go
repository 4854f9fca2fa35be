package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// documentRoutes are the papers of a run: to read, to print, to take along, and to keep
// what came back signed.
func (s *Server) documentRoutes() []route {
	readers, makers := only(clerk, accountant, chairman, auditor), only(clerk, accountant, chairman)
	return []route{
		{"GET", "/runs/{id}/documents", readers, s.documents},
		{"GET", "/runs/{id}/documents/{kind}", readers, s.document},
		{"GET", "/runs/{id}/documents/{kind}/file", readers, s.documentSheet},
		{"POST", "/runs/{id}/documents/{kind}", makers, s.keepDocument},
		{"GET", "/documents/{id}/file", readers, s.documentFile},
		{"POST", "/documents/{id}/signed", makers, s.keepSigned},
	}
}

// paper is a document that a run has, or why it has none yet.
type paper struct {
	Kind payout.DocumentKind
	Word text.Word
	For  string // whom it is for
}

// papers are in the order of the page.
var papers = []paper{
	{payout.PaymentList, text.Word{VI: "Danh sách chi trả", EN: "Payment list"}, "Chủ tịch ký, bưu điện và kế toán giữ"},
	{payout.PostList, text.Word{VI: "Danh sách chi tiền mặt", EN: "Cash list"}, "Bưu điện chi trả, người nhận ký"},
	{payout.SchemeSummary, text.Word{VI: "Tổng hợp theo chính sách và nguồn", EN: "By scheme and fund"}, "Kế toán"},
	{payout.ChangeList, text.Word{VI: "Danh sách tăng, giảm", EN: "Increases and decreases"}, "Chủ tịch, trước khi duyệt"},
	{payout.UncollectedList, text.Word{VI: "Danh sách chưa nhận", EN: "Not received"}, "Bưu điện và kế toán đối chiếu"},
	{payout.Withdrawal, text.Word{VI: "Đề nghị rút kinh phí, kèm bảng kê chứng từ", EN: "Withdrawal request and its vouchers"}, "Kho bạc Nhà nước"},
}

type documentsPage struct {
	Run     payout.Run
	Office  string
	Papers  []paper
	Kept    []payout.KeptDocument
	MayKeep bool
	Problem *problem
}

func (s *Server) documents(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	return s.documentsWith(v, run, nil)
}

func (s *Server) documentsWith(v *visit, run payout.Run, p *problem) (err error) {
	d := documentsPage{Run: run, Papers: papers, MayKeep: v.person.Has(clerk, accountant, chairman), Problem: p}
	if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, run.Office).Scan(&d.Office); err != nil {
		return err
	}
	if d.Kept, err = payout.KeptDocuments(v.ctx, s.cfg.Pool, run.ID); err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("documents", status, view{Title: "Giấy tờ đợt " + run.Month.String() + " " + d.Office, Data: d})
}

// documentKind reads which paper is asked for.
func documentKind(v *visit) (payout.DocumentKind, error) {
	kind := payout.DocumentKind(chi.URLParam(v.r, "kind"))
	if !slices.Contains(payout.DocumentKinds, kind) {
		return "", errNoPage
	}
	return kind, nil
}

type documentPage struct {
	payout.Document
	Next string
	Last bool // the sums and signatures stand under the last rows
}

// cell is how a page writes a cell.
func cell(x any) string {
	switch x := x.(type) {
	case money.VND:
		return text.Int(int64(x))
	case int:
		return text.Int(int64(x))
	}
	return fmt.Sprint(x)
}

// figure tells whether a cell is a number, to stand on the right.
func figure(x any) bool {
	switch x.(type) {
	case money.VND, int:
		return true
	}
	return false
}

func (s *Server) document(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	kind, err := documentKind(v)
	if err != nil {
		return err
	}
	d, err := payout.DocumentPage(v.ctx, s.cfg.Pool, s.cfg.Secrets, run.ID, kind, v.r.FormValue("after"), 0)
	if err != nil {
		return s.documentProblem(v, run, err)
	}
	page := documentPage{Document: d, Last: true}
	if next := d.Tables[0].Next; next != "" {
		page.Next, page.Last = v.r.URL.Path+"?after="+next, false
	}
	return v.page("document", view{Title: d.Title, Bare: true, Scripts: []string{"print.js"}, Data: page})
}

// documentProblem shows a refusal on the page of the run's papers.
func (s *Server) documentProblem(v *visit, run payout.Run, err error) error {
	var refused *payout.Refusal
	if errors.As(err, &refused) {
		return s.documentsWith(v, run, &problem{Status: http.StatusConflict, VI: "Chưa lập được giấy tờ này ở bước hiện tại của đợt",
			EN: "Not at this stage of the run", Next: "Đề nghị rút kinh phí cần đợt đã trình; danh sách chưa nhận cần đợt đã gửi đi."})
	}
	return err
}

func (s *Server) documentSheet(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	kind, err := documentKind(v)
	if err != nil {
		return err
	}
	// refusals come before the first byte: what can refuse is the head
	if _, err := payout.DocumentPage(v.ctx, s.cfg.Pool, s.cfg.Secrets, run.ID, kind, "", 1); err != nil {
		return s.documentProblem(v, run, err)
	}
	v.attach(fmt.Sprintf("%s-%s-%s-%d.xlsx", kind, run.Office, run.Month, run.ID))
	_, err = payout.WriteDocument(v.ctx, s.cfg.Pool, s.cfg.Secrets, run.ID, kind, v.w)
	return err
}

// attach makes the answer a file to keep, whatever its name says it is.
func (v *visit) attach(name string) {
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if strings.HasSuffix(name, ".xlsx") {
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

func (s *Server) keepDocument(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	kind, err := documentKind(v)
	if err != nil {
		return err
	}
	if _, err := payout.KeepDocument(v.ctx, s.cfg.Pool, s.cfg.Secrets, run.ID, kind, payout.StaffID(v.person.ID), v.now()); err != nil {
		return s.documentProblem(v, run, err)
	}
	v.tell("Đã lập và lưu giấy tờ; tải về để ký.", "Made and kept; fetch it to sign.")
	return v.see(fmt.Sprintf("/runs/%d/documents", run.ID))
}

// documentFile gives a kept document, or with ?signed=N a signed file of it.
func (s *Server) documentFile(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	signed, err := cursor(v.r.FormValue("signed"))
	if err != nil {
		return err
	}
	run, name, content, err := payout.DocumentFile(v.ctx, s.cfg.Pool, payout.DocumentID(id), signed)
	if err == nil {
		err = s.mayRun(v, run)
	}
	if err != nil {
		return err
	}
	v.attach(name)
	_, err = v.w.Write(content)
	return err
}

func (s *Server) mayRun(v *visit, run payout.RunID) error {
	r, err := payout.Get(v.ctx, s.cfg.Pool, run)
	if err != nil {
		return err
	}
	return v.mayOffice(r.Office)
}

func (s *Server) keepSigned(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	run, _, _, err := payout.DocumentFile(v.ctx, s.cfg.Pool, payout.DocumentID(id), 0)
	if err == nil {
		err = s.mayRun(v, run)
	}
	if err != nil {
		return err
	}
	file, head, err := v.r.FormFile("file")
	if v.r.MultipartForm != nil {
		defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	}
	var tooBig *http.MaxBytesError
	var content []byte
	if err == nil {
		content, err = io.ReadAll(file)
	}
	if errors.As(err, &tooBig) {
		return &problem{Status: http.StatusRequestEntityTooLarge, VI: "Tệp quá lớn", EN: "The file is too big", Next: "Dùng lệnh ansinh payout signed."}
	}
	back := fmt.Sprintf("/runs/%d/documents", run)
	if err == nil {
		err = payout.KeepSigned(v.ctx, s.cfg.Pool, payout.DocumentID(id), head.Filename, content, v.r.FormValue("note"), payout.StaffID(v.person.ID), v.now())
		var refused *payout.Refusal
		if err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	if err != nil {
		v.tell("Chưa lưu: hãy chọn tệp đã ký, không phải tệp vừa tải về.", "Not kept: choose the signed file.")
		return v.see(back)
	}
	v.tell("Đã lưu tệp đã ký.", "The signed file is kept.")
	return v.see(back)
}
