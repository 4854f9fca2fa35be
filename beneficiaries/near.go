package beneficiaries

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
)

// A register finds a name as it is written, so that one wrong letter finds nobody. Who
// was found neither by number nor by name is asked about twice more: by the birth alone,
// and by the name in the commune alone; whoever comes near is a candidate.

// nearTag marks which of the two questions a query is; a person's id is before it.
const (
	nearBirth = "#b"
	nearPlace = "#p"
)

func trimStage(id string) string {
	id, _, _ = strings.Cut(id, "#")
	return id
}

// lost is somebody whom neither number nor name found.
type lost struct {
	person  *asked
	verdict verdict // not found, as it stands so far
}

// nearby are the questions that may find the person all the same.
func (a *asked) nearby() (out []registry.Query) {
	id := a.query().ID
	switch {
	case len(a.birth) == len("2006-01-02"):
		out = append(out, registry.Query{ID: id + nearBirth, Birth: a.birth})
	case len(a.birth) >= 4:
		out = append(out, registry.Query{ID: id + nearBirth, Birth: a.birth, Commune: a.office})
	}
	return append(out, registry.Query{ID: id + nearPlace, Name: a.name, Commune: a.office})
}

// askNear asks about the lost once at least some have gathered.
func (s *syncing) askNear(ctx context.Context, least int) error {
	if len(s.lost) < least || len(s.lost) == 0 {
		return nil
	}
	var queries []registry.Query
	for _, l := range s.lost {
		queries = append(queries, l.person.nearby()...)
	}
	answers, err := s.search(ctx, stageNear, queries)
	if err != nil {
		return err
	}
	found := map[string][]registry.Answer{}
	for i, q := range queries {
		found[trimStage(q.ID)] = append(found[trimStage(q.ID)], answers[i])
	}
	for _, l := range s.lost {
		s.decided(judgeNear(l, found[l.person.query().ID], s.Options, s.box))
	}
	s.lost = s.lost[:0]
	return nil
}

// leastNear is how likely somebody must be the person to be shown to a clerk.
const leastNear = 0.02

// judgeNear decides about somebody whom neither number nor name found: linked when one
// person beyond doubt is behind another spelling, shown to a clerk when somebody may be,
// and otherwise not found.
func judgeNear(l lost, answers []registry.Answer, opt identity.Options, box *secret.Box) verdict {
	v := l.verdict
	var near []comparison
	met := map[string]bool{}
	for _, answer := range answers {
		for _, r := range answer.Records {
			c := compare(l.person, r, opt)
			if met[r.Number] || c.level[identity.FieldName] == identity.Differs || c.level[identity.FieldSex] == identity.Differs {
				continue
			}
			met[r.Number] = true
			near = append(near, c)
		}
		if answer.Reason == "" {
			v.evidence.Message = answer.Message
		}
	}
	slices.SortStableFunc(near, func(x, y comparison) int { return cmp.Compare(y.weight, x.weight) })
	scores := posteriors(near)
	n := 0
	for n < len(near) && scores[n] >= leastNear {
		n++
	}
	near, scores = near[:n], scores[:n]
	if n == 0 {
		return v
	}
	sure := slices.DeleteFunc(slices.Clone(near), func(c comparison) bool { return !c.byNameSame(l.person) })
	v.evidence.Asked = "near"
	v.evidence.Why = nil
	if len(sure) == 1 && n == 1 && !l.person.behindNumber(opt).speaksAgainst(sure[0]) {
		v.linkCompared(sure[0])
		v.why("tìm thấy theo ngày sinh và nơi ở; họ tên trên danh sách viết khác sổ dân cư: “" + sure[0].record.Name + "”")
		return v
	}
	v.outcome = Review
	v.evidence.Candidates = candidates(near, scores, box)
	v.evidence.Fields, v.evidence.Score = fieldsOf(near[0], l.person), scores[0]
	v.why("không ai trong sổ dân cư có đúng họ tên và ngày sinh này, nhưng có người gần giống; cần cán bộ xem")
	return v
}
