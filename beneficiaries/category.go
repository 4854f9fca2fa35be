package beneficiaries

import (
	_ "embed"
	"encoding/csv"
	"strings"

	"ansinh.vn/identity"
)

// The schemes that lists are about.
const (
	SocialAssistance = "btxh" // NĐ 20/2021, NĐ 335/2026
	SocialPension    = "htxh" // NĐ 176/2025
	Merit            = "ncc"  // Pháp lệnh 02/2020
)

// Category is a group of people that a scheme owes to.
type Category struct {
	Scheme string
	Code   string // Example: KT_N
	Label  string // Example: Khuyết tật nặng
}

//go:embed categories.csv
var categoriesCSV string // codes of the rate tables with the words that lists use

var (
	categories     []Category
	categoryByWord = map[string]map[string]int{} // scheme → folded word → index
)

func init() {
	rows, err := csv.NewReader(strings.NewReader(categoriesCSV)).ReadAll()
	if err != nil {
		panic(err) // the table is embedded
	}
	for i, r := range rows[1:] {
		categories = append(categories, Category{Scheme: r[0], Code: r[1], Label: r[2]})
		words := categoryByWord[r[0]]
		if words == nil {
			words = map[string]int{}
			categoryByWord[r[0]] = words
		}
		for _, w := range append(strings.Split(r[3], ";"), r[1], r[2]) {
			if key := identity.SearchKey(w); key != "" {
				words[key] = i
			}
		}
	}
}

// Categories lists what a scheme owes to whom, in the order of its decree.
func Categories(scheme string) []Category {
	var out []Category
	for _, c := range categories {
		if c.Scheme == scheme {
			out = append(out, c)
		}
	}
	return out
}

// CategoryLabel is the Vietnamese name of a category, its code when unknown.
func CategoryLabel(scheme, code string) string {
	if i, ok := categoryByWord[scheme][identity.SearchKey(code)]; ok {
		return categories[i].Label
	}
	return code
}

// findCategory reads what a list writes for the category: the code, or words,
// perhaps with the code in brackets or an age behind.
func findCategory(scheme, text string) (string, bool) {
	words := categoryByWord[scheme]
	if i, ok := words[identity.SearchKey(text)]; ok {
		return categories[i].Code, true
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("()[];:|", r) }) {
		if i, ok := words[identity.SearchKey(part)]; ok {
			return categories[i].Code, true
		}
	}
	return "", false
}
