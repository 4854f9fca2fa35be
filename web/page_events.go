package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
)

type eventsPage struct {
	Events      []beneficiaries.KnownEvent
	Corrections []waitingCorrection
	Offers      []beneficiaries.FuneralOffer
	Kind, Next  string
	Month       money.Month // the month that a funeral decision is for
	MayAct      bool
	Event       int64 // the event that the problem is about
	Problem     *problem
}

// waitingCorrection is a correction with whether this person may accept it.
type waitingCorrection struct {
	beneficiaries.Correction
	Own, MayAccept bool
}

var eventKinds = []string{"death", "move", "absence", "alive"}

// lifeEvents shows what became known about people: deaths with what is to be done,
// moves and absences.
func (s *Server) lifeEvents(v *visit) error { return s.lifeEventsWith(v, 0, nil) }

func (s *Server) lifeEventsWith(v *visit, event int64, p *problem) error {
	before, err := cursor(v.r.FormValue("before"))
	if err != nil {
		return err
	}
	kind := v.r.URL.Query().Get("kind")
	if kind != "" && !slices.Contains(eventKinds, kind) {
		return errNoPage
	}
	d := eventsPage{Kind: kind, Month: money.MonthOf(v.now()).Add(1), MayAct: v.person.Has(clerk), Event: event, Problem: p}
	if d.Events, err = beneficiaries.Events(v.ctx, s.cfg.Pool, beneficiaries.EventFilter{Office: v.office(), Kind: kind, Before: before, Limit: pageSize + 1}); err != nil {
		return err
	}
	if len(d.Events) > pageSize {
		d.Events = d.Events[:pageSize]
		d.Next = "/life-events?" + url.Values{"kind": {kind}, "before": {strconv.FormatInt(d.Events[pageSize-1].ID, 10)}}.Encode()
	}
	waiting, err := beneficiaries.Corrections(v.ctx, s.cfg.Pool, v.office())
	if err != nil {
		return err
	}
	for _, c := range waiting {
		own := c.ProposedBy == v.person.Actor()
		d.Corrections = append(d.Corrections, waitingCorrection{c, own, !own && v.person.Has(clerk, chairman)})
	}
	if d.Offers, err = beneficiaries.FuneralOffers(v.ctx, s.cfg.Pool, v.office()); err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("life-events", status, view{Title: "Báo tử, chuyển đi", Data: d})
}

// proposeCorrection records that a death is said to have been told wrongly.
func (s *Server) proposeCorrection(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	office, err := beneficiaries.EventOffice(v.ctx, s.cfg.Pool, id)
	if err != nil {
		return err
	}
	if err := v.mayOffice(office); err != nil {
		return err
	}
	if _, err := beneficiaries.ProposeCorrection(v.ctx, s.cfg.Pool, id, v.r.FormValue("reason"), v.person.Actor(), v.now()); err != nil {
		if p := describe(err); p.Status == http.StatusUnprocessableEntity {
			return s.lifeEventsWith(v, id, p)
		}
		return err
	}
	v.tell("Đã đề nghị đính chính; cần một người khác xác nhận.", "Proposed; a second person has to confirm.")
	return v.see("/life-events")
}

// decideCorrection is the second person's word.
func (s *Server) decideCorrection(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	c, err := beneficiaries.CorrectionByID(v.ctx, s.cfg.Pool, id)
	if err != nil {
		return err
	}
	if err := v.mayOffice(c.Office); err != nil {
		return err
	}
	accept := v.r.FormValue("accept") == "yes"
	if err := beneficiaries.DecideCorrection(v.ctx, s.cfg.Pool, id, accept, v.person.Actor(), v.now()); err != nil {
		return err
	}
	if accept {
		v.tell(fmt.Sprintf("Đã đính chính: %s còn sống. Khoản đang dừng sẽ được mở khi sổ dân cư được hỏi lại.", c.Name), "The death is taken back.")
	} else {
		v.tell("Không đính chính; tin báo tử giữ nguyên.", "The death stands.")
	}
	return v.see("/life-events")
}

// answerOffer drafts the decision that a funeral offer suggests, or declines it.
func (s *Server) answerOffer(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	o, err := beneficiaries.FuneralOfferByID(v.ctx, s.cfg.Pool, id)
	if err != nil {
		return err
	}
	if err := v.mayOffice(o.Office); err != nil {
		return err
	}
	if v.r.FormValue("do") == "draft" {
		if _, err := beneficiaries.DraftFuneral(v.ctx, s.cfg.Pool, id, money.MonthOf(v.now()).Add(1), v.person.Actor(), v.now()); err != nil {
			return err
		}
		v.tell("Đã soạn quyết định hỗ trợ mai táng cho "+o.Name+"; cần người khác xác nhận số và ngày ký.", "Drafted; another person confirms it.")
		return v.see("/life-events")
	}
	if err := beneficiaries.DeclineFuneral(v.ctx, s.cfg.Pool, id, v.r.FormValue("reason"), v.person.Actor(), v.now()); err != nil {
		return err
	}
	v.tell("Đã ghi: không hỗ trợ mai táng cho "+o.Name+".", "Declined.")
	return v.see("/life-events")
}
