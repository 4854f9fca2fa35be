package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// Errors of accepting a list.
var (
	// ErrOwnList: who imported a list that waits cannot accept or refuse it.
	ErrOwnList = errors.New("a list is accepted by another person than who imported it")
	// ErrListDecided: somebody has accepted or refused the list already.
	ErrListDecided = errors.New("this list is decided already")
)

// Verdict is what somebody said about a list after looking at what it changes.
type Verdict struct {
	Accepted bool      `json:"accepted"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Note     string    `json:"note"`
}

// DecideList records that a person looked at what a list brings and accepts or
// refuses it. Accepting releases whom the list added or changed; refusing keeps
// them held until another version comes, and needs a note that says why. Nobody
// decides twice, and of a list that waits nobody decides about their own.
func DecideList(ctx context.Context, pool *pgxpool.Pool, id ListID, v Verdict) (err error) {
	defer pg.Wrap(&err, "beneficiaries: decide list %d", id)
	v.Note = strings.TrimSpace(v.Note)
	if !v.Accepted && v.Note == "" {
		return ErrReason
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var changes map[string]int
		var sum []byte
		err := tx.QueryRow(ctx, `select changes, sha256 from list where id = $1`, id).Scan(&changes, &sum)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoList
		}
		if err != nil {
			return err
		}
		if err := insertVerdict(ctx, tx, id, v); err != nil {
			return err
		}
		kind := "list.accepted"
		if !v.Accepted {
			kind = "list.refused"
		}
		return audit.Record(ctx, tx, audit.Event{At: v.At, Actor: v.By, Kind: kind, Subject: fmt.Sprintf("list:%d", id),
			Payload: map[string]any{"sha256": fmt.Sprintf("%x", sum), "changes": changes, "note": v.Note}})
	})
}

func insertVerdict(ctx context.Context, tx pgx.Tx, id ListID, v Verdict) error {
	_, err := tx.Exec(ctx, `
		insert into list_verdict (list_id, accepted, decided_by, decided_at, note) values (@id, @accepted, @by, @at, @note)`,
		pgx.StrictNamedArgs{"id": id, "accepted": v.Accepted, "by": v.By, "at": v.At, "note": v.Note})
	switch pg.Constraint(err) {
	case "list_verdict_four_eyes":
		return ErrOwnList
	case "list_verdict_pkey":
		return ErrListDecided
	}
	return err
}

// acceptOwn is the verdict of whoever imports a list that does not wait.
func acceptOwn(ctx context.Context, tx pgx.Tx, id ListID, by string, now time.Time) error {
	return insertVerdict(ctx, tx, id, Verdict{Accepted: true, By: by, At: now})
}

// WaitingLists returns the lists of an office, or of all with "", that nobody has
// accepted yet, oldest first. Whoever prepares a run should see them.
func WaitingLists(ctx context.Context, q pg.Queryer, office string) (_ []List, err error) {
	defer pg.Wrap(&err, "beneficiaries: waiting lists")
	rows, err := q.Query(ctx, listColumns+`
		 where l.waits and not exists (select from list_verdict v where v.list_id = l.id)
		   and ($1 = '' or l.office = $1) order by l.id`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[List])
}

// inheritChanges makes what a version before brought, and nobody has accepted, a
// change of this version too, so that whoever decides about this one sees it and
// the people stay held until then.
func (l *listImport) inheritChanges(ctx context.Context) error {
	_, err := l.tx.Exec(ctx, `
		with carried as (
		    select distinct person_id, category from entitlement where office = @office and scheme = @scheme and list_id = @id
		), open as (
		    select whole from list_not_accepted where list_id = @previous
		)
		insert into list_change (list_id, person_id, category, change, fields)
		select @id, c.person_id, c.category, c.change, c.fields
		  from list_change c join carried using (person_id, category)
		 where c.list_id = @previous and c.change <> 'gone' and exists (select from open)
		union all
		select @id, person_id, category, 'added', '{}' from carried where exists (select from open where whole)
		on conflict do nothing`,
		pgx.StrictNamedArgs{"id": l.id, "previous": l.previous, "office": l.office, "scheme": l.scheme})
	if err != nil {
		return err
	}
	rows, err := l.tx.Query(ctx, `select change, count(*)::int from list_change where list_id = $1 group by change order by change`, l.id)
	if err != nil {
		return err
	}
	var change string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&change, &n}, func() error {
		l.result.Changes[change] = n
		return nil
	})
	return err
}
