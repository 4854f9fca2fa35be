package main

import (
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestEveryCommandIsDescribed holds docs/commands.md against the program: each command
// has its line there, with every flag.
func TestEveryCommandIsDescribed(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	parser, err := kong.New(&app{}, commands()...)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, leaf := range parser.Model.Leaves(true) {
		_, path, _ := strings.Cut(leaf.FullPath(), " ")
		path = "ansinh " + path
		line := ""
		for _, l := range lines {
			if strings.HasPrefix(l, "| `"+path+"`") || strings.HasPrefix(l, "| `"+path+" ") {
				line = l
				said++
			}
		}
		if line == "" {
			t.Errorf("%s has no line", path)
			continue
		}
		for _, flag := range leaf.Flags {
			if !strings.Contains(line, "--"+flag.Name) && !strings.Contains(line, "--[no-]"+flag.Name) {
				t.Errorf("%s: --%s is not said", path, flag.Name)
			}
		}
	}
	// and nothing is described that does not exist
	described := 0
	for _, l := range lines {
		if strings.HasPrefix(l, "| `ansinh ") {
			described++
		}
	}
	if said != described {
		t.Errorf("%d commands exist, %d lines describe one", said, described)
	}
}
