// Package qr reads and writes the payloads of payment QR codes: EMVCo
// merchant-presented mode, with VietQR (NAPAS 247 transfers to an account or a card)
// and VNPAY merchant codes on top, and draws them as PNG and SVG. It knows no
// database, no clock and no network, and never decides whether money came: a QR code
// asks, only the receiving bank's word answers.
//
// Encoding is strict: what does not fit its field is refused, and [Transfer.Fit] is
// the one place that folds and cuts text. Decoding is lenient: everything that can be
// read is given, with every departure from the standard named and placed, and a
// payload is valid only when there is none.
//
// Sources: EMVCo "Merchant-Presented QR Code Specification for Payment Systems" v1.1;
// NAPAS "Định dạng QR dịch vụ chuyển nhanh NAPAS247" v1.0 (09/2021); TCCS 03:2018/NHNNVN.
package qr

import "ansinh.vn/money"

// Kind says which scheme a payload belongs to.
type Kind string

const (
	VietQRAccount Kind = "vietqr-account" // transfer to a bank account, service QRIBFTTA
	VietQRCard    Kind = "vietqr-card"    // transfer to a card, service QRIBFTTC
	VNPayMerchant Kind = "vnpay-merchant" // a VNPAY merchant, paid through its acquirer
	EMV           Kind = "emv"            // any other EMVCo payload
)

// Transfer is what a VietQR payload asks for. The zero value of an optional field
// leaves it out. Lengths are in characters.
type Transfer struct {
	Bank    string    // acquirer BIN, 6 digits. Example: 970405 (Agribank)
	Account string    // account or card number, letters and digits, at most 19
	Card    bool      // the number is a card's (QRIBFTTC), not an account's (QRIBFTTA)
	Dynamic bool      // 12, made for one payment, not 11, printed for many
	Amount  money.VND // whole đồng; 0 lets the payer type it

	Category string // merchant category code, ISO 18245, 4 digits
	Name     string // merchant name, at most 25
	City     string // at most 15
	Postal   string // at most 10

	Bill      string // each of these at most 25, and all of them with their heads at most 99
	Mobile    string
	Store     string
	Loyalty   string
	Reference string
	Customer  string
	Terminal  string
	Purpose   string // what banks put first into the transfer's memo

	// Local is the name in its own script, field 64. Unicode is allowed there, but image
	// readers guess the encoding of what is not ASCII, and zbar takes "Bạc Liêu" for
	// Chinese: a code that must be read everywhere leaves it out.
	Local Local
}
