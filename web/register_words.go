package web

import "strings"

// doorWords says by which door people were checked.
func doorWords(register string) string {
	kind, rest, _ := strings.Cut(register, ":")
	switch kind {
	case "extract":
		return "Tệp công an gửi lại"
	case "snapshot":
		return "Bản trích sổ dân cư"
	case "notice":
		return "Sổ dân cư tự báo"
	}
	if rest != "" {
		return register
	}
	return "Hỏi trực tuyến " + register
}

// sourceWords says who told of an event.
func sourceWords(source string) string {
	if register, ok := strings.CutPrefix(source, "register:"); ok {
		if words := doorWords(register); words != "Hỏi trực tuyến "+register {
			return words
		}
		return "sổ dân cư " + register
	}
	if source == "correction" {
		return "đính chính"
	}
	return source
}
