package beneficiaries

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/identity"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// known is what the database, and this chunk so far, hold about the people that
// a chunk may name.
type known struct {
	byNumber map[index]*someone
	byOld    map[index][]*someone
	byKey    map[string][]*someone // exactKey
}

type index = [secret.IndexSize]byte

// someone is a person that a row may be about.
type someone struct {
	id         PersonID // 0: new, until ids are taken
	number     string   // of a new person
	numbered   bool
	claimed    string // a number that is somebody else's
	old        string
	name       string
	birth      string
	sex        string
	hamlet     string
	identified bool // the register or a clerk knows who this is: lists no longer change the name
	line       *line
	places     []entitled // on this office's list of this scheme
	payee      *currentPayee
	fill       *line // known person: the row that fills what is missing
	rename     bool  // … or replaces what a newer version corrects
	setNumber  string
}

// entitled is an entitlement that the database already holds.
type entitled struct {
	id          int64
	category    string
	first, last money.Month
	children    *int
	injury      *int
	seniority   *int
	decisionNo  string
	decisionOn  string
	list        ListID
}

// currentPayee is how a known person is paid now.
type currentPayee struct {
	id                          PayeeID
	scheme                      string // of the list that said so
	kind, name, way, bin        string
	account                     []byte // index
	holder, authorised, until   string
	number                      []byte
	relation, shared, holderWhy string
}

// exactKey is what a person without a number is known by, within an office:
// name, birth and hamlet, all of them given.
func exactKey(name, birth, hamlet string) (key string, whole bool) {
	h := identity.SearchKey(hamlet)
	return nameKey(name) + "|" + birth + "|" + h, birth != "" && h != ""
}

// lookUp fetches the people that the chunk may be about, with their places on
// this list and their payees.
func (l *listImport) lookUp(ctx context.Context) (*known, error) {
	k := &known{byNumber: map[index]*someone{}, byOld: map[index][]*someone{}, byKey: map[string][]*someone{}}
	var numbers, olds [][]byte
	var names []string
	for _, r := range l.chunk {
		if r.reason != "" {
			continue
		}
		if r.person != "" {
			numbers = append(numbers, l.box.Index(secret.PersonNumber, string(r.person)))
		}
		if r.old != "" {
			olds = append(olds, l.box.Index(secret.PersonNumber, string(r.old)))
		}
		names = append(names, nameKey(r.name))
	}
	rows, err := l.tx.Query(ctx, `
		with hit as (
		    select id from person where number_idx = any(@numbers)
		    union select id from person where other_idx = any(@olds) and other_kind = 'old'
		    union select id from person where name_key = any(@names) and office = @office
		)
		select p.number_idx, case when p.other_kind = 'old' then p.other_idx end, r.id, r.number_idx is not null,
		       r.name, coalesce(r.birth, ''), coalesce(r.sex, ''), r.office, r.hamlet,
		       r.register_outcome in ('match', 'old_number', 'moved', 'deceased', 'absent') or r.settled is not distinct from 'pay'
		  from hit h join person p on p.id = h.id join person r on r.id = coalesce(p.merged_into, p.id)
		 order by r.id`,
		pgx.StrictNamedArgs{"numbers": numbers, "olds": olds, "names": names, "office": l.office})
	if err != nil {
		return nil, err
	}
	byID := map[PersonID]*someone{}
	var number, old []byte
	var s someone
	var office string
	_, err = pgx.ForEachRow(rows, []any{&number, &old, &s.id, &s.numbered, &s.name, &s.birth, &s.sex, &office, &s.hamlet, &s.identified}, func() error {
		one := byID[s.id]
		if one == nil {
			fresh := s
			one = &fresh
			byID[s.id] = one
			if key, _ := exactKey(s.name, s.birth, s.hamlet); office == l.office {
				k.byKey[key] = append(k.byKey[key], one)
			}
		}
		if number != nil {
			k.byNumber[index(number)] = one
		}
		if old != nil {
			k.byOld[index(old)] = append(k.byOld[index(old)], one)
		}
		return nil
	})
	if err != nil || len(byID) == 0 {
		return k, err
	}
	ids := make([]int64, 0, len(byID))
	for id := range byID {
		ids = append(ids, int64(id))
	}
	if err := l.lookUpPlaces(ctx, byID, ids); err != nil {
		return nil, err
	}
	return k, l.lookUpPayees(ctx, byID, ids)
}

func (l *listImport) lookUpPlaces(ctx context.Context, byID map[PersonID]*someone, ids []int64) error {
	rows, err := l.tx.Query(ctx, `
		select person_id, id, category, first_month, last_month, children, injury_percent, seniority_units,
		       decision_no, coalesce(decision_on::text, ''), list_id
		  from entitlement where person_id = any($1) and office = $2 and scheme = $3 order by id`, ids, l.office, l.scheme)
	if err != nil {
		return err
	}
	var id PersonID
	var e entitled
	_, err = pgx.ForEachRow(rows, []any{&id, &e.id, &e.category, &e.first, &e.last, &e.children, &e.injury, &e.seniority,
		&e.decisionNo, &e.decisionOn, &e.list}, func() error {
		byID[id].places = append(byID[id].places, e)
		e = entitled{}
		return nil
	})
	return err
}

func (l *listImport) lookUpPayees(ctx context.Context, byID map[PersonID]*someone, ids []int64) error {
	rows, err := l.tx.Query(ctx, `
		select y.person_id, y.id, coalesce(l.scheme, ''), y.kind, y.name, y.way, coalesce(y.bank_bin, ''), y.account_idx,
		       y.holder_name, y.authorisation_no, coalesce(y.authorised_until::text, ''), y.number_idx, y.relation, y.shared_reason, y.holder_why
		  from payee y join list l on l.id = y.list_id where y.person_id = any($1) and y.ended_at is null`, ids)
	if err != nil {
		return err
	}
	var id PersonID
	var p currentPayee
	_, err = pgx.ForEachRow(rows, []any{&id, &p.id, &p.scheme, &p.kind, &p.name, &p.way, &p.bin, &p.account,
		&p.holder, &p.authorised, &p.until, &p.number, &p.relation, &p.shared, &p.holderWhy}, func() error {
		kept := p
		byID[id].payee = &kept
		p.account, p.number = nil, nil
		return nil
	})
	return err
}

// who finds the person of a row, or makes one. A number finds its person only
// when name and birth do not contradict: a relative's number stands in one row
// of a hundred.
func (l *listImport) who(k *known, r *line) (*someone, bool) {
	claimed := false
	if r.person != "" {
		idx := l.numberIndex(string(r.person))
		if s := k.byNumber[idx]; s != nil {
			if samePerson(s, r) {
				return s, false
			}
			claimed = true
			r.warn("số định danh đã ghi cho một người khác tên; chờ đối chiếu")
		}
	}
	if r.old != "" {
		for _, s := range k.byOld[l.numberIndex(string(r.old))] {
			if samePerson(s, r) {
				return s, false
			}
		}
	}
	key, whole := exactKey(r.name, r.birth.String(), r.hamlet)
	var same []*someone
	for _, s := range k.byKey[key] {
		if s.numbered && r.person != "" {
			continue // two different numbers are two people
		}
		if whole || s.onList(r.category) {
			same = append(same, s)
		}
	}
	if len(same) == 1 {
		s := same[0]
		if r.person != "" && !claimed {
			s.numbered, s.setNumber = true, string(r.person)
			if s.id == 0 {
				s.number = string(r.person)
			}
			k.byNumber[l.numberIndex(string(r.person))] = s
		}
		return s, false
	}
	s := &someone{name: r.name, birth: r.birth.String(), sex: string(r.sex), hamlet: r.hamlet, line: r, old: string(r.old)}
	switch {
	case claimed:
		s.claimed = string(r.person)
	case r.person != "":
		s.number, s.numbered = string(r.person), true
		k.byNumber[l.numberIndex(s.number)] = s
	}
	if s.old != "" {
		idx := l.numberIndex(s.old)
		k.byOld[idx] = append(k.byOld[idx], s)
	}
	k.byKey[key] = append(k.byKey[key], s)
	return s, true
}

func (s *someone) onList(category string) bool {
	for _, p := range s.places {
		if p.category == category {
			return true
		}
	}
	return false
}

// samePerson reports whether a row with someone's number may be about them:
// the name is theirs, or near with the year of birth not contradicting.
func samePerson(s *someone, r *line) bool {
	year, theirs := r.birth.Year, yearOf(s.birth)
	apart := 0
	if year != 0 && theirs != 0 {
		apart = max(year-theirs, theirs-year)
	}
	switch likeNames(s.name, r.name) {
	case sameName:
		return apart <= 2
	case nearName:
		return apart == 0
	}
	return false
}

func yearOf(birth string) (year int) {
	if len(birth) >= 4 {
		_, _ = fmt.Sscanf(birth[:4], "%d", &year)
	}
	return year
}
