package bank

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/bank/mt940"
	"ansinh.vn/bank/sheet"
)

// ReadStatements reads a bank's file of any format that is known here, recognised by
// its content: camt.052, .053 and .054, MT940, and spreadsheets. begin is called with
// each statement's account, period and balances before its lines, line with each of
// its lines. A file that is damaged, hostile or no statement is an error whose
// Refused method returns true; name is what that error calls the file.
func ReadStatements(name string, r io.Reader, begin func(Statement) error, line func(Line) error) error {
	return read(name, r, visitor{
		begin: func(st *Statement) error { return begin(*st) },
		line:  func(_ *Statement, l *Line) error { return line(*l) },
	})
}

// Summarise reads a file as ReadStatements does and gives each statement with its
// counts and sums.
func Summarise(name string, r io.Reader, each func(Statement) error) error {
	return read(name, r, visitor{
		line: func(st *Statement, l *Line) error { st.count(l); return nil },
		end:  func(st *Statement) error { return each(*st) },
	})
}

// visitor receives what is read; nil functions are not called.
type visitor struct {
	begin func(*Statement) error
	line  func(*Statement, *Line) error
	end   func(*Statement) error
}

func (v visitor) whole(st *Statement, lines []Line) error {
	if v.begin != nil {
		if err := v.begin(st); err != nil {
			return err
		}
	}
	for i := range lines {
		lines[i].N = i + 1
		if err := v.line(st, &lines[i]); err != nil {
			return err
		}
	}
	if v.end != nil {
		return v.end(st)
	}
	return nil
}

// FileError names the file that is refused.
type FileError struct {
	Name string
	Err  error
}

func (e *FileError) Error() string { return e.Name + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// Refused marks the input, not the program, as the cause.
func (e *FileError) Refused() bool { return true }

var errEmpty = errors.New("the file is empty")

func read(name string, r io.Reader, v visitor) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(8 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return fmt.Errorf("bank: read %s: %w", name, err)
	}
	switch kindOf(head) {
	case kindEmpty:
		return &FileError{name, errEmpty}
	case kindXML:
		err = readCamt(in, v)
	case kindMT940:
		err = readMT940(in, v)
	default:
		return readSheet(name, in, v)
	}
	var xml *iso20022.SyntaxError
	var swift *mt940.Error
	if errors.As(err, &xml) || errors.As(err, &swift) {
		return &FileError{name, err}
	}
	return err
}

type kind int

const (
	kindEmpty kind = iota
	kindXML
	kindMT940
	kindSheet
)

// kindOf looks at the first bytes; a name tells little.
func kindOf(head []byte) kind {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(text)
	switch {
	case len(text) == 0:
		return kindEmpty
	case bytes.HasPrefix(text, []byte("<")):
		for _, mark := range []string{"<html", "<table", "<!doctype html", "<meta", "<style", "<head>"} {
			if bytes.Contains(lower, []byte(mark)) {
				return kindSheet
			}
		}
		return kindXML
	case bytes.HasPrefix(head, []byte("\xff\xfe<")), bytes.HasPrefix(head, []byte("\xfe\xff\x00<")):
		return kindXML // UTF-16: the XML reader says what to do
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return kindSheet
	}
	for _, mark := range []string{":20:", "{1:F", "{1:0"} {
		if i := bytes.Index(text, []byte(mark)); i == 0 || i > 0 && (mark != ":20:" || text[i-1] == '\n' || text[i-1] == '\r') {
			return kindMT940
		}
	}
	return kindSheet
}

// readSheet puts what is read into a file, because .xlsx is read from its end.
func readSheet(name string, r io.Reader, v visitor) error {
	f, err := os.CreateTemp("", "ansinh-sheet-*")
	if err != nil {
		return fmt.Errorf("bank: read %s: %w", name, err)
	}
	defer os.Remove(f.Name())
	n, err := io.Copy(f, io.LimitReader(r, maxSheet+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("bank: read %s: %w", name, err)
	}
	if n > maxSheet {
		return &FileError{name, fmt.Errorf("the spreadsheet is larger than %d MB", maxSheet>>20)}
	}
	return sheet.Read(f.Name(), name, func(st *sheet.Statement) error { return v.whole(fromSheet(st)) })
}

// maxSheet bounds a spreadsheet of a bank; a year of a busy account takes some 50 MB.
const maxSheet = 512 << 20
