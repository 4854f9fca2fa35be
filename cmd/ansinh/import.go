package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/money"
)

func init() {
	command("import", "Nhập danh sách, tài khoản, kết quả đối chiếu / bring in lists, accounts, checked lists.", &importCmd{})
}

type importCmd struct {
	List     importListCmd     `cmd:"" help:"Danh sách của một chính sách / a scheme's list, .xlsx or .csv."`
	Accounts importAccountsCmd `cmd:"" help:"Số tài khoản người hưởng / people's accounts, such as those chosen in VNeID."`
	Register importRegisterCmd `cmd:"" help:"Danh sách công an đã đối chiếu gửi lại / a list that the police have checked."`
}

// actor is who acts, as the audit log names it: a member of staff who exists, or
// the command line.
func (a *app) actor(ctx context.Context, login string) (string, error) {
	if login == "" {
		return "cli", nil
	}
	if _, err := a.staffID(ctx, login); err != nil {
		return "", fmt.Errorf("--by %s: %w", login, err)
	}
	return "staff:" + login, nil
}

// fileError is a file that was not taken.
type fileError struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

type importListCmd struct {
	Files         []string `arg:"" name:"file" help:"Spreadsheets; each is taken whole or not at all."`
	Office        string   `help:"The commune's code, when the file does not say it." placeholder:"CODE"`
	Scheme        string   `help:"btxh, htxh or ncc, when the file does not say it." placeholder:"SCHEME"`
	QuarantineOut string   `help:"Write the rows that were not taken to this spreadsheet, to be corrected and imported again." type:"path" placeholder:"FILE.xlsx"`
	From          string   `help:"Who gave us the files." placeholder:"NAME"`
	Wait          bool     `help:"Hold what the lists bring until a second person accepts them; without it who imports accepts."`
	By            string   `help:"Who imports, by login." placeholder:"LOGIN"`
}

func (c *importListCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	out := struct {
		Lists         []beneficiaries.Imported `json:"lists"`
		Errors        []fileError              `json:"errors"`
		QuarantineOut string                   `json:"quarantine_out,omitempty"`
	}{Lists: []beneficiaries.Imported{}, Errors: []fileError{}}
	var failed []error
	bar := a.Progress("nhập danh sách", int64(len(c.Files)))
	for _, path := range c.Files {
		lists, err := beneficiaries.ImportList(ctx, pool, box, beneficiaries.ListFile{Path: path, Office: c.Office, Scheme: c.Scheme,
			Sender: c.From, Waits: c.Wait, By: by, Now: a.Now()})
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed = append(failed, err)
			out.Errors = append(out.Errors, fileError{path, err.Error()})
		}
		out.Lists = append(out.Lists, lists...)
		_ = bar.Add(1)
	}
	_ = bar.Finish()
	if err := beneficiaries.Analyze(ctx, pool); err != nil {
		return errors.Join(append(failed, err)...)
	}
	if c.QuarantineOut != "" {
		var ids []beneficiaries.ListID
		for _, l := range out.Lists {
			ids = append(ids, l.List)
		}
		n, err := saveQuarantine(c.QuarantineOut, func(f *os.File) (int, error) {
			return beneficiaries.WriteQuarantine(ctx, pool, box, f, ids...)
		})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if n > 0 {
			out.QuarantineOut = c.QuarantineOut
		}
	}
	if a.JSON {
		return errors.Join(append(failed, a.PrintJSON(out))...)
	}
	for _, l := range out.Lists {
		printList(a, l)
	}
	if out.QuarantineOut != "" {
		fmt.Fprintf(a.Out, "Các dòng cần sửa ở %s; sửa xong nhập lại bằng chính lệnh này.\n", out.QuarantineOut)
	}
	return errors.Join(failed...)
}

// saveQuarantine writes the file beside its place and puts it there whole, and
// leaves none where there is nothing to correct.
func saveQuarantine(path string, write func(*os.File) (int, error)) (n int, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".quarantine-*")
	if err != nil {
		return 0, refusal(fmt.Sprintf("--quarantine-out: cannot write beside %s: %v", path, err))
	}
	defer os.Remove(f.Name())
	n, err = write(f)
	if err := errors.Join(err, f.Close()); err != nil || n == 0 {
		return 0, err
	}
	return n, os.Rename(f.Name(), path)
}

func printList(a *app, l beneficiaries.Imported) {
	what := fmt.Sprintf("danh sách %s %s, lần %d", l.Scheme, l.Office, l.Version)
	switch l.Kind {
	case "correction":
		what = fmt.Sprintf("phần sửa của danh sách %s %s", l.Scheme, l.Office)
	case "accounts":
		what = "tài khoản"
	}
	if l.Already {
		what += ", tệp này đã nhập trước đây, không có gì thay đổi"
	}
	fmt.Fprintf(a.Out, "%s: %s: nhận %d = nhập %d + tạm giữ %d", filepath.Base(l.File), what, l.Received, l.Imported, l.Quarantined)
	if l.Duplicates > 0 {
		fmt.Fprintf(a.Out, "; trùng %d", l.Duplicates)
	}
	if added, gone, changed := l.Changes["added"], l.Changes["gone"], l.Changes["changed"]; added+gone+changed > 0 {
		fmt.Fprintf(a.Out, "; thêm %d, bớt %d, đổi %d", added, gone, changed)
	}
	fmt.Fprintln(a.Out)
	for _, s := range l.Skipped {
		fmt.Fprintf(a.Err, "%s: trang “%s” không có dòng tiêu đề, không đọc\n", filepath.Base(l.File), s)
	}
}

type importAccountsCmd struct {
	Files         []string `arg:"" name:"file" help:"Spreadsheets with number, name, bank, account and holder."`
	QuarantineOut string   `help:"Write the rows that were not taken to this spreadsheet." type:"path" placeholder:"FILE.xlsx"`
	From          string   `help:"Who gave us the files." placeholder:"NAME"`
	Wait          bool     `help:"Hold the accounts until a second person accepts them."`
	By            string   `help:"Who imports, by login." placeholder:"LOGIN"`
}

func (c *importAccountsCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	out := struct {
		Lists  []beneficiaries.Imported `json:"lists"`
		Errors []fileError              `json:"errors"`
	}{Lists: []beneficiaries.Imported{}, Errors: []fileError{}}
	var failed []error
	var ids []beneficiaries.ListID
	for _, path := range c.Files {
		l, err := beneficiaries.ImportAccounts(ctx, pool, box, beneficiaries.AccountFile{Path: path, Sender: c.From, Waits: c.Wait, By: by, Now: a.Now()})
		if err != nil {
			failed = append(failed, err)
			out.Errors = append(out.Errors, fileError{path, err.Error()})
			continue
		}
		out.Lists, ids = append(out.Lists, l), append(ids, l.List)
	}
	if c.QuarantineOut != "" {
		_, err := saveQuarantine(c.QuarantineOut, func(f *os.File) (int, error) {
			return beneficiaries.WriteQuarantine(ctx, pool, box, f, ids...)
		})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
	}
	if a.JSON {
		return errors.Join(append(failed, a.PrintJSON(out))...)
	}
	for _, l := range out.Lists {
		printList(a, l)
	}
	return errors.Join(failed...)
}

type importRegisterCmd struct {
	Files     []string `arg:"" name:"file" help:"Checked lists, as the police sent them back."`
	On        string   `help:"The day on which the status was true; default today." placeholder:"YYYY-MM-DD"`
	CheckedBy string   `help:"Who checked it, as the sender says." placeholder:"NAME"`
	By        string   `help:"Who imports, by login." placeholder:"LOGIN"`
}

func (c *importRegisterCmd) Run(ctx context.Context, a *app) error {
	var on time.Time
	if c.On != "" {
		var err error
		if on, err = money.ParseDay(c.On); err != nil {
			return usageError("--on: " + err.Error())
		}
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	type checked struct {
		File string `json:"file"`
		beneficiaries.SyncResult
	}
	results, refused := []checked{}, []error{}
	for _, path := range c.Files {
		r, err := beneficiaries.ImportChecked(ctx, pool, box, beneficiaries.CheckedFile{Path: path, On: on, CheckedBy: c.CheckedBy, By: by, Now: a.Now()})
		if err != nil {
			refused = append(refused, err)
			continue
		}
		results = append(results, checked{path, r})
	}
	if a.JSON {
		return errors.Join(append(refused, a.PrintJSON(results))...)
	}
	for _, r := range results {
		if r.Resumed && r.Asked == 0 {
			fmt.Fprintf(a.Out, "%s: đã nhập trước đây, không có gì thay đổi\n", filepath.Base(r.File))
			continue
		}
		fmt.Fprintf(a.Out, "%s: %d người\n", filepath.Base(r.File), r.Asked)
		if r.Older > 0 {
			fmt.Fprintf(a.Out, "  %d người đã biết tình trạng của ngày sau đó, giữ nguyên\n", r.Older)
		}
		printOutcomes(a, r.SyncResult)
	}
	return errors.Join(refused...)
}
