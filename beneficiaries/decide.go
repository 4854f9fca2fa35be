package beneficiaries

import "errors"

// ErrReason: a decision about money needs its reason in words.
var ErrReason = errors.New("a reason is needed")
