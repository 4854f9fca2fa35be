// Package arrows keeps the direction of imports between the rooms of the house: each
// room may import only what stands below it.
package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "ansinh.vn/"

// shared are the small tools under internal/ that any room above the pure ones may use;
// pgdev, pgtest and the generated province are not among them.
const shared = "internal/pg internal/text internal/sheet internal/secret internal/units"

// allowed lists, for each package, the packages of ours that it may import directly.
// A package that is not listed fails the test: a new room is a decision.
var allowed = map[string]string{
	"money":               "",
	"identity":            "",
	"migrations":          "",
	"qr":                  "money",
	"bank/iso20022":       "money",
	"bank/mt940":          "money",
	"bank/notice":         "money",
	"bank/sheet":          "money internal/sheet",
	"internal/pg":         "money",
	"internal/text":       "money",
	"internal/sheet":      "money",
	"internal/secret":     "",
	"internal/units":      "identity",
	"internal/pgdev":      "",
	"internal/pgtest":     "internal/pg internal/pgdev migrations",
	"internal/arrows":     "",
	"internal/province":   "identity money internal/sheet internal/units",
	"internal/population": "identity internal/units",
	"identity/registry":   "identity",
	"audit":               "internal/pg",
	"ledger":              "audit money internal/pg",
	"staff":               "audit internal/pg",
	"bank":                "bank/iso20022 bank/mt940 bank/notice bank/sheet money internal/pg",
	"bank/sandbox":        "bank/iso20022 bank/notice qr money",
	"beneficiaries":       "identity identity/registry audit money " + shared,
	"payout":              "beneficiaries bank bank/iso20022 ledger audit money " + shared,
	"markets":             "qr beneficiaries bank bank/iso20022 bank/notice ledger audit money " + shared,
	"reconcile":           "payout markets bank bank/iso20022 bank/mt940 bank/notice bank/sheet ledger audit money " + shared,
	"verify":              "audit money internal/pg",
	"web":                 "reconcile payout markets beneficiaries staff bank bank/notice ledger audit identity identity/registry qr money " + shared,
	"cmd/ansinh":          "*",
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "ansinh.vn/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		rule, known := allowed[name]
		if !known {
			t.Errorf("%s has no place in the house; give it one here and in docs/decisions.md", name)
			continue
		}
		may := map[string]bool{}
		for _, a := range strings.Fields(rule) {
			may[a] = true
		}
		for _, imported := range p.Imports {
			if to, ours := strings.CutPrefix(imported, module); ours && !may[to] && !may["*"] {
				t.Errorf("%s imports %s, which does not stand below it", name, to)
			}
		}
	}
}
