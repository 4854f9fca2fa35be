package bank

import (
	"bytes"
	"strings"

	"ansinh.vn/bank/iso20022"
)

// ReadAnswer reads a pain.002 into the id of the message that it answers and the
// answer.
func ReadAnswer(raw []byte) (messageID string, a Answer, err error) {
	a.Raw = raw
	rep, err := iso20022.ReadPain002(bytes.NewReader(raw), iso20022.Limits{}, func(t iso20022.TransactionStatus) error {
		if t.Status == iso20022.Rejected || t.Status == iso20022.Cancelled {
			a.Rejected = append(a.Rejected, t)
		}
		return nil
	})
	if err != nil {
		return "", Answer{}, err
	}
	a.State, a.Reason = judge(rep, len(a.Rejected))
	return rep.OriginalMessageID, a, nil
}

// judge turns the group's status, or where there is none those of its batches, into a
// state. A status that says nothing final about acceptance (RCVD, PDNG) leaves the
// message Sent.
func judge(rep *iso20022.StatusReport, rejected int) (State, string) {
	status := rep.Group
	reasons := rep.Reasons
	if status == "" {
		seen := map[iso20022.Status]bool{}
		for _, b := range rep.Batches {
			seen[b.Status] = true
			status = b.Status
			reasons = append(reasons, b.Reasons...)
		}
		if len(seen) > 1 {
			status = iso20022.PartAccept
		}
	}
	state := Sent
	switch status {
	case iso20022.Technical, iso20022.Profile, iso20022.Processing, iso20022.WithChange, iso20022.Settled, iso20022.Credited, "ACFC", "ACWP":
		state = Accepted
		if rejected > 0 {
			state = Part
		}
	case iso20022.PartAccept:
		state = Part
	case iso20022.Rejected:
		state = Rejected
	case iso20022.Cancelled:
		state = Cancelled
	default:
		if rejected > 0 {
			state = Part
		}
	}
	return state, say(reasons)
}

// say joins reasons into one line: codes with their text.
func say(reasons []iso20022.Reason) string {
	var parts []string
	for _, r := range reasons {
		part := r.Code
		if part == "" {
			part = r.Proprietary
		}
		if info := strings.Join(r.Info, " "); info != "" {
			part = strings.TrimSpace(part + " " + info)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
