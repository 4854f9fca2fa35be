package staff_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/staff"
)

var now = time.Date(2026, 10, 20, 2, 0, 0, 0, time.UTC)

const password = "rừng đước Năm Căn"

func person(t *testing.T, s *staff.Store, login string, roles ...staff.Role) staff.Person {
	t.Helper()
	if _, err := s.Add(t.Context(), staff.New{Login: login, Name: "Nguyễn Văn " + login, Password: password, Roles: roles}, "test", now); err != nil {
		t.Fatal(err)
	}
	p, err := s.ByLogin(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAddRefusesWhatCannotSignIn(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	person(t, s, "an", staff.Clerk)
	good := staff.New{Login: "binh", Name: "Bình", Password: password, Roles: []staff.Role{staff.Clerk}}
	for name, change := range map[string]func(*staff.New){
		"short password":     func(n *staff.New) { n.Password = "ngắn" },
		"one letter":         func(n *staff.New) { n.Password = strings.Repeat("a", 20) },
		"login in password":  func(n *staff.New) { n.Password = "binh-binh-1234" },
		"unknown role":       func(n *staff.New) { n.Roles = []staff.Role{"vua"} },
		"no role":            func(n *staff.New) { n.Roles = nil },
		"unknown office":     func(n *staff.New) { n.Office = "99999" },
		"upper case in name": func(n *staff.New) { n.Login = "Bình" },
		"no name":            func(n *staff.New) { n.Name = " " },
	} {
		n := good
		change(&n)
		_, err := s.Add(t.Context(), n, "test", now)
		var refused interface{ Refused() bool }
		if !errors.As(err, &refused) || !refused.Refused() {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	good.Login = "an"
	if _, err := s.Add(t.Context(), good, "test", now); !errors.Is(err, staff.ErrTaken) {
		t.Errorf("a login twice: got %v", err)
	}
}

func TestSignInTellsNothingAboutLogins(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	an := person(t, s, "an", staff.Clerk)
	person(t, s, "gone", staff.Clerk)
	if err := s.Disable(t.Context(), "gone", "staff:boss", now); err != nil {
		t.Fatal(err)
	}
	got, err := s.SignIn(t.Context(), " AN ", password, "10.0.0.1", now)
	if err != nil || got.Person.ID != an.ID || !got.Person.Has(staff.Clerk) {
		t.Fatalf("the right password: %v, %v", got, err)
	}
	// the same words typed on a phone that composes marks the other way
	if _, err := s.SignIn(t.Context(), "an", "ru\u031b\u0300ng \u0111u\u031bo\u031b\u0301c Na\u0306m Ca\u0306n", "10.0.0.1", now); err != nil {
		t.Errorf("decomposed password: %v", err)
	}
	for _, c := range [][2]string{{"an", "sai mật khẩu"}, {"nobody", password}, {"gone", password}, {"an", ""}, {"an", strings.Repeat("x", 5000)}} {
		_, err := s.SignIn(t.Context(), c[0], c[1], "10.0.0.2", now)
		if !errors.Is(err, staff.ErrSignIn) || err.Error() != "staff: sign in: "+staff.ErrSignIn.Error() {
			t.Errorf("%s: got %v", c[0], err)
		}
	}
}

// An unknown login must cost what a known one costs. The medians of a handful of
// hashes differ by noise; a missing hash would differ by a hundred times.
func TestUnknownLoginTakesAsLongAsAKnownOne(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	person(t, s, "an", staff.Clerk)
	_, _ = s.SignIn(t.Context(), "warm-up", "x", "10.0.0.0", now)
	median := func(login string) time.Duration {
		var took []time.Duration
		for range 5 {
			start := time.Now()
			if _, err := s.SignIn(t.Context(), login, "sai mật khẩu", "10.0.0.3", now); !errors.Is(err, staff.ErrSignIn) {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took[2]
	}
	known, unknown := median("an"), median("nobody-here")
	if ratio := float64(unknown) / float64(known); ratio < 0.1 {
		t.Errorf("unknown login answered in %s, known in %s", unknown, known)
	}
}

func TestGuessesAreCounted(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	person(t, s, "an", staff.Clerk)
	for i := range 5 {
		if _, err := s.SignIn(t.Context(), "an", "sai mật khẩu", "10.0.0.1", now); !errors.Is(err, staff.ErrSignIn) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	var many *staff.TooMany
	if _, err := s.SignIn(t.Context(), "an", password, "10.0.0.1", now); !errors.As(err, &many) || many.Wait != 15*time.Minute {
		t.Errorf("sixth guess: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "an", password, "10.0.0.9", now); err != nil {
		t.Errorf("the owner at another address is locked out: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "an", password, "10.0.0.1", now.Add(15*time.Minute)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestParallelGuessesDoNotSlipPast(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	const most = 5
	results := make(chan error, 40)
	for range cap(results) {
		go func() {
			results <- staff.Guess(context.Background(), pool, now, staff.Limit{Subject: "pin:1", Most: most, Window: time.Hour})
		}()
	}
	passed := 0
	for range cap(results) {
		if err := <-results; err == nil {
			passed++
		} else if !errors.As(err, new(*staff.TooMany)) {
			t.Error(err)
		}
	}
	if passed != most {
		t.Errorf("%d guesses passed, want %d", passed, most)
	}
}

func TestDisablingAndANewPasswordEndSessions(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	an := person(t, s, "an", staff.Clerk)
	in, err := s.SignIn(t.Context(), "an", password, "10.0.0.1", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context(), an.ID, in.Epoch); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword(t.Context(), an.ID, "sai mật khẩu", "mật khẩu mới dài", "10.0.0.1", now); !errors.Is(err, staff.ErrSignIn) {
		t.Errorf("new password without the old: %v", err)
	}
	if err := s.SetPassword(t.Context(), an.ID, password, "mật khẩu mới dài", "10.0.0.1", now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context(), an.ID, in.Epoch); !errors.Is(err, staff.ErrSignIn) {
		t.Errorf("an old session after a new password: %v", err)
	}
	in, err = s.SignIn(t.Context(), "an", "mật khẩu mới dài", "10.0.0.1", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Disable(t.Context(), "an", an.Actor(), now); !errors.Is(err, staff.ErrSelf) {
		t.Errorf("disabling oneself: %v", err)
	}
	if err := s.Disable(t.Context(), "an", "staff:boss", now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context(), an.ID, in.Epoch); !errors.Is(err, staff.ErrSignIn) {
		t.Errorf("a session after disabling: %v", err)
	}
}

func TestAKeyNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := staff.Open(pool)
	chair, other := person(t, s, "chair", staff.Chairman), person(t, s, "other", staff.Operator)
	private, public, err := staff.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RequestKey(t.Context(), chair.ID, private, "", now); err == nil {
		t.Error("a private key was taken")
	}
	req, err := s.RequestKey(t.Context(), chair.ID, public, "máy ở phòng", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RequestKey(t.Context(), other.ID, public, "", now); !errors.Is(err, staff.ErrKeyInUse) {
		t.Errorf("somebody else's key: %v", err)
	}
	if _, err := s.ConfirmKey(t.Context(), req, chair.ID, now); !errors.Is(err, staff.ErrOwnKey) {
		t.Errorf("confirmed by its holder: %v", err)
	}
	if keys, err := s.Keys(t.Context(), chair.ID); err != nil || len(keys) != 0 {
		t.Errorf("keys before confirmation: %v, %v", keys, err)
	}
	id, err := s.ConfirmKey(t.Context(), req, other.ID, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ConfirmKey(t.Context(), req, other.ID, now); !errors.Is(err, staff.ErrKeyState) {
		t.Errorf("confirmed twice: %v", err)
	}
	k, err := s.KeyByPublic(t.Context(), chair.ID, public)
	if err != nil || k.ID != id || k.Label != "máy ở phòng" {
		t.Fatalf("the enrolled key: %v, %v", k, err)
	}
	if err := s.RevokeKey(t.Context(), id, other.ID, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeyByPublic(t.Context(), chair.ID, public); !errors.Is(err, staff.ErrNotFound) {
		t.Errorf("a revoked key: %v", err)
	}
	if _, err := s.RequestKey(t.Context(), chair.ID, public, "", now); !errors.Is(err, staff.ErrKeyInUse) {
		t.Errorf("a revoked key again: %v", err)
	}
}

// What the program cannot do, a statement by hand cannot either.
func TestFourEyesStandInTheDatabase(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := staff.Open(pool)
	chair, other := person(t, s, "chair", staff.Chairman), person(t, s, "other", staff.Operator)
	_, public, err := staff.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	req, err := s.RequestKey(t.Context(), chair.ID, public, "", now)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ constraint, sql string }{
		"own request": {"staff_key_request_four_eyes",
			`update staff_key_request set outcome = 'confirmed', decided_at = now(), decided_by = staff_id where id = $1`},
		"own key": {"staff_key_four_eyes",
			`insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by)
			 select staff_id, id, kind, public_key, now(), now(), staff_id from staff_key_request where id = $1`},
	} {
		if _, err := pgtest.Owner(t, pool).Exec(t.Context(), c.sql, req); pg.Constraint(err) != c.constraint {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := s.ConfirmKey(t.Context(), req, other.ID, now); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`update staff_key set public_key = 'x'`, `delete from staff_key`, `delete from staff`,
		`update staff set login = 'mallory'`, `update staff_key set confirmed_by = staff_id`,
	} {
		if _, err := pool.Exec(t.Context(), sql); pg.Code(err) != "42501" {
			t.Errorf("%s: got %v, want permission denied", sql, err)
		}
	}
}

func TestEverythingLeavesARecord(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := staff.Open(pool)
	an, boss := person(t, s, "an", staff.Chairman), person(t, s, "boss", staff.Operator)
	_, _ = s.SignIn(t.Context(), "an", password, "10.0.0.1", now)
	_, _ = s.SignIn(t.Context(), "an", "sai mật khẩu", "10.0.0.1", now)
	_, _ = s.SignIn(t.Context(), "mật khẩu gõ nhầm ô", "x", "10.0.0.1", now)
	_, public, _ := staff.GenerateKey()
	req, _ := s.RequestKey(t.Context(), an.ID, public, "", now)
	key, _ := s.ConfirmKey(t.Context(), req, boss.ID, now)
	_ = s.RevokeKey(t.Context(), key, boss.ID, now)
	_ = s.SignedOut(t.Context(), an, now)
	_ = s.Disable(t.Context(), "an", boss.Actor(), now)

	rows, err := pool.Query(t.Context(), `select actor || ' ' || kind from audit_event where kind like 'staff.%' order by id`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	want := []string{"test staff.added", "test staff.added", "staff:an staff.signed_in", "staff:an staff.sign_in_failed",
		"unknown staff.sign_in_failed", "staff:an staff.key_requested", "staff:boss staff.key_enrolled",
		"staff:boss staff.key_revoked", "staff:an staff.signed_out", "staff:boss staff.disabled"}
	if !slices.Equal(got, want) {
		t.Errorf("events:\n got %q\nwant %q", got, want)
	}
}

func TestOldParametersAreRaisedAtSignIn(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := staff.Open(pool)
	an := person(t, s, "an", staff.Clerk)
	weak := staff.HashPassword(password, staff.Params{Memory: 64, Time: 1, Threads: 1})
	if _, err := pool.Exec(t.Context(), `update staff set password_hash = $2 where id = $1`, an.ID, weak); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SignIn(t.Context(), "an", password, "10.0.0.1", now); err != nil {
		t.Fatal(err)
	}
	var hash string
	if err := pool.QueryRow(t.Context(), `select password_hash from staff where id = $1`, an.ID).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if ok, rehash := staff.CheckPassword(password, hash, staff.DefaultParams); !ok || rehash {
		t.Errorf("the hash after sign-in is %q", hash)
	}
}

func TestATokenActsAsItsOwnerUntilItEnds(t *testing.T) {
	t.Parallel()
	s := staff.Open(pgtest.New(t))
	an := person(t, s, "an", staff.Accountant)
	until := now.Add(24 * time.Hour)
	token, err := s.NewToken(t.Context(), an.ID, "báo cáo đêm", until, now)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.ByToken(t.Context(), token, now); err != nil || p.ID != an.ID {
		t.Errorf("a fresh token: %v, %v", p, err)
	}
	for name, c := range map[string]struct {
		token string
		at    time.Time
	}{"expired": {token, until}, "altered": {token + "x", now}, "empty": {"", now}} {
		if _, err := s.ByToken(t.Context(), c.token, c.at); !errors.Is(err, staff.ErrSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Disable(t.Context(), "an", "staff:boss", now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByToken(t.Context(), token, now); !errors.Is(err, staff.ErrSignIn) {
		t.Errorf("after disabling: %v", err)
	}
}
