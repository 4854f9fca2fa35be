package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// webPage is a table of HTML that some program has saved under the name of a
// spreadsheet. All its tables are one sheet; rows count through them.
type webPage struct {
	textFile
}

func openHTML(name string, f *os.File, lim Limits) (source, error) {
	t := textFile{name: name, file: f, lim: lim}
	if t.lim.Rows == 0 {
		t.lim.Rows = 1 << 20
	}
	if err := t.judge(); err != nil {
		return nil, err
	}
	w := &webPage{t}
	for row, err := range w.rows(0) {
		if err != nil {
			return nil, err
		}
		if !isBlank(row.cells) {
			return w, nil
		}
	}
	return nil, &Refused{name, "là trang web (HTML) mang tên bảng tính, không có bảng nào bên trong", saveAs}
}

// htmlRow gathers one row: cells, and those that reach down from rows above.
type htmlRow struct {
	rawRow
	down []span // by column: what covers it in the rows to come
}

// span is a cell that covers its column in some more rows.
type span struct {
	rows  int
	value string
}

// begin fills the columns that cells above reach into.
func (h *htmlRow) begin() {
	h.rawRow = rawRow{number: h.number + 1}
	for at := range h.down {
		if h.down[at].rows > 0 {
			h.down[at].rows--
			h.put(at, h.down[at].value)
		}
	}
}

// add puts a cell into the next free column; across are the columns, down the
// rows that it covers.
func (h *htmlRow) add(at int, value string, across, down int) (next int) {
	covered := func(at int) bool {
		for _, f := range h.filled {
			if f == at {
				return true
			}
		}
		return false
	}
	for at < maxColumns && covered(at) {
		at++
	}
	for i := at; i < min(at+across, maxColumns); i++ {
		for len(h.cells) <= i {
			h.cells = append(h.cells, "")
		}
		if i == at {
			h.cells[i] = value
		}
		if down > 1 {
			for len(h.down) <= i {
				h.down = append(h.down, span{})
			}
			h.down[i] = span{rows: down - 1}
			if i == at {
				h.down[i].value = value
			}
		}
	}
	return at + across
}

func (w *webPage) rows(int) iter.Seq2[rawRow, error] {
	return func(yield func(rawRow, error) bool) {
		z := html.NewTokenizer(bufio.NewReaderSize(w.text(), 64<<10))
		z.SetMaxBuf(maxText)
		var row htmlRow
		var text strings.Builder
		at, across, down := 0, 1, 1
		inRow, inCell, silent := false, false, ""
		endCell := func() {
			if inCell {
				at = row.add(at, storable(strings.Join(strings.Fields(text.String()), " ")), across, down)
			}
			inCell = false
			text.Reset()
		}
		endRow := func() bool {
			endCell()
			if !inRow {
				return true
			}
			inRow = false
			if row.number > w.lim.Rows {
				yield(rawRow{}, &Refused{w.name, fmt.Sprintf("bảng có quá %d dòng", w.lim.Rows), "Chia thành nhiều tệp nhỏ hơn"})
				return false
			}
			return yield(row.rawRow, nil)
		}
		for {
			switch kind := z.Next(); kind {
			case html.ErrorToken:
				if err := z.Err(); !errors.Is(err, io.EOF) {
					yield(rawRow{}, &Refused{w.name, "không đọc được trang HTML: " + err.Error(), saveAs})
					return
				}
				endRow()
				return
			case html.TextToken:
				if inCell && silent == "" && text.Len() < maxText {
					text.Write(z.Text())
				}
			case html.StartTagToken, html.SelfClosingTagToken:
				name, attrs := z.TagName()
				switch tag := string(name); tag {
				case "tr":
					if !endRow() {
						return
					}
					row.begin()
					inRow, at = true, 0
				case "td", "th":
					if endCell(); !inRow {
						row.begin()
						inRow, at = true, 0
					}
					inCell, across, down = true, 1, 1
					for attrs {
						var key, value []byte
						if key, value, attrs = z.TagAttr(); string(key) == "colspan" {
							across = spanned(string(value))
						} else if string(key) == "rowspan" {
							down = spanned(string(value))
						}
					}
				case "br", "p", "div":
					text.WriteByte(' ')
				case "style", "script", "title":
					if kind == html.StartTagToken {
						silent = tag
					}
				}
			case html.EndTagToken:
				switch name, _ := z.TagName(); string(name) {
				case silent:
					silent = ""
				case "td", "th":
					endCell()
				case "tr", "table":
					if !endRow() {
						return
					}
				}
			}
		}
	}
}

// spanned reads colspan and rowspan; nonsense is 1.
func spanned(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, 100_000)
}
