package qr

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

// TestPublishedVectors reads the project's table of published and collected payloads:
// valid exactly when the table says so. The table is not part of this repository.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("..", "..", "shared", "facts", "vietqr_vectors.csv"))
	if err != nil {
		t.Skipf("the table of vectors is not here: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		payload, crc, status, method, amount := row[1], row[2], row[4], row[6], row[7]
		c := Decode(payload)
		if c.Valid() != (status == "valid") {
			t.Errorf("vector %s (%s): problems %v", row[0], status, c.Problems)
		}
		if c.CRC != crc || c.Amount != amount || c.Dynamic != (method == "12") || c.Currency != "704" {
			t.Errorf("vector %s: crc %s amount %q dynamic %v currency %s", row[0], c.CRC, c.Amount, c.Dynamic, c.Currency)
		}
		if !c.Valid() {
			continue
		}
		transfer, err := c.Transfer()
		if err != nil {
			t.Errorf("vector %s: %v", row[0], err)
		}
		if again, err := transfer.Encode(); err != nil || again != payload {
			t.Errorf("vector %s encodes to\n%s, want\n%s (%v)", row[0], again, payload, err)
		}
	}
}
