package ledger

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Formats are what Export writes: journals of the programs hledger and beancount, and
// CSV with a row a transfer.
var Formats = []string{"hledger", "beancount", "csv"}

// Export writes all entries in a format, in the order of days and entries. Account
// names are their codes: surrogate ids, never personal numbers. Amounts are đồng,
// debits positive.
func Export(ctx context.Context, q pg.Queryer, w io.Writer, format string) (err error) {
	defer pg.Wrap(&err, "ledger: export as %s", format)
	out := bufio.NewWriterSize(w, 1<<16)
	var j journal
	switch format {
	case "hledger":
		j = hledger{out}
	case "beancount":
		j = beancount{out}
	case "csv":
		j = &table{csv: csv.NewWriter(out)}
	default:
		return fmt.Errorf("%w: its formats are %s", refusal("no such format"), strings.Join(Formats, ", "))
	}
	if err := j.begin(); err != nil {
		return err
	}
	for a, err := range chart(ctx, q) {
		if err != nil {
			return err
		}
		if err := j.account(a); err != nil {
			return err
		}
	}
	var entry EntryID
	for r, err := range journalRows(ctx, q) {
		if err != nil {
			return err
		}
		if r.entry != entry {
			if err := j.entry(r); err != nil {
				return err
			}
			entry = r.entry
		}
		if err := j.transfer(r); err != nil {
			return err
		}
	}
	if err := j.end(); err != nil {
		return err
	}
	return out.Flush()
}

// journal is one format of books.
type journal interface {
	begin() error
	account(Account) error
	entry(journalRow) error
	transfer(journalRow) error
	end() error
}

// journalRow is a transfer with its entry.
type journalRow struct {
	entry                EntryID
	on                   time.Time
	key, kind, memo, ref string
	by                   string
	reverses             EntryID
	n                    int
	debit, credit        string // codes
	debitType            string
	creditType           string
	amount               money.VND
	transferRef          string
}

func journalRows(ctx context.Context, q pg.Queryer) iter.Seq2[journalRow, error] {
	return stream(ctx, q, "journal", `
		select e.id, e.on_day, e.key, e.kind, e.memo, e.ref, e.by_who, coalesce(e.reverses, 0),
			t.n, d.code, c.code, d.type, c.type, t.amount, t.ref
		from entry e
		join transfer t on t.entry_id = e.id and t.on_day = e.on_day
		join account d on d.id = t.debit
		join account c on c.id = t.credit
		order by e.on_day, e.id, t.n`, nil, func(rows pgx.Rows) (r journalRow, err error) {
		err = rows.Scan(&r.entry, &r.on, &r.key, &r.kind, &r.memo, &r.ref, &r.by, &r.reverses,
			&r.n, &r.debit, &r.credit, &r.debitType, &r.creditType, &r.amount, &r.transferRef)
		return r, err
	})
}

func chart(ctx context.Context, q pg.Queryer) iter.Seq2[Account, error] {
	return stream(ctx, q, "chart", `select code, name, type from account order by code collate "C"`, nil,
		func(rows pgx.Rows) (a Account, err error) {
			err = rows.Scan(&a.Code, &a.Name, &a.Type)
			return a, err
		})
}

// oneLine keeps a text from ending the line or the comment that it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// title is what an entry says of itself.
func (r journalRow) title() string {
	if s := oneLine(r.memo); s != "" {
		return s
	}
	if s := oneLine(r.kind); s != "" {
		return s
	}
	return "entry " + strconv.FormatInt(int64(r.entry), 10)
}

type table struct{ csv *csv.Writer }

func (t *table) begin() error {
	return t.csv.Write([]string{"entry", "key", "date", "kind", "memo", "ref", "by", "reverses", "n", "debit", "credit", "amount", "transfer_ref"})
}

func (t *table) account(Account) error  { return nil }
func (t *table) entry(journalRow) error { return nil }

func (t *table) transfer(r journalRow) error {
	reverses := ""
	if r.reverses != 0 {
		reverses = strconv.FormatInt(int64(r.reverses), 10)
	}
	return t.csv.Write([]string{strconv.FormatInt(int64(r.entry), 10), r.key, r.on.Format(time.DateOnly), r.kind, r.memo, r.ref, r.by,
		reverses, strconv.Itoa(r.n), r.debit, r.credit, r.amount.String(), r.transferRef})
}

func (t *table) end() error {
	t.csv.Flush()
	return t.csv.Error()
}
