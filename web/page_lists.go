package web

import (
	"strconv"

	"ansinh.vn/beneficiaries"
)

type listsPage struct {
	Lists []beneficiaries.List
	Sum   struct{ Received, Imported, Quarantined, Open int } // of the rows shown
	Next  string
}

const pageSize = 50

// lists shows what came, newest first, with received = imported + quarantined.
func (s *Server) lists(v *visit) error {
	before, err := cursor(v.r.FormValue("before"))
	if err != nil {
		return err
	}
	got, err := beneficiaries.Lists(v.ctx, s.cfg.Pool, beneficiaries.ListFilter{
		Office: v.office(), Before: beneficiaries.ListID(before), Limit: pageSize + 1})
	if err != nil {
		return err
	}
	d := listsPage{Lists: got}
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
	return v.page("lists", view{Title: "Danh sách", Data: d})
}

type listPage struct {
	List       beneficiaries.List
	Quarantine []beneficiaries.QuarantinedRow
	Changes    []beneficiaries.Change
	More       int // changes not shown
}

// list shows one version: the rows that wait, with the cell and the reason, and
// what changed against the version before.
func (s *Server) list(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	l, err := beneficiaries.ListByID(v.ctx, s.cfg.Pool, beneficiaries.ListID(id))
	if err != nil {
		return err
	}
	if l.Office != nil {
		if err := v.mayOffice(*l.Office); err != nil {
			return err
		}
	} else if v.office() != "" {
		return errNoPage // an accounts file of the whole province
	}
	d := listPage{List: l}
	if d.Quarantine, err = beneficiaries.Quarantine(v.ctx, s.cfg.Pool, s.cfg.Secrets, l.ID); err != nil {
		return err
	}
	if d.Changes, err = beneficiaries.Changes(v.ctx, s.cfg.Pool, l.ID); err != nil {
		return err
	}
	const most = 200
	if len(d.Changes) > most {
		d.More, d.Changes = len(d.Changes)-most, d.Changes[:most]
	}
	return v.page("list", view{Title: l.FileName, Data: d})
}

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
