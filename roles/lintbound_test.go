package roles

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
)

// bind excuses a rule in root, with further lines of the exception.
func bind(t testing.TB, r *repo, rule, lines, reason string) *repo {
	return r.with(t, "[roles.root]", fmt.Sprintf("[[exception]]\nrule = %q\nrole = \"root\"\n%sreason = %q\n[roles.root]", rule, lines, reason))
}

// oldCards gives alice and bob cards that both card rules refuse.
func oldCards() *repo {
	r := nine()
	for i, name := range []string{"alice", "bob"} {
		r.cards[name] = card{serial: int64(1000 + i), slot: "9c", key: public(p256(name)), firmware: [3]byte{5, 4, 3}}
	}
	return r
}

// TestBoundExceptions: what is given for one member or one card excuses nobody
// and nothing else, and the reason given for the one is the one that is told.
func TestBoundExceptions(t *testing.T) {
	files := func() *repo { // alice and bob have files
		r := nine()
		for i, name := range []string{"alice", "bob"} {
			r.edit(t, name, fmt.Sprintf("kind = \"piv\"\nserial = %d\nslot = \"9c\"", 1000+i), `kind = "software"`)
		}
		return r
	}
	const (
		alice = "alice/main in root: the ECDSA P-256 key"
		bob   = "bob/main in root: the ECDSA P-256 key"
	)
	for name, test := range map[string]struct {
		r       *repo
		rule    string
		excused map[string]string // reason by how the text begins, in root
		refused []string
		said    []want
	}{
		"one member": {bind(t, oldCards(), "advisory", "member = \"alice\"\n", "a"), "advisory",
			map[string]string{alice: "a"}, []string{bob}, nil},
		"one card": {bind(t, oldCards(), "advisory", "serial = 1001\n", "b"), "advisory",
			map[string]string{bob: "b"}, []string{alice}, nil},
		"one card of one member": {bind(t, oldCards(), "advisory", "member = \"alice\"\nserial = 1000\n", "a"), "advisory",
			map[string]string{alice: "a"}, []string{bob}, nil},
		"another's card": {bind(t, oldCards(), "advisory", "member = \"alice\"\nserial = 1001\n", "a"), "advisory", nil, []string{alice, bob},
			[]want{{"exception", Root, Warning, []string{"nothing in root needs the exception from advisory (only for YubiKey 1001 of alice) (a)", "remove the exception"}}}},
		"nobody": {bind(t, oldCards(), "advisory", "member = \"alcie\"\n", "a"), "advisory", nil, []string{alice, bob},
			[]want{{"exception", Root, Warning, []string{"nothing in root needs the exception from advisory (only for alcie) (a)"}}}},
		"each of two": {bind(t, bind(t, oldCards(), "advisory", "member = \"alice\"\n", "a"), "advisory", "member = \"bob\"\n", "b"), "advisory",
			map[string]string{alice: "a", bob: "b"}, nil, nil},
		"the closest reason": {bind(t, bind(t, oldCards(), "advisory", "", "all"), "advisory", "member = \"alice\"\n", "a"), "advisory",
			map[string]string{alice: "a", bob: "all"}, nil,
			[]want{{"exception", Root, Warning, []string{"the exception from advisory for root names no member, so it holds for whoever is in root, now and later; it is needed by bob", `write member = "bob" in it`}}}},
		"bound to nobody": {bind(t, oldCards(), "advisory", "", "all"), "advisory",
			map[string]string{alice: "all", bob: "all"}, nil,
			[]want{{"exception", Root, Warning, []string{"needed by alice, bob", `write one exception for each of them, with member = "…"`}}}},
		"a file": {bind(t, files(), "software-key", "member = \"alice\"\n", "a"), "software-key",
			map[string]string{"1 of 9 keys of root lie in files, not on cards: alice/main": "a"},
			[]string{"1 of 9 keys of root lie in files, not on cards: bob/main"}, nil},
		"two files": {bind(t, files(), "software-key", "", "all"), "software-key",
			map[string]string{"2 of 9 keys of root lie in files, not on cards: alice/main, bob/main": "all"}, nil,
			[]want{{"exception", Root, Warning, []string{"needed by alice, bob"}}}},
		"every file": {bind(t, software(t, nine()), "software-key", "", "all"), "software-key",
			map[string]string{"9 of 9 keys of root": "all"}, nil,
			[]want{{"exception", Root, Note, []string{"it holds for whoever is in root, now and later; it is needed by everybody in root"}}}},
		"a card where files are meant": {bind(t, files(), "software-key", "serial = 1000\n", "a"), "software-key", nil,
			[]string{"2 of 9 keys of root lie in files, not on cards: alice/main, bob/main"},
			[]want{{"exception", Root, Refused, []string{"the exception from software-key for root (only for YubiKey 1000) cannot be: the rule is not about cards", "take serial out"}}}},
		"a member where the role is meant": {bind(t, nine(), "spares", "member = \"alice\"\n", "a"), "spares", nil, nil,
			[]want{{"exception", Root, Refused, []string{"the exception from spares for root (only for alice) cannot be: the rule is about the role, not about one member", "take member out"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			found := lint(t, Proposal{Declaration: test.r.declare(t), Opened: opened})
			excused, refused := map[string]string{}, []string{}
			for _, f := range found {
				switch {
				case f.Rule != test.rule || f.Role != Root:
				case f.Severity == Excused:
					excused[f.Text] = f.Reason
				case f.Severity == Refused:
					refused = append(refused, f.Text)
				}
			}
			begins := func(words string) func(string) bool {
				return func(text string) bool { return strings.HasPrefix(text, words) }
			}
			for words, reason := range test.excused {
				n := 0
				for text, told := range excused {
					if begins(words)(text) && told == reason {
						n++
					}
				}
				if n != 1 {
					t.Errorf("not excused for the reason %q: %s", reason, words)
				}
			}
			for _, words := range test.refused {
				if !slices.ContainsFunc(refused, begins(words)) {
					t.Errorf("not refused: %s", words)
				}
			}
			if len(excused) != len(test.excused) || len(refused) != len(test.refused) {
				t.Errorf("%d excused, %d refused:\n%s", len(excused), len(refused), show(found))
			}
			for _, w := range test.said {
				if !w.in(found) {
					t.Errorf("not said: %q\n%s", w.words, show(found))
				}
			}
		})
	}
}

// TestExceptionsAreSuggestedForOne: whoever is refused is not told to write an
// exception that holds for everybody.
func TestExceptionsAreSuggestedForOne(t *testing.T) {
	found := lint(t, Proposal{Declaration: oldCards().declare(t), Opened: opened})
	w := want{"advisory", Root, Refused, []string{"bob/main in root", `[[exception]] rule = "advisory", role = "root", member = "bob", serial = 1001, reason = "…"`}}
	if !w.in(found) {
		t.Errorf("%s", show(found))
	}
}

// TestBoundExceptionIsNew: an exception that is taken off its member, or put on
// another one, is new to those who sign.
func TestBoundExceptionIsNew(t *testing.T) {
	before := bind(t, oldCards(), "advisory", "member = \"alice\"\n", "a")
	before = bind(t, before, "advisory", "member = \"bob\"\n", "b")
	inForce := map[string]*Charter{Root: before.charter(t, Root)}
	for lines, anew := range map[string]int{"member = \"alice\"\n": 0, "": 2, "member = \"bob\"\n": 1} {
		r := bind(t, oldCards(), "advisory", lines, "a")
		if lines == "member = \"alice\"\n" {
			r = bind(t, r, "advisory", "member = \"bob\"\n", "b")
		}
		n := 0
		for _, f := range lint(t, Proposal{Declaration: r.declare(t), InForce: inForce, Opened: opened}) {
			if f.Rule == "advisory" && f.Role == Root && f.Severity == Excused && f.New {
				n++
			}
		}
		if n != anew {
			t.Errorf("exception with %q: %d are new, want %d", lines, n, anew)
		}
	}
}

// TestBoundExceptionsInTerms: who is not meant is not let in, before a role
// names them.
func TestBoundExceptionsInTerms(t *testing.T) {
	for lines, meant := range map[string]bool{
		"": true, "member = \"alice\"\n": true, "serial = 1000\n": true, "member = \"alice\"\nserial = 1000\n": true,
		"member = \"bob\"\n": false, "serial = 1001\n": false, "member = \"bob\"\nserial = 1000\n": false,
	} {
		r := bind(t, bind(t, oldCards(), "device-policy", lines, "so"), "advisory", lines, "so")
		terms, err := ParseTerms("rust-tuf.toml", []byte(r.policy))
		if err != nil {
			t.Fatal(err)
		}
		if against := terms.Meets("alice", Candidate{Serial: 1000, Firmware: attest.Version{Major: 5, Minor: 4, Patch: 3}}); (len(against) == 0) != meant {
			t.Errorf("%q: a card that is not made to %v", lines, against)
		}
		found := refusals(terms.Judge(r.declare(t).Members, []string{"alice"}, verifier(t)))
		if (len(found) == 0) != meant {
			t.Errorf("%q: refused\n%s", lines, show(found))
		}
	}
}

// TestDiffOfBoundExceptions: the difference says for whom an exception is.
func TestDiffOfBoundExceptions(t *testing.T) {
	old := bind(t, oldCards(), "advisory", "member = \"alice\"\n", "a").charter(t, Root)
	for lines, words := range map[string][]string{
		"":                                    {"exception from advisory for root is new", "exception from advisory for root (only for alice) is gone"},
		"member = \"alice\"\nserial = 1000\n": {"exception from advisory for root (only for YubiKey 1000 of alice) is new", "(only for alice) is gone"},
		"serial = 1000\n":                     {"exception from advisory for root (only for YubiKey 1000) is new", "(only for alice) is gone"},
	} {
		d := DiffCharters(old, bind(t, oldCards(), "advisory", lines, "a").charter(t, Root))
		text := strings.Join(d.Lines(), "\n")
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%q: not said: %q\n%s", lines, w, text)
			}
		}
		if strings.Contains(text, "not explained") {
			t.Errorf("%q:\n%s", lines, text)
		}
	}
	both := bind(t, bind(t, oldCards(), "advisory", "member = \"alice\"\n", "other words"), "advisory", "serial = 1001\n", "b").charter(t, Root)
	text := strings.Join(DiffCharters(old, both).Lines(), "\n")
	for _, w := range []string{`reason of exception from advisory for root (only for alice) changes from "a" to "other words"`, "exception from advisory for root (only for YubiKey 1001) is new"} {
		if !strings.Contains(text, w) {
			t.Errorf("not said: %q\n%s", w, text)
		}
	}
	again, err := ReadCharter(both.JSON())
	if err != nil || again.Digest() != both.Digest() {
		t.Errorf("read again: %v", err)
	}
}
