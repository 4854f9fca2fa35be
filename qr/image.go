package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	qrcode "github.com/skip2/go-qrcode"
)

// Level is how much damage a printed code survives.
type Level int

const (
	LevelM Level = iota // 15 %: screens and clean paper
	LevelQ              // 25 %: cards that lie in a market
	LevelL              // 7 %: much text on clean paper, where smaller modules would harm more
)

// quiet is the white margin in modules that ISO/IEC 18004 demands on every side.
const quiet = 4

// Picture is a QR code as a square of modules, its quiet zone included.
type Picture struct{ dark [][]bool }

// Draw makes the code for a text, at the smallest version that holds it.
func Draw(text string, level Level) (Picture, error) {
	recovery := qrcode.Medium
	switch level {
	case LevelQ:
		recovery = qrcode.High
	case LevelL:
		recovery = qrcode.Low
	}
	code, err := qrcode.New(text, recovery)
	if err != nil {
		return Picture{}, fmt.Errorf("qr: draw %d characters: %w", len(text), err)
	}
	code.DisableBorder = true
	inner := code.Bitmap()
	n := len(inner) + 2*quiet
	p := Picture{dark: make([][]bool, n)}
	for y := range p.dark {
		p.dark[y] = make([]bool, n)
		if y >= quiet && y < n-quiet {
			copy(p.dark[y][quiet:], inner[y-quiet])
		}
	}
	return p, nil
}

// Modules is the number of modules on a side. A payload of a stall card has 53 to 61;
// at half a millimetre each it prints 26 to 31 mm wide.
func (p Picture) Modules() int { return len(p.dark) }

// PNG draws the code with scale pixels to a module, in two colours.
func (p Picture) PNG(scale int) ([]byte, error) {
	if scale < 1 || scale > 100 {
		return nil, fmt.Errorf("qr: %d pixels to a module is not from 1 to 100", scale)
	}
	n := p.Modules() * scale
	img := image.NewPaletted(image.Rect(0, 0, n, n), color.Palette{color.White, color.Black})
	for y := range n {
		for x := range n {
			if p.dark[y/scale][x/scale] {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("qr: encode PNG: %w", err)
	}
	return b.Bytes(), nil
}

// SVG draws the code as one path on a white ground, millimetres wide on paper; with 0
// it takes the size of its surroundings.
func (p Picture) SVG(millimetres float64) string {
	var b strings.Builder
	n := p.Modules()
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"`)
	if millimetres > 0 {
		fmt.Fprintf(&b, ` width="%[1]gmm" height="%[1]gmm"`, millimetres)
	}
	fmt.Fprintf(&b, ` viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><rect width="%[1]d" height="%[1]d" fill="#fff"/><path d="`, n)
	for y, row := range p.dark {
		for x := 0; x < n; {
			run := x
			for run < n && row[run] {
				run++
			}
			if run > x {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run-x, run-x)
				x = run
			} else {
				x++
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}
