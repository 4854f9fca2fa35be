package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// village is a register of some forty people of three communes, with a father and
// a son of one name, and twins.
func village() []Record {
	var out []Record
	add := func(number, name string, b Birth, sex Sex, commune int, hamlet, home string) {
		out = append(out, Record{Number: PersonNumber(number), Name: name, Birth: b, Sex: sex, CommuneCode: fmt.Sprint(31858 + 9*commune), Commune: []string{"Xã Vĩnh Lộc", "Xã Phước Long", "Xã Vĩnh Phước"}[commune], Hamlet: hamlet, Household: home})
	}
	add("095030000001", "Khưu Văn Hai", Birth{Year: 1930, Month: 6, Day: 25}, Male, 0, "Ấp 4", "H1")
	add("095054000002", "Khưu Văn Hai", Birth{Year: 1954, Month: 4, Day: 6}, Male, 0, "Ấp 4", "H1")
	add("095083000003", "Vũ Văn Hùng", Birth{Year: 1983, Month: 12, Day: 22}, Male, 0, "Ấp 5", "H2")
	add("095083000004", "Vũ Văn Hưng", Birth{Year: 1983, Month: 12, Day: 22}, Male, 0, "Ấp 5", "H2")
	add("095150000005", "Trần Thị Sáu", Birth{Year: 1950}, Female, 1, "Ấp 1", "H3")
	given := strings.Fields("An Bình Cảnh Dũng Em Giang Hải Kiên Lành Mến Nga Oanh Phú Quyên Rạng Sang Tám Út Vân Xuyến")
	for i, g := range given {
		sex, middle := Male, "Văn"
		if i%2 == 1 {
			sex, middle = Female, "Thị"
		}
		year := 1940 + 3*i
		add(fmt.Sprintf("095%d%02d9%05d", i%2, year%100, 7919*(i+1)%100_000), "Lâm "+middle+" "+g, Birth{Year: year, Month: 1 + i%12, Day: 2 + i}, sex, 2, "Ấp Cầu Đỏ", fmt.Sprint("H", 10+i))
	}
	return out
}

func villageIndex() *Index {
	return NewIndex(slices.Values(village()), Options{Gazetteer: NewGazetteer(nil), Today: 2026})
}

// sheetOf writes the twenty Lâms as one sheet.
func sheetOf(people []Record) (rows []Row) {
	for i, r := range people[5:] {
		rows = append(rows, Row{ID: fmt.Sprint(i), Document: string(r.Number), Name: r.Name, Birth: r.Birth.Words(), Sex: r.Sex.Words(), Address: r.Hamlet, Commune: r.Commune})
	}
	return rows
}

func TestAColumnThatSlidIsPutBack(t *testing.T) {
	t.Parallel()
	people := village()
	for _, c := range []struct {
		name string
		by   int
		cell func(*Row) *string
	}{
		{"numbers by one", 1, func(r *Row) *string { return &r.Document }},
		{"numbers by three, upwards", -3, func(r *Row) *string { return &r.Document }},
		{"names by two", 2, func(r *Row) *string { return &r.Name }},
		{"births by one", 1, func(r *Row) *string { return &r.Birth }},
	} {
		rows := sheetOf(people)
		from := sheetOf(people)
		for i := 4; i < 16; i++ { // a part of the sheet
			*c.cell(&rows[i]) = ""
			if j := i - c.by; j >= 4 && j < 16 {
				*c.cell(&rows[i]) = *c.cell(&from[j])
			}
		}
		results, _ := villageIndex().Match(rows)
		linked, repaired := 0, 0
		for i, r := range results {
			if r.Number != "" && r.Number != people[5+i].Number {
				t.Errorf("%s: row %d is %s, linked to %s: %q", c.name, i, people[5+i].Name, r.Number, r.Reasons)
			}
			if r.Number != "" {
				linked++
			}
			if slices.ContainsFunc(r.Repairs, func(r Repair) bool { return r.Kind == RepairSlid }) {
				repaired++
			}
		}
		if linked < 20 || repaired < 8 {
			t.Errorf("%s: %d of 20 linked, %d repaired", c.name, linked, repaired)
		}
	}
}

func TestANumberOfTheFamilyIsNotBelievedAlone(t *testing.T) {
	t.Parallel()
	ix := villageIndex()
	for _, c := range []struct {
		row     Row
		outcome Outcome
		number  PersonNumber
		says    string
	}{
		// the father's number: the son's row, known by his birth
		{Row{Document: "095030000001", Name: "Khưu Văn Hai", Birth: "06/04/1954", Sex: "Nam", Address: "Ấp 4", Commune: "Xã Vĩnh Lộc"}, Match, "095054000002", "số định danh là của người cùng hộ"},
		// a twin's number and the other twin's name
		{Row{Document: "095083000003", Name: "Vũ Văn Hưng", Birth: "22/12/1983", Sex: "Nam", Address: "Ấp 5", Commune: "Xã Vĩnh Lộc"}, "", "", ""},
		// a number alone
		{Row{Document: "095150000005"}, Review, "", "dòng không có họ tên để đối chiếu"},
		{Row{Document: "095150000005", Name: "Phan Văn Lượm", Birth: "1991", Sex: "Nam"}, NotFound, "", ""},
		// number and year, in the house, under another name
		{Row{Document: "095150000005", Name: "Trần Thị Hoa", Birth: "1950", Sex: "Nữ", Address: "Ấp 1", Commune: "Xã Phước Long"}, Match, "095150000005", "chỉ họ trùng"},
		// nobody's number
		{Row{Document: "096188777777", Name: "Lâm Văn An", Sex: "Nữ"}, "", "", ""},
		{Row{Document: "095150000005", Name: "Trần Thị Sáu", Birth: "01/01/1950", Sex: "Nữ"}, Match, "095150000005", "số định danh trùng"},
		{Row{Name: "Trần Thị Sáu"}, "", "", "dòng thiếu số định danh, ngày sinh, nơi ở"},
	} {
		r := ix.LookupOne(c.row)
		if c.outcome == "" && (r.Outcome == Match || r.Number != "") || c.outcome != "" && (r.Outcome != c.outcome || r.Number != c.number) {
			t.Errorf("%+v: %s %s %.3f %q", c.row, r.Outcome, r.Number, r.Score, r.Reasons)
		}
		if reasons := strings.Join(r.Reasons, "; "); !strings.Contains(reasons, c.says) {
			t.Errorf("%+v: %q does not say %q", c.row, reasons, c.says)
		}
	}
}

func TestRepairsOfPlaceAndBirthAreRecorded(t *testing.T) {
	t.Parallel()
	units := []Unit{
		{"31876", "Xã Phước Long", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31876", "Xã Vĩnh Phước"}, // its code is another's since
		{"31873", "Xã Vĩnh Phú Tây", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31876", "Xã Vĩnh Phước"},
		{"31870", "Thị trấn Phước Long", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31867", "Xã Phước Long"},
	}
	people := []Record{
		{Number: "095154000001", Name: "Danh Thị Sà Rươne", Birth: Birth{Year: 1954, Month: 3, Day: 4}, Sex: Female, CommuneCode: "31876", Commune: "Xã Vĩnh Phước", Hamlet: "Ấp 3"},
		{Number: "095054000002", Name: "Trần Văn Út", Birth: Birth{Year: 1954, Month: 10, Day: 12}, Sex: Male, CommuneCode: "31867", Commune: "Xã Phước Long", Hamlet: "Ấp 6"},
	}
	ix := NewIndex(slices.Values(people), Options{Gazetteer: NewGazetteer(units), Today: 2026})
	for _, c := range []struct {
		row    Row
		number PersonNumber
		kinds  []string
	}{
		{Row{Document: "095154000001", Name: "Danh Thị Sà Rươne", Birth: "01/01/1954", Commune: "31876 - Xã Phước Long"}, "095154000001", []string{RepairOldCommune, RepairReusedCode, RepairYearOnly}},
		{Row{Document: "95154000001", Name: "Danh Thị Sà Rươne", Birth: "04/03/1954", Commune: "Xã Vĩnh Phươc"}, "095154000001", []string{RepairLostZero}},
		{Row{Document: "095154000001", Name: "Danh Thị Sà Rươne", Birth: "4/3/1954", Address: "Số 12, Ấp 3, Vĩnh Phú Tây, Phước Long, Bạc Liêu"}, "095154000001", []string{RepairOldCommune}},
		{Row{Document: "095054000002", Name: "Traanf Văn Út", Birth: "12101954", Address: "Ấp 6, Phước Long"}, "095054000002", []string{RepairTelex}},
		{Row{Name: "Trần Văn Út", Birth: "1210/1954", Address: "Ấp 6, Phước Long"}, "095054000002", nil},
		{Row{Name: "Trần Văn Út", Birth: "12/10/19544", Address: "Ấp 6", Commune: "Xã Phước Long"}, "095054000002", nil},
	} {
		r := ix.LookupOne(c.row)
		var kinds []string
		for _, rep := range r.Repairs {
			kinds = append(kinds, rep.Kind)
		}
		if r.Number != c.number {
			t.Errorf("%+v: %s %s %.4f %q", c.row, r.Outcome, r.Number, r.Score, r.Reasons)
		}
		for _, k := range c.kinds {
			if !slices.Contains(kinds, k) {
				t.Errorf("%+v: repairs %v lack %s", c.row, kinds, k)
			}
		}
	}
}
