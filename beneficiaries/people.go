package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// ErrNoPerson: there is no such person.
var ErrNoPerson = errors.New("no such person")

// Person is one line of a search: numbers masked.
type Person struct {
	ID          PersonID     `json:"id"`
	Name        string       `json:"name"`
	Birth       string       `json:"birth"` // YYYY[-MM[-DD]], "" when unknown
	Sex         string       `json:"sex"`
	Number      string       `json:"number"` // masked, "" when none
	Office      string       `json:"office"`
	OfficeName  string       `json:"office_name"`
	Hamlet      string       `json:"hamlet"`
	Outcome     Outcome      `json:"outcome"`
	CheckedAt   *time.Time   `json:"checked_at"`
	Settled     string       `json:"settled"`
	DiedOn      *time.Time   `json:"died_on"`
	HoldReasons []HoldReason `json:"hold_reasons"`
}

// PersonFilter says whom to look for; zero fields do not narrow.
type PersonFilter struct {
	Text    string // a full personal or old number, or the beginning of a name
	Office  string
	Outcome Outcome
	Hold    HoldReason
	After   PersonID // cursor: people with a greater id
	Limit   int      // 0: 50
}

const personColumns = `
	select p.id, p.name, coalesce(p.birth, ''), coalesce(p.sex, ''), p.number_enc, p.other_enc,
	       p.office, o.name, p.hamlet, p.register_outcome, p.checked_at, coalesce(p.settled, ''), p.died_on,
	       coalesce(y.hold_reasons, '{}')
	  from person p
	  join office o on o.code = p.office
	  left join payable y on y.person_id = p.id`

// People finds persons by exact number or by the beginning of the name, written
// with or without marks.
func People(ctx context.Context, q pg.Queryer, box *secret.Box, f PersonFilter) (_ []Person, err error) {
	defer pg.Wrap(&err, "beneficiaries: find people")
	args := pgx.StrictNamedArgs{"office": f.Office, "outcome": f.Outcome, "hold": string(f.Hold), "after": f.After, "limit": limitOr(f.Limit, 50)}
	where := ` where p.merged_into is null and p.id > @after
		and (@office = '' or p.office = @office) and (@outcome = '' or p.register_outcome = @outcome)
		and (@hold = '' or y.hold_reasons @> array[@hold])`
	text := strings.TrimSpace(f.Text)
	if doc, docErr := identity.ParseDocument(text); text != "" && docErr == nil && (doc.Number != "" || doc.Old != "") {
		number := string(doc.Number)
		if number == "" {
			number = string(doc.Old)
		}
		where += ` and (p.number_idx = @idx or p.other_idx = @idx)`
		args["idx"] = box.Index(secret.PersonNumber, number)
	} else if key := nameKey(text); key != "" {
		where += ` and p.name_key like @prefix`
		args["prefix"] = key + "%" // a key is letters and blanks: nothing to escape
	}
	rows, err := q.Query(ctx, personColumns+where+` order by p.id limit @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPerson(box))
}

func scanPerson(box *secret.Box) pgx.RowToFunc[Person] {
	return func(row pgx.CollectableRow) (p Person, err error) {
		var number, other []byte
		var reasons []string
		err = row.Scan(&p.ID, &p.Name, &p.Birth, &p.Sex, &number, &other, &p.Office, &p.OfficeName, &p.Hamlet,
			&p.Outcome, &p.CheckedAt, &p.Settled, &p.DiedOn, &reasons)
		if err != nil {
			return p, err
		}
		for _, r := range reasons {
			p.HoldReasons = append(p.HoldReasons, HoldReason(r))
		}
		if number == nil {
			number = other
		}
		if number != nil {
			plain, err := box.Open(secret.PersonNumber, number)
			if err != nil {
				return p, err
			}
			p.Number = secret.Mask(plain)
		}
		return p, nil
	}
}

// Entitlement is one category that a person is entitled to.
type Entitlement struct {
	ID             int64       `json:"id"`
	Office         string      `json:"office"`
	Scheme         string      `json:"scheme"`
	Category       string      `json:"category"`
	FirstMonth     money.Month `json:"first_month"`
	LastMonth      money.Month `json:"last_month"` // zero: open
	Children       *int        `json:"children"`
	InjuryPercent  *int        `json:"injury_percent"`
	SeniorityUnits *int        `json:"seniority_units"`
	DecisionNo     string      `json:"decision_no"`
	DecisionOn     *time.Time  `json:"decision_on"`
	ListID         ListID      `json:"list_id"`
	DroppedBy      *ListID     `json:"dropped_by"`
}

// Payee is one way of collecting; EndedAt is set on those that were replaced.
type Payee struct {
	ID              PayeeID    `json:"id"`
	Kind            string     `json:"kind"` // self, recipient
	Name            string     `json:"name"`
	Relation        string     `json:"relation"`
	AuthorisationNo string     `json:"authorisation_no"`
	AuthorisedUntil *time.Time `json:"authorised_until"`
	Way             string     `json:"way"` // bank, cash
	BankBIN         string     `json:"bank_bin"`
	Account         string     `json:"account"` // masked
	HolderName      string     `json:"holder_name"`
	HolderVerdict   string     `json:"holder_verdict"`
	HolderWhy       string     `json:"holder_why"`
	SharedReason    string     `json:"shared_reason"`
	SharedWith      int        `json:"shared_with"` // other persons with the same account now
	Since           time.Time  `json:"since"`
	EndedAt         *time.Time `json:"ended_at"`
}

// PersonRow is one row of a list that names the person.
type PersonRow struct {
	List       ListID       `json:"list"`
	FileName   string       `json:"file_name"`
	Scheme     string       `json:"scheme"`
	Row        int          `json:"row"`
	ImportedAt time.Time    `json:"imported_at"`
	Repairs    []CellRepair `json:"repairs"`
	Warnings   []string     `json:"warnings"`
	Duplicate  bool         `json:"duplicate"`
}

// PersonDetail is everything known about one person; numbers masked.
type PersonDetail struct {
	Person
	Ethnicity    string        `json:"ethnicity"`
	Address      string        `json:"address"`
	AsOf         *time.Time    `json:"as_of"`
	SettledBy    string        `json:"settled_by"`
	MergedInto   *PersonID     `json:"merged_into"`
	Evidence     Evidence      `json:"evidence"`
	Entitlements []Entitlement `json:"entitlements"`
	Payees       []Payee       `json:"payees"` // newest first
	Rows         []PersonRow   `json:"rows"`
	Events       []LifeEvent   `json:"events"`
	Decisions    []Decision    `json:"decisions"`
}

// PersonByID returns everything known about one person, or ErrNoPerson.
func PersonByID(ctx context.Context, q pg.Queryer, box *secret.Box, id PersonID) (d PersonDetail, err error) {
	defer pg.Wrap(&err, "beneficiaries: person %d", id)
	rows, err := q.Query(ctx, personColumns+` where p.id = $1`, id)
	if err != nil {
		return d, err
	}
	if d.Person, err = pgx.CollectExactlyOneRow(rows, scanPerson(box)); errors.Is(err, pgx.ErrNoRows) {
		return d, ErrNoPerson
	} else if err != nil {
		return d, err
	}
	err = q.QueryRow(ctx, `
		select ethnicity, address, as_of, coalesce(settled_by, ''), merged_into, register_evidence from person where id = $1`, id).
		Scan(&d.Ethnicity, &d.Address, &d.AsOf, &d.SettledBy, &d.MergedInto, &d.Evidence)
	if err != nil {
		return d, err
	}
	if rows, err = q.Query(ctx, `
		select id, office, scheme, category, first_month, last_month, children, injury_percent, seniority_units,
		       decision_no, decision_on, coalesce(list_id, 0), dropped_by
		  from entitlement where person_id = $1 order by scheme, category, first_month`, id); err != nil {
		return d, err
	}
	if d.Entitlements, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Entitlement]); err != nil {
		return d, err
	}
	if d.Payees, err = payees(ctx, q, box, id); err != nil {
		return d, err
	}
	if rows, err = q.Query(ctx, `
		select l.id, l.file_name, coalesce(l.scheme, ''), r.row_no, l.imported_at, r.repairs, r.warnings, r.duplicate_of is not null
		  from list_row r join list l on l.id = r.list_id where r.person_id = $1 order by r.id desc`, id); err != nil {
		return d, err
	}
	if d.Rows, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PersonRow]); err != nil {
		return d, err
	}
	if d.Events, err = eventsOf(ctx, q, id); err != nil {
		return d, err
	}
	d.Decisions, err = decisionsOf(ctx, q, id)
	return d, err
}

func payees(ctx context.Context, q pg.Queryer, box *secret.Box, id PersonID) ([]Payee, error) {
	rows, err := q.Query(ctx, `
		select y.id, y.kind, y.name, y.relation, y.authorisation_no, y.authorised_until, y.way, coalesce(y.bank_bin, ''),
		       y.account_enc, y.holder_name, y.holder_verdict, y.holder_why, y.shared_reason,
		       (select count(*) from payee o where o.account_idx = y.account_idx and o.ended_at is null and o.person_id <> y.person_id),
		       y.since, y.ended_at
		  from payee y where y.person_id = $1 order by y.id desc`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (y Payee, err error) {
		var account []byte
		err = row.Scan(&y.ID, &y.Kind, &y.Name, &y.Relation, &y.AuthorisationNo, &y.AuthorisedUntil, &y.Way, &y.BankBIN,
			&account, &y.HolderName, &y.HolderVerdict, &y.HolderWhy, &y.SharedReason, &y.SharedWith, &y.Since, &y.EndedAt)
		if err != nil || account == nil {
			return y, err
		}
		plain, err := box.Open(secret.AccountNumber, account)
		y.Account = secret.Mask(plain)
		return y, err
	})
}

// FullNumber returns a person's whole number and records who saw it and why, in
// the same transaction: no view goes unrecorded. It returns "" for a person
// without one.
func FullNumber(ctx context.Context, tx pgx.Tx, box *secret.Box, id PersonID, by, reason string, now time.Time) (number string, err error) {
	defer pg.Wrap(&err, "beneficiaries: full number of person %d", id)
	if strings.TrimSpace(reason) == "" {
		return "", errors.New("a reason is needed to see a full number")
	}
	var sealed []byte
	err = tx.QueryRow(ctx, `select coalesce(number_enc, other_enc) from person where id = $1`, id).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNoPerson
	}
	if err != nil || sealed == nil {
		return "", err
	}
	if number, err = box.Open(secret.PersonNumber, sealed); err != nil {
		return "", err
	}
	return number, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "person.number.viewed",
		Subject: fmt.Sprintf("person:%d", id), Payload: map[string]string{"reason": reason}})
}

// nameKey folds a name for searching and joining: no marks, lower case, one
// spelling of i and y, one blank between words.
func nameKey(name string) string { return identity.SearchKey(name) }
