package province

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"ansinh.vn/internal/units"
)

// Truth is what stands behind every row of the lists that were written.
type Truth struct {
	Province *Province
	Files    []File
}

// File is one list.
type File struct {
	Name     string // Example: 31825_btxh.xlsx
	Office   string
	Scheme   string
	FirstRow int // spreadsheet row of Rows[0]; the others follow without a gap
	Rows     []Row
}

// Row is who is meant by one row and what is wrong with it.
type Row struct {
	Person      int32 // index in Province.People
	Entitlement int32 // index in Province.Entitlements
	Sins        Sin
}

// Rows counts the rows of all files, and those that must be quarantined.
func (t *Truth) Rows() (all, quarantined int) {
	for _, f := range t.Files {
		all += len(f.Rows)
		for _, r := range f.Rows {
			if r.Sins.Has(Quarantined) {
				quarantined++
			}
		}
	}
	return all, quarantined
}

// Count counts the rows that have any of the sins.
func (t *Truth) Count(any Sin) (n int) {
	for _, f := range t.Files {
		for _, r := range f.Rows {
			if r.Sins.Has(any) {
				n++
			}
		}
	}
	return n
}

// WriteCSV writes a line a row: tep, dong, so_dinh_danh, chinh_sach, doi_tuong, loi.
func (t *Truth) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"tep", "dong", "so_dinh_danh", "chinh_sach", "doi_tuong", "loi"})
	for _, f := range t.Files {
		for i, r := range f.Rows {
			_ = out.Write([]string{
				f.Name, strconv.Itoa(f.FirstRow + i), string(t.Province.People[r.Person].Number), f.Scheme,
				t.Province.Entitlements[r.Entitlement].Category, r.Sins.String(),
			})
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("province: truth: %w", err)
	}
	return nil
}

// WriteRegister writes what the register knows on the day as the CSV that
// `ansinh match --register` and `ansinh register serve --file` read.
func (p *Province) WriteRegister(w io.Writer, day time.Time) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{
		"so_dinh_danh", "so_cmnd", "ho_ten", "ngay_sinh", "gioi_tinh", "dan_toc", "ma_xa", "ten_xa", "ap", "ma_ho", "trang_thai", "ngay_mat",
	})
	names := map[string]string{}
	for _, c := range units.Communes() {
		names[c.Code] = c.Name
	}
	for i := range p.People {
		one := &p.People[i]
		if one.Unregistered {
			continue
		}
		state, died := "song", ""
		if one.Died != 0 && one.KnownOn <= DayOf(day) {
			state, died = "chet", one.Died.String()
		}
		commune := one.Commune
		if one.Standing == moved && one.KnownOn > DayOf(day) {
			commune = one.Office
		}
		_ = out.Write([]string{
			string(one.Number), string(one.OldNumber), one.Name, one.Birth.String(), one.Sex.Words(), one.Ethnic,
			commune, names[commune], one.Hamlet, household(one.Household), state, died,
		})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("province: register: %w", err)
	}
	return nil
}

// household is the register's key of a household. Example: H0000017.
func household(n int32) string { return fmt.Sprintf("H%07d", n) }
