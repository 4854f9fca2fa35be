package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"
)

var printed = []struct {
	name  string
	level Level
	t     Transfer
}{
	{"stall card", LevelQ, Transfer{Bank: "970405", Account: "1900201234567", Name: "DANH THI SA RUONE", City: "BAC LIEU", Store: "CHO PHUONG 3", Terminal: "QAY-017"}},
	{"charge", LevelM, Transfer{Bank: "970418", Account: "14123100001234", Amount: 45000, Dynamic: true, Purpose: "ASC7K2M9QRT"}},
	{"shortest", LevelM, Transfer{Bank: "970405", Account: "1"}},
	{"fullest", LevelM, Transfer{Bank: "970405", Account: "9999999999999999999", Amount: maxAmount, Name: full, City: full[:15], Postal: full[:10],
		Bill: full, Store: full, Terminal: full, Local: Local{"vi", "Hop tac xa Dong Hai", "Bac Lieu"}}},
}

func TestEveryImageIsReadByTwoReaders(t *testing.T) {
	t.Parallel()
	for _, tt := range printed {
		payload, err := tt.t.Encode()
		if err != nil {
			t.Fatal(tt.name, err)
		}
		picture, err := Draw(payload, tt.level)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		for _, scale := range []int{3, 10} {
			file, err := picture.PNG(scale)
			if err != nil {
				t.Fatal(err)
			}
			drawn, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if n := drawn.Bounds().Dx(); n != picture.Modules()*scale {
				t.Errorf("%s: %d pixels wide for %d modules of %d", tt.name, n, picture.Modules(), scale)
			}
			checkRead(t, fmt.Sprintf("%s PNG at %d", tt.name, scale), drawn, payload)
		}
		checkRead(t, tt.name+" SVG", rasterise(t, picture.SVG(40), 6), payload)
	}
}

// TestPhotographed: what a phone sees is turned, blurred and pale.
func TestPhotographed(t *testing.T) {
	t.Parallel()
	payload, err := printed[0].t.Encode()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := Draw(payload, LevelQ)
	if err != nil {
		t.Fatal(err)
	}
	plain := rasterise(t, picture.SVG(0), 10)
	for name, img := range map[string]*image.Gray{
		"turned by 7°":    turn(plain, 7),
		"turned by 90°":   turn(plain, 90),
		"blurred":         blur(plain, 2),
		"at 40% contrast": pale(plain, 0.4),
		"all at once":     pale(blur(turn(plain, 4), 1), 0.4),
	} {
		checkRead(t, name, img, payload)
	}
}

// checkRead gives the image to zbar and to ZXing's Go port.
func checkRead(t *testing.T, name string, img image.Image, want string) {
	t.Helper()
	if got := zbar(t, img); got != want {
		t.Errorf("%s: zbar reads %q, want %q", name, got, want)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := zxing.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Errorf("%s: gozxing: %v", name, err)
	} else if result.GetText() != want {
		t.Errorf("%s: gozxing reads %q, want %q", name, result.GetText(), want)
	}
}

func zbar(t *testing.T, img image.Image) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		t.Fatal("this test needs zbarimg: apt-get install zbar-tools")
	}
	var in, out, errs bytes.Buffer
	if err := png.Encode(&in, img); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "png:-")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Sprintf("(%v: %s)", err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// rasterise draws the one path of our SVG, scale pixels to a unit.
func rasterise(t *testing.T, svg string, scale int) *image.Gray {
	t.Helper()
	if strings.Count(svg, "<path") != 1 {
		t.Fatal("not one path")
	}
	var n int
	_, box, _ := strings.Cut(svg, `viewBox="`)
	if _, err := fmt.Sscanf(box, "0 0 %d", &n); err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, n*scale, n*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	_, d, _ := strings.Cut(svg, ` d="`)
	d, _, _ = strings.Cut(d, `"`)
	for run := range strings.SplitSeq(strings.TrimSuffix(d, "z"), "z") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("path %q: %v", run, err)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+w)*scale; px++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	return img
}

func turn(in *image.Gray, degrees float64) *image.Gray {
	n := in.Bounds().Dx()
	m := n * 3 / 2
	out := image.NewGray(image.Rect(0, 0, m, m))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range m {
		for x := range m {
			dx, dy := float64(x-m/2), float64(y-m/2)
			sx, sy := int(math.Round(dx*cos+dy*sin))+n/2, int(math.Round(dy*cos-dx*sin))+n/2
			out.Pix[y*out.Stride+x] = 255
			if image.Pt(sx, sy).In(in.Bounds()) {
				out.Pix[y*out.Stride+x] = in.GrayAt(sx, sy).Y
			}
		}
	}
	return out
}

// blur averages a square of 2r+1 pixels.
func blur(in *image.Gray, r int) *image.Gray {
	out := image.NewGray(in.Bounds())
	for y := range in.Bounds().Dy() {
		for x := range in.Bounds().Dx() {
			sum, n := 0, 0
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					if p := image.Pt(x+dx, y+dy); p.In(in.Bounds()) {
						sum += int(in.GrayAt(p.X, p.Y).Y)
						n++
					}
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / n)
		}
	}
	return out
}

// pale squeezes black and white towards the middle.
func pale(in *image.Gray, contrast float64) *image.Gray {
	out := image.NewGray(in.Bounds())
	for i, v := range in.Pix {
		out.Pix[i] = uint8(128 + (float64(v)-128)*contrast)
	}
	return out
}
