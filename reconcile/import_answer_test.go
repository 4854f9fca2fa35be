package reconcile_test

import (
	"errors"
	"strings"
	"testing"

	"ansinh.vn/bank/sandbox"
	"ansinh.vn/reconcile"
)

func TestAnAnswerThatCameAsAFileIsTaken(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{Reject: 1, LostAnswer: 1})
	b.people(6)
	b.send()
	var id string
	var answer []byte
	b.scan(&id, `select m.message_id from bank_message m join instruction i on i.bank_message_id = m.id where m.kind = 'pain001' limit 1`)
	if answer = b.ask("GET", "/payments/"+id, nil); !reconcile.IsAnswer(answer) {
		t.Fatalf("not an answer: %s", answer)
	}
	done, err := b.store.ImportAnswer(b.ctx, "p.xml", answer, "staff:ketoan", b.now)
	b.check(err)
	if done.Message != id || done.State != "rejected" || done.Reason == "" {
		t.Errorf("%+v", done)
	}
	again, err := b.store.ImportAnswer(b.ctx, "p.xml", answer, "staff:ketoan", b.now)
	if err != nil || again != done {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	b.reconcile()
	var left int
	b.scan(&left, `select count(*) from payment where rail = 'bank' and state <> 'returned'`)
	if left != 0 {
		t.Errorf("%d payments of the refused file were not given back", left)
	}
	for name, content := range map[string]string{
		"another's": strings.ReplaceAll(string(answer), id, "AS-OTHER"),
		"truncated": string(answer[:len(answer)/2]),
	} {
		_, err := b.store.ImportAnswer(b.ctx, name, []byte(content), "staff:ketoan", b.now)
		var refused interface{ Refused() bool }
		if !errors.As(err, &refused) || !refused.Refused() || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}
