package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"ansinh.vn/staff"
)

func init() {
	command("staff", "Người đăng nhập, vai, khoá ký / people who sign in, roles, signing keys.", &staffCmd{})
}

type staffCmd struct {
	Add        staffAddCmd     `cmd:"" help:"Add a person. The password is read from ANSINH_PASSWORD, a terminal or stdin."`
	List       staffListCmd    `cmd:"" help:"List who may sign in."`
	Disable    staffDisableCmd `cmd:"" help:"End a person's sessions and let them sign in no more."`
	EnrollKey  enrollKeyCmd    `cmd:"" help:"Propose a signing key for its holder."`
	ConfirmKey confirmKeyCmd   `cmd:"" help:"Confirm a proposed key as a second person."`
	Token      staffTokenCmd   `cmd:"" help:"Make an API token that acts as its owner."`
}

type staffAddCmd struct {
	Login  string       `arg:"" help:"Such as ketoan.31825."`
	Name   string       `required:"" help:"Full name."`
	Role   []staff.Role `required:"" help:"clerk, accountant, chairman, auditor, operator, vendor-admin; may be given again."`
	Office string       `help:"Commune code; without it the whole province."`
}

// byCommandLine is who the log names for what is done at the machine itself.
const byCommandLine = "command-line"

func (c *staffAddCmd) Run(ctx context.Context, a *app) error {
	store, err := a.staff(ctx)
	if err != nil {
		return err
	}
	password, err := a.password("Password for " + c.Login + ": ")
	if err != nil {
		return err
	}
	id, err := store.Add(ctx, staff.New{Login: c.Login, Name: c.Name, Office: c.Office, Roles: c.Role, Password: password}, byCommandLine, a.Now())
	if errors.Is(err, staff.ErrTaken) {
		return refusal(err.Error())
	}
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"id": id, "login": c.Login})
	}
	_, err = fmt.Fprintf(a.Out, "Đã thêm %s / added %s\n", c.Login, c.Login)
	return err
}

type staffListCmd struct{}

func (staffListCmd) Run(ctx context.Context, a *app) error {
	store, err := a.staff(ctx)
	if err != nil {
		return err
	}
	people, err := store.List(ctx)
	if err != nil {
		return err
	}
	type row struct {
		ID       staff.ID     `json:"id"`
		Login    string       `json:"login"`
		Name     string       `json:"name"`
		Office   string       `json:"office"`
		Roles    []staff.Role `json:"roles"`
		Disabled bool         `json:"disabled"`
		Keys     int          `json:"keys"`
	}
	rows := make([]row, 0, len(people))
	for _, p := range people {
		keys, err := store.Keys(ctx, p.ID)
		if err != nil {
			return err
		}
		r := row{p.ID, p.Login, p.Name, p.Office, p.Roles, p.DisabledAt != nil, 0}
		for _, k := range keys {
			if k.RevokedAt == nil {
				r.Keys++
			}
		}
		rows = append(rows, r)
	}
	if a.JSON {
		return a.PrintJSON(rows)
	}
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOGIN\tHỌ TÊN\tVAI\tXÃ\tKHOÁ KÝ\t")
	for _, r := range rows {
		state := ""
		if r.Disabled {
			state = "đã khoá"
		}
		fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%d\t%s\n", r.Login, r.Name, r.Roles, r.Office, r.Keys, state)
	}
	return w.Flush()
}

type staffDisableCmd struct {
	Login string `arg:""`
}

func (c *staffDisableCmd) Run(ctx context.Context, a *app) error {
	store, err := a.staff(ctx)
	if err != nil {
		return err
	}
	err = store.Disable(ctx, c.Login, byCommandLine, a.Now())
	if errors.Is(err, staff.ErrNotFound) {
		return refusal(err.Error())
	}
	return err
}

type enrollKeyCmd struct {
	Login  string `arg:"" help:"The key's holder, who proves it with their password."`
	New    string `help:"Make a key and write its private half to this file (PKCS#8 PEM, 0600)." type:"path" xor:"key" required:""`
	Public string `help:"Take this public key (PEM)." type:"existingfile" xor:"key" required:""`
	Label  string `help:"A name to remember it by."`
}

func (c *enrollKeyCmd) Run(ctx context.Context, a *app) error {
	store, p, err := a.proven(ctx, c.Login)
	if err != nil {
		return err
	}
	public, err := c.key()
	if err != nil {
		return err
	}
	id, err := store.RequestKey(ctx, p.ID, public, c.Label, a.Now())
	if err != nil {
		if c.New != "" {
			err = errors.Join(err, os.Remove(c.New))
		}
		return keyRefusal(err)
	}
	der, err := staff.ParsePublic(public)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"request": id, "fingerprint": staff.Fingerprint(der)})
	}
	_, err = fmt.Fprintf(a.Out, "Yêu cầu %d, dấu vân tay %s. Người thứ hai xác nhận: ansinh staff confirm-key %d --by LOGIN\nRequest %d waits for a second person.\n",
		id, staff.Fingerprint(der), id, id)
	return err
}

func (c *enrollKeyCmd) key() (public []byte, err error) {
	if c.Public != "" {
		return os.ReadFile(c.Public)
	}
	private, public, err := staff.GenerateKey()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(c.New, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, refusal(c.New + " exists already; a key is never written over another: choose another file")
	}
	if err != nil {
		return nil, err
	}
	_, err = f.Write(private)
	return public, errors.Join(err, f.Sync(), f.Close())
}

type confirmKeyCmd struct {
	Request staff.RequestID `arg:""`
	By      string          `required:"" help:"The second person, who proves it with their password."`
}

func (c *confirmKeyCmd) Run(ctx context.Context, a *app) error {
	store, p, err := a.proven(ctx, c.By)
	if err != nil {
		return err
	}
	if !p.Has(staff.Operator, staff.Chairman) {
		return refusal("only an operator or a chairman confirms keys")
	}
	id, err := store.ConfirmKey(ctx, c.Request, p.ID, a.Now())
	if err != nil {
		return keyRefusal(err)
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"key": id})
	}
	_, err = fmt.Fprintf(a.Out, "Khoá %d đã được đăng ký / key %d is enrolled\n", id, id)
	return err
}

type staffTokenCmd struct {
	Login string        `arg:"" help:"The token's owner, who proves it with their password."`
	Label string        `required:"" help:"What it is for."`
	For   time.Duration `help:"How long it works." default:"720h"`
}

func (c *staffTokenCmd) Run(ctx context.Context, a *app) error {
	if c.For < time.Minute || c.For > 366*24*time.Hour {
		return usageError("--for must be from one minute to a year")
	}
	store, p, err := a.proven(ctx, c.Login)
	if err != nil {
		return err
	}
	now := time.Now() // tokens go by the wall clock, as sessions do
	token, err := store.NewToken(ctx, p.ID, c.Label, now.Add(c.For), now)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"token": token, "expires": now.Add(c.For)})
	}
	_, err = fmt.Fprintln(a.Out, token)
	return err
}

func (a *app) staff(ctx context.Context) (*staff.Store, error) {
	pool, err := a.DB(ctx)
	if err != nil {
		return nil, err
	}
	return staff.Open(pool), nil
}

// proven asks for the password of login: on the command line too nobody acts for another.
func (a *app) proven(ctx context.Context, login string) (*staff.Store, staff.Person, error) {
	store, err := a.staff(ctx)
	if err != nil {
		return nil, staff.Person{}, err
	}
	password, err := a.password("Password of " + login + ": ")
	if err != nil {
		return nil, staff.Person{}, err
	}
	session, err := store.SignIn(ctx, login, password, byCommandLine, time.Now())
	if errors.Is(err, staff.ErrSignIn) || errors.As(err, new(*staff.TooMany)) {
		err = refusal(err.Error())
	}
	return store, session.Person, err
}

func keyRefusal(err error) error {
	for _, known := range []error{staff.ErrOwnKey, staff.ErrKeyState, staff.ErrKeyInUse} {
		if errors.Is(err, known) {
			return refusal(known.Error())
		}
	}
	return err
}

// password reads a password: from ANSINH_PASSWORD, unseen from a terminal, or a line of stdin.
func (a *app) password(prompt string) (string, error) {
	if p := os.Getenv("ANSINH_PASSWORD"); p != "" {
		return p, nil
	}
	if f, ok := a.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(a.Err, prompt)
		p, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.Err)
		return string(p), err
	}
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usageError("no password: set ANSINH_PASSWORD, type it at a terminal, or give it on stdin")
	}
	return line, nil
}
