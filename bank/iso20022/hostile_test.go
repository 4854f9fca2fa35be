package iso20022_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"ansinh.vn/bank/iso20022"
)

// endless repeats a text until limit bytes are read.
type endless struct {
	head, body string
	limit      int64
	pos        int
	read       int64
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.body) < 4<<10 {
		e.body = strings.Repeat(e.body, 1+4<<10/len(e.body))
	}
	n := 0
	for n < len(p) && e.read < e.limit {
		src := e.body
		at := (e.pos - len(e.head)) % len(e.body)
		if e.pos < len(e.head) {
			src, at = e.head, e.pos
		}
		c := copy(p[n:], src[at:])
		n, e.pos, e.read = n+c, e.pos+c, e.read+int64(c)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestHostileFilesAreRefusedWithinBounds(t *testing.T) {
	const huge = 1 << 40
	for name, c := range map[string]struct {
		in   io.Reader
		want string
	}{
		"entities":              {strings.NewReader(`<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><Document>&lol2;</Document>`), "document type"},
		"an outside file":       {strings.NewReader(`<!DOCTYPE d SYSTEM "file:///etc/passwd"><Document/>`), "document type"},
		"an entity of its own":  {strings.NewReader(`<Document><Id>&lol;</Id></Document>`), "entity &lol;"},
		"endless nesting":       {&endless{body: "<a>", limit: huge}, "nested deeper"},
		"endless attributes":    {&endless{head: "<Document ", body: `a="1" `, limit: huge}, "given twice"},
		"endless names":         {&endless{head: "<", body: "aaaa", limit: huge}, "a name is longer"},
		"endless attribute":     {&endless{head: `<Document a="`, body: "aaaa", limit: huge}, "the value of attribute"},
		"endless text":          {&endless{head: entryHead + "<Ntry><NtryRef>", body: "aaaa", limit: huge}, "the text of one element"},
		"endless CDATA":         {&endless{head: entryHead + "<Ntry><NtryRef><![CDATA[", body: "aaaa", limit: huge}, "the text of one element"},
		"endless details":       {&endless{head: entryHead + "<Ntry><NtryDtls>", body: "<TxDtls/>", limit: huge}, "transactions in one entry"},
		"endless balances":      {&endless{head: entryHead, body: "<Bal/>", limit: huge}, "balances in one statement"},
		"endless memo":          {&endless{head: entryHead + "<Ntry><NtryDtls><TxDtls><RmtInf>", body: "<Ustrd>a</Ustrd>", limit: huge}, "texts in one element"},
		"endless space":         {&endless{head: "<Document>", body: "        ", limit: 4 << 20}, "ends inside"},
		"endless comment":       {&endless{head: "<Document><!-- ", body: "--- ", limit: 4 << 20}, "ends in the middle"},
		"more than it may have": {&endless{head: "<Document>", body: "<a></a>", limit: huge}, "larger than"},
		"UTF-16":                {strings.NewReader("\xff\xfe<\x00a\x00"), "UTF-16"},
		"not XML":               {strings.NewReader("MZ\x90"), "outside of the document"},
		"two documents":         {strings.NewReader("<Document/><Document/>"), "second document"},
		"crossed tags":          {strings.NewReader("<Document><a></Document></a>"), "unexpected"},
		"a control character":   {strings.NewReader(entryHead + "<Ntry><NtryRef>\x01</NtryRef>"), "control character"},
		"a broken letter":       {strings.NewReader(entryHead + "<Ntry><NtryRef>\xc3\x28</NtryRef>"), "UTF-8"},
		"a reference to zero":   {strings.NewReader(entryHead + "<Ntry><NtryRef>&#0;</NtryRef>"), "character reference"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readAll(c.in, iso20022.Limits{Bytes: 16 << 20})
		runtime.ReadMemStats(&after)
		var syntax *iso20022.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a refusal with %q", name, err, c.want)
		}
		if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 512<<20 {
			t.Errorf("%s: took %d MB", name, grown>>20)
		}
	}
}

func TestLatinFilesAreRead(t *testing.T) {
	t.Parallel()
	got, err := readAll(strings.NewReader(`<?xml version="1.0" encoding="ISO-8859-1"?>`+"\n"+
		strings.Replace(entryHead, "<Id>1</Id>", "<Id>caf\xe9</Id>", 1)+"</Stmt></BkToCstmrStmt></Document>"), iso20022.Limits{})
	if err != nil || got[0].st.ID != "café" {
		t.Errorf("%+v %v", got, err)
	}
}
