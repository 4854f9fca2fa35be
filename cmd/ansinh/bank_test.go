package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bankFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBankParseSaysWhatEveryFileHolds(t *testing.T) {
	t.Parallel()
	good := bankFile(t, "a.sta", ":20:R\n:25:96003182501\n:28C:1/1\n:60F:C261101VND1000,\n:61:2611021102D400,NTRFNONREF\n:62F:C261102VND600,\n"+
		":20:S\n:25:96003182501\n:28C:2/1\n:60F:C261102VND600,\n:61:2611031103C1,NTRFNONREF\n:62F:C261103VND600,\n:20:T\n:25:96003182501\n:60F:C261103VND600,50\n")
	torn := bankFile(t, "b.xml", "<Document><BkToCstmrStmt>")
	code, out, errs := ansinh(t, "", "bank", "parse", torn, good)
	if code != exitRefused || !strings.Contains(errs, torn) {
		t.Errorf("exit %d, %s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines: %s", len(lines), out)
	}
	var failure map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &failure); err != nil || failure["file"] != torn || failure["error"] == "" || len(failure) != 2 {
		t.Errorf("%v %v", failure, err)
	}
	want := []string{
		`{"file":"` + good + `","format":"mt940","account":"96003182501","currency":"VND","statement_id":"R","opening":"1000","closing":"600","entries":1,"booked":1,"tx_details":0,"credits_n":0,"credits_sum":"0","debits_n":1,"debits_sum":"400","balanced":true}`,
		`{"file":"` + good + `","format":"mt940","account":"96003182501","currency":"VND","statement_id":"S","opening":"600","closing":"600","entries":1,"booked":1,"tx_details":0,"credits_n":1,"credits_sum":"1","debits_n":0,"debits_sum":"0","balanced":false}`,
		`{"file":"` + good + `","format":"mt940","account":"96003182501","currency":"VND","statement_id":"T","opening":"600.50","closing":null,"entries":0,"booked":0,"tx_details":0,"credits_n":0,"credits_sum":"0","debits_n":0,"debits_sum":"0","balanced":null}`,
	}
	if diff := cmp.Diff(want, lines[1:]); diff != "" {
		t.Error(diff)
	}
	if code, _, _ := ansinh(t, "", "bank", "parse", good); code != exitDone {
		t.Errorf("a good file: exit %d", code)
	}
	if code, _, _ := ansinh(t, "", "bank", "parse"); code != exitUsage {
		t.Errorf("no file: exit %d", code)
	}
}

func TestBankPain001WritesAValidFileOrNone(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out.xml")
	args := func(payments, version string) []string {
		return []string{"bank", "pain001", "--payments", payments, "--debtor-bank", "970436", "--debtor-account", "96003182501", "--debtor-name", "UBND xã Lương Thế Trân",
			"--date", "2026-11-02", "--out", out, "--version", version, "--purpose", "SSBE"}
	}
	const heading = "end_to_end_id,amount,bank,account,name,memo\n"
	for name, rows := range map[string]string{
		"not whole":      "E1,540000.5,970405,1900206123456,Trần Thị Bé,x\n",
		"grouped amount": "E1,540.000,970405,1900206123456,Trần Thị Bé,x\n",
		"zero":           "E1,0,970405,1900206123456,Trần Thị Bé,x\n",
		"twice":          "E1,1,970405,1900206123456,Trần Thị Bé,x\nE1,1,970405,1900206123456,Trần Thị Bé,x\n",
		"torn":           "E1,1\n",
		"empty":          "",
	} {
		if code, _, errs := ansinh(t, "", args(bankFile(t, "p.csv", heading+rows), "001.001.09")...); code != exitRefused || errs == "" {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused file left something behind")
	}
	payments := bankFile(t, "p.csv", heading+"E1,540000,970405,1900206123456,Trần Thị Bé,E1 Trợ cấp T11/2026\nE2,1080000,970418,74110000123456,Danh Sà Rượl,\n")
	for _, version := range []string{"001.001.03", "001.001.09"} {
		if code, _, errs := ansinh(t, "", args(payments, version)...); code != exitDone {
			t.Fatalf("exit %d, %s", code, errs)
		}
		schema, err := filepath.Abs("../../../shared/fixtures/xsd/pain." + version + ".xsd")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(schema); err != nil {
			t.Skipf("the official schemas are not here: %v", err)
		}
		if said, err := exec.Command("xmllint", "--stream", "--noout", "--schema", schema, out).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", version, said)
		}
	}
}
