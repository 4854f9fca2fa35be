package registry

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// FileError is a register file that was refused whole.
type FileError struct {
	Line int
	What string
}

func (e *FileError) Error() string {
	return fmt.Sprintf("registry: register file, line %d: %s", e.Line, e.What)
}

// Refused marks the error as one of input.
func (e *FileError) Refused() bool { return true }

// ReadRegister reads a register from CSV with the columns so_dinh_danh, so_cmnd,
// ho_ten, ngay_sinh, gioi_tinh, dan_toc, ma_xa, ten_xa, ap, ma_ho, trang_thai
// (song or chet) and ngay_mat, in any order; all but the number and the name may
// be missing. It refuses the whole file for one row that cannot be read.
func ReadRegister(r io.Reader) ([]Record, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, &FileError{1, "there is no heading: " + err.Error()}
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, must := range []string{"so_dinh_danh", "ho_ten"} {
		if _, ok := at[must]; !ok {
			return nil, &FileError{1, "there is no column " + must}
		}
	}
	var out []Record
	for line := 2; ; line++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, &FileError{line, err.Error()}
		}
		cell := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.Clone(strings.TrimSpace(row[i]))
			}
			return ""
		}
		one := Record{
			Number: cell("so_dinh_danh"), OldNumber: cell("so_cmnd"), Name: cell("ho_ten"), Birth: cell("ngay_sinh"),
			Ethnicity: cell("dan_toc"), Commune: cell("ma_xa"), CommuneName: cell("ten_xa"), Hamlet: cell("ap"),
			Household: cell("ma_ho"), Died: cell("ngay_mat"), Standing: Resident,
		}
		switch sex := strings.ToLower(cell("gioi_tinh")); sex {
		case "nam", "m", "male":
			one.Sex = "M"
		case "nữ", "nu", "f", "female":
			one.Sex = "F"
		case "":
		default:
			return nil, &FileError{line, fmt.Sprintf("gioi_tinh %q is neither Nam nor Nữ", sex)}
		}
		if one.Number == "" || one.Name == "" || !isDate(one.Birth) || !isDate(one.Died) {
			return nil, &FileError{line, "the number, the name or a date cannot be read; dates are YYYY-MM-DD or YYYY"}
		}
		if cell("trang_thai") == "chet" && one.Died == "" {
			return nil, &FileError{line, "trang_thai chet needs ngay_mat"}
		}
		out = append(out, one)
	}
}

// PopulationOf indexes records as they stand, on any day.
func PopulationOf(people []Record) *Population {
	return NewPopulation(len(people), func(i int, _ time.Time) (Record, bool) { return people[i], true })
}
