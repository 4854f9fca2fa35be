package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"strings"

	"golang.org/x/net/html"

	"ansinh.vn/internal/sheet"
)

const (
	maxPage  = 64 << 20
	maxCell  = 64 << 10
	maxCells = 4 << 20
)

// readWebPage reads the rows of all tables of an HTML page; tables inside cells give
// rows of their own.
func readWebPage(path, name string) (iter.Seq2[sheet.RawRow, error], error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(bufio.NewReader(f), maxPage+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxPage {
		return nil, &Error{File: name, Msg: "trang web lớn hơn 64 MB; lưu lại thành .xlsx"}
	}
	z := html.NewTokenizer(bytes.NewReader(content))
	z.SetMaxBuf(1 << 20)
	var (
		rows  []sheet.RawRow
		cells []string
		cell  strings.Builder
		open  bool
		total int
	)
	closeCell := func() {
		if open {
			cells = append(cells, strings.TrimSpace(cell.String()))
			cell.Reset()
			open = false
			total++
		}
	}
	closeRow := func() {
		closeCell()
		if len(cells) > 0 {
			rows = append(rows, sheet.RawRow{Number: len(rows) + 1, Cells: cells})
			cells = nil
		}
	}
	for total < maxCells {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); err != nil && !errors.Is(err, io.EOF) {
				return nil, &Error{File: name, Msg: "trang web hỏng: " + err.Error()}
			}
			closeRow()
			return func(yield func(sheet.RawRow, error) bool) {
				for _, r := range rows {
					if !yield(r, nil) {
						return
					}
				}
			}, nil
		case html.StartTagToken, html.SelfClosingTagToken:
			switch tag, _ := z.TagName(); string(tag) {
			case "tr", "table":
				closeRow()
			case "td", "th":
				closeCell()
				open = true
			case "br", "p", "div":
				if open {
					cell.WriteByte(' ')
				}
			}
		case html.EndTagToken:
			switch tag, _ := z.TagName(); string(tag) {
			case "td", "th":
				closeCell()
			case "tr", "table":
				closeRow()
			}
		case html.TextToken:
			if open && cell.Len() < maxCell {
				cell.Write(z.Text()) // entities are decoded by Text
			}
		}
	}
	return nil, &Error{File: name, Msg: "bảng trong trang web có quá nhiều ô; lưu lại thành .xlsx"}
}
