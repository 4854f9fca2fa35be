package province

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"ansinh.vn/money"
)

var titles = map[string]string{
	SocialAssistance: "DANH SÁCH NGƯỜI HƯỞNG TRỢ CẤP XÃ HỘI HẰNG THÁNG",
	SocialPension:    "DANH SÁCH NGƯỜI HƯỞNG TRỢ CẤP HƯU TRÍ XÃ HỘI",
	Merit:            "DANH SÁCH NGƯỜI CÓ CÔNG VỚI CÁCH MẠNG HƯỞNG TRỢ CẤP ƯU ĐÃI HẰNG THÁNG",
}

// write lays the lines out as a spreadsheet and returns the row of the first one,
// counted from 1 as spreadsheets do.
func (c *clerk) write(path, scheme string, lines []line) (first int, err error) {
	f := excelize.NewFile()
	defer f.Close()
	sheet := pick(c.Rand, []string{"Sheet1", "Danh sách", "T" + strconv.Itoa(int(c.Month.Month())), "DS " + scheme})
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return 0, err
	}
	sw, err := f.NewStreamWriter(sheet)
	if err != nil {
		return 0, err
	}
	cols := c.style.columns(scheme)
	for i, col := range cols {
		if err := sw.SetColWidth(i+1, i+1, col.width); err != nil {
			return 0, err
		}
	}
	ss, err := newSheetStyles(f, c.style)
	if err != nil {
		return 0, err
	}
	row := 1
	if row, err = c.title(sw, scheme, len(cols), ss); err != nil {
		return 0, err
	}
	if row, err = c.heading(sw, cols, row, ss); err != nil {
		return 0, err
	}
	cells := make([]any, len(cols))
	total := money.VND(0)
	for i := range lines {
		for k, col := range cols {
			cells[k] = c.cell(col.key, &lines[i], i+1, ss)
		}
		if err := sw.SetRow("A"+strconv.Itoa(row+i), cells); err != nil {
			return 0, err
		}
		total += lines[i].e.Paid
	}
	if err := c.foot(sw, cols, row+len(lines), total); err != nil {
		return 0, err
	}
	if err := sw.Flush(); err != nil {
		return 0, err
	}
	return row, f.SaveAs(path)
}

// sheetStyles are the ids of the cell styles in one file.
type sheetStyles struct{ title, head, date, whole, text int }

func newSheetStyles(f *excelize.File, s style) (ss sheetStyles, err error) {
	font := "Times New Roman"
	switch s.encoding {
	case LegacyTCVN3:
		font = ".VnTime"
	case LegacyVNI:
		font = "VNI-Times"
	}
	dmy := "dd/mm/yyyy"
	centre := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	for _, one := range []struct {
		id    *int
		style excelize.Style
	}{
		{&ss.title, excelize.Style{Font: &excelize.Font{Bold: true, Family: "Times New Roman", Size: 13}, Alignment: centre}},
		{&ss.head, excelize.Style{Font: &excelize.Font{Bold: true, Family: "Times New Roman", Size: 11}, Alignment: centre}},
		{&ss.date, excelize.Style{CustomNumFmt: &dmy}},
		{&ss.whole, excelize.Style{NumFmt: 1}},
		{&ss.text, excelize.Style{Font: &excelize.Font{Family: font, Size: 12}}},
	} {
		if *one.id, err = f.NewStyle(&one.style); err != nil {
			return ss, err
		}
	}
	return ss, nil
}

// title writes what stands above the heading, in merged cells.
func (c *clerk) title(sw *excelize.StreamWriter, scheme string, width int, ss sheetStyles) (next int, err error) {
	half, last := width/2, width
	put := func(row int, left, right string) error {
		cells := make([]any, width)
		cells[0] = excelize.Cell{StyleID: ss.title, Value: left}
		if right != "" {
			cells[half] = excelize.Cell{StyleID: ss.title, Value: right}
			if err := merge(sw, half+1, row, last, row); err != nil {
				return err
			}
		}
		end := last
		if right != "" {
			end = half
		}
		if err := merge(sw, 1, row, end, row); err != nil {
			return err
		}
		return sw.SetRow("A"+strconv.Itoa(row), cells)
	}
	month := fmt.Sprintf("Tháng %d năm %d", c.Month.Month(), c.Month.Year())
	rows := [][2]string{
		{"ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"},
		{strings.ToUpper(c.office.Name), "Độc lập - Tự do - Hạnh phúc"},
		{titles[scheme], ""},
		{month, ""},
		{fmt.Sprintf("(Kèm theo Tờ trình số %d/TTr-VHXH ngày %s)", between(c.Rand, 20, 300), c.Listed.Format("02/01/2006")), ""},
	}
	if c.style.titles < 5 {
		rows = rows[2 : 2+min(c.style.titles-2, 3)]
	}
	for i, r := range rows {
		if err := put(i+1, r[0], r[1]); err != nil {
			return 0, err
		}
	}
	return len(rows) + 1 + c.style.variant%2, nil
}

// heading writes the columns' names in one row, or in two with merged cells.
func (c *clerk) heading(sw *excelize.StreamWriter, cols []column, row int, ss sheetStyles) (next int, err error) {
	top, below := make([]any, len(cols)), make([]any, len(cols))
	cell := func(s string) any { return excelize.Cell{StyleID: ss.head, Value: s} }
	if !c.style.twoLines {
		for i, col := range cols {
			top[i] = cell(c.style.head(col))
		}
		return row + 1, sw.SetRow("A"+strconv.Itoa(row), top)
	}
	for i := 0; i < len(cols); {
		k := i + 1
		if cols[i].group == "" {
			top[i] = cell(c.style.head(cols[i]))
			err = merge(sw, i+1, row, i+1, row+1)
		} else {
			top[i] = cell(cols[i].group)
			for k < len(cols) && cols[k].group == cols[i].group {
				k++
			}
			for j := i; j < k; j++ {
				below[j] = cell(cols[j].under)
			}
			err = merge(sw, i+1, row, k, row)
		}
		if err != nil {
			return 0, err
		}
		i = k
	}
	if err := sw.SetRow("A"+strconv.Itoa(row), top); err != nil {
		return 0, err
	}
	return row + 2, sw.SetRow("A"+strconv.Itoa(row+1), below)
}

// foot writes the total and who signs, where the clerk does.
func (c *clerk) foot(sw *excelize.StreamWriter, cols []column, row int, total money.VND) error {
	if !c.style.footer {
		return nil
	}
	cells := make([]any, len(cols))
	cells[1] = "Tổng cộng"
	for i, col := range cols {
		if col.key == "amount" && total > 0 {
			cells[i] = int64(total)
		}
	}
	if err := sw.SetRow("A"+strconv.Itoa(row), cells); err != nil {
		return err
	}
	sign := make([]any, len(cols))
	sign[1], sign[len(cols)/2], sign[len(cols)-2] = "NGƯỜI LẬP", "KẾ TOÁN", "CHỦ TỊCH"
	return sw.SetRow("A"+strconv.Itoa(row+2), sign)
}

func merge(sw *excelize.StreamWriter, c1, r1, c2, r2 int) error {
	if c1 == c2 && r1 == r2 {
		return nil
	}
	a, err := excelize.CoordinatesToCellName(c1, r1)
	if err != nil {
		return err
	}
	b, err := excelize.CoordinatesToCellName(c2, r2)
	if err != nil {
		return err
	}
	return sw.MergeCell(a, b)
}
