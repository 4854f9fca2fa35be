package registry

// Signer signs the canonical JSON of {header,message}.
type Signer interface {
	Sign(canonical []byte, created int64) (string, error)
}

// Verifier checks a signature over the canonical JSON of {header,message}.
type Verifier interface {
	Verify(canonical []byte, signature, sender string, now int64) error
}

type tokenCache struct{}
