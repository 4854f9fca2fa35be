package units

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryFormerUnitOfBacLieuWentWholeIntoOneCommune(t *testing.T) {
	t.Parallel()
	into := map[string]bool{}
	n, divided := 0, 0
	for _, f := range Formers() {
		if f.Province == "95" {
			n++
			if len(f.New) != 1 {
				t.Errorf("%s %s went to %v", f.Code, f.Name, f.New)
			}
			into[f.New[0]] = true
		} else if len(f.New) > 1 {
			divided++
		}
	}
	if got := []int{len(Communes()), len(Formers()), n, len(into), divided}; !cmp.Equal(got, []int{64, 164, 64, 25, 19}) {
		t.Errorf("communes, former units, of Bạc Liêu, their new communes, divided: %v", got)
	}
}

func TestACodeMeansAnotherUnitBeforeAndAfter(t *testing.T) {
	t.Parallel()
	now, _ := ByCode("31867")
	before, _ := FormerByCode("31876")
	if now.Name != "Xã Phước Long" || before.Name != "Xã Phước Long" || before.Became()[0].Name != "Xã Vĩnh Phước" {
		t.Errorf("31867 is %q, 31876 was %q and became %v", now.Name, before.Name, before.Became())
	}
}

func TestNamesAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Xã Hoà Bình":       "31891",
		"xã Hòa Bình":       "31891",
		"HOÀ BÌNH":          "31891",
		"Hòa Bi\u0300nh":    "31891",
		"hoa binh":          "31891",
		"P. Hiệp Thành":     "31840",
		"Phường Bạc  Liêu":  "31825",
		"X.Ninh Thạnh Lợi":  "31864",
		"xã Ðất Mũi":        "32248",
		"Xã Cái Đôi Vàm":    "32212",
		"Phường 1":          "",
		"Xã Không Có Thật ": "",
	} {
		var got string
		if found := Named(in); len(found) == 1 {
			got = found[0].Code
		}
		if got != want {
			t.Errorf("Named(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReadAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, hamlet string
		want       []string
	}{
		{"Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu", "Ấp Cầu Đỏ", []string{"31858"}},
		{"ấp Cầu Đỏ, xã Vĩnh Lộc A, huyện Hồng Dân, tỉnh Bạc Liêu", "ấp Cầu Đỏ", []string{"31858"}},
		{"Khóm 3, Phường 1, TX. Giá Rai", "Khóm 3", []string{"31942"}},
		{"Khóm 3, Phường 1, TP Bạc Liêu, Bạc Liêu", "Khóm 3", []string{"31825"}},
		{"Khóm 1, Phường Bạc Liêu, Cà Mau", "Khóm 1", []string{"31825"}},
		{"Ấp 2 - xã Phước Long - huyện Phước Long", "Ấp 2", []string{"31876"}},
		{"Ấp 2, xã Phước Long", "Ấp 2", []string{"31867", "31876"}},
		{"Ấp 4, Xã Tạ An Khương, Huyện Đầm Dơi", "Ấp 4", []string{"32152", "32155"}},
		{"không rõ", "", nil},
		{"", "", nil},
	} {
		got := ReadAddress(tt.in)
		var codes []string
		for _, c := range got.Communes {
			codes = append(codes, c.Code)
		}
		if got.Hamlet != tt.hamlet || !cmp.Equal(codes, tt.want) {
			t.Errorf("ReadAddress(%q) = %q %v, want %q %v", tt.in, got.Hamlet, codes, tt.hamlet, tt.want)
		}
	}
}

func FuzzReadAddress(f *testing.F) {
	f.Add("Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu")
	f.Add("P. , - ;\x00\xff")
	f.Fuzz(func(t *testing.T, in string) {
		for _, c := range ReadAddress(in).Communes {
			if _, ok := ByCode(c.Code); !ok {
				t.Errorf("%q gives a commune that does not exist: %v", in, c)
			}
		}
	})
}

func BenchmarkReadAddress(b *testing.B) {
	for b.Loop() {
		ReadAddress("Ấp Cầu Đỏ, xã Vĩnh Lộc A, huyện Hồng Dân, tỉnh Bạc Liêu")
	}
}
