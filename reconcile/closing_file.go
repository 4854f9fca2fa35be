package reconcile

import (
	"io"

	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/text"
)

// Write writes the statement as a spreadsheet, in the order in which it is read.
func (s Sheet) Write(out io.Writer) error {
	w, err := sheet.NewWriter(out)
	if err != nil {
		return err
	}
	if err := w.Sheet("Đối chiếu", []string{"Bảng đối chiếu số dư tài khoản tiền gửi", ""}, 60, 30); err != nil {
		return err
	}
	rows := [][]any{
		{"Đơn vị", s.OfficeName}, {"Tài khoản", s.Number}, {"Đến hết ngày", s.Day.Format("02/01/2006")},
		{"Số dư theo sao kê ngân hàng", s.Bank}, {"Trừ: các khoản đã giải thích", s.Explained},
		{"Số dư theo sổ cái 112", s.Books}, {"Chênh lệch còn lại", s.Bank - s.Explained - s.Books},
		{"Bằng chữ (số dư theo sao kê)", s.Bank.Words()}, {"Đã gửi, ngân hàng chưa trừ", s.Transit},
	}
	if s.ClosedBy != "" {
		rows = append(rows, []any{"Đã khóa", s.ClosedBy + ", " + s.ClosedAt.Format("15:04 02/01/2006")})
	} else {
		rows = append(rows, []any{"Chưa khóa", s.Why})
	}
	rows = append(rows, []any{"", ""}, []any{"Người lập (ký, họ tên)", ""}, []any{"Kế toán (ký, họ tên)", ""})
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		name  string
		items []SheetItem
	}{{"Đã giải thích", s.Items}, {"Chờ xử lý", s.Suspense}} {
		if err := w.Sheet(part.name, []string{"Số", "Loại", "Số tiền", "Từ ngày", "Tuổi (ngày)", "Người giữ", "Ghi chú"}, 8, 24, 18, 14, 12, 20, 60); err != nil {
			return err
		}
		for _, i := range part.items {
			if err := w.Row(int(i.Break), text.Lookup("break", i.Kind).VI, i.Amount, i.Since.Format("02/01/2006"), i.Age, i.Owner, i.Note); err != nil {
				return err
			}
		}
	}
	return w.Close()
}
