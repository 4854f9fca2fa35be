package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
)

func init() {
	command("match", "So khớp danh sách với sổ đăng ký dân cư / match a list against the population register", &matchCmd{})
}

type matchCmd struct {
	Register string   `placeholder:"R" help:"Sổ đăng ký, .csv hoặc .xlsx / the register."`
	Clusters bool     `help:"Không cần sổ đăng ký: tìm các dòng của danh sách nói về cùng một người / without a register: the rows of the list that are about one person."`
	List     string   `required:"" placeholder:"L" help:"Danh sách như cán bộ nhập, .csv hoặc .xlsx / the list as clerks typed it."`
	Out      string   `required:"" placeholder:"M.csv" help:"Kết quả, mỗi dòng của danh sách một dòng / the results, one row per list row."`
	Report   string   `placeholder:"M.json" help:"Ghi trọng số đã học, số đếm, các chỗ sửa và thời gian / learned weights, counts, repairs and times."`
	Columns  []string `sep:"," placeholder:"COLUMN=HEADING" help:"Tên cột của tệp khi không đọc được theo nghĩa, như ho_ten=surname+given_name; thêm register: hoặc list: ở đầu để chỉ riêng một tệp / headings of files in other languages; + joins several, register: or list: in front limits it to one file."`
}

// registerColumns and listColumns are the vocabularies of the two files.
var registerColumns = sheet.Columns{
	{Key: "so_dinh_danh", Names: []string{"Số định danh", "Số định danh cá nhân", "Số ĐDCN", "Số CCCD", "CCCD"}, Required: true},
	{Key: "so_cmnd", Names: []string{"Số CMND", "CMND", "CMND cũ", "Số CMND cũ"}},
	{Key: "ho_ten", Names: []string{"Họ và tên", "Họ tên", "Họ, chữ đệm và tên"}, Required: true},
	{Key: "ngay_sinh", Names: []string{"Ngày sinh", "Ngày, tháng, năm sinh", "Năm sinh"}},
	{Key: "gioi_tinh", Names: []string{"Giới tính", "Phái"}},
	{Key: "dan_toc", Names: []string{"Dân tộc"}},
	{Key: "ma_xa", Names: []string{"Mã xã", "Mã xã, phường"}},
	{Key: "ten_xa", Names: []string{"Tên xã", "Xã", "Xã, phường", "Phường, xã"}},
	{Key: "ap", Names: []string{"Ấp", "Khóm", "Ấp, khóm", "Thôn"}},
	{Key: "ma_ho", Names: []string{"Mã hộ", "Số hộ", "Mã hộ gia đình"}},
	{Key: "trang_thai", Names: []string{"Trạng thái", "Tình trạng"}},
	{Key: "ngay_mat", Names: []string{"Ngày mất", "Ngày chết"}},
}

var listColumns = sheet.Columns{
	{Key: "row_id", Names: []string{"Mã dòng", "STT", "TT"}},
	{Key: "danh_sach", Names: []string{"Danh sách", "Tên danh sách"}},
	{Key: "bang", Names: []string{"Bảng", "Sheet", "Trang tính"}},
	{Key: "so_giay_to", Names: []string{"Số giấy tờ", "Số định danh", "Số định danh cá nhân", "Số CCCD", "CCCD", "CMND/CCCD", "Số CMND", "CMND", "Số căn cước", "Số ĐDCN", "Giấy tờ tùy thân"}},
	{Key: "ho_ten", Names: []string{"Họ và tên", "Họ tên", "Họ, chữ đệm và tên", "Tên đối tượng", "Họ và tên người hưởng"}, Required: true},
	{Key: "ngay_sinh", Names: []string{"Ngày sinh", "Năm sinh", "Ngày tháng năm sinh", "Ngày, tháng, năm sinh", "Sinh ngày", "NTNS"}},
	{Key: "gioi_tinh", Names: []string{"Giới tính", "Phái", "Nam/Nữ", "Giới"}},
	{Key: "dan_toc", Names: []string{"Dân tộc"}},
	{Key: "dia_chi", Names: []string{"Địa chỉ", "Nơi ở", "Nơi thường trú", "Chỗ ở", "Ấp, khóm", "Ấp"}},
	{Key: "xa", Names: []string{"Xã", "Xã, phường", "Phường, xã", "Xã/Phường", "Phường/Xã", "Tên xã", "Đơn vị"}},
}

// othersColumns of a list speak of somebody else than the person of the row. They
// are recognised so that a "Họ và tên" under "Người nhận thay" is not taken for
// the person's own.
var othersColumns = sheet.Columns{
	{Key: "nguoi_nhan_thay", Names: []string{"Người nhận thay", "Người nhận thay họ và tên", "Người nhận thay họ tên", "Họ tên người nhận thay", "Họ và tên người nhận thay", "Người được ủy quyền", "Người được ủy quyền họ và tên", "Người giám hộ", "Người giám hộ họ và tên", "Người chăm sóc", "Người chăm sóc họ và tên", "Người nuôi dưỡng", "Người nuôi dưỡng họ và tên"}},
	{Key: "so_nguoi_nhan_thay", Names: []string{"Số định danh người nhận thay", "Người nhận thay số định danh", "Người nhận thay số CCCD", "CCCD người nhận thay", "Số CCCD người nhận thay", "Người được ủy quyền số định danh", "Người được ủy quyền số CCCD", "Người giám hộ số định danh", "Người giám hộ số CCCD"}},
	{Key: "chu_tai_khoan", Names: []string{"Chủ tài khoản", "Tên chủ tài khoản", "Tài khoản ngân hàng tên chủ tài khoản", "Tài khoản ngân hàng họ và tên", "Tài khoản họ và tên"}},
	{Key: "chu_ho", Names: []string{"Chủ hộ", "Họ tên chủ hộ", "Họ và tên chủ hộ", "Chủ hộ họ và tên", "Số CCCD chủ hộ", "Chủ hộ số CCCD"}},
}

// listReading is how a list's headings are read.
func listReading(named map[string]string) sheet.Options {
	return sheet.Options{Columns: append(slices.Clone(listColumns), othersColumns...), Map: named, Decoders: legacyHeadings}
}

// legacyHeadings read headings of the encodings of before Unicode.
var legacyHeadings = []func(string) string{
	identity.TCVN3.Decode, identity.VNI.Decode, identity.VISCII.Decode, identity.Windows1258.Decode, identity.Mojibake.Decode,
}

func (c *matchCmd) Run(ctx context.Context, a *app) error {
	switch {
	case c.Register == "" && !c.Clusters:
		return usageError("thiếu --register; để tìm người trùng trong một tệp, thêm --clusters")
	case c.Register != "" && c.Clusters:
		return usageError("--clusters chỉ cần --list, không cần --register")
	}
	maps, err := c.columnMaps()
	if err != nil {
		return err
	}
	if c.Clusters {
		return c.cluster(ctx, a, maps["list"])
	}
	begun := time.Now()
	var stages []identity.Stage
	lap := func(name string) {
		stages = append(stages, identity.Stage{Name: name, Took: time.Since(begun)})
		begun = time.Now()
	}
	list, err := sheet.Open(c.List, listReading(maps["list"]))
	if err != nil {
		return err
	}
	defer list.Close()
	register, err := sheet.Open(c.Register, sheet.Options{Columns: registerColumns, Map: maps["register"], Decoders: legacyHeadings})
	if err != nil {
		return err
	}
	defer register.Close()

	bar := a.Progress("đọc sổ đăng ký", -1)
	_, foreign := maps["register"]["so_dinh_danh"]
	records := registerRecords{reader: register, foreign: foreign}
	ix := identity.NewIndex(func(yield func(identity.Record) bool) {
		for r := range records.all {
			if bar.Add(1); !yield(r) || ctx.Err() != nil {
				return
			}
		}
	}, identity.Options{Gazetteer: units.Gazetteer(), Today: a.Now().Year()})
	bar.Finish()
	if records.err != nil {
		return records.err
	}
	if ix.Len() == 0 {
		return &sheet.Refused{File: c.Register, What: "sổ đăng ký không có người nào", Do: "Kiểm tra lại tệp"}
	}
	lap("register")
	rows, remarks, err := listRows(list)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	lap("list")
	var report identity.Report
	err = writeWhole(c.Out, func(w io.Writer) error {
		buffer := bufio.NewWriterSize(w, 256<<10)
		out := csv.NewWriter(buffer)
		if err := out.Write([]string{"row_id", "outcome", "person_number", "score", "candidates", "reasons"}); err != nil {
			return err
		}
		bar := a.Progress("so khớp", int64(len(rows)))
		report, err = ix.MatchEach(rows, time.Now, func(r identity.Result) error {
			bar.Add(1)
			return out.Write(resultRow(r))
		})
		bar.Finish()
		if err != nil {
			return err
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return err
		}
		return buffer.Flush()
	})
	if err != nil {
		return fmt.Errorf("match: write %s: %w", c.Out, err)
	}
	report.Stages = append(stages, report.Stages...)
	summary := matchSummary(report, remarks)
	if err := c.writeReport(summary); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(summary)
	}
	for _, o := range matchOutcomes {
		fmt.Fprintf(a.Out, "%-10s %8d\n", o, report.Outcomes[o])
	}
	return nil
}

// writeReport writes what was learned and done, where that is asked for.
func (c *matchCmd) writeReport(summary matchReport) error {
	if c.Report == "" {
		return nil
	}
	err := writeWhole(c.Report, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(summary)
	})
	if err != nil {
		return fmt.Errorf("match: write %s: %w", c.Report, err)
	}
	return nil
}

// columnMaps reads --columns into a map for each of the two files.
func (c *matchCmd) columnMaps() (map[string]map[string]string, error) {
	maps := map[string]map[string]string{"register": {}, "list": {}}
	known := map[string]sheet.Columns{"register": registerColumns, "list": listColumns}
	for _, pair := range c.Columns {
		key, heading, ok := strings.Cut(pair, "=")
		key, heading = strings.TrimSpace(key), strings.TrimSpace(heading)
		if !ok || heading == "" {
			return nil, usageError(fmt.Sprintf("--columns %q: viết COLUMN=HEADING, như ho_ten=surname+given_name", pair))
		}
		files := []string{"register", "list"}
		if file, rest, limited := strings.Cut(key, ":"); limited {
			files, key = []string{file}, rest
		}
		used := false
		for _, f := range files {
			if slices.ContainsFunc(known[f], func(col sheet.Column) bool { return col.Key == key }) {
				maps[f][key] = heading
				used = true
			}
		}
		if !used {
			return nil, usageError(fmt.Sprintf("--columns %q: không có cột %q; các cột: %s", pair, key, strings.Join(columnKeys(), ", ")))
		}
	}
	return maps, nil
}

func columnKeys() []string {
	var keys []string
	for _, c := range append(slices.Clone(registerColumns), listColumns...) {
		if !slices.Contains(keys, c.Key) {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// registerRecords reads the register; err holds what stopped it.
type registerRecords struct {
	reader  *sheet.Reader
	foreign bool // the numbers are keys of another kind, and are left as they are
	err     error
}

func (r *registerRecords) all(yield func(identity.Record) bool) {
	for row, err := range r.reader.Rows() {
		if err != nil {
			r.err = err
			return
		}
		if row.Get("so_dinh_danh") == "" && row.Get("ho_ten") == "" {
			continue
		}
		rec := identity.Record{
			Number: identity.PersonNumber(row.Get("so_dinh_danh")), OldNumber: row.Get("so_cmnd"), Name: row.Get("ho_ten"),
			Ethnic: row.Get("dan_toc"), CommuneCode: row.Get("ma_xa"), Commune: row.Get("ten_xa"), Hamlet: row.Get("ap"), Household: row.Get("ma_ho"),
		}
		if !r.foreign && !rec.Number.Valid() { // a spreadsheet lost its zeros
			if d, err := identity.ParseDocument(string(rec.Number)); err == nil && d.Number != "" {
				rec.Number = d.Number
			}
		}
		if d, err := identity.ParseDocument(rec.OldNumber); !r.foreign && err == nil && d.Old != "" {
			rec.OldNumber = string(d.Old)
		}
		rec.Birth, _ = identity.ParseBirth(row.Get("ngay_sinh")) // an unreadable birth is an unknown one
		rec.Sex, _ = identity.ParseSex(row.Get("gioi_tinh"))
		status := identity.PlainKey(row.Get("trang_thai"))
		died, _ := identity.ParseBirth(row.Get("ngay_mat"))
		rec.DiedOn = died.String()
		rec.Deceased = status == "chet" || status == "da chet" || status == "mat" || status == "da mat" || status == "deceased" || status == "" && rec.DiedOn != ""
		if !yield(rec) {
			return
		}
	}
}

// listRows reads the list. Rows that name nobody (totals, signatures) are no rows
// of the list unless they have an id of their own; they are counted.
func listRows(r *sheet.Reader) (rows []identity.Row, remarks int, err error) {
	ids := r.Has("row_id")
	for row, err := range r.Rows() {
		if err != nil {
			return nil, 0, err
		}
		id := row.Get("row_id")
		if row.Remark && (id == "" || !ids) {
			remarks++
			continue
		}
		if id == "" {
			id = strings.TrimPrefix(row.Sheet+"!"+strconv.Itoa(row.Number), "!")
		}
		name := row.Get("bang")
		if name == "" {
			name = row.Sheet
		}
		rows = append(rows, identity.Row{
			ID: id, List: row.Get("danh_sach"), Sheet: name, Document: row.Get("so_giay_to"), Name: row.Get("ho_ten"), Birth: row.Get("ngay_sinh"),
			Sex: row.Get("gioi_tinh"), Ethnic: row.Get("dan_toc"), Address: row.Get("dia_chi"), Commune: row.Get("xa"),
		})
	}
	return rows, remarks, nil
}

func resultRow(r identity.Result) []string {
	var candidates []string
	if r.Outcome == identity.Review {
		for _, c := range r.Candidates {
			candidates = append(candidates, string(c.Number))
		}
	}
	reasons := strings.Join(r.Reasons, "; ")
	if r.FirstRow != "" {
		reasons = "đã có ở dòng " + r.FirstRow + "; " + reasons
	}
	return []string{r.RowID, string(r.Outcome), string(r.Number), strconv.FormatFloat(r.Score, 'f', 6, 64), strings.Join(candidates, ";"), reasons}
}

var matchOutcomes = []identity.Outcome{identity.Match, identity.Deceased, identity.Duplicate, identity.Review, identity.NotFound}

type matchReport struct {
	Rows     int                      `json:"rows"`
	Register int                      `json:"register"`
	Remarks  int                      `json:"remarks"`            // rows of totals and signatures, left out
	Clusters int                      `json:"clusters,omitempty"` // people, with --clusters
	Outcomes map[identity.Outcome]int `json:"outcomes"`
	ByNumber int                      `json:"by_number"`
	Present  float64                  `json:"present"`
	Repairs  map[string]int           `json:"repairs"`
	Weights  []matchWeight            `json:"weights"`
	Stages   []matchStage             `json:"stages"`
}

type matchWeight struct {
	Field  string  `json:"field"`
	Level  string  `json:"level"`
	Chance float64 `json:"chance"`
}

type matchStage struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

func matchSummary(r identity.Report, remarks int) matchReport {
	out := matchReport{Rows: r.Rows, Register: r.Register, Remarks: remarks, Outcomes: r.Outcomes, ByNumber: r.ByNumber, Present: r.Present, Repairs: r.Repairs}
	for _, o := range matchOutcomes {
		out.Outcomes[o] += 0 // every outcome is named, also those with nobody
	}
	for _, w := range r.Weights {
		out.Weights = append(out.Weights, matchWeight{w.Field, w.Level, w.Chance})
	}
	for _, s := range r.Stages {
		out.Stages = append(out.Stages, matchStage{s.Name, s.Took.Seconds()})
	}
	return out
}
