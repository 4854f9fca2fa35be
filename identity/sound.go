package identity

import "strings"

// regional are spellings of one name that the south and the north, or one office
// and the next, write differently; the first of a group stands for all. The
// words are without marks.
var regional = func() map[string]string {
	groups := `huynh hoang
vo vu
phuoc phuc
canh kieng
nhut nhat
duong dang
tanh tinh
buu bao
thoi thi thai
truong trang
chanh chinh
sanh sinh
lanh linh
tong tung
nhon nhan
chon chan
nguon nguyen
hap hop
cang cuong
ngai nghia
huong hong
tiet tuyet
doi dai
chau chu
dong dung
en yen
bon ban
tho thu
quoi quy qui
an on
binh bang
phung phuong
mieng minh
that thiet`
	m := map[string]string{}
	for _, line := range strings.Split(groups, "\n") {
		g := strings.Fields(line)
		for _, w := range g {
			if _, taken := m[w]; !taken {
				m[w] = g[0]
			}
		}
	}
	return m
}()

// SoundKey is a key that southern spellings of one name share: Huỳnh and Hoàng,
// Phước and Phúc, final -n and -ng, -t and -c, initial s and x, d, gi and v, tr
// and ch. Blanks are left out, so that glued words agree too.
func SoundKey(s string) string {
	var b strings.Builder
	for _, w := range words(PlainKey(s)) {
		b.WriteString(syllableSound(w))
	}
	return b.String()
}

func syllableSound(w string) string {
	if r, ok := regional[w]; ok {
		w = r
	}
	w = oneI(w)
	for _, p := range [...][2]string{{"ngh", "ng"}, {"gh", "g"}, {"gi", "d"}, {"tr", "ch"}, {"ph", "f"}, {"qu", "w"}, {"hu", "w"}, {"ho", "wo"}, {"x", "s"}, {"v", "d"}, {"r", "g"}, {"k", "c"}} {
		if len(w) > len(p[0]) && strings.HasPrefix(w, p[0]) {
			if (p[0] == "hu" || p[0] == "ho") && !strings.ContainsRune("aeiouy", rune(w[2])) {
				continue
			}
			w = p[1] + w[len(p[0]):]
			break
		}
	}
	switch {
	case len(w) > 3 && strings.HasSuffix(w, "ng"):
		w = w[:len(w)-1]
	case len(w) > 3 && strings.HasSuffix(w, "nh"):
		w = w[:len(w)-1]
	case len(w) > 2 && strings.HasSuffix(w, "ch"):
		w = w[:len(w)-2] + "t"
	case len(w) > 2 && strings.HasSuffix(w, "c"):
		w = w[:len(w)-1] + "t"
	}
	var b strings.Builder // doubled letters of Khmer names count once
	for i := 0; i < len(w); i++ {
		if i == 0 || w[i] != w[i-1] {
			b.WriteByte(w[i])
		}
	}
	return b.String()
}
