package roles

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// software makes every member of root a holder of a file.
func software(t testing.TB, r *repo) *repo {
	for i, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"} {
		r.edit(t, name, fmt.Sprintf("kind = \"piv\"\nserial = %d\nslot = \"9c\"", 1000+i), `kind = "software"`)
	}
	return r
}

func excuse(t testing.TB, r *repo, rule string, roles ...string) *repo {
	for _, role := range roles {
		r.policy = strings.Replace(r.policy, "[roles.root]", fmt.Sprintf("[[exception]]\nrule = %q\nrole = %q\nreason = \"rehearsal with throw-away keys\"\n[roles.root]", rule, role), 1)
	}
	return r
}

func TestExcused(t *testing.T) {
	r := excuse(t, software(t, nine()), "software-key", Root, Targets)
	d := r.declare(t)
	found := lint(t, Proposal{Declaration: d, Opened: opened})
	if len(refusals(slices.Clone(found))) > 0 {
		t.Fatalf("refused although excused:\n%s", show(found))
	}
	n := 0
	for _, f := range found {
		if f.Severity != Excused {
			continue
		}
		n++
		if f.Rule != "software-key" || f.Reason != "rehearsal with throw-away keys" || f.Next != "" || !f.New || !strings.Contains(f.Text, "9 of 9 keys") {
			t.Errorf("%+v", f)
		}
	}
	if n != 2 {
		t.Errorf("%d excused, want 2:\n%s", n, show(found))
	}
	inForce, err := d.Charter(Root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range lint(t, Proposal{Declaration: d, InForce: map[string]*Charter{Root: inForce}, Opened: opened}) {
		if f.Severity == Excused && f.New {
			t.Errorf("an exception in force is called new: %+v", f)
		}
	}
}

// TestExcusedAnew: an exception that the quorum gave for one key is shown as
// new to whoever signs for another key, another person or another shortcoming.
func TestExcusedAnew(t *testing.T) {
	inForce := func(r *repo) map[string]*Charter {
		d := r.declare(t)
		return map[string]*Charter{Root: mustCharter(t, d, Root), Targets: mustCharter(t, d, Targets)}
	}
	old := func() *repo { // alice's card is old, and both roles know it
		r := nine()
		alices(func(c *card) { c.firmware = [3]byte{5, 4, 3} })(t, r)
		return excuse(t, excuse(t, r, "device-policy", Root, Targets), "advisory", Root, Targets)
	}
	files := func() *repo { return excuse(t, software(t, nine()), "software-key", Root, Targets) }
	for name, test := range map[string]struct {
		before, after *repo
		edit          func(r *repo)
		anew          []string // how what is new begins, in root
	}{
		"nothing changes": {old(), old(), func(*repo) {}, nil},
		"bob's card wants no PIN": {old(), old(), func(r *repo) {
			r.cards["bob"] = card{serial: 1001, slot: "9c", key: public(p256("bob")), pin: 1, touch: 1}
		}, []string{"bob/main in root: "}},
		"alice's card wants no PIN": {old(), old(), alicesOld(t, func(c *card) { c.pin = 2 }), []string{"alice/main in root: "}},
		"alice has another key on it": {old(), old(), func(r *repo) {
			r.edit(t, "alice", public(p256("alice")).PEM(), public(p256("alice again")).PEM())
			alicesOld(t, func(c *card) { c.key = public(p256("alice again")) })(r)
		}, []string{"alice/main in root: "}},
		"files stay files":        {files(), files(), func(*repo) {}, nil},
		"one of them is enrolled": {files(), files(), func(r *repo) { r.edit(t, "bob", `kind = "software"`, "kind = \"piv\"\nserial = 1001\nslot = \"9c\"") }, nil},
		"another file": {files(), files(), func(r *repo) {
			r.edit(t, "bob", public(p256("bob")).PEM(), public(p256("bob again")).PEM())
		}, []string{"9 of 9 keys of root lie in files"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.edit(test.after)
			found := lint(t, Proposal{Declaration: test.after.declare(t), InForce: inForce(test.before), Opened: opened})
			for _, f := range found {
				if f.Severity == Refused && f.Rule != "possession" { // the other key signed no statement
					t.Errorf("refused: %s", f.Text)
				}
			}
			anew := 0
			for _, f := range found {
				if f.Severity != Excused || !f.New {
					continue
				}
				anew++
				if !slices.ContainsFunc(test.anew, func(words string) bool {
					return strings.HasPrefix(strings.ReplaceAll(f.Text, Targets, Root), words)
				}) {
					t.Errorf("called new: %s", f.Text)
				}
			}
			if (anew > 0) != (len(test.anew) > 0) {
				t.Errorf("%d new:\n%s", anew, show(found))
			}
		})
	}
}

// alicesOld is an edit of alice's old card.
func alicesOld(t testing.TB, edit func(*card)) func(*repo) {
	return func(r *repo) {
		alices(func(c *card) { c.firmware = [3]byte{5, 4, 3}; edit(c) })(t, r)
	}
}

// TestExcusedOnlyWhereSaid: the exception for targets does not cover root.
func TestExcusedOnlyWhereSaid(t *testing.T) {
	r := excuse(t, software(t, nine()), "software-key", Targets)
	found := refusals(lint(t, Proposal{Declaration: r.declare(t), Opened: opened}))
	if len(found) != 1 || found[0].Role != Root || found[0].Rule != "software-key" {
		t.Errorf("refused:\n%s", show(found))
	}
}

func TestExcusedByEitherOfTwoRoles(t *testing.T) {
	for _, role := range []string{"release", "beta"} {
		r := nine().with(t, "[roles.nightly]", "[roles.beta]\ndelegator = \"targets\"\nmembers = [\"judy\", \"alice\", \"bob\"]\nthreshold = 1\nlifetime = \"1y\"\npaths = [\"channels/beta\"]\n[roles.nightly]")
		found := lint(t, Proposal{Declaration: excuse(t, r, "delegated-twice", role).declare(t), Opened: opened})
		w := want{"delegated-twice", "beta", Excused, []string{"judy/main signs two delegated roles, release and beta"}}
		if len(refusals(slices.Clone(found))) > 0 || !w.in(found) {
			t.Errorf("an exception for %s:\n%s", role, show(found))
		}
	}
}

// TestUnusedExceptionElsewhere: an event that does not look at a role says
// nothing about its exceptions.
func TestUnusedExceptionElsewhere(t *testing.T) {
	r := excuse(t, software(t, nine()), "software-key", Root, Targets)
	d := r.declare(t)
	for _, role := range []string{Targets, "release"} {
		c, err := d.Charter(role)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []Proposal{
			{Declaration: d, Charters: map[string]*Charter{role: c}, Opened: opened},
			{Declaration: d, Role: role, Opened: opened},
			{Charters: map[string]*Charter{role: c}, Opened: opened},
		} {
			if found := lint(t, p); len(found) > 0 {
				t.Errorf("an event of %s alone:\n%s", role, show(found))
			}
		}
	}
}

// TestCharterAloneIsJudged: what an event froze can be judged without the
// files it came from.
func TestCharterAloneIsJudged(t *testing.T) {
	r := software(t, nine())
	r.members["bob"] = strings.Replace(r.members["bob"], public(p256("bob")).PEM(), public(p256("alice")).PEM(), 1)
	c := r.charter(t, Root)
	found := lint(t, Proposal{Charters: map[string]*Charter{Root: c}, Opened: opened})
	for _, w := range []want{
		{"key-twice", Root, Refused, []string{"alice/main (charter of root) and bob/main (charter of root)"}},
		{"software-key", Root, Refused, nil},
	} {
		if !w.in(found) {
			t.Errorf("no %s:\n%s", w.rule, show(found))
		}
	}
	excused := excuse(t, software(t, nine()), "software-key", Root, Targets).charter(t, Root)
	if found := refusals(lint(t, Proposal{Charters: map[string]*Charter{Root: excused}, Opened: opened})); len(found) > 0 {
		t.Errorf("the charter's own exceptions are not seen:\n%s", show(found))
	}
	if found := lint(t, Proposal{}); len(found) > 0 {
		t.Errorf("nothing has findings:\n%s", show(found))
	}
}

// TestFewerKeysThanTheThreshold: five list entries with four keys.
func TestFewerKeysThanTheThreshold(t *testing.T) {
	r := nine().with(t, "threshold = 3", "threshold = 5")
	r.members["mike"] = strings.Replace(r.members["mike"], public(p256("mike")).PEM(), public(p256("judy")).PEM(), 1)
	found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
	w := want{"losses-left", "release", Refused, []string{"release has fewer keys than its threshold: nobody could ever sign it"}}
	if !w.in(found) {
		t.Errorf("%s", show(found))
	}
}

func TestDeclarationFindingsAreSingle(t *testing.T) {
	r := nine().with(t, `"rupert"]`, `"ruprt"]`).with(t, `"judy", "mike"`, `"judi", "mike"`)
	found := lint(t, Proposal{Declaration: r.declare(t), Opened: opened})
	for _, words := range []string{"there is no member ruprt", "there is no member judi"} {
		w := want{"declaration", Targets, Refused, []string{words}}
		if !w.in(found) {
			t.Errorf("no finding says %q:\n%s", words, show(found))
		}
	}
}

func TestRoleThatPeopleDoNotSign(t *testing.T) {
	found := lint(t, Proposal{Declaration: nine().declare(t), Role: "relase", Opened: opened})
	w := want{"declaration", "relase", Refused, []string{`there is no such role that people sign; did you mean "release"?`}}
	if len(found) != 1 || !w.in(found) {
		t.Errorf("%s", show(found))
	}
}

func TestRootWithoutSpread(t *testing.T) {
	r := nine().with(t, "[roles.root]\nquorum = true", "[roles.root]").edit(t, "bob", "company-1", "company-0")
	found := lint(t, Proposal{Declaration: r.declare(t), Role: Root})
	w := want{"affiliation", Root, Note, []string{"roles.root.quorum is not set"}}
	for _, f := range found {
		if f.Rule == "affiliation" && f.Role == Root && f.Severity == Refused {
			t.Errorf("the rule holds although the role is no quorum:\n%s", show(found))
		}
	}
	if !w.in(found) {
		t.Errorf("%s", show(found))
	}
}

func TestFindingsAreSorted(t *testing.T) {
	r := excuse(t, software(t, nine()), "software-key", Root)
	r.edit(t, "dave", `countries = ["country-1"]`, `countries = []`)
	var got []string
	for _, f := range lint(t, Proposal{Declaration: r.declare(t), Opened: opened}) {
		got = append(got, string(f.Severity)+" "+f.Rule+" "+f.Role)
	}
	want := []string{"refused software-key targets", "warning country root", "warning country targets", "excused software-key root", "note exception root", "note losses-left root"}
	if !slices.Equal(got, want) {
		t.Errorf("findings in the order\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
