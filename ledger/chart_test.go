package ledger_test

import (
	"encoding/csv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ansinh.vn/ledger"
)

// accountCode is how our rooms write the code of an account: "3388.p%d", "112." + office.
var accountCode = regexp.MustCompile(`"([0-9]{3,4})\.(?:[a-z]*%[dsv]|%|")`)

// Every account that our rooms open has its place in the state's chart, under a number
// that it begins with and a name that the facts give.
func TestEveryAccountIsInTheStateChart(t *testing.T) {
	t.Parallel()
	used := map[string]string{}
	for _, room := range []string{"payout", "markets", "reconcile", "bank", "cmd", "web"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range accountCode.FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = path
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, design := range []string{"112", "366", "511", "611", "3388", "3389", "1388", "3387", "3386", "3381", "331"} {
		used[design] = "the design's chart"
	}
	if len(used) < 11 {
		t.Fatalf("only %d accounts found", len(used))
	}
	f, err := os.Open("chart.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for code, where := range used {
		a, ok := ledger.InStateChart(code + ".x")
		if !ok || !strings.HasPrefix(code, a.Code) || a.Name == "" {
			t.Errorf("account %s (%s) has no place in the state's chart: %+v", code, where, a)
		}
	}
	for _, r := range rows[1:] {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(code string) bool { return strings.HasPrefix(code, r[0]) }) {
			t.Errorf("account %s is in the chart and nobody opens it", r[0])
		}
	}
}
