package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const (
	kindCSV = iota
	kindXLSX
	kindHTML
)

const saveAs = "Mở bằng Excel hoặc LibreOffice, chọn Lưu thành (Save As) loại .xlsx, rồi gửi lại"

// sniff decides by content what a file is; its name says little.
func sniff(name string, f *os.File, lim Limits) (int, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, &Refused{name, "không đọc được: " + plainOS(err), ""}
	}
	switch {
	case info.IsDir():
		return 0, &Refused{name, "là thư mục, không phải tệp", "Chỉ rõ tệp cần đọc"}
	case !info.Mode().IsRegular():
		return 0, &Refused{name, "không phải tệp thường", "Lưu thành tệp .xlsx hoặc .csv"}
	case info.Size() == 0:
		return 0, &Refused{name, "tệp rỗng (0 byte)", "Có thể việc sao chép bị dở dang; gửi lại tệp"}
	case info.Size() > lim.File:
		return 0, &Refused{name, fmt.Sprintf("tệp lớn %d MB, quá giới hạn %d MB", info.Size()>>20, lim.File>>20), "Chia thành nhiều tệp nhỏ hơn"}
	}
	head := make([]byte, 4096)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, &Refused{name, "không đọc được: " + plainOS(err), ""}
	}
	head = head[:n]
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return kindXLSX, nil
	}
	if isHTML(head) {
		return kindHTML, nil
	}
	if what, do := notASheet(head, f, info.Size()); what != "" {
		return 0, &Refused{name, what, do}
	}
	return kindCSV, nil
}

// isHTML recognises a web page, which many programs save as .xls.
func isHTML(head []byte) bool {
	if form, ok := utf16Order(head); ok {
		var narrow []byte
		for i := 0; i+1 < len(head); i += 2 {
			if form == formUTF16LE {
				narrow = append(narrow, head[i])
			} else {
				narrow = append(narrow, head[i+1])
			}
		}
		head = bytes.TrimPrefix(narrow, []byte{0xFF})
		head = bytes.TrimPrefix(head, []byte{0xFE})
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, begin := range []string{"<html", "<!doctype html", "<table", "<head", "<meta", "<style", "<!--", "<body", "<div", "<center"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return true
		}
	}
	return bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<html"))
}

// notASheet recognises the other things that people send.
func notASheet(head []byte, f *os.File, size int64) (what, do string) {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		if containsUTF16(f, size, "EncryptedPackage") {
			return "tệp được đặt mật khẩu", "Mở bằng Excel, bỏ mật khẩu (Tệp → Thông tin → Bảo vệ sổ làm việc → Mã hóa bằng mật khẩu → xóa trống), lưu lại rồi gửi"
		}
		if containsUTF16(f, size, "WordDocument") {
			return "là văn bản Word kiểu cũ (.doc)", "Chép bảng sang Excel, lưu .xlsx rồi gửi lại"
		}
		return "là tệp .xls kiểu cũ (Excel 97–2003)", saveAs
	case bytes.HasPrefix(text, []byte("mime-version")):
		return "là trang web lưu trữ (MHTML) mang tên bảng tính", saveAs
	case bytes.HasPrefix(text, []byte("<?xml")):
		return "là tệp XML, không phải .xlsx hay .csv", saveAs
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "là tệp PDF", "Gửi bảng tính gốc (.xlsx hoặc .csv), không gửi bản in"
	case bytes.HasPrefix(head, []byte("{\\rtf")):
		return "là văn bản RTF", "Chép bảng sang Excel, lưu .xlsx rồi gửi lại"
	case bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")), bytes.HasPrefix(head, []byte("GIF8")):
		return "là tệp ảnh", "Gửi bảng tính gốc (.xlsx hoặc .csv)"
	case bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte("7z\xbc\xaf")), bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "là tệp nén", "Giải nén rồi gửi từng tệp .xlsx hoặc .csv"
	case looksBinary(head):
		return "không phải bảng tính (.xlsx) cũng không phải văn bản (.csv)", saveAs
	}
	return "", ""
}

// looksBinary reports bytes that no text has. UTF-16 has zeros in every other
// place; VISCII uses six control characters for rare capitals.
func looksBinary(head []byte) bool {
	if _, utf16 := utf16Order(head); utf16 {
		return false
	}
	strange := 0
	for _, c := range head {
		if c == 0 || (c < ' ' && !bytes.ContainsRune([]byte("\t\r\n\f\x1a\x02\x05\x06\x14\x19\x1e\x01\x04\x11\x12\x13\x15\x16\x17"), rune(c))) {
			strange++
		}
	}
	return strange > len(head)/200
}

// containsUTF16 looks for a stream's name in an OLE container. The directory
// may stand anywhere, so that the file is read through once, in pieces.
func containsUTF16(f *os.File, size int64, name string) bool {
	var want []byte
	for i := 0; i < len(name); i++ {
		want = append(want, name[i], 0)
	}
	buf := make([]byte, 1<<20)
	for off := int64(0); off < size; off += int64(len(buf) - len(want)) {
		n, err := f.ReadAt(buf, off)
		if bytes.Contains(buf[:n], want) {
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

// plainOS is the reason of a file-system error without the path.
func plainOS(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "không có tệp này"
	case errors.Is(err, fs.ErrPermission):
		return "không có quyền đọc"
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
