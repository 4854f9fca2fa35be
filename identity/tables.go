package identity

import (
	_ "embed"
	"strings"
)

//go:embed provinces.csv
var provincesCSV string

// provinceNames gives the province of birth registration by the first three
// digits of a personal number (TT 59/2021/TT-BCA; not changed by the merger of
// provinces in 2025).
var provinceNames = func() map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(provincesCSV), "\n")[1:] {
		code, name, _ := strings.Cut(line, ",")
		m[code] = strings.TrimSpace(name)
	}
	return m
}()
