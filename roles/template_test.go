package roles

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	text := Template("tuf-root", repositoryID)
	_, err := ParsePolicy("rust-tuf.toml", []byte(text))
	wantError[*SyntaxError](t, err, "rust-tuf.toml")

	members := `members = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"]`
	text = strings.Replace(text, "members = []      # nine people, for example", members, 1)
	text = strings.Replace(text, "members = []", members, 1)
	for _, name := range []string{"snapshot", "timestamp"} {
		at := "[online." + name + "]\npublic = \"\"\"\n"
		text = strings.Replace(text, at, at+public(edKey(name)).PEM(), 1)
	}
	r := nine()
	r.policy = text
	d := r.declare(t)
	found := lint(t, Proposal{Declaration: d, Opened: opened})
	if len(found) != 1 || found[0].Severity != Note {
		t.Errorf("the template, filled in:\n%s", show(found))
	}

	// What is commented out is as good when it counts.
	commented := regexp.MustCompile(`(?m)^# (\[|[a-z0-9-]+ = )`)
	r.policy = strings.Replace(commented.ReplaceAllString(text, "$1"), "…", strings.Repeat("ab", 32), 1)
	p, err := ParsePolicy("rust-tuf.toml", []byte(r.policy))
	if err != nil {
		t.Fatalf("%v in\n%s", err, r.policy)
	}
	if len(p.Exceptions) != 1 || len(p.Targets) != 1 || p.Roles["release"] == nil || *p.Lint.MinSpares != 2 || !reflect.DeepEqual(p.Devices, DefaultDevices()) {
		t.Errorf("%+v", p)
	}

	for _, bad := range [][2]string{{"TUF root", repositoryID}, {"", repositoryID}, {"tuf-root", "0011"}, {"tuf-root", ""}} {
		if Template(bad[0], bad[1]) != "" {
			t.Errorf("a template for %q", bad)
		}
	}
}
