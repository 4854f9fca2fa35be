package ledger

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

// StateAccount is an account of the chart that public bodies keep their books by
// (Thông tư 24/2024/TT-BTC). Example: {"338", "Phải trả khác"}.
type StateAccount struct {
	Code string
	Name string
}

// chart.csv: what our codes begin with (the longest rules: an office opens sub-accounts of
// its own under the state's), state_account, state_name, and what is still to be compared
// with the circular's annex.
//
//go:embed chart.csv
var chartCSV string

var stateChart = sync.OnceValue(func() map[string]StateAccount {
	rows, err := csv.NewReader(strings.NewReader(chartCSV)).ReadAll()
	if err != nil {
		panic(err) // it is part of the program, and a test reads it
	}
	accounts := map[string]StateAccount{}
	for _, r := range rows[1:] {
		accounts[r[0]] = StateAccount{Code: r[1], Name: r[2]}
	}
	return accounts
})

// InStateChart returns where an account of ours stands in the state's chart, by its code;
// ok is false when nobody has said.
func InStateChart(code string) (a StateAccount, ok bool) {
	for first, _, _ := strings.Cut(code, "."); first != "" && !ok; first = first[:len(first)-1] {
		a, ok = stateChart()[first]
	}
	return a, ok
}
