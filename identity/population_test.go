package identity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A small far south: households in hamlets of communes that were merged in July
// 2025, and lists about them as clerks write them, with the truth beside every
// row. noise scales all damage.

type truth struct {
	row      Row
	person   int // -1: not in the register
	again    bool
	relative bool // the number is a relative's
}

type south struct {
	r       *rand.Rand
	records []Record
	homes   [][]int
	units   []Unit
	noise   float64
}

var (
	southFamilies = strings.Fields("Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Trần Lê Lê Phạm Phạm Huỳnh Huỳnh Phan Võ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trương Mai Tạ Cao Lâm Đoàn Hứa Quách Tăng Châu")
	southKhmer    = strings.Fields("Danh Danh Danh Thạch Sơn Kim Lâm Kiên Hữu Trà Liêu")
	southMen      = strings.Fields("Ân An Bình Cảnh Chiến Cường Dũng Đạt Đức Được Giang Hải Hiếu Hoàng Hòa Hùng Hưng Khánh Khải Kiệt Lâm Lộc Lợi Long Mạnh Minh Nam Nghĩa Nhân Nhựt Phong Phúc Phước Quang Quân Sang Sáu Sơn Tài Tám Tâm Tân Thành Thắng Thịnh Thuận Tiến Toàn Trí Trung Trường Tư Tuấn Út Vinh Vũ Xuân Bảy Năm Chín Hậu Đông Lực Lượm Nhiều Mười")
	southWomen    = strings.Fields("Ánh Anh Ba Bé Bích Châu Chi Cúc Diễm Dung Duyên Đào Điệp Gấm Giàu Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Hường Kiều Lan Lành Lê Liên Loan Lý Mai Mỹ Mười Nga Ngân Ngọc Nguyệt Nhung Như Oanh Phượng Phụng Quyên Sáu Sương Tám Thanh Thảo Thu Thúy Thủy Tiên Trang Trinh Tuyết Tư Út Vân Vui Xinh Xuân Yến Yên Nhiên Lụa")
	southNyNames  = strings.Fields("Sóc Kha Thol Phol Ny Som Huôl Sa Vuông Rét Khêne Chanh Sà Rươne Sương Đa Phia Sô Rích Sết Thươl Keo Hiêng Phép Som Ươl")
	southMiddle   = strings.Fields("Văn Văn Văn Văn Hữu Minh Quốc Thanh Hoàng Công Đức Tấn Chí Ngọc Trung Phước Thành Duy Tuấn Nhựt")
	southMiddleF  = strings.Fields("Thị Thị Thị Thị Thị Thị Ngọc Mỹ Kim Thanh Bích Hồng Thúy Cẩm Diễm Thu Tuyết Như")
	southCommunes = []string{"Vĩnh Lộc", "Phước Long", "Hồng Dân", "Châu Thới", "Hưng Hội", "Ninh Quới", "Gành Hào", "An Trạch", "Định Thành", "Hòa Bình", "Phong Thạnh", "Long Điền", "Vĩnh Mỹ", "Đông Hải", "Vĩnh Hậu", "Tân Lộc"}
	southDistrict = []string{"Huyện Phước Lộc", "Huyện Hồng Hải", "Thị xã Gành Rai"}
)

func newSouth(seed uint64, people int, noise float64) *south {
	s := &south{r: rand.New(rand.NewPCG(seed, 7)), noise: noise}
	for i, name := range southCommunes {
		code := fmt.Sprint(31800 + 3*i)
		district := southDistrict[i%3]
		s.units = append(s.units,
			Unit{fmt.Sprint(31800 + 3*((i+5)%16)), "Xã " + name, district, "Tỉnh Bạc Liêu", code, "Xã " + name}, // the code now means another unit
			Unit{fmt.Sprint(31900 + 3*i), "Xã " + name + " A", district, "Tỉnh Bạc Liêu", code, "Xã " + name},
			Unit{fmt.Sprint(31960 + 3*i), "Xã " + southCommunes[(i+7)%16] + " Đông", district, "Tỉnh Bạc Liêu", code, "Xã " + name})
	}
	numbers := map[string]bool{}
	for len(s.records) < people {
		s.household(numbers)
	}
	return s
}

func (s *south) chance(p float64) bool  { return s.r.Float64() < p }
func (s *south) damaged(p float64) bool { return s.r.Float64() < p*s.noise }
func (s *south) pick(from []string) string {
	return from[s.r.IntN(len(from))]
}

func (s *south) household(numbers map[string]bool) {
	c := s.r.IntN(len(southCommunes))
	home := fmt.Sprintf("H%07d", len(s.homes))
	khmer := s.chance(0.12)
	family, wife := s.pick(southFamilies), s.pick(southFamilies)
	if khmer {
		family, wife = s.pick(southKhmer), s.pick(southKhmer)
	}
	hamlet := fmt.Sprintf("Ấp %d", 1+s.r.IntN(9))
	if s.chance(0.4) {
		hamlet = "Ấp " + southCommunes[(c+1+s.r.IntN(4))%16]
	}
	var members []int
	add := func(sex Sex, family string, year int) {
		b := Birth{year, 1 + s.r.IntN(12), 1 + s.r.IntN(28), false}
		if year < 1960 && s.chance(0.15) {
			b = Birth{Year: year}
		}
		r := Record{Name: s.fullName(sex, family, khmer), Birth: b, Sex: sex, Ethnic: "Kinh", CommuneCode: fmt.Sprint(31800 + 3*c), Commune: "Xã " + southCommunes[c], Hamlet: hamlet, Household: home}
		if khmer {
			r.Ethnic = "Khmer"
		}
		g := 0
		if sex == Female {
			g = 1
		}
		for {
			n := fmt.Sprintf("095%d%02d%06d", g+2*((year-1900)/100), year%100, s.r.IntN(1_000_000))
			if !numbers[n] {
				numbers[n] = true
				r.Number = PersonNumber(n)
				break
			}
		}
		if year < 2005 && s.chance(0.9) {
			r.OldNumber = fmt.Sprintf("385%06d", s.r.IntN(1_000_000))
		}
		if year < 1950 && s.chance(0.08) {
			r.Deceased, r.DiedOn = true, "2026-08-01"
		}
		members = append(members, len(s.records))
		s.records = append(s.records, r)
	}
	head := 1935 + s.r.IntN(60)
	add(Male, family, head)
	if s.chance(0.8) {
		add(Female, wife, head+s.r.IntN(8)-2)
	}
	for range s.r.IntN(4) {
		if year := head + 20 + s.r.IntN(18); year < 2026 {
			sex := Male
			if s.chance(0.5) {
				sex = Female
			}
			add(sex, family, year)
		}
	}
	s.homes = append(s.homes, members)
}

func (s *south) fullName(sex Sex, family string, khmer bool) string {
	w := []string{family}
	middle, given := southMiddle, southMen
	if sex == Female {
		middle, given = southMiddleF, southWomen
	}
	switch {
	case khmer && s.chance(0.7):
		if sex == Female && s.chance(0.8) {
			w = append(w, "Thị")
		}
		if s.chance(0.4) {
			w = append(w, s.pick(southNyNames))
		}
		w = append(w, s.pick(southNyNames))
	default:
		if s.chance(0.93) {
			w = append(w, s.pick(middle))
		}
		if s.chance(0.15) {
			w = append(w, s.pick(middle[5:]))
		}
		w = append(w, s.pick(given))
	}
	return strings.Join(w, " ")
}

// sheetStyle is what one clerk does to a whole sheet.
type sheetStyle struct {
	encoding                         Encoding
	nfd, upper, lostZero, us, serial bool
	slid, oldNames, noCommune        bool
}

func (s *south) style() sheetStyle {
	st := sheetStyle{lostZero: s.damaged(0.15), us: s.damaged(0.03), serial: s.damaged(0.08), nfd: s.damaged(0.04), upper: s.chance(0.2), slid: s.damaged(0.01), oldNames: s.chance(0.4), noCommune: s.chance(0.1)}
	switch x := s.r.Float64() / s.noise; {
	case x < 0.06:
		st.encoding = TCVN3
	case x < 0.10:
		st.encoding = VNI
	case x < 0.11:
		st.encoding = VISCII
	case x < 0.12:
		st.encoding = Windows1258
	case x < 0.13:
		st.encoding = Mojibake
	}
	return st
}

// lists writes the lists: one per commune and scheme, by hamlet and house.
func (s *south) lists() []truth {
	var out []truth
	id := 0
	for c := range southCommunes {
		code := fmt.Sprint(31800 + 3*c)
		for scheme := range 2 {
			st := s.style()
			list := fmt.Sprintf("%s-%d", code, scheme)
			start := len(out)
			for h, members := range s.homes {
				if s.records[members[0]].CommuneCode != code || h%2 != scheme {
					continue
				}
				for _, p := range members {
					if !s.chance(0.94) {
						continue
					}
					id++
					out = append(out, s.row(fmt.Sprint(id), list, p, members, st))
					if s.chance(0.01) {
						id++
						t := s.row(fmt.Sprint(id), list, p, members, st)
						t.again = true
						out = append(out, t)
					}
				}
				if s.chance(0.02) {
					id++
					out = append(out, s.absent(fmt.Sprint(id), list, members, st))
				}
			}
			if st.slid {
				n := out[start:]
				for i := len(n) - 1; i > 0; i-- {
					n[i].row.Document = n[i-1].row.Document
				}
			}
		}
	}
	return out
}

// absent is somebody who lives nowhere in the register, with the surroundings of
// people who do.
func (s *south) absent(id, list string, members []int, st sheetStyle) truth {
	near := s.records[members[0]]
	year := 1935 + s.r.IntN(80)
	sex := Male
	if s.chance(0.5) {
		sex = Female
	}
	ghost := near
	ghost.Name = s.fullName(sex, strings.Fields(near.Name)[0], near.Ethnic == "Khmer")
	ghost.Sex, ghost.Birth = sex, Birth{year, 1 + s.r.IntN(12), 1 + s.r.IntN(28), false}
	ghost.Number = PersonNumber(fmt.Sprintf("095%d%02d%06d", s.r.IntN(2)+2*((year-1900)/100), year%100, s.r.IntN(1_000_000)))
	ghost.OldNumber = ""
	s.records = append(s.records, ghost)
	t := s.row(id, list, len(s.records)-1, members, st)
	s.records = s.records[:len(s.records)-1]
	t.person = -1
	return t
}

func (s *south) row(id, list string, p int, members []int, st sheetStyle) truth {
	rec := s.records[p]
	t := truth{person: p}
	t.row = Row{ID: id, List: list, Sheet: "Sheet1", Document: s.number(rec, st), Name: s.name(rec, st), Birth: s.birth(rec, st), Sex: rec.Sex.Words(), Ethnic: rec.Ethnic}
	if s.damaged(0.015) && len(members) > 1 {
		if other := members[s.r.IntN(len(members))]; other != p {
			t.row.Document, t.relative = string(s.records[other].Number), true
		}
	}
	if s.damaged(0.01) {
		t.row.Sex = map[Sex]string{Male: "Nữ", Female: "Nam"}[rec.Sex]
	}
	commune := rec.Commune
	if st.oldNames {
		var old []Unit
		for _, u := range s.units {
			if u.NewCode == rec.CommuneCode {
				old = append(old, u)
			}
		}
		u := old[len(rec.Hamlet)%len(old)]
		commune = u.OldName + ", " + strings.ToLower(u.OldDistrict)
	}
	if s.damaged(0.01) {
		commune = "Xã " + s.pick(southCommunes)
	}
	t.row.Address = rec.Hamlet + ", " + strings.TrimPrefix(commune, "Xã ")
	if !st.noCommune {
		t.row.Commune = commune
	} else {
		t.row.Address = rec.Hamlet
	}
	for _, cell := range []*string{&t.row.Name, &t.row.Address, &t.row.Commune, &t.row.Sex} {
		if st.nfd {
			*cell = norm.NFD.String(*cell)
		} else {
			*cell = st.encoding.Encode(*cell)
		}
	}
	return t
}

func (s *south) number(rec Record, st sheetStyle) string {
	n := string(rec.Number)
	switch {
	case s.damaged(0.05):
		return ""
	case s.damaged(0.04) && rec.OldNumber != "":
		return rec.OldNumber
	case s.damaged(0.04):
		i := s.r.IntN(len(n))
		switch s.r.IntN(4) {
		case 0:
			n = n[:i] + n[i+1:]
		case 1:
			n = n[:i] + string(rune('0'+s.r.IntN(10))) + n[i:]
		case 2:
			if i+1 < len(n) {
				n = n[:i] + string(n[i+1]) + string(n[i]) + n[i+2:]
			}
		default:
			n = n[:i] + string(rune('0'+s.r.IntN(10))) + n[i+1:]
		}
	case s.damaged(0.005):
		return strings.NewReplacer("0", "O", "1", "l").Replace(n)
	case s.damaged(0.01):
		return n[:3] + " " + n[3:6] + " " + n[6:]
	case s.damaged(0.003):
		return fmt.Sprintf("%.4E", float64(digitsKey(n)))
	}
	if st.lostZero {
		n = strings.TrimLeft(n, "0")
	}
	return n
}

func (s *south) name(rec Record, st sheetStyle) string {
	name := rec.Name
	w := strings.Fields(name)
	switch {
	case s.damaged(0.03):
		name = Fold(name)
	case s.damaged(0.015): // another mark
		r := []rune(name)
		for range 20 {
			i := s.r.IntN(len(r))
			if l, ok := letters[r[i]]; ok {
				for _, other := range "aáàảạăâeéèêiíoóôơuúưy" {
					if letters[other].base == l.base && other != r[i] && s.chance(0.5) {
						r[i] = other
						break
					}
				}
				break
			}
		}
		name = string(r)
	case s.damaged(0.01):
		name = strings.NewReplacer("Huỳnh", "Hoàng", "Phước", "Phúc", "Võ", "Vũ", "Nhựt", "Nhật", "Hường", "Hồng", "Tân", "Tâng", "Sương", "Xương").Replace(name)
	case s.damaged(0.02):
		r := []rune(name)
		i := s.r.IntN(len(r))
		if r[i] != ' ' {
			switch s.r.IntN(3) {
			case 0:
				r = slices.Delete(r, i, i+1)
			case 1:
				r = slices.Insert(r, i, rune('a'+s.r.IntN(26)))
			default:
				r[i] = rune('a' + s.r.IntN(26))
			}
		}
		name = string(r)
	case s.damaged(0.015) && len(w) > 2:
		name = w[0] + " " + w[len(w)-1]
	case s.damaged(0.005):
		name = strings.Map(func(r rune) rune {
			if letters[r].tone != level || letters[r].shape >= 0x80 {
				return '?'
			}
			return r
		}, name)
	case s.damaged(0.01):
		title := "Ông "
		if rec.Sex == Female {
			title = "Bà "
		}
		name = title + name
	case s.damaged(0.01):
		name += s.pick([]string{" (đã chết)", " - con bà Tư", " (Sáu)", " *"})
	case s.damaged(0.005):
		name = strings.ReplaceAll(name, " ", "")
	case s.damaged(0.005): // the name in use is another
		name = w[0] + " " + s.fullName(rec.Sex, "", false)
	}
	if st.upper {
		name = strings.ToUpper(name)
	}
	return name
}

func (s *south) birth(rec Record, st sheetStyle) string {
	b := rec.Birth
	switch {
	case s.damaged(0.01):
		return ""
	case b.Year < 1965 && s.damaged(0.15):
		return s.pick([]string{fmt.Sprint(b.Year), fmt.Sprintf("00/00/%d", b.Year)})
	case s.damaged(0.02):
		return fmt.Sprintf("01/01/%d", b.Year)
	case s.damaged(0.015):
		switch s.r.IntN(3) {
		case 0:
			b.Year += s.r.IntN(3) - 1
		case 1:
			if b.Day > 0 {
				b.Day = 1 + s.r.IntN(28)
			}
		default:
			if b.Day > 0 && b.Day <= 12 {
				b.Day, b.Month = b.Month, b.Day
			}
		}
	}
	switch {
	case b.Day == 0:
		return fmt.Sprint(b.Year)
	case st.serial:
		return fmt.Sprint(serialOf(b))
	case st.us:
		return fmt.Sprintf("%02d/%02d/%d", b.Month, b.Day, b.Year)
	case s.damaged(0.02):
		return fmt.Sprintf("%d/%d/%02d", b.Day, b.Month, b.Year%100)
	}
	return fmt.Sprintf("%02d/%02d/%d", b.Day, b.Month, b.Year)
}
