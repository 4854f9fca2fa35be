package beneficiaries

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// SyncRun is one asking of the register, by whichever door.
type SyncRun struct {
	ID         int64
	Register   string // the register's id, or snapshot:, extract:, notice: and what
	StartedBy  string
	StartedAt  time.Time
	FinishedAt *time.Time
	Asked      int
	Outcomes   map[Outcome]int
	Waiting    int // messages whose callback has not come
}

// RegisterState is how checking against the register stands.
type RegisterState struct {
	People   int // of the office, or all
	Checked  int // within the month before now
	Never    int // nobody has looked at
	OldestOn *time.Time
	Runs     []SyncRun // the newest, notices left out
}

// RegisterStateOf tells how far an office ("" all) is checked, as of now.
func RegisterStateOf(ctx context.Context, q pg.Queryer, office string, now time.Time) (s RegisterState, err error) {
	defer pg.Wrap(&err, "beneficiaries: state of the register")
	err = q.QueryRow(ctx, `
		select count(*), count(*) filter (where checked_at >= $2), count(*) filter (where checked_at is null), min(as_of)
		  from person where merged_into is null and ($1 = '' or office = $1)`, office, now.AddDate(0, -1, 0)).Scan(&s.People, &s.Checked, &s.Never, &s.OldestOn)
	if err != nil {
		return s, err
	}
	rows, err := q.Query(ctx, `
		select s.id, s.register, s.started_by, s.started_at, s.finished_at, s.asked, s.outcomes,
		       (select count(*) from register_transaction t where t.sync_id = s.id and t.answered_at is null)
		  from sync s where s.register not like 'notice:%' order by s.id desc limit 8`)
	if err != nil {
		return s, err
	}
	s.Runs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SyncRun])
	return s, err
}

// EventOffice is the office of the person whom an event is about.
func EventOffice(ctx context.Context, q pg.Queryer, event int64) (office string, err error) {
	err = q.QueryRow(ctx, `select p.office from life_event e join person p on p.id = e.person_id where e.id = $1`, event).Scan(&office)
	if err != nil {
		return "", fmt.Errorf("beneficiaries: office of event %d: %w", event, err)
	}
	return office, nil
}
