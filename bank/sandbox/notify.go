package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"ansinh.vn/bank/notice"
)

// tell makes the notice of a credit and lets the postman have it. fate overrides
// chance: "sent", "lost", "doubled", "late".
func (b *Bank) tell(a *account, l *booking, fate string) (event int64) {
	b.event++
	event = b.event
	balance := l.after
	n := notice.Notice{
		EventID: strconv.FormatInt(event, 10), In: true, Amount: l.amount, BIN: a.bin, Account: a.no, Memo: l.memo, Reference: l.ref,
		PayerName: l.other.name, PayerAccount: l.other.no, PayerBIN: l.other.bin, Balance: &balance, OccurredAt: b.now(),
	}
	about := n.EventID
	if b.cfg.Day != "" || !b.at.IsZero() {
		about = l.ref // the event id may follow the wall clock, the reference never does
	}
	switch roll := b.dice.roll("notice", a.no+about); {
	case fate != "":
	case roll < b.faults.NoticeLost:
		fate = "lost"
	case roll < b.faults.NoticeLost+b.faults.NoticeDoubled:
		fate = "doubled"
	case roll < b.faults.NoticeLost+b.faults.NoticeDoubled+b.faults.NoticeLate:
		fate = "late"
	default:
		fate = "sent"
	}
	if fate != "lost" {
		l.told = &n
	}
	if b.replay || fate == "lost" || b.notify.URL == "" {
		return event
	}
	b.post.add(letter{n: n, to: b.notify, fate: fate})
	return event
}

// retell tells a notice that may never have arrived once more, under its first event id.
func (b *Bank) retell(n *notice.Notice) {
	if n != nil && !b.replay && b.notify.URL != "" {
		b.post.add(letter{n: *n, to: b.notify, fate: "sent"})
	}
}

// letter is one notice to be sent.
type letter struct {
	n    notice.Notice
	to   Notify
	fate string
}

// postman delivers notices outside of the bank's lock, each in a goroutine of its own,
// a few at a time.
type postman struct {
	bank   *Bank
	client *http.Client
	slots  chan struct{}
	hurry  chan struct{} // closed: late ones go now
	stop   chan struct{}

	mu      sync.Mutex
	waiting sync.WaitGroup
}

func newPostman(b *Bank) *postman {
	return &postman{
		bank: b, client: &http.Client{Timeout: 10 * time.Second}, slots: make(chan struct{}, 8),
		hurry: make(chan struct{}), stop: make(chan struct{}),
	}
}

func (p *postman) add(l letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stop:
		return
	default:
	}
	p.waiting.Add(1)
	hurry := p.hurry
	go func() {
		defer p.waiting.Done()
		if l.fate == "late" {
			p.pause(p.bank.cfg.LateBy, hurry)
		}
		times := 1
		if l.fate == "doubled" {
			times = 2
		}
		p.slots <- struct{}{}
		defer func() { <-p.slots }()
		for range times {
			p.deliver(l)
		}
	}()
}

func (p *postman) pause(d time.Duration, hurry chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-hurry:
	case <-p.stop:
	}
}

// deliver sends until it is answered with 2xx, four times at most.
func (p *postman) deliver(l letter) {
	for _, wait := range []time.Duration{0, 200 * time.Millisecond, time.Second, 3 * time.Second} {
		select {
		case <-p.stop:
			return
		default:
		}
		if wait > 0 {
			p.pause(wait, nil)
		}
		if p.send(l) {
			return
		}
	}
	p.bank.cfg.Log.Warn("a notice was given up", "event", l.n.EventID)
}

func (p *postman) send(l letter) bool {
	p.bank.mu.Lock()
	now := p.bank.now()
	p.bank.mu.Unlock()
	header, body, err := notice.Sign(l.to.Profile, []byte(l.to.Secret), l.n, now)
	if err != nil {
		p.bank.cfg.Log.Error("a notice cannot be signed", "err", err)
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.to.URL, bytes.NewReader(body))
	if err != nil {
		p.bank.cfg.Log.Error("a notice cannot be sent", "err", err)
		return true
	}
	req.Header = header
	resp, err := p.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode/100 == 2
}

// flush lets late notices go and waits until every one is delivered or given up.
func (p *postman) flush() {
	p.mu.Lock()
	close(p.hurry)
	p.hurry = make(chan struct{})
	p.mu.Unlock()
	p.waiting.Wait()
}

func (p *postman) close() {
	p.mu.Lock()
	close(p.stop)
	p.mu.Unlock()
	p.waiting.Wait()
}
