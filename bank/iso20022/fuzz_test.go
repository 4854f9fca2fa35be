package iso20022_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ansinh.vn/bank/iso20022"
)

// small limits keep a fuzzing round short.
var small = iso20022.Limits{Bytes: 1 << 20, Text: 4 << 10, Repeats: 1000}

func seeds(f *testing.F) {
	files, _ := filepath.Glob("../../../shared/fixtures/statements/camt05*/*.xml")
	for _, name := range files {
		if content, err := os.ReadFile(name); err == nil && len(content) < 8<<10 {
			f.Add(content)
		}
	}
	for _, kind := range []string{"camt053", "camt054"} {
		st, entries := statement(kind)
		var out bytes.Buffer
		if err := iso20022.WriteStatement(&out, st, sequence(entries)); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	var out bytes.Buffer
	if err := iso20022.WritePain001(&out, head(), sequence(transfers())); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	for _, s := range []string{"", "<", "<a/>", "<a>&#65;<![CDATA[x]]]]>y</a>", "<a b='1' c=\"2\"/>", "<!-- --><a></a>", "<?xml version='1.0' encoding='latin1'?><a>\xe9</a>",
		`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>A</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>`} {
		f.Add([]byte(s))
	}
}

// No reader may panic, and every refusal says that it is one.
func FuzzReaders(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		_, statements := readAll(bytes.NewReader(content), small)
		_, status := iso20022.ReadPain002(bytes.NewReader(content), small, nil)
		initiation := iso20022.ReadPain001(bytes.NewReader(content), small, iso20022.InitiationHandler{})
		for _, err := range []error{statements, status, initiation} {
			var syntax *iso20022.SyntaxError
			if err != nil && !errors.As(err, &syntax) {
				t.Fatalf("%v is no SyntaxError", err)
			}
		}
		if statements == nil && (status == nil || initiation == nil) {
			t.Fatal("the same file is a statement and something else")
		}
	})
}

// What our reader and encoding/xml both accept means the same to both.
func FuzzAgainstEncodingXML(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		ours, err := iso20022.Texts(bytes.NewReader(content), small)
		if err != nil || bytes.Contains(content, []byte("encoding")) {
			return
		}
		theirs, err := texts(content)
		if err != nil {
			return
		}
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n") // only one of them joins line ends
		if lines.Replace(ours) != lines.Replace(theirs) {
			t.Fatalf("read as\n%q, encoding/xml reads\n%q", ours, theirs)
		}
	})
}

// texts is iso20022.Texts by encoding/xml.
func texts(content []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(content))
	var b strings.Builder
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			b.WriteString("<" + tok.Name.Local + ">")
		case xml.EndElement:
			b.WriteString("</>")
		case xml.CharData:
			b.WriteString(string(tok))
		}
	}
}
