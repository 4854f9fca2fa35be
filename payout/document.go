package payout

import (
	"context"
	"slices"
	"strconv"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// DocumentKind names one of the papers that a run is signed and kept by.
type DocumentKind string

// The documents of a run.
const (
	PaymentList     DocumentKind = "payment-list" // who gets what, with a place to sign
	PostList        DocumentKind = "cash-list"    // who gets cash at the post office, in figures and words, with a place to sign
	SchemeSummary   DocumentKind = "summary"      // by scheme and fund
	ChangeList      DocumentKind = "changes"      // increases and decreases against the month before
	UncollectedList DocumentKind = "uncollected"  // who did not get it
	Withdrawal      DocumentKind = "withdrawal"   // asks the State Treasury for the money, with the list of vouchers
)

// DocumentKinds lists them in the order of pages.
var DocumentKinds = []DocumentKind{PaymentList, PostList, SchemeSummary, ChangeList, UncollectedList, Withdrawal}

// Document is a paper as it is read: on a page to print, or as a spreadsheet.
type Document struct {
	Kind    DocumentKind
	Run     Run
	Office  string
	Title   string
	Facts   []DocumentFact // over the tables
	Tables  []DocumentTable
	Total   money.VND
	Signers []string
}

// DocumentFact is a label and what it says.
type DocumentFact struct{ Label, Value string }

// DocumentTable is one table of a document. Its rows hold strings, ints and amounts.
type DocumentTable struct {
	Title   string
	Columns []DocumentColumn
	Rows    [][]any
	Sum     []any  // the last row; nil when there is none
	Next    string // where the next page of rows begins, "" at the end
}

// DocumentColumn is a heading and how wide it is, in characters.
type DocumentColumn struct {
	Name  string
	Width float64
}

// documentPage is which rows of a long table are asked for.
type documentPage struct {
	after string
	limit int
}

// documentKind is how a kind is made: head without rows, then page after page.
type documentKind struct {
	title   string
	signers []string
	from    []RunState // where it makes sense
	head    func(context.Context, *documenting) error
	page    func(context.Context, *documenting, documentPage) error // into the first table; nil when head fills it
}

// documenting is a document being made.
type documenting struct {
	Document
	q   pg.Queryer
	box *secret.Box
}

var (
	threeSigners = []string{"Người lập", "Kế toán", "Chủ tịch Ủy ban nhân dân"}
	computedOn   = []RunState{RunComputed, RunSubmitted, RunApproved, RunInstructed, RunClosed}
)

var documentKinds = map[DocumentKind]documentKind{
	PaymentList:     {"Danh sách chi trả trợ cấp", threeSigners, computedOn, paymentListHead, paymentListPage},
	PostList:        {"Danh sách chi trả tiền mặt qua bưu điện", []string{"Người lập", "Kế toán", "Chủ tịch Ủy ban nhân dân", "Nhân viên chi trả"}, computedOn, cashListHead, cashListPage},
	SchemeSummary:   {"Bảng tổng hợp kinh phí chi trả theo chính sách và nguồn", threeSigners, computedOn, summaryHead, nil},
	ChangeList:      {"Danh sách tăng, giảm", threeSigners, computedOn, changeListHead, changeListPage},
	UncollectedList: {"Danh sách chưa nhận tiền", []string{"Người lập", "Đơn vị chi trả", "Kế toán"}, []RunState{RunInstructed, RunClosed}, uncollectedHead, uncollectedPage},
	Withdrawal:      {"Giấy đề nghị rút kinh phí chi trả trợ cấp", []string{"Kế toán", "Chủ tài khoản"}, []RunState{RunSubmitted, RunApproved, RunInstructed, RunClosed}, withdrawalHead, nil},
}

// DocumentPage reads one page of a document: all that stands around the rows, and limit
// rows of a long table from after on (0 means 500). A *Refusal says when the run is not
// yet, or no more, one that the document can be about.
func DocumentPage(ctx context.Context, pool pg.Queryer, box *secret.Box, run RunID, kind DocumentKind, after string, limit int) (_ Document, err error) {
	defer pg.Wrap(&err, "payout: %s of run %d", kind, run)
	d, k, err := beginDocument(ctx, pool, box, run, kind)
	if err != nil {
		return Document{}, err
	}
	if limit <= 0 {
		limit = 500
	}
	if k.page != nil {
		err = k.page(ctx, d, documentPage{after, limit})
	}
	return d.Document, err
}

func beginDocument(ctx context.Context, q pg.Queryer, box *secret.Box, run RunID, kind DocumentKind) (*documenting, documentKind, error) {
	k, ok := documentKinds[kind]
	if !ok {
		return nil, k, refuse("%q is not a document; there are payment-list, cash-list, summary, changes, uncollected and withdrawal", kind)
	}
	r, err := Get(ctx, q, run)
	if err != nil {
		return nil, k, err
	}
	if !slices.Contains(k.from, r.State) {
		return nil, k, refuse("run %d is %s: its %s cannot be made", run, r.State, kind)
	}
	d := &documenting{Document: Document{Kind: kind, Run: r, Title: k.title, Signers: k.signers, Total: r.Total}, q: q, box: box}
	var state string
	if err := q.QueryRow(ctx, `select name from office where code = $1`, r.Office).Scan(&d.Office); err != nil {
		return nil, k, err
	}
	if r.State == RunComputed || r.State == RunSubmitted {
		state = " (chưa duyệt)"
	}
	d.fact("Đơn vị", d.Office)
	d.fact("Tháng", text.Month(r.Month))
	d.fact("Đợt", strconv.FormatInt(int64(r.ID), 10)+state)
	d.fact("Dữ liệu đến ngày", text.Day(r.KnownOn))
	if r.ApprovedAt != nil {
		d.fact("Duyệt ngày", text.Day(r.ApprovedAt.In(text.Vietnam)))
	}
	return d, k, k.head(ctx, d)
}

func (d *documenting) fact(label, value string) {
	d.Facts = append(d.Facts, DocumentFact{label, value})
}

// masked opens a sealed number and hides its middle: papers carry no full numbers.
func (d *documenting) masked(label string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := d.box.Open(label, sealed)
	return secret.Mask(plain), err
}
