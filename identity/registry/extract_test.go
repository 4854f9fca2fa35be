package registry

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var checks = []Check{
	{ID: "1", Number: "095154000123", Name: "Danh Thị Sà Rươne", Birth: "1954", Sex: "F", Address: "Ấp Cầu Đỏ, Xã Vĩnh Lộc"},
	{ID: "2", Number: "095041000456", Name: "Trần Văn Ân", Birth: "1941-05-02", Sex: "M", Address: "Khóm 3, Phường Bạc Liêu"},
	{ID: "3", Name: "Lý Ba"},
}

func TestAnExtractComesBackAsItWent(t *testing.T) {
	t.Parallel()
	var xlsx, csv bytes.Buffer
	if err := WriteExtract(&xlsx, Extract{"UBND Phường Bạc Liêu", "Danh sách đối chiếu tháng 11/2026", october}, slices.Values(checks)); err != nil {
		t.Fatal(err)
	}
	if err := WriteExtractCSV(&csv, slices.Values(checks)); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"xlsx": xlsx.Bytes(), "csv": csv.Bytes()} {
		got, err := ReadChecked(body)
		if err != nil || len(got) != len(checks) {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		for i, c := range got {
			if !cmp.Equal(c.Check, checks[i]) || c.Result != "" {
				t.Errorf("%s: %+v", name, c)
			}
			if _, looked := c.Answer(october); looked {
				t.Errorf("%s: row %d counts as checked", name, c.Row)
			}
		}
	}
}

func TestACheckedListSaysWhatARegisterWould(t *testing.T) {
	t.Parallel()
	var sent bytes.Buffer
	if err := WriteExtract(&sent, Extract{}, slices.Values(checks)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&sent)
	if err != nil {
		t.Fatal(err)
	}
	set := func(cell, v string) {
		if err := f.SetCellStr("Đối chiếu", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	set("G6", "ĐÃ MẤT")
	set("K6", "2/8/2026")
	set("G7", "chuyển đi")
	set("L7", "Tỉnh Đồng Nai")
	set("G8", "Sai lệch thông tin")
	set("H8", "095170000789")
	set("N8", "đúng là Lý Thị Ba")
	var back bytes.Buffer
	if err := f.Write(&back); err != nil {
		t.Fatal(err)
	}
	got, err := ReadChecked(back.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var answers []Answer
	for _, c := range got {
		a, ok := c.Answer(october)
		if !ok {
			t.Errorf("row %d was not looked at", c.Row)
		}
		answers = append(answers, a)
	}
	want := []Answer{
		{ID: "1", AsOf: october, Records: []Record{{Number: "095154000123", Name: "Danh Thị Sà Rươne", Birth: "1954", Sex: "F", Died: "2026-08-02", Standing: Resident}}},
		{ID: "2", AsOf: october, Records: []Record{{Number: "095041000456", Name: "Trần Văn Ân", Birth: "1941-05-02", Sex: "M", Standing: Moved, MovedTo: "Tỉnh Đồng Nai", Hamlet: "Tỉnh Đồng Nai"}}},
		{ID: "3", AsOf: october, Said: "đúng là Lý Thị Ba", Records: []Record{{Number: "095170000789", Name: "Lý Ba", Standing: Resident}}},
	}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Error(diff)
	}
}

func TestACheckedListThatCannotBeReadIsRefusedWithItsCell(t *testing.T) {
	t.Parallel()
	head := strings.Join(extractColumns, ",") + "\n"
	for body, cell := range map[string]string{
		"":            "",
		"a,b\n1,2\n":  "",
		"PK\x03\x04x": "",
		head + ",095154000123,A,,,,Trùng khớp,,,,,,,\n":       "A2",
		head + "1,,A,,,,có thể,,,,,,,\n":                      "G2",
		head + "1,,A,,,,,,,,,,,\n1,,B,,,,,,,,,,,\n":           "A3",
		head + "1,,A,,,,Đã chết,,,,2026,,,\n":                 "K2",
		head + "\n1,,A,,,,Sai lệch thông tin,,,hôm nào,,,,\n": "J3",
	} {
		_, err := ReadChecked([]byte(body))
		var refused *ExtractError
		if !errors.As(err, &refused) || refused.Cell != cell || !refused.Refused() {
			t.Errorf("%q: %v, want cell %s", body, err, cell)
		}
	}
}

func FuzzChecked(f *testing.F) {
	f.Add([]byte(strings.Join(extractColumns, ",") + "\n1,095154000123,A,1954,Nữ,x,Đã chết,,,,2/8/2026,,,\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := ReadChecked(body)
		for _, c := range rows {
			if a, ok := c.Answer(time.Time{}); err != nil || ok != (c.Result != "") || ok && a.ID == "" {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}
