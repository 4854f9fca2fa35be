package population

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
)

// WriteRegister writes the register as `ansinh match --register` reads it.
func (w *World) WriteRegister(to io.Writer) error {
	out := csv.NewWriter(to)
	_ = out.Write([]string{"so_dinh_danh", "so_cmnd", "ho_ten", "ngay_sinh", "gioi_tinh", "dan_toc", "ma_xa", "ten_xa", "ap", "ma_ho", "trang_thai", "ngay_mat"})
	for i := range w.Register {
		r := &w.Register[i]
		state := "song"
		if r.Deceased {
			state = "chet"
		}
		_ = out.Write([]string{string(r.Number), r.OldNumber, r.Name, r.Birth.String(), r.Sex.Words(), r.Ethnic, r.CommuneCode, r.Commune, r.Hamlet, r.Household, state, r.DiedOn})
	}
	return flushed(out, "register")
}

// WriteLists writes rows as `ansinh match --list` reads them.
func WriteLists(to io.Writer, lines iter.Seq[Line]) error {
	out := csv.NewWriter(to)
	_ = out.Write([]string{"row_id", "danh_sach", "bang", "so_giay_to", "ho_ten", "ngay_sinh", "gioi_tinh", "dan_toc", "dia_chi", "xa"})
	for l := range lines {
		r := &l.Row
		_ = out.Write([]string{r.ID, r.List, r.Sheet, r.Document, r.Name, r.Birth, r.Sex, r.Ethnic, r.Address, r.Commune})
	}
	return flushed(out, "lists")
}

func flushed(out *csv.Writer, what string) error {
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("population: write %s: %w", what, err)
	}
	return nil
}
