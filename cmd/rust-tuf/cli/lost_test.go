package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

var lostAlice = []string{"member", "lost", "alice", "--why", "left in a train between two cities", "--when", "2026-12-20"}

// What is shown when a key is lost, word for word; it is bob who reports it. The
// event goes on without the key, and the old quorum without its holder makes it.
func TestMemberLost(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "bob", "carol", "dave", "erin", "frank")
	s.now = december
	bob := s.people["bob"]
	var dry string
	s.unchanged(t, func() { dry = s.exits(t, bob, exit.Done, append(lostAlice, "--dry-run")) })
	checkout := s.checkout(t, bob)
	out := s.exits(t, bob, exit.Done, lostAlice)
	s.golden(t, "member-lost.golden", out)
	if dry, _ = strings.CutSuffix(dry, "Nothing was pushed (dry run).\n"); !strings.HasPrefix(out, dry) {
		t.Errorf("the dry run says\n%s\nand the real one\n%s", dry, out)
	}
	if now := s.checkout(t, bob); now != checkout {
		t.Errorf("the clone changed from\n%s\nto\n%s", checkout, now)
	}
	branch := "event/" + secondEvent
	verdict, err := s.gateOn(t, branch)
	if err != nil || !verdict.Accepted || verdict.Machine || verdict.Kind != string(metadata.KindProposal) {
		t.Fatalf("the gate: %+v, %v", verdict, err)
	}
	// An hour later again: what is there is found.
	s.now = s.now.Add(3600e9)
	s.unchanged(t, func() { s.exits(t, bob, exit.Done, lostAlice, "Reported earlier, found on branch "+branch) })

	if err := s.merge(branch); err != nil {
		t.Fatal(err)
	}
	member, err := s.head(t).Tree().Read(metadata.MemberPath("alice"))
	if err != nil || !strings.Contains(string(member), "# Reported lost since 2026-12-20 (claimed): left in a train between two cities\n[[key]]") || !strings.Contains(string(member), `status = "lost"`) {
		t.Errorf("%v\n%s", err, member)
	}
	s.fails(t, bob, exit.Rejected, is[*LostAlreadyError], lostAlice, "declares the key main of alice as lost already", "rust-tuf status")
	if err := s.pin("frank"); err != nil {
		t.Fatal(err)
	}
	if err := s.sign(secondEvent, "bob", "carol", "dave", "erin", "frank"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.complete(secondEvent); err != nil {
		t.Fatal(err)
	}
	trusted, err := s.head(t).TrustedByItself()
	if err != nil || trusted.Root.Version() != 2 || len(trusted.Lists(s.keyOf(t, "alice"))) != 0 {
		t.Errorf("root %v still lists the key, or is not there: %v", trusted, err)
	}
}

// On another day, and without a day of its own: the report is that of the first
// run, with its event, its digest and its branch, and its pull request is open.
func TestMemberLostAgainTheNextDay(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "bob")
	s.now = december
	bob := s.people["bob"]
	h := newHub(t, s, bob)
	report := []string{"member", "lost", "alice", "--why", "left in a taxi", "--json"}
	run := func() (out lostResult) {
		t.Helper()
		if err := json.Unmarshal([]byte(s.exits(t, bob, exit.Done, report)), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	h.fails["open"] = &forge.OutageError{}
	first := run()
	delete(h.fails, "open")
	s.now = s.now.AddDate(0, 0, 2)
	then := run()
	if first.Again || first.Opened || !then.Again || !then.Opened || then.When != "2026-12-22" || then.Branch != first.Branch || then.Event != first.Event || then.Documents[0] != first.Documents[0] || len(h.pulls) != 1 {
		t.Errorf("%+v, then %+v; %+v", first, then, h.pulls)
	}
	s.unchanged(t, func() {
		s.exits(t, bob, exit.Done, report[:5], "is lost since 2026-12-22", "Drafted: event "+first.Event, "Reported earlier, found on branch "+first.Branch)
	})
	// Who says something else reports something else.
	s.exits(t, bob, exit.Done, []string{"member", "lost", "alice", "--why", "left in a bus"}, "is lost since 2026-12-24", "Pushed to branch event/2026-12-24-root-v2")
}

// keyOf is the fingerprint of the first declared key of a member.
func (s *stage) keyOf(t *testing.T, name string) verify.Digest {
	t.Helper()
	members, err := s.head(t).Members()
	if err != nil {
		t.Fatal(err)
	}
	return members[name].Keys[0].Public.Fingerprint()
}

// secondKey declares another active key of alice, and names the first by its
// label wherever the policy names her.
func (s *stage) secondKey(t *testing.T) {
	t.Helper()
	other := alone(t)
	if err := other.newKey(); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(other.publicKey())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	path := metadata.MemberPath("alice")
	text, err := os.ReadFile(filepath.Join(s.maintainer.clone, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := os.ReadFile(filepath.Join(s.maintainer.clone, metadata.PolicyFile))
	if err != nil {
		t.Fatal(err)
	}
	second := "\n[[key]]\nlabel = \"second\"\npublic = \"\"\"\n" + string(pem) + "\"\"\"\nkind = \"software\"\nstatus = \"active\"\n"
	err = s.edit(s.maintainer, "a second key", map[string]string{path: string(text) + second, metadata.PolicyFile: strings.ReplaceAll(string(policy), `"alice"`, `"alice/main"`)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.pushMerged(); err != nil {
		t.Fatal(err)
	}
}

// The member has another key: it takes the place of the lost one.
func TestMemberLostWithASpare(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "bob")
	s.now = december
	s.secondKey(t)
	s.fails(t, s.people["bob"], exit.Usage, is[*exit.Error], lostAlice, "alice has several keys; name one with --card or --label: main (a key in a file, active) and second (a key in a file, active)")
	out := s.exits(t, s.people["bob"], exit.Done, append(lostAlice, "--label", "main"), "in which the key second of alice takes its place",
		"root version 2, signers named in root version 1 (in force): 5 of bob, carol, dave, erin, frank, grace, heidi and ivan\n",
		"root version 2, signers named in root version 2 (proposed here): 5 of alice, bob, carol, dave, erin, frank, grace, heidi and ivan\n")
	policy, err := s.treeOf(t, "event/"+secondEvent).Read(metadata.PolicyFile)
	if err != nil || strings.Count(string(policy), `"alice/second"`) != 2 || strings.Contains(string(policy), "alice/main") {
		t.Errorf("%v\n%s\n%s", err, policy, out)
	}
}

// Another event is open for the same version, in which the lost key counts: the
// report goes alone, and says so; with --supersede, the event goes along.
func TestMemberLostDuringAnEvent(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "bob")
	s.now = s.now.AddDate(0, 0, 1)
	bob := s.people["bob"]
	s.exits(t, bob, exit.Done, lostAlice, "A signature by this key still counts in the open event "+secondEvent+": believe none that came after the loss.",
		"No event was drafted: events "+secondEvent+" and 2026-12-23-root-v2 both want to make root version 2", "--supersede "+secondEvent, "Pushed to branch member/alice-lost-main")
	verdict, err := s.gateOn(t, "member/alice-lost-main")
	if err != nil || !verdict.Accepted || verdict.Kind != string(metadata.KindPolicy) {
		t.Errorf("the gate: %+v, %v", verdict, err)
	}
	s.unchanged(t, func() {
		s.exits(t, bob, exit.Done, lostAlice, "Reported earlier, found on branch member/alice-lost-main")
	})
	s.exits(t, bob, exit.Done, append(lostAlice, "--supersede", secondEvent), "Drafted: event 2026-12-23-root-v2", "Pushed to branch event/2026-12-23-root-v2")
}

// Who is in no role: a report, and nothing else.
func TestMemberLostInNoRole(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "bob")
	args := append([]string{"member", "lost", "heidi"}, lostAlice[3:]...)
	s.exits(t, s.people["bob"], exit.Done, args, "No trusted version lists the key: nobody else has to do anything.", "No event was drafted: no version that people sign changes without this key.",
		"Pushed to branch member/heidi-lost-main")
}

func TestMemberLostRefuses(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "bob")
	s.now = december
	bob := s.people["bob"]
	for _, test := range []struct {
		args  string
		code  int
		typed func(error) bool
		want  string
	}{
		{"mallory --why stolen", exit.Rejected, is[*UnknownMemberError], `there is no member "mallory"; declared are: alice, bob`},
		{"alice", exit.Usage, is[*exit.Error], "say with --why what happened"},
		{"alice --why a\nb", exit.Usage, is[*exit.Error], "in one line"},
		{"alice --why stolen --card 5 --label main", exit.Usage, is[*exit.Error], "--card and --label both name a key"},
		{"alice --why stolen --card 5", exit.Usage, is[*exit.Error], "alice has no such key; declared are: main (a key in a file, active)"},
		{"alice --why stolen --label other", exit.Usage, is[*exit.Error], "alice has no such key"},
		{"alice --why stolen --when yesterday", exit.Usage, is[*exit.Error], `--when "yesterday" is no date`},
		{"alice --why stolen --when 2027-01-01", exit.Usage, is[*exit.Error], "that has come already"},
	} {
		args := append([]string{"member", "lost"}, strings.Split(test.args, " ")...)
		s.unchanged(t, func() { s.fails(t, bob, test.code, test.typed, args, test.want) })
	}
}

// Only a role's own list is edited, in whatever usual way it is written.
func TestReplaceMember(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, to, want string }{
		{"the first", "[roles.root]\nmembers = [\"alice\", \"bob\"]\n", "", "[roles.root]\nmembers = [\"bob\"]\n"},
		{"the last", "[roles.root]\nmembers = [\"bob\", \"alice\"]\n", "", "[roles.root]\nmembers = [\"bob\"]\n"},
		{"in between", "[roles.root]\nmembers = [\"bob\", \"alice\", \"carol\"]\n", "", "[roles.root]\nmembers = [\"bob\", \"carol\"]\n"},
		{"the only one", "[roles.root]\nmembers = [ \"alice\" ]\n", "", "[roles.root]\nmembers = [ ]\n"},
		{"another one instead", "[roles.root]\nmembers = [\"bob\", 'alice']\n", "alice/second", "[roles.root]\nmembers = [\"bob\", \"alice/second\"]\n"},
		{"one a line", "[roles.root]\nmembers = [\n  \"bob\", # since 2026\n  \"alice\",\n]\n", "", "[roles.root]\nmembers = [\n  \"bob\", # since 2026\n  \n]\n"},
		{"not her namesake", "[roles.root]\nmembers = [\"alice-b\", \"alice\"]\n", "", "[roles.root]\nmembers = [\"alice-b\"]\n"},
		{"not in another role", "[roles.targets]\nmembers = [\"alice\"]\n\n[roles.root] # five\nthreshold = 1\nmembers = [\"bob\", \"alice\"]\n[roles.x]\nmembers = [\"alice\"]\n", "",
			"[roles.targets]\nmembers = [\"alice\"]\n\n[roles.root] # five\nthreshold = 1\nmembers = [\"bob\"]\n[roles.x]\nmembers = [\"alice\"]\n"},
	} {
		if got, ok := replaceMember(test.text, "root", "alice", test.to); !ok || got != test.want {
			t.Errorf("%s: %t\n%q, want\n%q", test.name, ok, got, test.want)
		}
	}
	for name, text := range map[string]string{
		"an inline table":  "roles = { root = { members = [\"alice\"] } }\n",
		"no list":          "[roles.root]\nthreshold = 1\n[roles.targets]\nmembers = [\"alice\"]\n",
		"an escaped name":  "[roles.root]\nmembers = [\"\\u0061lice\"]\n",
		"a list elsewhere": "[roles.rooted]\nmembers = [\"alice\"]\n",
	} {
		if got, ok := replaceMember(text, "root", "alice", ""); ok || got != text {
			t.Errorf("%s: edited to %q", name, got)
		}
	}
}

// A policy that cannot be edited, or does not hold without the key: the report
// goes alone, and says what is left to do.
func TestMemberLostLeavesThePolicy(t *testing.T) {
	t.Parallel()
	policy := func(members, threshold string) string {
		return "format = 1\nname = \"x\"\nrepository = \"" + strings.Repeat("0", 32) + "\"\nreaders = [\"rust-tuf\"]\n" +
			"[roles.root]\nmembers = " + members + "\nthreshold = " + threshold + "\nlifetime = \"1y\"\n[roles.targets]\nmembers = [\"bob\"]\nthreshold = 1\nlifetime = \"1y\"\n" +
			"[roles.snapshot]\nonline = [\"o\"]\nthreshold = 1\nlifetime = \"1d\"\n[roles.timestamp]\nonline = [\"o\"]\nthreshold = 1\nlifetime = \"1d\"\n[online.o]\npublic = \"\"\"\n" + onlinePEM(t) + "\"\"\"\n"
	}
	for _, test := range []struct {
		name, text string
		typed      func(error) bool
		want       string
	}{
		{"written in another way", policy("[\"\\u0061lice\", \"bob\"]", "1"), is[*PolicyByHandError], "cannot be edited here: take \"alice\" out of the members of root yourself"},
		{"too few are left", policy(`["alice", "bob"]`, "2"), is[*TooFewError], "without alice the policy does not hold"},
	} {
		parsed, err := roles.ParsePolicy("rust-tuf.toml", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		l := &loss{out: &lostResult{}, member: &roles.Member{Name: "alice"}, key: roles.MemberKey{Label: "main"}}
		if _, err := l.policyWithout([]byte(test.text), parsed); err == nil || !test.typed(err) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %T %[2]v, want %s", test.name, err, test.want)
		}
	}
}

// onlinePEM is some public key.
func onlinePEM(t *testing.T) string {
	t.Helper()
	a := alone(t)
	if err := a.newKey(); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(a.publicKey())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem)
}

// What is said of a card, and of roles that are at their end.
func TestLostCardWords(t *testing.T) {
	t.Parallel()
	r := &lostResult{Member: "alice", Label: "main", Kind: string(roles.KindPIV), Serial: 5200001, When: "2026-12-20", Why: "stolen with the bag", Call: []string{"bob", "carol"}, NoEvent: "nothing to propose: no role names the key any more", DryRun: true,
		Roles: []lostRole{{"root", 2, 3, []string{"bob", "carol"}, 0}, {"targets", 2, 2, []string{"bob"}, -1}, {"release", 1, 4, []string{"bob", "carol", "dave"}, 2}}}
	var b words.Lines
	r.text(&b)
	r.Roles = []lostRole{{"root", 2, 2, []string{"bob"}, -1}}
	b.Printf("--- root at its end ---\n")
	r.quorum(&b)
	golden(t, "member-lost-card.golden", b.String())
}
