package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"ansinh.vn/beneficiaries"
)

type listsPage struct {
	Lists     []beneficiaries.List
	Waiting   []beneficiaries.List                                // nobody has accepted them yet
	Sum       struct{ Received, Imported, Quarantined, Open int } // of the rows shown
	Next      string
	MayUpload bool
	AnyOffice bool // whoever uploads works for the whole province
	Problem   *problem
}

const pageSize = 50

// lists shows what came, newest first, with received = imported + quarantined.
func (s *Server) lists(v *visit) error { return s.listsWith(v, nil) }

func (s *Server) listsWith(v *visit, p *problem) error {
	before, err := cursor(v.r.FormValue("before"))
	if err != nil {
		return err
	}
	got, err := beneficiaries.Lists(v.ctx, s.cfg.Pool, beneficiaries.ListFilter{
		Office: v.office(), Before: beneficiaries.ListID(before), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	d := listsPage{Lists: got, MayUpload: v.person.Has(clerk), AnyOffice: v.office() == "", Problem: p}
	if len(got) > pageSize {
		d.Lists = got[:pageSize]
		d.Next = "/lists?before=" + strconv.FormatInt(int64(d.Lists[pageSize-1].ID), 10)
	}
	for _, l := range d.Lists {
		d.Sum.Received += l.Received
		d.Sum.Imported += l.Imported
		d.Sum.Quarantined += l.Quarantined
		d.Sum.Open += l.Open
	}
	if d.Waiting, err = beneficiaries.WaitingLists(v.ctx, s.cfg.Pool, v.office()); err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("lists", status, view{Title: "Danh sách", Data: d})
}

type listPage struct {
	List       beneficiaries.List
	Quarantine []beneficiaries.QuarantinedRow
	Changes    []listChange
	Shown      string // added, gone, changed; "" all
	More       int    // changes not shown
	MayDecide  bool
	OwnList    bool // imported by who looks
	MayUpload  bool // and take the rows out that wait
	Problem    *problem
}

type listChange struct {
	beneficiaries.Change
	Label  string
	Fields []changedField
}

// changesShown is as many differences as a page carries; the rest is in the file.
const changesShown = 200

// list shows one version: the rows that wait, with the cell and the reason, and
// what changed against the version before.
func (s *Server) list(v *visit) error { return s.listWith(v, nil) }

func (s *Server) listWith(v *visit, p *problem) error {
	l, err := s.listOf(v)
	if err != nil {
		return err
	}
	d := listPage{List: l, Shown: v.r.FormValue("change"), Problem: p, MayUpload: v.person.Has(clerk), OwnList: l.ImportedBy == v.person.Actor()}
	d.MayDecide = l.Waits && l.Verdict == nil && v.person.Has(clerk, accountant, chairman)
	if d.Quarantine, err = beneficiaries.Quarantine(v.ctx, s.cfg.Pool, s.cfg.Secrets, l.ID); err != nil {
		return err
	}
	changes, err := beneficiaries.Changes(v.ctx, s.cfg.Pool, l.ID)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if d.Shown != "" && c.Change != d.Shown {
			continue
		}
		if len(d.Changes) == changesShown {
			d.More++
			continue
		}
		d.Changes = append(d.Changes, listChange{c, labelOf(l, c.Category), fieldsOf(c)})
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("list", status, view{Title: l.FileName, Data: d})
}

func labelOf(l beneficiaries.List, category string) string {
	if l.Scheme == nil {
		return category
	}
	return beneficiaries.CategoryLabel(*l.Scheme, category)
}

// listOf reads the list of the address, of an office that the visitor may see.
func (s *Server) listOf(v *visit) (l beneficiaries.List, err error) {
	id, err := v.id("id")
	if err != nil {
		return l, err
	}
	if l, err = beneficiaries.ListByID(v.ctx, s.cfg.Pool, beneficiaries.ListID(id)); err != nil {
		return l, err
	}
	if l.Office != nil {
		return l, v.mayOffice(*l.Office)
	}
	if v.office() != "" {
		return l, errNoPage // an accounts file of the whole province
	}
	return l, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// cursor reads where the next page starts; "" is the beginning.
func cursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errNoPage
	}
	return n, nil
}
