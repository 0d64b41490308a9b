package runbook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestNamesAndText(t *testing.T) {
	names := Names()
	if !slices.Contains(names, "root-ceremony") || !slices.IsSorted(names) {
		t.Errorf("names: %v", names)
	}
	for _, name := range names {
		if text, ok := Text(name); !ok || !strings.HasPrefix(text, "# ") {
			t.Errorf("%s: %v, %.40q", name, ok, text)
		}
	}
	for _, name := range []string{"", ".", "..", "root-ceremony.md", "../root-ceremony", "runbook.go"} {
		if text, ok := Text(name); ok || text != "" {
			t.Errorf("%q: %v, %.40q", name, ok, text)
		}
	}
}

var (
	step   = regexp.MustCompile(`^(\d+(?:\.\d+)?) (DO|IF)\b`)
	target = regexp.MustCompile(`GO TO (\d+(?:\.\d+)?)`)
	word   = regexp.MustCompile(`\b(DO|IF|THEN|GO TO|END|ELSE|WHILE|REPEAT)\b`)
)

// A person who follows a runbook is never lost: the steps are numbered without
// a gap, every GO TO leads to a step that is there, every IF has a THEN, and
// there is a way to the END.
func TestStepsLeadSomewhere(t *testing.T) {
	for _, name := range Names() {
		text, _ := Text(name)
		places := map[string]bool{}
		section, last := 0, 0
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			line := strings.Join(strings.Fields(paragraph), " ")
			if number, ok := strings.CutPrefix(line, "## "); ok && number[0] >= '0' && number[0] <= '9' {
				section, last = section+1, 0
				want := strconv.Itoa(section) + ". "
				if !strings.HasPrefix(number, want) {
					t.Errorf("%s: section %q where %s is next", name, line, want)
				}
				places[strconv.Itoa(section)] = true
			}
			if m := step.FindStringSubmatch(line); m != nil {
				last++
				if want := strconv.Itoa(section) + "." + strconv.Itoa(last); m[1] != want {
					t.Errorf("%s: step %s where %s is next", name, m[1], want)
				}
				places[m[1]] = true
			}
			if strings.Count(line, "IF ") > strings.Count(line, "THEN ") {
				t.Errorf("%s: an IF without its THEN: %s", name, line)
			}
		}
		for _, m := range target.FindAllStringSubmatch(strings.Join(strings.Fields(text), " "), -1) {
			if !places[m[1]] {
				t.Errorf("%s: %s, but there is no step %s", name, m[0], m[1])
			}
		}
		if !strings.Contains(text, "END.") {
			t.Errorf("%s has no END", name)
		}
		for _, m := range word.FindAllString(text, -1) {
			if m == "ELSE" || m == "WHILE" || m == "REPEAT" {
				t.Errorf("%s uses the word %s, which is none of a runbook's", name, m)
			}
		}
		for line := range strings.Lines(text) {
			if len([]rune(line)) > 100 {
				t.Errorf("%s: a line too long for a terminal: %s", name, line)
			}
		}
	}
}

func TestImports(t *testing.T) { importtest.Check(t, nil) }
