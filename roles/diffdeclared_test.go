package roles

import (
	"slices"
	"strings"
	"testing"
)

// What an edit of the policy or of a member's file changes is told in words,
// whatever it is: also what no charter holds, and of members whom no role names.
func TestDiffDeclared(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(r *repo)
		says []string
	}{
		{"nothing", func(*repo) {}, nil},
		{"who may sign", func(r *repo) {
			r.with(t, "[roles.targets]\nquorum = true\nmembers = [\"alice\", ", "[roles.targets]\nquorum = true\nmembers = [")
		}, []string{"keys of members of role targets change; removed: alice"}},
		{"threshold", func(r *repo) { r.with(t, "threshold = 3", "threshold = 2") }, []string{"threshold of role release changes from 3 to 2"}},
		{"delegator", func(r *repo) {
			r.with(t, "[roles.nightly]\ndelegator = \"targets\"", "[roles.nightly]\ndelegator = \"release\"")
		}, []string{"delegator of role nightly changes from targets to release"}},
		{"login", func(r *repo) { r.edit(t, "alice", `login = "alice-at-forge"`, `login = "mallory"`) }, []string{"login of member alice changes from alice-at-forge to mallory"}},
		{"term", func(r *repo) { r.edit(t, "bob", "[[key]]", "term-ends = \"2028-01-01\"\n\n[[key]]") }, []string{"end of the term of member bob is new: 2028-01-01"}},
		{"status", func(r *repo) { r.edit(t, "judy", `status = "active"`, `status = "lost"`) }, []string{"status of judy's key main changes from active to lost"}},
		{"newcomer in no role", func(r *repo) { r.members["zed"] = memberTOML("zed", "team", "country-9", 7000) },
			[]string{"member zed is new: login zed-at-forge; affiliations team; countries country-9", "zed's key main is new: kind on a card (piv); YubiKey 7000; slot 9c; public key ECDSA P-256, fingerprint "}},
		{"schedule", func(r *repo) { r.policy += "\n[schedule.root]\nopens = \"60d\"\nalert = \"20d\"\n" },
			[]string{"schedule of root is new: time before expiry at which signing opens 60 days; time before expiry from which signing is late 20 days"}},
		{"forge", func(r *repo) { r.policy += "\n[forge]\nkind = \"plain\"\n" }, []string{`kind of forge changes from "" to plain`}},
		{"devices", func(r *repo) { r.policy += "\n[devices]\nslots = [\"9c\", \"9a\"]\n" }, []string{"slots of the device policy change; added: 9a"}},
		{"file", func(r *repo) { r.with(t, "length = 123", "length = 124") }, []string{"length in bytes of file channels/stable.toml for release changes from 123 to 124"}},
		{"exception", func(r *repo) {
			r.policy += "\n[[exception]]\nrule = \"spares\"\nrole = \"root\"\nreason = \"for now\"\n"
		}, []string{`exception from spares for root is new: reason "for now"`}},
		{"bound", func(r *repo) { r.policy += "\n[lint]\nmin-spares = 1\n" }, []string{"fewest spare keys is new: 1"}},
		{"readers", func(r *repo) { r.with(t, `, "tough"]`, `]`) }, []string{"clients that must be able to read the documents change; removed: tough"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := nine()
			test.edit(now)
			d := DiffDeclared(nine().declare(t), now.declare(t))
			if len(d.Unexplained()) > 0 {
				t.Errorf("not explained: %+v", d.Unexplained())
			}
			if len(test.says) == 0 && len(d.Changes) > 0 {
				t.Errorf("changes: %+v", d.Changes)
			}
			for _, words := range test.says {
				if !slices.ContainsFunc(d.Changes, func(c Change) bool { return strings.Contains(c.Text, words) }) {
					t.Errorf("nothing says %q:\n%s", words, strings.Join(d.Lines(), "\n"))
				}
			}
		})
	}
	// A policy that cannot be read on one side leaves the members. (The key has
	// signed the new login too.)
	now := nine().edit(t, "alice", `login = "alice-at-forge"`, `login = "mallory"`).declare(t)
	now.Policy = nil
	if d := DiffDeclared(nine().declare(t), now); len(d.Changes) != 2 || d.Changes[0].Text != "login of member alice changes from alice-at-forge to mallory" || d.Headline != "policy and members: 2 changes" {
		t.Errorf("%+v", d)
	}
}
