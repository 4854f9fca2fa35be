package beneficiaries

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
)

// accountColumns is the vocabulary of a file of accounts, such as the social
// security accounts that people chose in VNeID: whose, at which bank, which.
var accountColumns = func() sheet.Columns {
	c := slices.Clone(listColumnNames)
	c[fName].Required = false
	c[fNumber].Required, c[fAccount].Required = true, true
	return c
}()

// AccountFile is a file of accounts to import.
type AccountFile struct {
	Path   string
	Name   string // what people call the file; "": its path
	Only   string // commune code: people of any other commune are nobody known; "": of all
	Sender string // who gave us the file
	Waits  bool   // the accounts are held until a second person accepts them
	By     string
	Now    time.Time
}

func (f AccountFile) called() string { return first(f.Name, f.Path) }

// accountImport writes one file of accounts.
type accountImport struct {
	AccountFile
	tx     pgx.Tx
	box    *secret.Box
	id     ListID
	result Imported
}

// accountLine is one row of it as understood.
type accountLine struct {
	line
	target *accountTarget
}

// accountTarget is a known person with the payee that the account is for.
type accountTarget struct {
	id                            PersonID
	name                          string
	payee                         PayeeID // 0: none yet
	kind, payeeName, relation, no string
	until                         *time.Time
	numberEnc, numberIdx          []byte
	way, shared                   string
	account                       []byte
	given                         bool // an earlier row of the file gave the account
}

// ImportAccounts reads a file of accounts and makes each the way its person is
// paid from the next run on: rows that name nobody known, another name, no bank
// or no usable account are quarantined. All of the file or, with an error,
// nothing; the same bytes again change nothing.
func ImportAccounts(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in AccountFile) (out Imported, err error) {
	sum, size, err := fileSum(in.Path)
	if err != nil {
		return out, err
	}
	reader, err := sheet.Open(in.Path, sheet.Options{Columns: accountColumns, Name: in.called()})
	if err != nil {
		return out, err
	}
	defer reader.Close()
	defer pg.Wrap(&err, "import %s", filepath.Base(in.called()))
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		if err := prepareImport(ctx, tx, box); err != nil {
			return err
		}
		before, err := alreadyImported(ctx, tx, in.called(), sum)
		if err != nil {
			return err
		}
		if len(before) > 0 {
			out = before[0]
			return nil
		}
		a := &accountImport{AccountFile: in, tx: tx, box: box, result: Imported{File: in.called(), Kind: "accounts", Version: 1, Repairs: map[string]int{}, Changes: map[string]int{}}}
		layouts := map[string]layout{}
		for _, t := range reader.Tables() {
			if !t.Skipped {
				layouts[t.Sheet] = layout{Heads: t.Heads, Columns: t.At}
			}
		}
		err = tx.QueryRow(ctx, `
			insert into list (kind, office, version, file_name, sha256, size, layout, sender, imported_by, imported_at, waits)
			values ('accounts', nullif(@only, ''), 1, @file, @sum, @size, @layout, @sender, @by, @now, @waits) returning id`,
			pgx.StrictNamedArgs{"only": in.Only, "file": baseName(in.called()), "sum": sum[:], "size": size, "layout": layouts,
				"sender": in.Sender, "by": in.By, "now": in.Now, "waits": in.Waits}).Scan(&a.id)
		if err != nil {
			return err
		}
		a.result.List = a.id
		var lines []accountLine
		for row, err := range reader.Rows() {
			if err != nil {
				return err
			}
			if row.Remark {
				continue
			}
			if lines = append(lines, accountLine{line: a.clean(row)}); len(lines) == chunkSize {
				if err := a.take(ctx, lines); err != nil {
					return err
				}
				lines = lines[:0]
			}
		}
		if err := a.take(ctx, lines); err != nil {
			return err
		}
		if a.result.Received == 0 {
			return &RefusedError{File: in.called(), What: "không có dòng nào", Do: "kiểm tra lại tệp"}
		}
		out = a.result
		return a.finish(ctx)
	})
	return out, err
}

// clean reads a row: whose account, at which bank, which.
func (a *accountImport) clean(r sheet.Row) line {
	l := line{sheet: r.Sheet, number: r.Number, cells: r.Cells(), mends: parseRowRef(r.Value(fRowRef))}
	refuse := func(f int, why string, args ...any) {
		if l.reason == "" {
			l.cell, l.reason = r.Ref(listColumnNames[f].Key), fmt.Sprintf(why, args...)
		}
	}
	doc, err := identity.ParseDocument(r.Value(fNumber))
	switch {
	case err != nil:
		refuse(fNumber, "%v", err)
	case doc.Number == "":
		refuse(fNumber, "thiếu số định danh 12 số")
	}
	l.person = doc.Number
	l.note(doc.Repairs)
	l.name, _ = identity.CleanName(r.Value(fName))
	var ok bool
	if l.payee.account, ok = cleanAccount(r.Value(fAccount)); !ok || l.payee.account == "" {
		refuse(fAccount, "số tài khoản không dùng được")
	}
	bank, found := FindBank(plainText(r.Value(fBank)))
	if !found {
		refuse(fBank, "không rõ ngân hàng “%s”", r.Value(fBank))
	}
	l.payee.bin, l.payee.way = bank.BIN, "bank"
	l.payee.holder, l.payee.sharedReason = plainText(r.Value(fHolder)), plainText(r.Value(fSharedReason))
	return l
}

func (a *accountImport) take(ctx context.Context, lines []accountLine) error {
	if len(lines) == 0 {
		return nil
	}
	if err := a.lookUp(ctx, lines); err != nil {
		return err
	}
	ids, err := takeIDs[RowID](ctx, a.tx, "list_row_id_seq", len(lines))
	if err != nil {
		return err
	}
	var ended []int64
	var payees [][]any
	for i := range lines {
		l := &lines[i]
		a.result.Received++
		if l.reason != "" {
			a.result.Quarantined++
			continue
		}
		a.result.Imported++
		t := l.target
		idx := accountIndex(a.box, l.payee.bin, l.payee.account)
		if t.given || t.way == "bank" && bytes.Equal(t.account, idx) {
			if t.given {
				a.result.Duplicates++
				l.warn("người này đã có một dòng trước trong tệp")
			}
			continue
		}
		t.given = true
		a.result.Changes["changed"]++
		if t.payee != 0 {
			ended = append(ended, int64(t.payee))
		}
		kind, name, recipient := first(t.kind, "self"), first(t.payeeName, t.name), ""
		if kind == "recipient" {
			recipient = name
		}
		verdict, why := compareHolder(l.payee.holder, t.name, recipient)
		payees = append(payees, []any{int64(t.id), kind, name, t.numberEnc, t.numberIdx, t.relation, t.no, t.until, "bank", l.payee.bin,
			a.box.Seal(secret.AccountNumber, l.payee.account), idx, l.payee.holder, verdict, why, first(l.payee.sharedReason, t.shared), int64(a.id), a.Now})
	}
	if err := a.writeRows(ctx, lines, ids); err != nil {
		return err
	}
	if err := a.mend(ctx, lines, ids); err != nil {
		return err
	}
	return writePayees(ctx, a.tx, ended, payees, a.Now)
}

// mend closes the gaps of earlier files of accounts that these rows correct.
func (a *accountImport) mend(ctx context.Context, lines []accountLine, ids []RowID) error {
	var from, to []int64
	for i, l := range lines {
		if l.mends != 0 {
			from, to = append(from, int64(l.mends)), append(to, int64(ids[i]))
		}
	}
	if len(from) == 0 {
		return nil
	}
	_, err := a.tx.Exec(ctx, `
		update list_row r set corrected_by = u.id from unnest($1::bigint[], $2::bigint[]) as u(mends, id)
		 where r.id = u.mends and r.id = any($1) and r.state = 'quarantined' and r.corrected_by is null
		   and (select l.kind = 'accounts' and l.id <> $3 from list l where l.id = r.list_id)`, from, to, a.id)
	return err
}

// lookUp finds the people by number and quarantines who is not found, or goes by
// another name here.
func (a *accountImport) lookUp(ctx context.Context, lines []accountLine) error {
	var numbers [][]byte
	for _, l := range lines {
		if l.reason == "" {
			numbers = append(numbers, a.box.Index(secret.PersonNumber, string(l.person)))
		}
	}
	rows, err := a.tx.Query(ctx, `
		select p.number_idx, coalesce(p.merged_into, p.id), coalesce((select r.name from person r where r.id = p.merged_into), p.name)
		  from person p where p.number_idx = any($1) and ($2 = '' or p.office = $2)`, numbers, a.Only)
	if err != nil {
		return err
	}
	people, byID, ids := map[index]*accountTarget{}, map[PersonID]*accountTarget{}, []int64{}
	var number []byte
	var id PersonID
	var name string
	_, err = pgx.ForEachRow(rows, []any{&number, &id, &name}, func() error {
		if byID[id] == nil {
			byID[id] = &accountTarget{id: id, name: name}
			ids = append(ids, int64(id))
		}
		people[index(number)] = byID[id]
		return nil
	})
	if err != nil {
		return err
	}
	if rows, err = a.tx.Query(ctx, `
		select person_id, id, kind, name, relation, authorisation_no, authorised_until, number_enc, number_idx, way, shared_reason, account_idx
		  from payee where person_id = any($1) and ended_at is null`, ids); err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t accountTarget
		err := rows.Scan(&t.id, &t.payee, &t.kind, &t.payeeName, &t.relation, &t.no, &t.until, &t.numberEnc, &t.numberIdx, &t.way, &t.shared, &t.account)
		if err != nil {
			return err
		}
		t.name = byID[t.id].name
		*byID[t.id] = t
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range lines {
		l := &lines[i]
		if l.reason != "" {
			continue
		}
		l.target = people[index(a.box.Index(secret.PersonNumber, string(l.person)))]
		switch {
		case l.target == nil:
			l.cell, l.reason = "", "không có người nào mang số định danh này trong các danh sách"
		case l.name != "" && likeNames(l.name, l.target.name) == otherName:
			l.cell, l.reason = "", fmt.Sprintf("số định danh này là của “%s”, không phải “%s”", l.target.name, l.name)
		}
	}
	return nil
}

func (a *accountImport) writeRows(ctx context.Context, lines []accountLine, ids []RowID) error {
	_, err := a.tx.CopyFrom(ctx, pgx.Identifier{"list_row"},
		[]string{"id", "list_id", "sheet", "row_no", "state", "person_id", "cells", "repairs", "warnings", "cell", "reason"},
		pgx.CopyFromSlice(len(lines), func(i int) ([]any, error) {
			l := &lines[i]
			state, person, cell, reason := "imported", (*int64)(nil), (*string)(nil), (*string)(nil)
			if l.reason != "" {
				state, cell, reason = "quarantined", &l.cell, &l.reason
			} else {
				person = ptr(int64(l.target.id))
			}
			repairs, err := json.Marshal(append([]CellRepair{}, l.repairs...))
			return []any{int64(ids[i]), int64(a.id), l.sheet, l.number, state, person, sealCells(a.box, l.cells), repairs, append([]string{}, l.warnings...), cell, reason}, err
		}))
	return err
}

func (a *accountImport) finish(ctx context.Context) error {
	r := a.result
	_, err := a.tx.Exec(ctx, `
		update list set received = $2, imported = $3, quarantined = $4, duplicates = $5, changes = $6, done = true where id = $1`,
		a.id, r.Received, r.Imported, r.Quarantined, r.Duplicates, r.Changes)
	if err != nil {
		return err
	}
	if !a.Waits {
		if err := acceptOwn(ctx, a.tx, a.id, a.By, a.Now); err != nil {
			return err
		}
	}
	return audit.Record(ctx, a.tx, audit.Event{At: a.Now, Actor: a.By, Kind: "accounts.imported", Subject: fmt.Sprintf("list:%d", a.id),
		Payload: map[string]any{"file": baseName(a.called()), "received": r.Received, "imported": r.Imported, "quarantined": r.Quarantined, "changed": r.Changes["changed"]}})
}
