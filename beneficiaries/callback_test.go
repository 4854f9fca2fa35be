package beneficiaries

import (
	"testing"
)

func TestAMessageThatACrashLeftLyingIsActedOn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.list(fields{"Họ và tên": "Danh Sóc Kha", "Số định danh": "095150000001"})
	client := b.knows(registryRecord("095150000001", "Danh Sóc Kha", "1950-10-15", "F"))
	b.synced(client)
	// a notice as the register signs it, kept and not acted on; and one that nobody can read
	body := `{"header":{"action":"notify","message_id":"m1","message_ts":"2026-10-16T01:00:00Z","sender_id":"dan-cu.sandbox","total_count":1,"is_msg_encrypted":false},
		"message":{"transaction_id":"n1","notify_event":[{"reference_id":"e1","timestamp":"2026-10-16T01:00:00Z","data":{"reg_event_type":"death","reg_record_type":"Person",
		"reg_records":[{"identifier":[{"identifier_type":"UIN","identifier_value":"095150000001"}],"name":{"surname":"Danh","second_name":"Sóc","given_name":"Kha"},"sex":"female","birth_date":"1950-10-15","death_date":"2026-10-15"}]}}]},"signature":"x"}`
	for id, text := range map[string]string{"junk": "not a message", "m1": body} {
		_, err := b.pool.Exec(b.ctx, `insert into register_message (register, message_id, action, sha256, body_enc, received_at) values ('sandbox', $1, 'notify', sha256('x'), $2, $3)`,
			id, b.box.Seal(messageLabel, text), syncedOn)
		b.ok(err)
	}
	n, err := HandleMessages(b.ctx, b.pool, b.box, syncedOn.AddDate(0, 0, 4))
	if n != 1 || err == nil {
		t.Errorf("%d acted on, %v: the one that cannot be read is said and keeps no other waiting", n, err)
	}
	if h := b.holds("Danh Sóc Kha", "2026-10-20"); h != "deceased" {
		t.Errorf("held for %q", h)
	}
	if s := b.one(`select register_evidence -> 'why' ->> 0 from person`); s != "sổ dân cư ghi đã chết ngày 15/10/2026" {
		t.Errorf("why: %s", s)
	}
	if n, _ := HandleMessages(b.ctx, b.pool, b.box, syncedOn.AddDate(0, 0, 5)); n != 0 {
		t.Errorf("%d acted on twice", n)
	}
}
