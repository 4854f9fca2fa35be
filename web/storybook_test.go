package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestEveryPageHasAStoryAndRenders(t *testing.T) {
	t.Parallel()
	told := map[string]bool{"storybook": true}
	book := Storybook()
	for _, st := range stories() {
		told[st.page] = true
		w := httptest.NewRecorder()
		book.ServeHTTP(w, httptest.NewRequest("GET", "/"+st.name, nil))
		if w.Code != 200 {
			t.Errorf("%s: %d %s", st.name, w.Code, w.Body)
			continue
		}
		checkPage(t, st.name, w.Body.String())
	}
	for name := range loadPages().byName {
		if !told[name] {
			t.Errorf("page %s has no story", name)
		}
	}
}

// checkPage holds every page to what a screen reader and the content security policy need.
func checkPage(t *testing.T, name, body string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	ids := map[string]int{}
	h1, main := 0, 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		a := attrs(n)
		if id := a["id"]; id != "" {
			ids[id]++
		}
		switch n.Data {
		case "h1":
			h1++
		case "main":
			main++
		case "script":
			if a["src"] == "" {
				t.Errorf("%s: an inline script", name)
			}
		case "style":
			t.Errorf("%s: an inline style sheet", name)
		case "table":
			if !has(n, "caption") && !has(n, "thead") {
				t.Errorf("%s: a table without caption or headings", name)
			}
		case "input", "select", "textarea":
			if a["type"] != "hidden" && !labelled(root, n, a) {
				t.Errorf("%s: %s %q has no label", name, n.Data, a["name"])
			}
		case "button", "a":
			if strings.TrimSpace(textOf(n)) == "" && a["aria-label"] == "" {
				t.Errorf("%s: a %s that says nothing", name, n.Data)
			}
		case "form":
			if a["method"] != "post" && a["method"] != "get" {
				t.Errorf("%s: a form without a method", name)
			}
		}
		for key := range a {
			if key == "style" || strings.HasPrefix(key, "on") {
				t.Errorf("%s: %s has an inline %s", name, n.Data, key)
			}
		}
	}
	if main != 1 {
		t.Errorf("%s: %d main landmarks", name, main)
	}
	if h1 != 1 {
		t.Errorf("%s: %d first headings", name, h1)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q stands %d times", name, id, n)
		}
	}
}

func attrs(n *html.Node) map[string]string {
	m := map[string]string{}
	for _, a := range n.Attr {
		m[a.Key] = a.Val
	}
	return m
}

func has(n *html.Node, tag string) bool {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			return true
		}
	}
	return false
}

func labelled(root, n *html.Node, a map[string]string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" {
			return true
		}
	}
	for d := range root.Descendants() {
		if d.Data == "label" && a["id"] != "" && attrs(d)["for"] == a["id"] {
			return true
		}
	}
	return a["aria-label"] != ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
