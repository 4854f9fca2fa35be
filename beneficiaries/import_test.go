package beneficiaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

var listedOn = time.Date(2026, 10, 12, 9, 0, 0, 0, time.FixedZone("+07", 7*3600))

// lived is a small province with its lists written and imported.
type lived struct {
	pool  *pgxpool.Pool
	box   *secret.Box
	world *province.Province
	truth *province.Truth
	dir   string
	lists []Imported
}

func live(t testing.TB, people int) *lived {
	t.Helper()
	l := &lived{pool: pgtest.New(t), box: secret.ForTest(t), dir: t.TempDir()}
	l.world = province.Generate(province.Options{Seed: 7, People: people, Paid: func(e province.Entitlement, _ *province.Person) money.VND { return 500_000 }})
	var err error
	if l.truth, err = l.world.WriteLists(l.dir); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lived) importAll(t testing.TB) {
	t.Helper()
	for _, f := range l.truth.Files {
		out, err := ImportList(context.Background(), l.pool, l.box, ListFile{Path: filepath.Join(l.dir, f.Name), By: "staff:lan", Now: listedOn})
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		l.lists = append(l.lists, out...)
	}
}

func TestImportKeepsEveryRowOfAProvince(t *testing.T) {
	t.Parallel()
	n := 2000
	if s := os.Getenv("N"); s != "" {
		fmt.Sscan(s, &n)
	}
	l := live(t, n)
	start := time.Now()
	l.importAll(t)
	t.Logf("imported in %v", time.Since(start))
	all, quarantined := l.truth.Rows()
	got := Imported{Repairs: map[string]int{}}
	for i, one := range l.lists {
		f := l.truth.Files[i]
		if one.Office != f.Office || one.Scheme != f.Scheme {
			t.Errorf("%s: read as %s %s", f.Name, one.Office, one.Scheme)
		}
		if one.Received != len(f.Rows) {
			t.Errorf("%s: %d rows received, %d written", f.Name, one.Received, len(f.Rows))
		}
		got.Received += one.Received
		got.Imported += one.Imported
		got.Quarantined += one.Quarantined
		got.Duplicates += one.Duplicates
		got.Warnings += one.Warnings
		for k, v := range one.Repairs {
			got.Repairs[k] += v
		}
	}
	t.Logf("%+v; truth %d %d", got, all, quarantined)
	rows, _ := l.pool.Query(context.Background(), `select reason, count(*) from list_row where reason is not null group by 1 order by 2 desc limit 30`)
	for rows.Next() {
		var s string
		var n int
		rows.Scan(&s, &n)
		t.Log(s, n)
	}
	rows, _ = l.pool.Query(context.Background(), `select regexp_replace(w, '[“(].*', ''), count(*) from list_row, unnest(warnings) w group by 1 order by 2 desc limit 30`)
	for rows.Next() {
		var s string
		var n int
		rows.Scan(&s, &n)
		t.Log(s, n)
	}
	c, err := Counts(context.Background(), l.pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", Total(c))
}
