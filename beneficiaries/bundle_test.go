package beneficiaries

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

var (
	hanoi    = time.FixedZone("+07", 7*3600)
	listedOn = time.Date(2026, 10, 12, 9, 0, 0, 0, hanoi)
	syncedOn = time.Date(2026, 10, 13, 8, 0, 0, 0, hanoi)
)

// bundle is a database, keys and a place for files.
type bundle struct {
	testing.TB
	ctx   context.Context
	pool  *pgxpool.Pool
	box   *secret.Box
	dir   string
	files int
}

func newBundle(t testing.TB) *bundle {
	t.Helper()
	return &bundle{TB: t, ctx: context.Background(), pool: pgtest.New(t), box: secret.ForTest(t), dir: t.TempDir()}
}

func (b *bundle) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// heads is a list's heading; row fills in what a test does not care about.
var heads = []string{"STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số định danh", "Ấp/khóm", "Nhóm đối tượng", "Số con", "Hưởng từ tháng", "Số QĐ",
	"Mức hưởng", "Đã chi đến tháng", "Hình thức", "Tên chủ tài khoản", "Số tài khoản", "Ngân hàng", "Người nhận thay", "Số giấy ủy quyền", "Hạn ủy quyền", "Lý do dùng chung tài khoản", "Số định danh người nhận thay"}

type fields map[string]string

// csvList writes a list of one commune; rows without a field get a usual value.
func (b *bundle) csvList(name, title string, rows ...fields) string {
	b.Helper()
	usual := fields{"Ngày sinh": "15/10/1950", "Giới tính": "Nữ", "Ấp/khóm": "Ấp Cầu Đỏ", "Nhóm đối tượng": "KT_N", "Hưởng từ tháng": "05/2024", "Số QĐ": "12/QĐ-UBND", "Hình thức": "Tiền mặt"}
	lines := [][]string{{title}, {}, heads}
	for i, r := range rows {
		line := make([]string, len(heads))
		for j, h := range heads {
			v, ok := r[h]
			if !ok {
				v = usual[h]
			}
			if h == "STT" {
				v = fmt.Sprint(i + 1)
			}
			line[j] = v
		}
		lines = append(lines, line)
	}
	return b.csvFile(name, lines)
}

func (b *bundle) csvFile(name string, lines [][]string) string {
	b.Helper()
	b.files++
	dir := filepath.Join(b.dir, fmt.Sprint(b.files))
	b.ok(os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	b.ok(err)
	w := csv.NewWriter(f)
	b.ok(w.WriteAll(lines))
	b.ok(f.Close())
	return path
}

const hongDan = "DANH SÁCH HƯỞNG TRỢ CẤP XÃ HỘI HẰNG THÁNG - UBND XÃ HỒNG DÂN"

// list writes and imports a btxh list of xã Hồng Dân.
func (b *bundle) list(rows ...fields) Imported {
	b.Helper()
	out, err := b.importFile(b.csvList("31843_btxh.csv", hongDan, rows...))
	b.ok(err)
	return out[0]
}

func (b *bundle) importFile(path string) ([]Imported, error) {
	return ImportList(b.ctx, b.pool, b.box, ListFile{Path: path, By: "staff:lan", Now: listedOn})
}

func (b *bundle) one(sql string, args ...any) (s string) {
	b.Helper()
	b.ok(b.pool.QueryRow(b.ctx, `select coalesce((`+sql+`)::text, '')`, args...).Scan(&s))
	return s
}

// person finds the id of somebody by name.
func (b *bundle) person(name string) PersonID {
	b.Helper()
	var id PersonID
	if err := b.pool.QueryRow(b.ctx, `select id from person where name = $1 order by id limit 1`, name).Scan(&id); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return id
}

// holds are the reasons why somebody is held, as of a day.
func (b *bundle) holds(name, day string) string {
	b.Helper()
	return b.one(`select array_to_string(hold_reasons, ' ') from payable_on($2) v join person p on p.id = v.person_id where p.name = $1`, name, day)
}

// refused asserts that an error refuses the input, and says what.
func (b *bundle) refused(err error, says string) {
	b.Helper()
	var r interface{ Refused() bool }
	if !errors.As(err, &r) || !r.Refused() || !strings.Contains(err.Error(), says) {
		b.Errorf("got error %v; want a refusal that says %q", err, says)
	}
}

// knows is a register of few people, served over real HTTP.
func (b *bundle) knows(people ...registry.Record) *registry.Client {
	for i := range people {
		r := &people[i]
		if r.Standing == "" {
			r.Standing = registry.Resident
		}
		if r.Commune == "" && r.MovedTo == "" {
			r.Commune, r.Hamlet = "31843", "Ấp Cầu Đỏ"
		}
		if c, ok := units.ByCode(r.Commune); ok {
			r.CommuneName = c.Name
		}
	}
	return b.serve(registry.PopulationOf(people), "none")
}

func (b *bundle) serve(people *registry.Population, faults string) *registry.Client {
	b.Helper()
	server, access, err := registry.Sandbox(7, people, "ed25519")
	b.ok(err)
	server.Again = time.Millisecond
	server.Faults, err = registry.ParseFaults(faults, 1)
	b.ok(err)
	web := httptest.NewServer(server.Handler())
	b.Cleanup(web.Close)
	access.URL = web.URL
	client, err := access.Client()
	b.ok(err)
	client.Now = func() time.Time { return syncedOn }
	client.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return client
}

func (b *bundle) sync(c *registry.Client) (SyncResult, error) {
	return Sync{Register: c, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}}.Run(b.ctx, b.pool, b.box)
}

func (b *bundle) synced(c *registry.Client) SyncResult {
	b.Helper()
	r, err := b.sync(c)
	b.ok(err)
	return r
}

// lived is a small province with its lists written.
type lived struct {
	*bundle
	world *province.Province
	truth *province.Truth
	lists []Imported
}

func live(t testing.TB, people int) *lived {
	t.Helper()
	l := &lived{bundle: newBundle(t)}
	l.world = province.Generate(province.Options{Seed: 7, People: people, Paid: func(province.Entitlement, *province.Person) money.VND { return 500_000 }})
	var err error
	l.truth, err = l.world.WriteLists(l.dir)
	l.ok(err)
	return l
}

func (l *lived) importAll() {
	l.Helper()
	for _, f := range l.truth.Files {
		out, err := l.importFile(filepath.Join(l.dir, f.Name))
		if err != nil {
			l.Fatalf("%s: %v", f.Name, err)
		}
		l.lists = append(l.lists, out...)
	}
}

// register is what the register knows of the province.
func (l *lived) register(faults string) *registry.Client {
	l.Helper()
	return l.serve(l.population(), faults)
}

func (l *lived) population() *registry.Population {
	return registry.NewPopulation(len(l.world.People), func(i int, day time.Time) (registry.Record, bool) {
		one := &l.world.People[i]
		if one.Unregistered {
			return registry.Record{}, false
		}
		r := registry.Record{
			Number: string(one.Number), OldNumber: string(one.OldNumber), Name: one.Name, Birth: one.Birth.String(),
			Sex: string(one.Sex), Ethnicity: one.Ethnic, Commune: one.Commune, Hamlet: one.Hamlet, Standing: registry.Resident,
		}
		known := one.KnownOn <= province.DayOf(day)
		if one.Died != 0 && known {
			r.Died = one.Died.String()
		}
		switch {
		case one.Standing != "" && known:
			r.Standing, r.MovedTo, r.MovedOn = one.Standing, one.MovedTo, one.StandingSince.String()
			if one.MovedTo != "" {
				r.Commune, r.Hamlet = "", ""
			}
		case one.Standing != "" && one.Office != "":
			r.Commune = one.Office
		}
		if c, ok := units.ByCode(r.Commune); ok {
			r.CommuneName = c.Name
		}
		return r, true
	})
}

func registryRecord(number, name, birth, sex string) registry.Record {
	return registry.Record{Number: number, Name: name, Birth: birth, Sex: sex}
}
