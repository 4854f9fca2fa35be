package beneficiaries

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
	id                        PayeeID
	scheme                    string // of the list that said so
	kind, name, way, bin      string
	account                   []byte // index
	holder, authorised, until string
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
	var names, unnumbered []string // of all rows; of rows without a number
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
		key := nameKey(r.name)
		names = append(names, key)
		if r.person == "" {
			unnumbered = append(unnumbered, key)
		}
	}
	// One table an arm, found by index: a join would leave the planner a choice
	// that it makes badly while its statistics still speak of an empty table.
	const columns = `
		select p.id, p.merged_into, p.number_idx, case when p.other_kind = 'old' then p.other_idx end,
		       p.name, coalesce(p.birth, ''), coalesce(p.sex, ''), p.office, p.hamlet,
		       p.register_outcome in ('match', 'old_number', 'moved', 'deceased', 'absent') or p.settled is not distinct from 'pay'
		  from person p where `
	rows, err := l.tx.Query(ctx, columns+`p.number_idx = any(@numbers) union all`+
		columns+`p.other_idx = any(@olds) and p.other_kind = 'old' union all`+
		columns+`p.name_key = any(@unnumbered) and p.office = @office union all`+
		columns+`p.name_key = any(@names) and p.office = @office and p.number_idx is null`, // two numbers are two people
		pgx.StrictNamedArgs{"numbers": numbers, "olds": olds, "names": names, "unnumbered": unnumbered, "office": l.office})
	if err != nil {
		return nil, err
	}
	found := map[PersonID]*foundPerson{}
	if err := collectFound(rows, found); err != nil || len(found) == 0 {
		return k, err
	}
	var roots []int64 // of those who were merged: rare
	for _, f := range found {
		if f.into != nil && found[*f.into] == nil {
			roots = append(roots, int64(*f.into))
		}
	}
	if len(roots) > 0 {
		rows, err := l.tx.Query(ctx, columns+`p.id = any($1)`, roots)
		if err != nil {
			return nil, err
		}
		if err := collectFound(rows, found); err != nil {
			return nil, err
		}
	}
	ids := make([]PersonID, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	byID := map[PersonID]*someone{}
	for _, id := range ids {
		if f := found[id]; f.into == nil {
			byID[id] = &f.someone
			if key, _ := exactKey(f.name, f.birth, f.hamlet); f.office == l.office {
				k.byKey[key] = append(k.byKey[key], &f.someone)
			}
		}
	}
	for _, id := range ids {
		f := found[id]
		one := byID[id]
		if f.into != nil {
			one = byID[*f.into]
		}
		if one == nil {
			continue
		}
		if f.number != nil {
			k.byNumber[index(f.number)] = one
		}
		if f.old != nil {
			k.byOld[index(f.old)] = append(k.byOld[index(f.old)], one)
		}
	}
	live := make([]int64, 0, len(byID))
	for _, id := range ids {
		if byID[id] != nil {
			live = append(live, int64(id))
		}
	}
	if err := l.lookUpPlaces(ctx, byID, live); err != nil {
		return nil, err
	}
	return k, l.lookUpPayees(ctx, byID, live)
}

// foundPerson is a person as the database has them.
type foundPerson struct {
	someone
	into        *PersonID // merged into this one
	office      string
	number, old []byte
}

func collectFound(rows pgx.Rows, found map[PersonID]*foundPerson) error {
	defer rows.Close()
	for rows.Next() {
		f := new(foundPerson)
		err := rows.Scan(&f.id, &f.into, &f.number, &f.old, &f.name, &f.birth, &f.sex, &f.office, &f.hamlet, &f.identified)
		if err != nil {
			return err
		}
		f.numbered = f.number != nil
		found[f.id] = f
	}
	return rows.Err()
}

func (l *listImport) lookUpPlaces(ctx context.Context, byID map[PersonID]*someone, ids []int64) error {
	rows, err := l.tx.Query(ctx, `
		select person_id, id, category, first_month,
		       case when ceased_from is null or suspended then last_month else least(last_month, (ceased_from - interval '1 month')::date) end,
		       children, injury_percent, seniority_units, decision_no, coalesce(decision_on::text, ''), coalesce(list_id, 0)
		  from entitlement where person_id = any($1) and office = $2 and scheme = $3`, ids, l.office, l.scheme)
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
	for _, s := range byID {
		slices.SortFunc(s.places, func(a, b entitled) int { return cmp.Compare(a.id, b.id) })
	}
	return err
}

func (l *listImport) lookUpPayees(ctx context.Context, byID map[PersonID]*someone, ids []int64) error {
	rows, err := l.tx.Query(ctx, `
		select y.person_id, y.id, coalesce((select l.scheme from list l where l.id = y.list_id), ''), y.kind, y.name, y.way,
		       coalesce(y.bank_bin, ''), y.account_idx, y.holder_name, y.authorisation_no, coalesce(y.authorised_until::text, '')
		  from payee y where y.person_id = any($1) and y.ended_at is null`, ids)
	if err != nil {
		return err
	}
	var id PersonID
	var p currentPayee
	_, err = pgx.ForEachRow(rows, []any{&id, &p.id, &p.scheme, &p.kind, &p.name, &p.way, &p.bin, &p.account,
		&p.holder, &p.authorised, &p.until}, func() error {
		kept := p
		byID[id].payee = &kept
		p.account = nil
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
