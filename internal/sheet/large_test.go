package sheet

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkLargeList reads .xlsx lists of ROWS rows (default 500,000) and 12 columns:
//
//	go test ./internal/sheet -run x -bench LargeList -benchtime 1x
//
// It reports seconds, rows a second and the greatest memory that the process held.
func BenchmarkLargeList(b *testing.B) {
	rows := 500_000
	if n, err := strconv.Atoi(os.Getenv("ROWS")); err == nil {
		rows = n
	}
	path := filepath.Join(b.TempDir(), "large.xlsx")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter(f)
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Sheet("Trợ cấp", []string{"STT", "Số CCCD", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Ấp", "Địa chỉ", "Đối tượng", "Số QĐ", "Hưởng từ tháng", "Mức hưởng"}); err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		err := w.Row(i+1, fmt.Sprintf("0951%02d%06d", i%100, i), fmt.Sprintf("Danh Thị Số %d", i), fmt.Sprintf("%02d/%02d/19%02d", i%28+1, i%12+1, i%100), "Nữ", "Khmer",
			fmt.Sprintf("Ấp %d", i%12), fmt.Sprintf("Số %d, ấp %d", i%400, i%12), "KT_N", fmt.Sprintf("%d/QĐ-UBND", i%900), "05/2024", int64(1_080_000))
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	base := memory(b, "VmRSS")
	for b.Loop() {
		begun := time.Now()
		r, err := Open(path, Options{Columns: listed})
		if err != nil {
			b.Fatal(err)
		}
		n, most := 0, base
		for _, err := range r.Rows() {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n%50_000 == 0 {
				most = max(most, memory(b, "VmRSS"))
			}
		}
		r.Close()
		if n != rows {
			b.Fatalf("%d rows of %d", n, rows)
		}
		took := time.Since(begun).Seconds()
		b.ReportMetric(took, "s")
		b.ReportMetric(float64(n)/took, "rows/s")
		b.ReportMetric(float64(most)/1024, "MB-most")
		b.ReportMetric(float64(base)/1024, "MB-before")
	}
}

// memory is a figure of this process in kB.
func memory(b *testing.B, name string) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kb int
	for _, line := range strings.Split(string(status), "\n") {
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kb); n == 1 {
			return kb
		}
	}
	b.Fatalf("no %s in /proc/self/status", name)
	return 0
}
