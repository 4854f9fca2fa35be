package verify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// approvals checks each signature by the stored key and that there are enough of them.
func (c *checker) approvals(ctx context.Context, r *runRow) error {
	type row struct {
		staff, owner                 int64
		statement, signature, digest []byte
		public                       []byte
	}
	valid := 0
	err := each(ctx, c.look(), func(rows pgx.Rows, a *row) error {
		return rows.Scan(&a.staff, &a.owner, &a.statement, &a.signature, &a.digest, &a.public)
	}, func(a *row) error {
		id := fmt.Sprintf("%d by staff %d", r.id, a.staff)
		want := fmt.Sprintf("ansinh/approve-run/v1\n%d\n%s\n%s\n%x\n%d\n%d\n%d\n", r.id, r.office, r.covers(), r.digest, r.n, r.total, a.staff)
		ok := same(c, "approval", id, "statement that was signed", want, string(a.statement))
		ok = same(c, "approval", id, "owner of the key", a.staff, a.owner) && ok
		if !bytes.Equal(a.digest, r.digest) {
			c.differs("approval", id, "digest", r.digest, a.digest)
			ok = false
		}
		if a.staff == r.preparer {
			c.differs("approval", id, "approver", "somebody who did not prepare the run", "its preparer")
			ok = false
		}
		if !signed(a.public, a.statement, a.signature) {
			c.differs("approval", id, "signature", "one by the key", "another")
			ok = false
		}
		if ok {
			valid++
		}
		return nil
	}, `
		select a.staff_id, coalesce(k.staff_id, 0), a.statement, a.signature, a.digest, coalesce(k.public_key, '')
		from approval a left join staff_key k on k.id = a.key_id where a.run_id = $1 order by a.staff_id`, r.id)
	if err != nil {
		return err
	}
	if want := max(r.needed, 1); slices.Contains([]string{"approved", "instructed", "closed"}, r.state) && valid < want {
		c.differs("run", r.id, "valid approvals", fmt.Sprintf("%d or more", want), valid)
	}
	return nil
}

func signed(public, statement, signature []byte) bool {
	parsed, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return false
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	sum := sha256.Sum256(statement)
	return ok && ecdsa.VerifyASN1(key, sum[:], signature)
}
