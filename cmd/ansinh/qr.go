package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"ansinh.vn/qr"
)

func init() {
	command("qr", "Mã VietQR: tạo và đọc / VietQR payloads: write and read", &qrCmd{})
}

type qrCmd struct {
	Encode qrEncodeCmd `cmd:"" help:"Tạo mã VietQR chuyển tiền / write a VietQR transfer payload."`
	Decode qrDecodeCmd `cmd:"" help:"Đọc và kiểm tra mã / read payloads and name every problem."`
}

type qrEncodeCmd struct {
	Bank     string `required:"" placeholder:"BIN" help:"Mã ngân hàng 6 số / acquirer BIN, 6 digits."`
	Account  string `required:"" placeholder:"A" help:"Số tài khoản hoặc số thẻ / account or card number."`
	Card     bool   `help:"Số là số thẻ / the number is a card's."`
	Amount   typed  `placeholder:"N" help:"Số tiền, đồng / whole đồng, digits only."`
	Bill     string `placeholder:"B" help:"Số hoá đơn / bill number."`
	Store    string `placeholder:"S" help:"Tên cửa hàng, sạp / store label."`
	Terminal string `placeholder:"T" help:"Mã điểm bán / terminal label."`
	Purpose  string `placeholder:"P" help:"Nội dung chuyển tiền / purpose."`
	Name     string `placeholder:"N" help:"Tên người nhận / merchant name."`
	City     string `placeholder:"C" help:"Tỉnh, thành / city."`
	Static   bool   `xor:"use" help:"Mã tĩnh, dùng nhiều lần / for many payments (default without --amount)."`
	Dynamic  bool   `xor:"use" help:"Mã động, dùng một lần / for one payment (default with --amount)."`
	PNG      string `name:"png" placeholder:"F" help:"Ghi ảnh PNG / write a PNG image."`
	SVG      string `name:"svg" placeholder:"F" help:"Ghi ảnh SVG / write an SVG image."`
}

// typed is a flag's value as it stands, -5 and the empty text included: they are for
// the codec to refuse, not for the reader of flags to guess at.
type typed struct {
	text  string
	given bool
}

func (t *typed) Decode(ctx *kong.DecodeContext) error {
	token := ctx.Scan.Pop()
	if token.IsEOL() {
		return fmt.Errorf("missing value for --%s", ctx.Value.Name)
	}
	t.text, t.given = fmt.Sprint(token.Value), true
	return nil
}

func (c *qrEncodeCmd) Run(_ context.Context, a *app) error {
	t := qr.Transfer{
		Bank: c.Bank, Account: c.Account, Card: c.Card,
		Dynamic: c.Dynamic || c.Amount.given && !c.Static,
		Bill:    c.Bill, Store: c.Store, Terminal: c.Terminal, Purpose: c.Purpose,
		Name: c.Name, City: c.City,
	}
	if c.Amount.given {
		var err error
		if t.Amount, err = qr.Amount(c.Amount.text); err != nil {
			return err
		}
	}
	t, notes := t.Fit()
	payload, err := t.Encode()
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(a.Err, note)
	}
	if err := drawTo(payload, qr.LevelM, 0, c.PNG, c.SVG); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"payload": payload, "notes": append([]string{}, notes...)})
	}
	_, err = fmt.Fprintln(a.Out, payload)
	return err
}

// drawTo writes the images that were asked for; an SVG of 0 mm takes any size.
func drawTo(payload string, level qr.Level, millimetres float64, pngFile, svgFile string) error {
	if pngFile == "" && svgFile == "" {
		return nil
	}
	picture, err := qr.Draw(payload, level)
	if err != nil {
		return err
	}
	if pngFile != "" {
		image, err := picture.PNG(10)
		if err != nil {
			return err
		}
		if err := os.WriteFile(pngFile, image, 0o644); err != nil {
			return err
		}
	}
	if svgFile != "" {
		return os.WriteFile(svgFile, []byte(picture.SVG(millimetres)+"\n"), 0o644)
	}
	return nil
}

type qrDecodeCmd struct {
	Payload []string `arg:"" optional:"" help:"Các mã; không có thì đọc từng dòng từ stdin / payloads; none: a line each from stdin."`
}

// qrReading is one line of `qr decode`: a contract with other people's scripts.
type qrReading struct {
	Valid     bool         `json:"valid"`
	Problems  []qr.Problem `json:"problems"`
	Kind      qr.Kind      `json:"kind"`
	Bank      string       `json:"bank"`
	Account   string       `json:"account"`
	Merchant  string       `json:"merchant,omitempty"`
	Amount    string       `json:"amount"`
	Currency  string       `json:"currency"`
	Dynamic   bool         `json:"dynamic"`
	Bill      string       `json:"bill"`
	Store     string       `json:"store"`
	Terminal  string       `json:"terminal"`
	Reference string       `json:"reference"`
	Purpose   string       `json:"purpose"`
	Name      string       `json:"name"`
	City      string       `json:"city"`
	CRC       string       `json:"crc"`
}

func (c *qrDecodeCmd) Run(ctx context.Context, a *app) error {
	out := bufio.NewWriterSize(a.Out, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	read := func(payload string) error {
		code := qr.Decode(payload)
		return enc.Encode(qrReading{
			Valid: code.Valid(), Problems: append([]qr.Problem{}, code.Problems...), Kind: code.Kind,
			Bank: code.Bank, Account: code.Account, Merchant: code.Merchant,
			Amount: code.Amount, Currency: code.Currency, Dynamic: code.Dynamic,
			Bill: code.Bill, Store: code.Store, Terminal: code.Terminal, Reference: code.Reference,
			Purpose: code.Purpose, Name: code.Name, City: code.City, CRC: code.CRC,
		})
	}
	err := eachPayload(ctx, c.Payload, a.In, read)
	return errors.Join(err, out.Flush())
}

// eachPayload gives the arguments, or else the lines of in, an empty line included: the
// answers stand line by line beside the questions.
func eachPayload(ctx context.Context, args []string, in io.Reader, do func(string) error) error {
	for _, payload := range args {
		if err := do(payload); err != nil {
			return err
		}
	}
	if len(args) > 0 {
		return nil
	}
	lines := bufio.NewReaderSize(in, 1<<16)
	for ctx.Err() == nil {
		line, err := lines.ReadString('\n')
		if line != "" {
			if err := do(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read payloads from stdin: %w", err)
		}
	}
	return ctx.Err()
}
