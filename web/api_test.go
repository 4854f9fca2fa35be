package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// call sends JSON to the API and reads JSON back.
func (c *browser) call(method, path string, body any, headers map[string]string, status int, into any) answer {
	c.b.Helper()
	raw, err := json.Marshal(body)
	c.b.ok(err)
	r, err := http.NewRequestWithContext(c.b.ctx, method, c.b.url+"/api/v1"+path, bytes.NewReader(raw))
	c.b.ok(err)
	r.Header.Set("Content-Type", "application/json")
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	a := c.send(r)
	if a.StatusCode != status {
		c.b.Fatalf("%s %s: %d, want %d\n%s", method, path, a.StatusCode, status, a.body)
	}
	if into != nil {
		c.b.ok(json.Unmarshal([]byte(a.body), into))
	}
	return a
}

func TestTheAPISaysWhatItIs(t *testing.T) {
	t.Parallel()
	b := open(t)
	var doc struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	b.browser().call("GET", "/openapi.json", nil, nil, http.StatusOK, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi %s", doc.OpenAPI)
	}
	for _, rt := range b.server.apiRoutes {
		if doc.Paths[rt.path][strings.ToLower(rt.method)] == nil {
			t.Errorf("%s %s is not in the document", rt.method, rt.path)
		}
	}
}

func TestChargesByAPI(t *testing.T) {
	t.Parallel()
	b := open(t)
	var in struct{ Token string }
	b.browser().call("POST", "/vendor/sign-in", map[string]string{"phone": phone, "pin": pin}, nil, http.StatusOK, &in)
	b.browser().call("POST", "/vendor/sign-in", map[string]string{"phone": phone, "pin": "123456"}, nil, http.StatusUnauthorized, nil)
	auth := map[string]string{"Authorization": "Bearer " + in.Token, "Idempotency-Key": "order-1"}
	var first, second struct {
		ID      int64  `json:"id"`
		Amount  int64  `json:"amount"`
		State   string `json:"state"`
		Payload string `json:"payload"`
	}
	c := b.browser()
	body := map[string]any{"amount": 185000, "bill": "BAN 7"}
	c.call("POST", "/charges", body, auth, http.StatusCreated, &first)
	a := c.call("POST", "/charges", body, auth, http.StatusCreated, &second)
	if first != second || first.Amount != 185000 || first.State != "waiting" || first.Payload == "" {
		t.Errorf("the same call twice: %+v, %+v", first, second)
	}
	var problem struct {
		Status        int
		Title, Detail string
	}
	body["amount"] = 1
	c.call("POST", "/charges", body, auth, http.StatusConflict, &problem)
	if problem.Status != 409 || problem.Title == "" || problem.Detail == "" {
		t.Errorf("a key used again: %+v", problem)
	}
	for name, bad := range map[string]map[string]any{"no amount": {}, "zero": {"amount": 0}, "text": {"amount": "5"}, "fraction": {"amount": 1.5}, "unknown field": {"amount": 5, "vendor": 1}} {
		auth["Idempotency-Key"] = name
		a := c.call("POST", "/charges", bad, auth, http.StatusUnprocessableEntity, nil)
		if a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", name, a.Header.Get("Content-Type"))
		}
	}
	delete(auth, "Idempotency-Key")
	c.call("POST", "/charges", map[string]any{"amount": 5}, auth, http.StatusUnprocessableEntity, nil)
	c.call("GET", strings.TrimPrefix(a.Header.Get("Location"), "/api/v1"), nil, auth, http.StatusOK, &second)
	c.call("GET", "/charges/424242", nil, auth, http.StatusNotFound, nil)
}

func TestRunsAndBreaksByAPI(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	b.exec(b.pool, `insert into recon_break (kind, subject, office, amount, opened_on, note)
		select 'stale-in-transit', 'instruction:' || i, $1, -1000, '2026-10-10', 'x' from generate_series(1, 7) i`, office)
	c := b.as("accountant")
	var runs struct {
		Items []struct {
			ID    int64
			Total int64
		}
		NextCursor int64 `json:"next_cursor"`
	}
	c.call("GET", "/runs", nil, nil, http.StatusOK, &runs)
	if len(runs.Items) != 1 || runs.Items[0].Total != int64(run.Total) || runs.NextCursor != 0 {
		t.Errorf("runs: %+v", runs)
	}
	seen := map[int64]bool{}
	cursor, pages := int64(0), 0
	for {
		var breaks struct {
			Items      []struct{ ID int64 }
			NextCursor int64 `json:"next_cursor"`
		}
		c.call("GET", "/breaks?limit=3&cursor="+id(cursor), nil, nil, http.StatusOK, &breaks)
		for _, x := range breaks.Items {
			seen[x.ID] = true
		}
		pages++
		if cursor = breaks.NextCursor; cursor == 0 {
			break
		}
	}
	if len(seen) != 7 || pages != 3 {
		t.Errorf("%d breaks on %d pages", len(seen), pages)
	}
	c.call("GET", "/breaks?limit=0", nil, nil, http.StatusUnprocessableEntity, nil)
	c.call("GET", "/runs/0", nil, nil, http.StatusUnprocessableEntity, nil)
}
