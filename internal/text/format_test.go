package text_test

import (
	"testing"
	"time"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

func TestNumbersAsVietnameseWritesThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1.000", 1234567: "1.234.567", -540000: "−540.000"} {
		if got := text.Int(n); got != want {
			t.Errorf("Int(%d) = %q, want %q", n, got, want)
		}
	}
	for v, want := range map[money.VND]string{540000: "+540.000\u00a0đ", 0: "0\u00a0đ", -40000: "−40.000\u00a0đ"} {
		if got := text.Signed(v); got != want {
			t.Errorf("Signed(%d) = %q, want %q", v, got, want)
		}
	}
}

func TestDaysAndTimesOnTheClockOfVietnam(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 20, 18, 30, 5, 0, time.UTC)
	for got, want := range map[string]string{
		text.Day(money.Day(2026, time.October, 5)): "05/10/2026",
		text.Time(at):  "21/10/2026 01:30",
		text.Clock(at): "01:30:05",
		text.Month(money.NewMonth(2026, time.November)):      "11/2026",
		text.Day(time.Time{}):                                "",
		text.Duration(30 * time.Second):                      "vừa xong",
		text.Duration(90 * time.Minute):                      "1 giờ",
		text.Duration(72 * time.Hour):                        "3 ngày",
		text.Lookup("run", "approved").VI:                    "Đã duyệt",
		text.Lookup("run", "something nobody translated").VI: "something nobody translated",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEveryWordIsWhole(t *testing.T) {
	t.Parallel()
	tones := map[string]bool{"": true, "good": true, "warn": true, "bad": true, "busy": true, "unknown": true}
	for _, kind := range text.Kinds() {
		for _, key := range text.Keys(kind) {
			w := text.Lookup(kind, key)
			if w.VI == "" || w.EN == "" || !tones[w.Tone] {
				t.Errorf("%s %s: %+v", kind, key, w)
			}
			if kind == "charge" && w.KM == "" {
				t.Errorf("charge %s has no Khmer", key)
			}
		}
	}
}
