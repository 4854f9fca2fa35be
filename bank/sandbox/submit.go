package sandbox

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

// message is a pain.001 that the bank has taken, refused ones included.
type message struct {
	id      string
	version iso20022.Version
	sum     [32]byte
	n       int
	total   money.VND
	batches []*batch
	state   iso20022.Status // ACCP, PART, RJCT, CANC; ACSC when executed
	reasons []iso20022.Reason
	first   []byte // the first answer
}

// batch is one PmtInf.
type batch struct {
	message   *message
	head      iso20022.Initiation
	account   *account
	transfers []transfer
	accepted  int
	total     money.VND // of the accepted
	executed  bool
}

type transfer struct {
	iso20022.Transfer
	refused string // status reason code; "" is accepted
	info    string
}

// submit reads a message as a bank does and answers. lost tells that the answer is to
// be kept from the customer.
func (b *Bank) submit(body []byte) (answer []byte, lost bool, err error) {
	m, cause, err := readMessage(body)
	if err != nil {
		return nil, false, err
	}
	if old := b.messages[m.id]; old != nil {
		if old.sum == m.sum {
			return old.first, false, nil
		}
		m.refuse("DU01", "Ma tin nhan da dung cho noi dung khac")
		return b.report(m), false, nil
	}
	if cause != nil {
		m.refuse("FF01", cause.Error())
	} else {
		b.judge(m)
	}
	b.messages[m.id] = m
	m.first = b.report(m) // how it was accepted, before anything is executed
	if m.state != iso20022.Rejected {
		b.accept(m)
	}
	return m.first, b.dice.roll("lost answer", m.id) < b.faults.LostAnswer, nil
}

// readMessage reads what it can. A file without so much as a message id cannot be
// answered with a pain.002: that is err. Anything else wrong with it is cause.
func readMessage(body []byte) (m *message, cause, err error) {
	m = &message{sum: sha256.Sum256(body), state: iso20022.Profile}
	var group iso20022.Group
	var bt *batch
	cause = iso20022.ReadPain001(bytes.NewReader(body), iso20022.Limits{Bytes: 1 << 30}, iso20022.InitiationHandler{
		Group: func(g *iso20022.Group) error {
			group = *g
			m.id, m.version, m.n = g.MessageID, g.Version, g.N
			return nil
		},
		Batch: func(h *iso20022.Initiation) error {
			bt = &batch{message: m, head: *h}
			m.batches = append(m.batches, bt)
			return nil
		},
		Transfer: func(_ *iso20022.Initiation, t *iso20022.Transfer) error {
			bt.transfers = append(bt.transfers, transfer{Transfer: *t})
			return nil
		},
	})
	if m.id == "" || len(m.id) > 35 {
		if cause == nil {
			cause = errors.New("the message has no message id")
		}
		return nil, nil, cause
	}
	m.total = -1
	if group.Total.Valid {
		if m.total, err = money.Whole(group.Total.Decimal); err != nil {
			return m, fmt.Errorf("CtrlSum: %w", err), nil
		}
	}
	return m, cause, nil
}

func (m *message) refuse(code, info string) {
	m.state = iso20022.Rejected
	m.reasons = []iso20022.Reason{{Code: code, Info: []string{clip(info, 105)}}}
}

func clip(s string, max int) string {
	r := []rune(s)
	if len(r) > max {
		return string(r[:max])
	}
	return s
}

// judge checks control figures, accounts and dates of the whole, then each transfer.
func (b *Bank) judge(m *message) {
	n, total := 0, money.VND(0)
	for _, bt := range m.batches {
		sum := money.VND(0)
		for i := range bt.transfers {
			sum += bt.transfers[i].Amount
		}
		if bt.head.N != 0 && bt.head.N != len(bt.transfers) {
			m.refuse("AM18", fmt.Sprintf("PmtInf %s: NbOfTxs %d, thuc te %d", bt.head.BatchID, bt.head.N, len(bt.transfers)))
			return
		}
		if bt.head.Total >= 0 && bt.head.Total != sum {
			m.refuse("AM10", fmt.Sprintf("PmtInf %s: CtrlSum %d, thuc te %d", bt.head.BatchID, bt.head.Total, sum))
			return
		}
		n, total = n+len(bt.transfers), total+sum
	}
	switch {
	case n == 0:
		m.refuse("FF01", "Khong co giao dich nao")
		return
	case m.n != n:
		m.refuse("AM18", fmt.Sprintf("NbOfTxs %d, thuc te %d", m.n, n))
		return
	case m.total >= 0 && m.total != total:
		m.refuse("AM10", fmt.Sprintf("CtrlSum %d, thuc te %d", m.total, total))
		return
	}
	m.total = total
	batchIDs := map[string]bool{}
	for _, bt := range m.batches {
		h := &bt.head
		bt.account = b.accounts[number{h.DebtorBIN, h.DebtorAccount}]
		switch {
		case h.BatchID == "" || batchIDs[h.BatchID]:
			m.refuse("DU02", "PmtInfId trung hoac thieu: "+h.BatchID)
		case !members[h.DebtorBIN]:
			m.refuse("RC03", "Ma ngan hang chuyen khong hop le: "+h.DebtorBIN)
		case bt.account == nil:
			m.refuse("AC02", "Khong co tai khoan chuyen tai ngan hang nay")
		case h.ExecuteOn.IsZero() || h.ExecuteOn.Before(b.day):
			m.refuse("DT01", "Ngay thuc hien da qua: "+h.ExecuteOn.Format(time.DateOnly))
		case h.ExecuteOn.Sub(b.day) > 30*24*time.Hour:
			m.refuse("DT01", "Ngay thuc hien xa hon 30 ngay")
		}
		if m.state == iso20022.Rejected {
			return
		}
		batchIDs[h.BatchID] = true
	}
	b.judgeTransfers(m)
}

func (b *Bank) judgeTransfers(m *message) {
	inMessage := map[string]bool{}
	refused := 0
	spent := map[*account]money.VND{}
	for _, bt := range m.batches {
		for i := range bt.transfers {
			t := &bt.transfers[i]
			if t.refused, t.info = b.fault(t, inMessage); t.refused != "" {
				refused++
				continue
			}
			inMessage[t.EndToEndID] = true
			bt.accepted++
			bt.total += t.Amount
		}
		if !bt.head.ExecuteOn.After(b.day) {
			spent[bt.account] += bt.total
		}
	}
	switch {
	case refused == m.count():
		m.refuse("NARR", "Tat ca giao dich bi tu choi")
		return
	case refused > 0:
		m.state = iso20022.PartAccept
	}
	for _, bt := range m.batches { // in order, so that the same account is named each time
		if spent[bt.account] > bt.account.balance {
			m.refuse("AM04", fmt.Sprintf("So du khong du: thieu %d", spent[bt.account]-bt.account.balance))
			return
		}
	}
}

func (m *message) count() (n int) {
	for _, bt := range m.batches {
		n += len(bt.transfers)
	}
	return n
}

// fault says why a transfer is refused, "" when it is not.
func (b *Bank) fault(t *transfer, inMessage map[string]bool) (code, info string) {
	switch {
	case t.EndToEndID == "" || len(t.EndToEndID) > 35:
		return "FF01", "EndToEndId thieu hoac dai qua 35"
	case inMessage[t.EndToEndID] || b.seen[t.EndToEndID]:
		return "DU04", "EndToEndId da dung"
	case t.Amount <= 0:
		return "AM01", "So tien phai lon hon 0"
	case !members[t.BIN]:
		return "RC04", "Khong co ngan hang huong " + t.BIN
	case !plausible(t.Account):
		return "AC03", "So tai khoan huong khong hop le"
	case strings.TrimSpace(t.Name) == "":
		return "BE22", "Thieu ten nguoi huong"
	case b.dice.roll("reject", t.BIN+t.Account) < b.faults.Reject:
		return "AC03", "Khong tim thay tai khoan huong"
	}
	return "", ""
}

func plausible(no string) bool {
	if len(no) < 4 || len(no) > 34 {
		return false
	}
	for _, c := range no {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

// report writes the pain.002 of how a message stands.
func (b *Bank) report(m *message) []byte {
	status := m.status()
	id := sha256.Sum256(fmt.Appendf(m.sum[:], "%s %s", m.id, status))
	rep := &iso20022.StatusReport{
		MessageID: fmt.Sprintf("P2-%s-%x", b.day.Format("20060102"), id[:8]), CreatedAt: dayTime(b.day), Initiator: iso20022.Fold(b.cfg.Name),
		OriginalMessageID: m.id, OriginalName: "pain." + string(m.version), OriginalN: m.n, Group: status, Reasons: m.reasons,
	}
	if m.version == "" {
		rep.OriginalName = "pain.001"
	}
	if m.total > 0 {
		rep.OriginalTotal = decimal.NewNullDecimal(decimal.NewFromInt(int64(m.total)))
	}
	var refused []iso20022.TransactionStatus
	if m.state != iso20022.Rejected {
		for _, bt := range m.batches {
			rep.Batches = append(rep.Batches, bt.status(m.state))
			for i := range bt.transfers {
				if t := &bt.transfers[i]; t.refused != "" {
					refused = append(refused, iso20022.TransactionStatus{
						BatchID: bt.head.BatchID, EndToEndID: t.EndToEndID, InstructionID: t.InstructionID, Status: iso20022.Rejected,
						Reasons: []iso20022.Reason{{Code: t.refused, Info: []string{t.info}}},
						Amount:  decimal.NewNullDecimal(decimal.NewFromInt(int64(t.Amount))), Currency: "VND",
					})
				}
			}
		}
	}
	var out bytes.Buffer
	if err := iso20022.WritePain002(&out, rep, refused); err != nil {
		panic(err) // into memory, of a report that this function made
	}
	return out.Bytes()
}

func (bt *batch) status(group iso20022.Status) iso20022.BatchStatus {
	status := group
	if group == iso20022.PartAccept && bt.accepted == len(bt.transfers) {
		status = iso20022.Profile
	}
	s := iso20022.BatchStatus{ID: bt.head.BatchID, N: len(bt.transfers), Status: status}
	good := iso20022.Processing
	if bt.executed {
		good = iso20022.Settled
	}
	if group == iso20022.Cancelled {
		good = iso20022.Cancelled
	}
	sum := money.VND(0)
	for i := range bt.transfers {
		if bt.transfers[i].refused != "" {
			sum += bt.transfers[i].Amount
		}
	}
	s.Counts = append(s.Counts, iso20022.StatusCount{Status: good, N: bt.accepted, Total: decimal.NewNullDecimal(decimal.NewFromInt(int64(bt.total)))})
	if bt.accepted < len(bt.transfers) {
		s.Counts = append(s.Counts, iso20022.StatusCount{Status: iso20022.Rejected, N: len(bt.transfers) - bt.accepted, Total: decimal.NewNullDecimal(decimal.NewFromInt(int64(sum)))})
	}
	return s
}
