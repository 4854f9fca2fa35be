package iso20022

// message opens the file and calls body with the root of the business message, such as
// "CstmrPmtStsRpt", and the message name of its namespace, "" without one. An envelope
// around the Document is looked through.
func (s *scanner) message(body func(local, namespace string) error) error {
	_, root, err := s.next(false)
	if err != nil {
		return err
	}
	found := 0
	ns := ""
	var look func(local string) error
	look = func(local string) error {
		if v := s.namespace(); v != "" {
			ns = v
		}
		switch {
		case local == "Document" || len(s.stack) <= 4 && envelope[local]:
			return s.children(look)
		case messageRoots[local]:
			found++
			return body(local, ns)
		}
		return s.skip()
	}
	if err := look(root.local); err != nil {
		return err
	}
	for {
		t, _, err := s.next(false)
		if err != nil {
			return err
		}
		if t == tokenEOF {
			break
		}
	}
	if found == 0 {
		return &SyntaxError{Msg: "this XML is not a message that is read here (pain.001, pain.002, camt.052, camt.053, camt.054)"}
	}
	return nil
}

var envelope = map[string]bool{"message": true, "Message": true, "Body": true, "Envelope": true, "DataPDU": true, "BizMsgEnvlp": true, "Payload": true}

var messageRoots = map[string]bool{
	"CstmrCdtTrfInitn":        true,
	"CstmrPmtStsRpt":          true,
	"BkToCstmrStmt":           true,
	"BkToCstmrDbtCdtNtfctn":   true,
	"BkToCstmrAcctRpt":        true,
	"BkToCstmrStmtV01":        true,
	"BkToCstmrDbtCdtNtfctV01": true,
}
