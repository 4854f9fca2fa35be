package payout

import "strings"

// ReadCashResults reads the post office's answer as CSV: end_to_end_id, collected (yes
// or no, có or không), on, note. The first thing wrong is refused with its place.
func ReadCashResults(f Named) ([]CashResult, error) {
	t, err := openCSV(f.Name, f, "end_to_end_id", "collected", "on", "note")
	if err != nil {
		return nil, err
	}
	var results []CashResult
	for {
		more, err := t.next()
		if err != nil || !more {
			return results, err
		}
		var x CashResult
		if x.EndToEndID, err = t.needed(0); err != nil {
			return nil, err
		}
		switch strings.ToLower(t.text(1)) {
		case "yes", "có", "1", "true":
			x.Collected = true
		case "no", "không", "0", "false":
		default:
			return nil, t.bad(1, "%q is neither yes nor no", t.text(1))
		}
		if x.On, err = t.day(2, true); err != nil {
			return nil, err
		}
		x.EndToEndID, x.Note = strings.Clone(x.EndToEndID), strings.Clone(t.text(3))
		results = append(results, x)
	}
}
