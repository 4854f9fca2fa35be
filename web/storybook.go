package web

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// story is one page with sample data, for designers, translators and tests.
type story struct {
	name string // its address in the storybook
	page string // its template
	view view
}

// Storybook serves every page with invented data; it needs no database.
func Storybook() http.Handler {
	s := &Server{pages: loadPages()}
	all := stories()
	byName := map[string]story{}
	var index storyIndex
	for _, st := range all {
		byName[st.name] = st
		index.Stories = append(index.Stories, storyLink{st.name, st.view.Title})
	}
	r := chi.NewRouter()
	r.Use(s.headers)
	r.Get("/static/*", s.static)
	write := func(w http.ResponseWriter, page string, d view) {
		d.Today = sampleNow
		html, err := s.pages.render(page, d)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html) // a reader that went away needs no answer
	}
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, "storybook", view{Title: "Các trang mẫu", Data: index})
	})
	r.Get("/{name}", func(w http.ResponseWriter, r *http.Request) {
		st, ok := byName[chi.URLParam(r, "name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		st.view.Here = "/" + strings.SplitN(st.name, "-", 2)[0]
		write(w, st.page, st.view)
	})
	return r
}

type storyIndex struct{ Stories []storyLink }

type storyLink struct{ Name, Title string }
