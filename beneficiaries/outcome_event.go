package beneficiaries

import "time"

// eventOf is the life event that a register record tells about a person.
func eventOf(person PersonID, outcome Outcome, c Candidate, register, by string, now time.Time) LifeEvent {
	e := LifeEvent{Person: person, KnownOn: now, Source: "register:" + register, By: by, At: now, Detail: map[string]string{}}
	since := c.Since
	switch outcome {
	case Deceased:
		e.Kind, since = "death", c.Died
	case Moved:
		e.Kind = "move"
		e.Detail["to"] = c.MovedTo
	default:
		e.Kind = "absence"
		e.Detail["standing"] = c.Standing
	}
	if on, err := time.Parse(time.DateOnly, since); err == nil {
		e.On = on
	}
	return e
}
