package registry

import (
	"errors"
	"time"
)

// Unsigned is the profile of a sandbox that lets others try their clients before
// they have keys: it takes messages without a signature or with a stub, and
// anything else is still refused. No Client of ours ever accepts such answers.
type Unsigned struct{}

// Sign writes the stub that says that there is no signature.
func (Unsigned) Sign([]byte, time.Time) (string, error) { return "unsigned-stub", nil }

// Verify accepts what says of itself that it is not signed.
func (Unsigned) Verify(_ []byte, signature, _ string, _ time.Time) error {
	switch signature {
	case "", "unsigned", "unsigned-stub":
		return nil
	}
	return errors.New("this register checks no signatures, but this one says that it is signed")
}

func unsigned(v Verifier) bool {
	_, ok := v.(Unsigned)
	return ok
}

// knows reports whether a verifier has a key of the sender, so that a stranger is
// told so and not that their signature is wrong.
func knows(v Verifier, sender string) bool {
	if sender == "" {
		return false
	}
	switch v := v.(type) {
	case Keys:
		return len(v[sender]) > 0
	case DetachedJWS:
		return len(v.Trusted[sender]) > 0
	case SharedSecret:
		return v.Sender == sender
	}
	return true
}
