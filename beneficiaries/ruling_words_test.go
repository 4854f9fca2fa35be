package beneficiaries

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every refusal of a decision is said in Vietnamese, and no words are left over.
func TestEveryRefusalOfADecisionHasVietnameseWords(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(?:ruled\(|RuledError\{Reason: )"([^"]+)"`)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
			said[m[1]] = true
			if ruledWords[m[1]] == "" {
				t.Errorf("%s: %q has no Vietnamese words", file, m[1])
			}
		}
	}
	for key := range ruledWords {
		if !said[key] {
			t.Errorf("nobody says %q", key)
		}
	}
}
