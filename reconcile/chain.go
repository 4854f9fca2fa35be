package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/money"
)

// chain is an import that decides which statements follow on an account's last one.
type chain struct {
	tx   pgx.Tx
	now  time.Time
	read map[StatementID]read // what this import has at hand
}

// link is the last accepted statement of an account; no is 0 before the first.
type link struct {
	no      int
	from    time.Time // first day of the first statement
	to      time.Time
	closing money.VND
}

// waiting is a statement that adds up and has no place in the chain yet.
type waiting struct {
	ID      StatementID `db:"id"`
	Opening money.VND   `db:"opening"`
	Closing money.VND   `db:"closing"`
	From    time.Time   `db:"from_day"`
	To      time.Time   `db:"to_day"`
	Office  string      `db:"office"`
}

// extend accepts what follows on the account's last closing balance: the statement just
// imported and any that was parked behind a gap which it fills.
func (c *chain) extend(ctx context.Context, account bank.RailAccountID) error {
	// One import at a time decides about an account.
	if _, err := c.tx.Exec(ctx, `select pg_advisory_xact_lock(26008, $1::int)`, int64(account)); err != nil {
		return err
	}
	for {
		last, err := c.last(ctx, account)
		if err != nil {
			return err
		}
		candidates, err := c.candidates(ctx, account, last)
		if err != nil {
			return err
		}
		moved := false
		for _, w := range candidates {
			if moved, err = c.judge(ctx, account, last, w); err != nil {
				return fmt.Errorf("statement %d: %w", w.ID, err)
			}
			if moved {
				break // what follows on it is another question
			}
		}
		if !moved {
			return nil
		}
	}
}

func (c *chain) last(ctx context.Context, account bank.RailAccountID) (l link, err error) {
	err = c.tx.QueryRow(ctx, `
		select last.chain_no, first.from_day, last.to_day, last.closing
		from statement last join statement first on first.rail_account_id = last.rail_account_id and first.chain_no = 1
		where last.rail_account_id = $1 and last.chain_no is not null
		order by last.chain_no desc limit 1`, account).Scan(&l.no, &l.from, &l.to, &l.closing)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return l, err
}

// candidates are the parked statements that the last one might lead to.
func (c *chain) candidates(ctx context.Context, account bank.RailAccountID, last link) ([]waiting, error) {
	rows, err := c.tx.Query(ctx, `
		select st.id, st.opening, st.closing, st.from_day, st.to_day, ra.office
		from statement st join rail_account ra on ra.id = st.rail_account_id
		where st.rail_account_id = @account and st.state = 'parked'
		  and (@no = 0 or st.opening = @closing or st.from_day <= @day)
		order by st.from_day, st.to_day, st.id`,
		pgx.StrictNamedArgs{"account": account, "no": last.no, "closing": last.closing, "day": last.to})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[waiting])
}

// judge gives a statement its place, if it has one now. Its lines that are not known yet
// must lead from the last closing balance to its own.
func (c *chain) judge(ctx context.Context, account bank.RailAccountID, last link, w waiting) (moved bool, err error) {
	st, err := c.lines(ctx, w.ID)
	if err != nil {
		return false, err
	}
	if err := stageLines(ctx, c.tx, account, w.ID, st.lines); err != nil {
		return false, err
	}
	fresh, named, sum, err := freshLines(ctx, c.tx)
	if err != nil {
		return false, err
	}
	// Rows without any reference may look like known ones and be others.
	goesOn := w.Opening == last.closing && !w.From.Before(last.to) && named == 0
	switch {
	case last.no == 0:
		if w.Opening != 0 {
			err = openBreak(ctx, c.tx, brk{Kind: "opening-balance", Subject: fmt.Sprintf("statement:%d", w.ID), Office: w.Office,
				Amount: w.Opening, On: w.From, Note: "the account's first statement opens with money that the books do not know"})
			if err != nil {
				return false, err
			}
		}
	case fresh == 0 && !w.To.After(last.to) && (!goesOn || w.Closing == last.closing):
		return true, c.settle(ctx, w.ID, "known", "")
	case !w.To.Before(last.to) && last.closing+sum == w.Closing:
		// it goes on where the last one ended, overlapping or not
	case goesOn:
		if err := renumberStaged(ctx, c.tx); err != nil {
			return false, err
		}
	case w.To.Before(last.from):
		return true, c.settle(ctx, w.ID, "quarantined", fmt.Sprintf("it shows days before %s, where the account's first statement begins", last.from.Format(time.DateOnly)))
	case !w.To.After(last.to):
		return true, c.settle(ctx, w.ID, "quarantined", fmt.Sprintf("its days until %s are known already, and it shows %d lines that they do not have: ask the bank which is right",
			last.to.Format(time.DateOnly), fresh))
	default:
		return false, nil
	}
	if err := takeStaged(ctx, c.tx); err != nil {
		return false, err
	}
	_, err = c.tx.Exec(ctx, `update statement set state = 'accepted', reason = '', accepted_at = $2, chain_no = $3 where id = $1`, w.ID, c.now, last.no+1)
	return true, err
}

func (c *chain) settle(ctx context.Context, id StatementID, state, reason string) error {
	_, err := c.tx.Exec(ctx, `update statement set state = $2, reason = $3 where id = $1`, id, state, reason)
	return err
}

// lines are a statement's rows: at hand, or read again from the file that was kept.
func (c *chain) lines(ctx context.Context, id StatementID) (read, error) {
	if st, ok := c.read[id]; ok {
		return st, nil
	}
	var file int64
	var name string
	var content []byte
	err := c.tx.QueryRow(ctx, `select f.id, f.name, f.content from statement_file f join statement st on st.file_id = f.id where st.id = $1`, id).
		Scan(&file, &name, &content)
	if err != nil {
		return read{}, err
	}
	all, err := readAll(name, content)
	if err != nil {
		return read{}, err
	}
	rows, err := c.tx.Query(ctx, `select id from statement where file_id = $1 order by id`, file)
	if err != nil {
		return read{}, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[StatementID])
	if err != nil {
		return read{}, err
	}
	if len(ids) != len(all) {
		return read{}, fmt.Errorf("file %d has %d statements, %d were kept", file, len(all), len(ids))
	}
	for i, st := range all {
		c.read[ids[i]] = st
	}
	return c.read[id], nil
}

// outcome tells what became of an imported statement.
func (c *chain) outcome(ctx context.Context, out *ImportedStatement) error {
	if out.State == "quarantined" {
		return nil
	}
	err := c.tx.QueryRow(ctx, `
		update statement st set reason = case when st.state <> 'parked' then st.reason else
			'waits for the statement before it: it opens with ' || st.opening || ', the last one closed with ' ||
			(select last.closing || ' on ' || last.to_day from statement last where last.rail_account_id = st.rail_account_id and last.chain_no is not null
			 order by last.chain_no desc limit 1) end
		where id = $1 returning state, reason, (select count(*) from statement_line l where l.statement_id = st.id)`, out.ID).
		Scan(&out.State, &out.Reason, &out.Lines)
	if out.State == "accepted" || out.State == "known" {
		out.Known = len(c.read[out.ID].lines) - out.Lines
	}
	return err
}
