package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/internal/text"
	"ansinh.vn/markets"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

type keypadPage struct {
	Key     string // so that a double tap is one charge
	Stalls  []markets.Stall
	Amount  string
	Problem *problem
	Pad     []string
}

var padKeys = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "000", "0"}

// keypad is where a vendor asks for an amount.
func (s *Server) keypad(v *visit) error { return s.keypadWith(v, "", nil) }

func (s *Server) keypadWith(v *visit, amount string, p *problem) error {
	stalls, err := v.stalls()
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	return v.pageWrite("cho", status, view{Title: "Thu tiền", Scripts: []string{"keypad.js"},
		Data: keypadPage{Key: rand.Text(), Stalls: stalls, Amount: amount, Problem: p, Pad: padKeys}})
}

// createCharge stores a charge; the same form sent twice is the same charge.
func (s *Server) createCharge(v *visit) error {
	typed := v.r.FormValue("amount")
	amount, err := money.Parse(typed)
	if err != nil || amount <= 0 {
		return s.keypadWith(v, typed, refuse("Số tiền chưa đúng", "The amount is not right", "Nhập số tiền lớn hơn 0, không có phần lẻ."))
	}
	stallID, err := cursor(v.r.FormValue("stall"))
	if err != nil {
		return err
	}
	c, err := markets.CreateCharge(v.ctx, s.cfg.Pool, s.cfg.Secrets, markets.ChargeInput{
		Vendor: v.vendor.ID, Stall: markets.StallID(stallID), Amount: amount,
		Bill: strings.TrimSpace(v.r.FormValue("bill")), Key: "page:" + v.r.FormValue("key"), Now: v.now()})
	if err != nil {
		if p := describe(err); !p.internal {
			return s.keypadWith(v, typed, p)
		}
		return err
	}
	return v.see(fmt.Sprintf("/cho/charges/%d", c.ID))
}

type chargePage struct {
	ID        markets.ChargeID
	Reference string
	Amount    money.VND
	QR        template.HTML
	Live      liveState
	ExpiresAt time.Time
	Open      bool
}

func (s *Server) chargeOf(v *visit) (markets.Charge, error) {
	id, err := v.id("id")
	if err != nil {
		return markets.Charge{}, err
	}
	return markets.GetCharge(v.ctx, s.cfg.Pool, s.cfg.Secrets, v.vendor.ID, markets.ChargeID(id))
}

// charge shows the QR to the shopper and the bank's verdict to the vendor.
func (s *Server) charge(v *visit) error {
	c, err := s.chargeOf(v)
	if err != nil {
		return err
	}
	d, err := chargeData(c)
	if err != nil {
		return err
	}
	return v.page("charge", view{Title: text.VND(c.Amount), Scripts: []string{"charge.js"}, Data: d})
}

func chargeData(c markets.Charge) (chargePage, error) {
	picture, err := qr.Draw(c.Payload, qr.LevelM)
	if err != nil {
		return chargePage{}, err
	}
	return chargePage{ID: c.ID, Reference: c.Reference, Amount: c.Amount, QR: template.HTML(picture.SVG(0)), //nolint:gosec // drawn by qr, digits only
		Live: liveOf(c.ChargeState), ExpiresAt: c.ExpiresAt, Open: c.State == "waiting"}, nil
}

// liveState is a charge's state as the page says it, in words made here, so that the
// script only puts them in their places.
type liveState struct {
	State string `json:"state"`
	Tone  string `json:"tone"`
	VI    string `json:"vi"`
	EN    string `json:"en"`
	KM    string `json:"km"`
	Line  string `json:"line"` // what came against what was asked
	Final bool   `json:"final"`
}

func liveOf(c markets.ChargeState) liveState {
	w := text.Lookup("charge", string(c.State))
	l := liveState{State: string(c.State), Tone: w.Tone, VI: w.VI, EN: w.EN, KM: w.KM}
	switch c.State {
	case "waiting":
		l.Line = "Chờ ngân hàng báo. Đừng giao hàng."
	case "paid":
		l.Line, l.Final = "Đã nhận "+text.VND(c.Received)+".", true
	case "short":
		l.Line = "Mới nhận " + text.VND(c.Received) + ", còn thiếu " + text.VND(c.Amount-c.Received) + "."
	case "over":
		l.Line, l.Final = "Nhận "+text.VND(c.Received)+", thừa "+text.VND(c.Received-c.Amount)+". Trả lại khách.", true
	case "late":
		l.Line, l.Final = "Tiền đến sau khi hết hạn: "+text.VND(c.Received)+".", true
	case "expired":
		l.Line = "Không nhận được tiền trong hạn. Tạo mã mới."
	case "cancelled":
		l.Line = "Không thu theo mã này nữa."
	}
	if c.Warning != "" {
		l.Line += " " + text.Lookup("warning", c.Warning).VI
	}
	return l
}

// chargeState is the polling answer for browsers whose event stream broke.
func (s *Server) chargeState(v *visit) error {
	c, err := s.chargeOf(v)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(liveOf(c.ChargeState))
}

// chargeEvents streams the states of one charge as they come.
func (s *Server) chargeEvents(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	ctx, cancel := s.live.stream(v.r.Context())
	defer cancel()
	// listen first and read after, so that nothing falls between the two
	changes, err := markets.Watch(ctx, s.cfg.Pool, v.vendor.ID)
	if err != nil {
		return err
	}
	c, err := markets.GetCharge(ctx, s.cfg.Pool, s.cfg.Secrets, v.vendor.ID, markets.ChargeID(id))
	if err != nil {
		return err
	}
	out, err := newEvents(v.w)
	if err != nil {
		return err
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	if out.send(liveOf(c.ChargeState)) != nil {
		return nil // gone
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case change, ok := <-changes:
			if !ok {
				return nil // the browser connects again
			}
			if change.ID == markets.ChargeID(id) && out.send(liveOf(change)) != nil {
				return nil
			}
		case <-beat.C:
			if out.beat() != nil {
				return nil
			}
		}
	}
}

func (s *Server) cancelCharge(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	err = markets.CancelCharge(v.ctx, s.cfg.Pool, v.vendor.ID, markets.ChargeID(id), v.now())
	if err != nil {
		return err
	}
	return v.see("/cho")
}

type dayPage struct {
	Day      markets.Day
	On       time.Time
	Earlier  string
	Later    string
	HourBars []hourBar
}

type hourBar struct {
	Hour  int
	Sum   money.VND
	Share int // of the best hour, in twentieths
}

func (v *visit) dayAsked() (time.Time, error) {
	today := v.now().In(text.Vietnam)
	on := money.Day(today.Year(), today.Month(), today.Day())
	if asked := v.r.FormValue("on"); asked != "" {
		d, err := money.ParseDay(asked)
		if err != nil {
			return on, errNoPage
		}
		on = d
	}
	return on, nil
}

// vendorDay is the vendor's own day: list, total, by hour.
func (s *Server) vendorDay(v *visit) error {
	on, err := v.dayAsked()
	if err != nil {
		return err
	}
	day, err := markets.VendorDay(v.ctx, s.cfg.Pool, v.vendor.ID, on)
	if err != nil {
		return err
	}
	return v.page("day", view{Title: "Ngày " + text.Day(on), Data: dayData(day, on)})
}

func dayData(day markets.Day, on time.Time) dayPage {
	d := dayPage{Day: day, On: on, Earlier: on.AddDate(0, 0, -1).Format(time.DateOnly), Later: on.AddDate(0, 0, 1).Format(time.DateOnly)}
	best := slices.Max(day.ByHour[:])
	for hour, sum := range day.ByHour {
		if sum > 0 {
			d.HourBars = append(d.HourBars, hourBar{hour, sum, max(1, int(sum*20/best))})
		}
	}
	return d
}

func (s *Server) vendorDayCSV(v *visit) error {
	on, err := v.dayAsked()
	if err != nil {
		return err
	}
	day, err := markets.VendorDay(v.ctx, s.cfg.Pool, v.vendor.ID, on)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="thu-`+on.Format(time.DateOnly)+`.csv"`)
	return day.WriteCSV(v.w)
}

// events writes a text/event-stream.
type events struct {
	w    http.ResponseWriter
	ctrl *http.ResponseController
}

// heartbeat keeps proxies from closing a stream on which nothing happens, and is how
// the page knows that it still hears us.
const heartbeat = 15 * time.Second

func newEvents(w http.ResponseWriter) (*events, error) {
	e := &events{w, http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	// the server's write deadline is for pages; a stream sets its own with each write
	if err := e.ctrl.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return e, e.ctrl.Flush()
}

func (e *events) send(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.write("data: " + string(b) + "\n\n")
}

func (e *events) beat() error {
	return e.write("event: beat\ndata: " + strconv.FormatInt(time.Now().Unix(), 10) + "\n\n")
}

func (e *events) write(s string) error {
	if err := e.ctrl.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.w.Write([]byte(s)); err != nil {
		return err
	}
	return e.ctrl.Flush()
}
