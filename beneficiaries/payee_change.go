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
	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// The kinds of a payee.
const (
	PayeeSelf      = "self"      // the person
	PayeeGuardian  = "guardian"  // a parent or guardian: of a child until 16, of the incapacitated until a decision
	PayeeRecipient = "recipient" // an authorised recipient, at most 12 months
)

// PayeeChange is a change of who collects for a person, or how. It counts once a second
// person has confirmed it.
type PayeeChange struct {
	ID              int64      `json:"id"`
	Person          PersonID   `json:"person"`
	PersonName      string     `json:"person_name"`
	Office          string     `json:"office"`
	Kind            string     `json:"kind"`
	Ground          string     `json:"ground"` // of a guardian: child, incapacitated
	Name            string     `json:"name"`
	Number          string     `json:"number"` // in: full; out: masked
	Relation        string     `json:"relation"`
	AuthorisationNo string     `json:"authorisation_no"` // of a guardian the paper that says so
	AuthorisedUntil *time.Time `json:"authorised_until"`
	Way             string     `json:"way"` // bank, cash
	Bank            string     `json:"bank"`
	Account         string     `json:"account"` // in: full; out: masked
	Holder          string     `json:"holder"`
	HolderVerdict   string     `json:"holder_verdict"`
	HolderWhy       string     `json:"holder_why"`
	Reason          string     `json:"reason"`
	ProposedBy      string     `json:"proposed_by"`
	ProposedAt      time.Time  `json:"proposed_at"`
	ConfirmedBy     string     `json:"confirmed_by"`
	ConfirmedAt     *time.Time `json:"confirmed_at"`
	RefusedBy       string     `json:"refused_by"`
	RefusedAt       *time.Time `json:"refused_at"`
	RefusedWhy      string     `json:"refused_why"`
}

// State is "draft", "confirmed" or "refused".
func (c PayeeChange) State() string {
	return Ruling{ConfirmedAt: c.ConfirmedAt, RefusedAt: c.RefusedAt}.State()
}

// ErrOwnPayee is a change confirmed by who proposed it.
var ErrOwnPayee = &RuledError{Reason: "who proposed a change of the payee cannot confirm it: ask another person"}

// ProposePayee writes down who is to collect; the law's limits are held here and by the
// database: a guardian has a paper and no end, an authorised recipient a number, a paper
// and an end within 12 months.
func ProposePayee(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, c PayeeChange, by string, now time.Time) (id int64, err error) {
	defer pg.Wrap(&err, "beneficiaries: propose a payee of person %d", c.Person)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person string
		var birth *string
		var merged *PersonID
		err := tx.QueryRow(ctx, `select name, birth, merged_into from person where id = $1`, c.Person).Scan(&person, &birth, &merged)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoPerson
		}
		if err != nil {
			return err
		}
		if merged != nil {
			return ruled("this record was merged into person %d: change that one", *merged)
		}
		if err := c.complete(person); err != nil {
			return err
		}
		if c.Kind == PayeeGuardian && c.Ground == "child" {
			var adult bool
			if err := tx.QueryRow(ctx, `select sixteen($1, $2)`, birth, day(now)).Scan(&adult); err != nil {
				return err
			}
			if adult {
				return ruled("a guardian collects for a child under 16: afterwards the person collects, or authorises somebody")
			}
		}
		id, err = c.insert(ctx, tx, box, by, now)
		return err
	})
	return id, err
}

// complete checks a proposal and fills in what follows from it.
func (c *PayeeChange) complete(person string) error {
	if strings.TrimSpace(c.Reason) == "" {
		return ruled("a change of the payee needs its reason")
	}
	recipient := ""
	switch c.Kind {
	case PayeeSelf:
		c.Name, c.Number, c.Ground, c.AuthorisationNo, c.AuthorisedUntil = person, "", "", "", nil
	case PayeeGuardian:
		if strings.TrimSpace(c.Name) == "" || strings.TrimSpace(c.AuthorisationNo) == "" || (c.Ground != "child" && c.Ground != "incapacitated") {
			return ruled("a guardian needs a name, the ground (child or incapacitated) and the paper that says so")
		}
		if c.AuthorisedUntil != nil {
			return ruled("a guardian's right has no end but sixteen years, or a decision")
		}
		recipient = c.Name
	case PayeeRecipient:
		if strings.TrimSpace(c.Name) == "" || strings.TrimSpace(c.AuthorisationNo) == "" || c.AuthorisedUntil == nil || c.Number == "" {
			return ruled("an authorised recipient needs a name, a personal number, the authorisation's number and the day on which it ends")
		}
		c.Ground, recipient = "", c.Name
	default:
		return ruled("%q is no kind of payee: self, guardian or recipient", c.Kind)
	}
	if c.Number != "" {
		doc, err := identity.ParseDocument(c.Number)
		if err != nil || doc.Number == "" {
			return ruled("the number of the one who collects is not a personal number of 12 digits")
		}
		c.Number = string(doc.Number)
	}
	switch c.Way {
	case "cash":
		c.Bank, c.Account, c.Holder, c.HolderVerdict, c.HolderWhy = "", "", "", holderNone, ""
	case "bank":
		account, ok := cleanAccount(c.Account)
		bank, found := FindBank(c.Bank)
		if !ok || account == "" || !found {
			return ruled("paying to an account needs the bank and the account number")
		}
		c.Account, c.Bank = account, bank.BIN
		c.HolderVerdict, c.HolderWhy = compareHolder(c.Holder, person, recipient)
	default:
		return ruled("%q is no way to pay: bank or cash", c.Way)
	}
	return nil
}

func (c *PayeeChange) insert(ctx context.Context, tx pgx.Tx, box *secret.Box, by string, now time.Time) (id int64, err error) {
	var numberEnc, numberIdx, accountEnc, accountIdx []byte
	if c.Number != "" {
		numberEnc, numberIdx = box.Seal(secret.PersonNumber, c.Number), box.Index(secret.PersonNumber, c.Number)
	}
	if c.Account != "" {
		accountEnc, accountIdx = box.Seal(secret.AccountNumber, c.Account), accountIndex(box, c.Bank, c.Account)
	}
	err = tx.QueryRow(ctx, `
		insert into payee_change (person_id, kind, ground, name, number_enc, number_idx, relation, authorisation_no, authorised_until, way, bank_bin,
		                          account_enc, account_idx, holder_name, holder_verdict, holder_why, reason, proposed_by, proposed_at)
		values (@person, @kind, nullif(@ground, ''), @name, @number, @number_idx, @relation, @no, @until, @way, nullif(@bin, ''),
		        @account, @account_idx, @holder, @verdict, @why, @reason, @by, @now) returning id`,
		pgx.StrictNamedArgs{"person": c.Person, "kind": c.Kind, "ground": c.Ground, "name": c.Name, "number": numberEnc, "number_idx": numberIdx,
			"relation": c.Relation, "no": c.AuthorisationNo, "until": c.AuthorisedUntil, "way": c.Way, "bin": c.Bank, "account": accountEnc,
			"account_idx": accountIdx, "holder": c.Holder, "verdict": c.HolderVerdict, "why": c.HolderWhy, "reason": c.Reason, "by": by, "now": now}).Scan(&id)
	switch pg.Constraint(err) {
	case "payee_change_a_year":
		return 0, ruled("an authorisation holds at most 12 months")
	case "payee_change_waiting":
		return 0, ruled("another change of this person's payee waits: confirm or refuse it first")
	}
	if err != nil {
		return 0, err
	}
	return id, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payee.proposed", Subject: fmt.Sprintf("person:%d", c.Person),
		Payload: map[string]any{"change": id, "kind": c.Kind, "ground": c.Ground, "way": c.Way, "bank": c.Bank, "account": secret.Mask(c.Account),
			"paper": c.AuthorisationNo}})
}

// ConfirmPayee lets a proposed payee collect from now on; the one before ends.
func ConfirmPayee(ctx context.Context, pool *pgxpool.Pool, id int64, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: confirm change %d of a payee", id)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		err := tx.QueryRow(ctx, `update payee_change set confirmed_by = $2, confirmed_at = $3 where id = $1 returning person_id`, id, by, now).Scan(&person)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update payee set ended_at = $2 where person_id = $1 and ended_at is null`, person, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into payee (person_id, kind, ground, name, number_enc, number_idx, relation, authorisation_no, authorised_until, way, bank_bin,
			                   account_enc, account_idx, holder_name, holder_verdict, holder_why, change_id, since)
			select person_id, kind, ground, name, number_enc, number_idx, relation, authorisation_no, authorised_until, way, bank_bin,
			       account_enc, account_idx, holder_name, holder_verdict, holder_why, id, $2 from payee_change where id = $1`, id, now)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payee.changed", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"change": id}})
	})
	return payeeError(err)
}

// RefusePayee turns a proposed change down, or takes it back.
func RefusePayee(ctx context.Context, pool *pgxpool.Pool, id int64, why, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: refuse change %d of a payee", id)
	if strings.TrimSpace(why) == "" {
		return ruled("a refusal needs its reason")
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		err := tx.QueryRow(ctx, `update payee_change set refused_by = $2, refused_at = $3, refused_why = $4 where id = $1 returning person_id`, id, by, now, why).Scan(&person)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "payee.refused", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"change": id, "why": why}})
	})
	return payeeError(err)
}

func payeeError(err error) error {
	switch pg.Constraint(err) {
	case "payee_change_four_eyes":
		return ErrOwnPayee
	case "payee_change_ends_once":
		return &RuledError{Reason: "the change is already confirmed or refused"}
	case "payee_change_role":
		return &RuledError{Reason: "only staff of the person's office confirm a change of the payee"}
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return &RuledError{Reason: "there is no such change"}
	}
	return err
}

// PayeeChanges lists changes, newest first: of an office, or of one person; waiting only
// those that nobody has decided.
func PayeeChanges(ctx context.Context, q pg.Queryer, box *secret.Box, office string, person PersonID, waiting bool) (_ []PayeeChange, err error) {
	defer pg.Wrap(&err, "beneficiaries: changes of payees")
	return payeeChanges(ctx, q, box, `($1 = '' or p.office = $1) and ($2 = 0 or c.person_id = $2)
		and (not $3 or (c.confirmed_at is null and c.refused_at is null)) order by c.id desc limit 200`, office, int64(person), waiting)
}

// PayeeChangeByID reads one.
func PayeeChangeByID(ctx context.Context, q pg.Queryer, box *secret.Box, id int64) (c PayeeChange, err error) {
	defer pg.Wrap(&err, "beneficiaries: change %d of a payee", id)
	list, err := payeeChanges(ctx, q, box, `c.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = ErrNoPerson
	}
	if err != nil {
		return c, err
	}
	return list[0], nil
}

func payeeChanges(ctx context.Context, q pg.Queryer, box *secret.Box, where string, args ...any) ([]PayeeChange, error) {
	rows, err := q.Query(ctx, `
		select c.id, c.person_id, p.name, p.office, c.kind, coalesce(c.ground, ''), c.name, c.number_enc, c.relation, c.authorisation_no, c.authorised_until,
		       c.way, coalesce(c.bank_bin, ''), c.account_enc, c.holder_name, c.holder_verdict, c.holder_why, c.reason, c.proposed_by, c.proposed_at,
		       coalesce(c.confirmed_by, ''), c.confirmed_at, coalesce(c.refused_by, ''), c.refused_at, coalesce(c.refused_why, '')
		  from payee_change c join person p on p.id = c.person_id where `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c PayeeChange, err error) {
		var number, account []byte
		err = row.Scan(&c.ID, &c.Person, &c.PersonName, &c.Office, &c.Kind, &c.Ground, &c.Name, &number, &c.Relation, &c.AuthorisationNo, &c.AuthorisedUntil,
			&c.Way, &c.Bank, &account, &c.Holder, &c.HolderVerdict, &c.HolderWhy, &c.Reason, &c.ProposedBy, &c.ProposedAt,
			&c.ConfirmedBy, &c.ConfirmedAt, &c.RefusedBy, &c.RefusedAt, &c.RefusedWhy)
		if err != nil {
			return c, err
		}
		for _, x := range []struct {
			label  string
			sealed []byte
			to     *string
		}{{secret.PersonNumber, number, &c.Number}, {secret.AccountNumber, account, &c.Account}} {
			if len(x.sealed) > 0 {
				plain, err := box.Open(x.label, x.sealed)
				if err != nil {
					return c, err
				}
				*x.to = secret.Mask(plain)
			}
		}
		return c, nil
	})
}
