package beneficiaries

import (
	_ "embed"
	"encoding/csv"
	"strings"

	"ansinh.vn/identity"
)

// Bank is a bank, e-wallet or finance company that an account may be at.
type Bank struct {
	BIN   string // six digits of NAPAS. Example: 970405
	Code  string // Example: VBA
	Short string // Example: Agribank
	Name  string // Example: Ngân hàng Nông nghiệp và Phát triển Nông thôn Việt Nam
	SWIFT string // "" where none is known
}

//go:embed banks.csv
var banksCSV string // SBV list 1589/NHNN-TT of 2024-03-05, later BINs and names added

var (
	bankByBIN  = map[string]Bank{}
	bankByName = map[string]string{} // folded name without blanks → BIN; "" where two banks share it
)

func init() {
	rows, err := csv.NewReader(strings.NewReader(banksCSV)).ReadAll()
	if err != nil {
		panic(err) // the table is embedded
	}
	for _, r := range rows[1:] {
		b := Bank{BIN: r[0], Code: r[1], Short: r[2], Name: r[3], SWIFT: r[4]}
		bankByBIN[b.BIN] = b
		for _, name := range append(strings.Split(r[6], ";"), b.Code, b.Short, b.Name, b.SWIFT) {
			key := bankKey(name)
			if key == "" {
				continue
			}
			if other, taken := bankByName[key]; taken && other != b.BIN {
				bankByName[key] = ""
				continue
			}
			bankByName[key] = b.BIN
		}
	}
}

// BankByBIN finds a bank by its six digits.
func BankByBIN(bin string) (Bank, bool) {
	b, ok := bankByBIN[bin]
	return b, ok
}

// FindBank reads what a list writes in its bank column: six digits, a code, a
// name in use or an old one, with or without "Ngân hàng", branch and marks. It
// reports false when no bank or more than one is meant.
func FindBank(text string) (Bank, bool) {
	if b, ok := bankByBIN[strings.TrimSpace(text)]; ok {
		return b, true
	}
	// a branch follows a comma, a dash or the words for it
	for _, cut := range []string{text, upTo(text, ",", "–", " - ", "(", " CN ", " cn ", " Chi nhánh", " chi nhánh", " PGD")} {
		if bin := bankByName[bankKey(cut)]; bin != "" {
			return bankByBIN[bin], true
		}
	}
	return Bank{}, false
}

func upTo(text string, stops ...string) string {
	for _, s := range stops {
		if i := strings.Index(text, s); i > 0 {
			text = text[:i]
		}
	}
	return text
}

// bankKey folds a bank's name to letters and digits and drops the words that
// say no more than that it is a bank.
func bankKey(name string) string {
	key := " " + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return ' '
	}, strings.ToLower(identity.Fold(name))) + " "
	for _, noise := range []string{" ngan hang ", " nh ", " tmcp ", " thuong mai co phan ", " tnhh ", " mtv ", " mot thanh vien ", " viet nam ", " vn ", " bank "} {
		key = strings.ReplaceAll(key, noise, " ")
	}
	return strings.ReplaceAll(key, " ", "")
}
