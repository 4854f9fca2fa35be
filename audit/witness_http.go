package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/internal/pg"
)

// mostWitnessed bounds what a witness reads and answers, in bytes: a proof of a log of
// any size is under 6 KB.
const mostWitnessed = 64 << 10

// ServeHTTP is the witness's side of C2SP tlog-witness: POST /add-checkpoint with the
// line "old SIZE", the proof's hashes in base64, an empty line, and the checkpoint. It
// answers with the line of its signature; 409 with the size it has; 403 when no key that
// it trusts signed; 404 for a log it does not know; 422 for a past that was rewritten.
func (w *Witness) ServeHTTP(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		old, proof, signed, err := parseAddCheckpoint(http.MaxBytesReader(rw, r.Body, mostWitnessed))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		line, err := w.Cosign(old, proof, signed, now())
		var stale StaleError
		switch {
		case errors.As(err, &stale):
			rw.Header().Set("Content-Type", "text/x.tlog.size")
			rw.WriteHeader(http.StatusConflict)
			fmt.Fprintf(rw, "%d\n", stale.Size)
		case errors.Is(err, ErrUnknownLog):
			http.Error(rw, err.Error(), http.StatusNotFound)
		case errors.Is(err, ErrUnsigned):
			http.Error(rw, err.Error(), http.StatusForbidden)
		case errors.Is(err, ErrRewritten):
			http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
		case err != nil:
			http.Error(rw, "the witness could not keep the checkpoint; try again", http.StatusInternalServerError)
		default:
			_, _ = rw.Write(line)
		}
	})
	return mux
}

func parseAddCheckpoint(in io.Reader) (old int64, proof tlog.TreeProof, signed []byte, err error) {
	r := bufio.NewReader(in)
	first, err := r.ReadString('\n')
	if err != nil {
		return 0, nil, nil, refusal("not a request: it has no first line")
	}
	size, ok := strings.CutPrefix(strings.TrimSuffix(first, "\n"), "old ")
	if old, err = strconv.ParseInt(size, 10, 64); !ok || err != nil || old < 0 {
		return 0, nil, nil, refusal("not a request: its first line is not \"old SIZE\"")
	}
	var hashes []string
	for {
		line, err := r.ReadString('\n')
		if err != nil || len(hashes) > 63 {
			return 0, nil, nil, refusal("not a request: no empty line ends its proof")
		}
		if line == "\n" {
			break
		}
		hashes = append(hashes, strings.TrimSuffix(line, "\n"))
	}
	if proof, err = decode[tlog.TreeProof](hashes); err != nil {
		return 0, nil, nil, err
	}
	signed, err = io.ReadAll(r)
	return old, proof, signed, err
}

// AskWitness has the witness at an address co-sign a checkpoint of the log, proves to it
// that the log continues what it saw last, and keeps the co-signed note. It is
// ErrRewritten when the database no longer holds what the witness saw.
func AskWitness(ctx context.Context, q pg.Queryer, client *http.Client, address string, signed []byte, keys *Keys, now time.Time) (cosigned []byte, err error) {
	defer pg.Wrap(&err, "audit: witness at %s", address)
	_, head, before, err := OpenCheckpoint(signed, keys.Verifiers())
	if err != nil {
		return nil, err
	}
	old := int64(0)
	for range 4 { // it says what it has; somebody else may ask it in between
		var proof tlog.TreeProof
		if old > head.Size {
			return nil, fmt.Errorf("%w: the witness has seen %d events, here are %d", ErrRewritten, old, head.Size)
		}
		if old > 0 {
			if proof, err = tlog.ProveTree(head.Size, old, reader(ctx, q)); err != nil {
				return nil, fmt.Errorf("%w (%w)", ErrRewritten, err)
			}
		}
		line, stale, err := addCheckpoint(ctx, client, address, old, proof, signed)
		if err != nil {
			return nil, err
		}
		if line == nil && stale != old {
			old = stale
			continue
		}
		cosigned = append(bytes.Clone(signed), line...)
		if _, _, by, err := OpenCheckpoint(cosigned, keys.Verifiers()); err != nil || len(by) <= len(before) {
			return nil, refusal("the witness's signature is by none of the keys in " + witnessFile + "; put its public key there first")
		}
		return cosigned, keep(ctx, q, head.Size, cosigned, now)
	}
	return nil, errors.New("it keeps changing what it has; try again")
}

// addCheckpoint asks once: for the signature, or else for the size that the witness has.
func addCheckpoint(ctx context.Context, client *http.Client, address string, old int64, proof tlog.TreeProof, signed []byte) (line []byte, stale int64, err error) {
	body := fmt.Sprintf("old %d\n", old)
	for _, h := range encode(proof) {
		body += h + "\n"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+"/add-checkpoint", strings.NewReader(body+"\n"+string(signed)))
	if err != nil {
		return nil, 0, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, mostWitnessed))
	if err != nil {
		return nil, 0, err
	}
	said := strings.TrimSpace(string(b))
	switch answer.StatusCode {
	case http.StatusOK:
		return b, 0, nil
	case http.StatusConflict:
		stale, err = strconv.ParseInt(said, 10, 64)
		if err != nil || stale < 0 {
			err = fmt.Errorf("it answered with a size that is none: %q", said)
		}
		return nil, stale, err
	case http.StatusUnprocessableEntity:
		return nil, 0, fmt.Errorf("%w: %s", ErrRewritten, said)
	case http.StatusForbidden, http.StatusNotFound:
		return nil, 0, refusal(fmt.Sprintf("it does not take checkpoints of this log: %s", said))
	}
	return nil, 0, fmt.Errorf("it answered %s: %s", answer.Status, said)
}
