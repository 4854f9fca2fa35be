package identity

import (
	"slices"
	"testing"
)

// bacLieu is a piece of the real map: codes that were given to other units, and
// names that moved.
var bacLieu = []Unit{
	{"31867", "Thị trấn Phước Long", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31867", "Xã Phước Long"},
	{"31870", "Xã Vĩnh Phú Đông", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31867", "Xã Phước Long"},
	{"31873", "Xã Vĩnh Phú Tây", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31876", "Xã Vĩnh Phước"},
	{"31876", "Xã Phước Long", "Huyện Phước Long", "Tỉnh Bạc Liêu", "31876", "Xã Vĩnh Phước"},
	{"31858", "Xã Vĩnh Lộc", "Huyện Hồng Dân", "Tỉnh Bạc Liêu", "31858", "Xã Vĩnh Lộc"},
	{"31861", "Xã Vĩnh Lộc A", "Huyện Hồng Dân", "Tỉnh Bạc Liêu", "31858", "Xã Vĩnh Lộc"},
	{"31825", "Phường 1", "Thành phố Bạc Liêu", "Tỉnh Bạc Liêu", "31825", "Phường Bạc Liêu"},
	{"31942", "Phường 1", "Thị xã Giá Rai", "Tỉnh Bạc Liêu", "31942", "Phường Giá Rai"},
	{"31891", "Thị trấn Hòa Bình", "Huyện Hòa Bình", "Tỉnh Bạc Liêu", "31891", "Xã Hoà Bình"},
}

func TestPlacesOfBeforeAndAfterTheMerger(t *testing.T) {
	t.Parallel()
	g := NewGazetteer(bacLieu)
	for _, c := range []struct {
		commune, address string
		codes            []string
		hamlet           string
		old              bool
	}{
		{"Xã Vĩnh Lộc", "", []string{"31858"}, "", false},
		{"vinh loc", "Ấp Cầu Đỏ", []string{"31858"}, "cau do", false},
		{"Xã Vĩnh Lộc A, huyện Hồng Dân", "", []string{"31858"}, "", true},
		{"Vĩnh Phú Tây", "", []string{"31876"}, "", true},
		{"Xã Phước Long", "", []string{"31867", "31876"}, "", false}, // today's, or the old one that is now Vĩnh Phước
		{"Xã Phước Long, huyện Phước Long", "", []string{"31876"}, "", true},
		{"TT. Phước Long", "", []string{"31867"}, "", false},
		{"P1, TP Bạc Liêu", "", []string{"31825"}, "", true},
		{"Phường 1 - TX Giá Rai", "", []string{"31942"}, "", true},
		{"Xã Hoà Bình", "khóm 03", []string{"31891"}, "3", false},
		{"Xã Hòa Bi\u0300nh", "", []string{"31891"}, "", false},
		{"31876", "", []string{"31876"}, "", false},
		{"", "Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu", []string{"31858"}, "cau do", true},
		{"", "Ấp 3, xã Vĩnh Phước", []string{"31876"}, "3", false},
		{"Xã Không Có", "", nil, "", false},
		{"", "", nil, "", false},
	} {
		p := g.Resolve(c.commune, c.address)
		if !slices.Equal(p.Codes, c.codes) || p.Hamlet != c.hamlet || p.Old != c.old {
			t.Errorf("%q %q: %+v, want %v %q %v", c.commune, c.address, p, c.codes, c.hamlet, c.old)
		}
	}
}

func TestACodeCountsWithTheNameBesideIt(t *testing.T) {
	t.Parallel()
	g := NewGazetteer(bacLieu)
	for _, c := range []struct {
		code, name, today string
		old               bool
	}{
		{"31876", "Xã Vĩnh Phước", "31876", false},
		{"31867", "Xã Phước Long", "31867", false},
		{"31873", "Xã Vĩnh Phú Tây", "31876", true},
		{"31876", "Xã Phước Long", "31876", true},
		{"", "Xã Vĩnh Lộc", "31858", false},
		{"99999", "Xã Lạ", "99999", false},
	} {
		if today, old := g.Today(c.code, c.name); today != c.today || old != c.old {
			t.Errorf("%s %s: %s %v", c.code, c.name, today, old)
		}
	}
}
