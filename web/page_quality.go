package web

import (
	"ansinh.vn/beneficiaries"
)

type qualityPage struct {
	Rows  []qualityRow
	Total qualityRow
	Mend  []mend
}

type qualityRow struct {
	beneficiaries.Quality
	Right, Complete, Clean, Alive share
}

// share is a part of a whole, for a bar and in words.
type share struct {
	N, Of   int
	Percent string // of at most one decimal, never rounded up to 100
}

func shareOf(n, of int) share {
	m := beneficiaries.PerMille(n, of)
	s := id(int64(m / 10))
	if m%10 != 0 {
		s += "," + id(int64(m%10))
	}
	return share{n, of, s}
}

// mend is one thing to put right: how many, and where that is done.
type mend struct {
	Group, VI, EN string
	N             int
	Path, Do      string
}

// quality shows đúng, đủ, sạch, sống as numbers, and the way to mend what is missing.
func (s *Server) quality(v *visit) error {
	got, err := beneficiaries.Qualities(v.ctx, s.cfg.Pool, v.office(), v.now())
	if err != nil {
		return err
	}
	return v.page("quality", view{Title: "Chất lượng dữ liệu", Data: qualityOf(got)})
}

func qualityOf(got []beneficiaries.Quality) (d qualityPage) {
	row := func(q beneficiaries.Quality) qualityRow {
		return qualityRow{q, shareOf(q.Right, q.People), shareOf(q.Complete, q.People), shareOf(q.Clean, q.People), shareOf(q.Alive, q.People)}
	}
	for _, q := range got {
		d.Rows = append(d.Rows, row(q))
	}
	t := beneficiaries.SumQuality(got)
	d.Total = row(t)
	for _, m := range []mend{
		{"Đúng", "Lệch thông tin với dân cư", "Differ from the register", t.Mismatch, "/reviews?outcome=mismatch", "So hai hồ sơ rồi quyết định"},
		{"Đúng", "Chưa rõ là ai trong dân cư", "Not clear who it is", t.Review, "/reviews?outcome=review", "Chọn đúng người trong các ứng viên"},
		{"Đúng", "Không tìm thấy trong dân cư", "Not found", t.NotFound, "/reviews?outcome=not_found", "Đến tận nơi xem thẻ, hoặc xác nhận qua giấy tờ"},
		{"Đúng", "Đã mất hoặc vắng mặt mà còn trong danh sách", "Deceased or absent, still listed", t.Ended, "/people", "Ra quyết định thôi hưởng hoặc tạm dừng"},
		{"Đúng", "Chưa đối chiếu", "Not checked", t.Unchecked, "", "Chạy đối chiếu: ansinh sync"},
		{"Đủ", "Thiếu số định danh", "No personal number", t.NoNumber, "/outreach", "Lập danh sách đến tận nơi"},
		{"Đủ", "Chỉ có năm sinh, hoặc thiếu ngày sinh", "No day of birth", t.NoBirth, "", "Đối chiếu với dân cư sẽ bổ sung; còn lại xem giấy tờ"},
		{"Đủ", "Thiếu giới tính", "No sex", t.NoSex, "/lists", "Bổ sung cột Giới tính trong danh sách tới"},
		{"Đủ", "Thiếu ấp, khóm", "No hamlet", t.NoHamlet, "/lists", "Bổ sung cột Ấp/Khóm trong danh sách tới"},
		{"Đủ", "Chưa có người nhận hoặc thiếu tài khoản", "Nobody to collect, or no account", t.NoPayee, "/outreach", "Nhập tệp tài khoản, hoặc đến tận nơi"},
		{"Đủ", "Thiếu số quyết định", "No number of the decision", t.NoDecided, "/lists", "Bổ sung cột Số quyết định trong danh sách tới"},
		{"Sạch", "Trùng số hoặc trùng người", "Twice", t.Twice, "/reviews?outcome=duplicate", "Gộp hồ sơ, hai người xác nhận"},
		{"Sạch", "Mang số định danh của người khác", "Under another's number", t.Claimed, "/reviews", "Đối chiếu với thẻ căn cước"},
		{"Sạch", "Có tên hưởng ở hai xã", "Listed by two communes", t.TwoOffices, "/people", "Một xã ra quyết định thôi hưởng"},
		{"Sạch", "Dùng chung tài khoản chưa có lý do", "Shared account without a reason", t.Shared, "/accounts", "Ghi lý do, hoặc đổi tài khoản"},
		{"Sạch", "Chủ tài khoản là người khác", "The account is somebody else's", t.Holder, "/accounts", "Nhập lại tài khoản đúng tên"},
		{"Sạch", "Dòng còn tạm gác", "Rows in quarantine", t.Waiting, "/lists", "Tải bảng, sửa ô tô vàng, nhập lại"},
		{"Sống", "Quá một tháng chưa đối chiếu", "Not checked within the month", t.People - t.Alive, "", "Chạy đối chiếu: ansinh sync"},
	} {
		if m.N > 0 {
			d.Mend = append(d.Mend, m)
		}
	}
	return d
}
