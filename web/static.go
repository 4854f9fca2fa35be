package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// assets are the static files by name; version is a hash over all of them, because
// scripts import each other by relative address.
var assets, version = func() (map[string][]byte, string) {
	all, sum := map[string][]byte{}, sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(p)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", p, len(b), b)
		all[strings.TrimPrefix(p, "static/")] = b
		return nil
	})
	if err != nil {
		panic(err) // embedded files are always readable
	}
	return all, hex.EncodeToString(sum.Sum(nil)[:6])
}()

// assetPath gives the address of a static file with its version, so that browsers
// may keep it for ever.
func assetPath(name string) (string, error) {
	if assets[name] == nil {
		return "", fmt.Errorf("no static file %q", name)
	}
	return "/static/" + version + "/" + name, nil
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	asked, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
	b := assets[name]
	if b == nil || asked != version {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if _, err := w.Write(b); err != nil {
		return // the browser went away
	}
}
