package metadata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// open writes the files of an event as a proposer could who writes them by
// hand: from what the event says, with no other check.
func (w *world) open(e *Event) {
	w.t.Helper()
	data, err := e.Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	w.files[EventPath(e.Name, eventFile)] = data
	for _, p := range e.Payloads {
		w.files[EventPath(e.Name, documentName(p.Role, p.Version))] = p.Document.Raw()
		w.files[EventPath(e.Name, policyDir, p.Policy.String()+".json")] = p.Charter.JSON()
	}
}

var newTeam = []string{"trent", "ursula", "victor", "walter", "xenia"}

// newTeamProposed is delegated with an open event that gives release to other
// people.
func newTeamProposed(t testing.TB) (w *world, event string) {
	t.Helper()
	w = delegated(t)
	w.join(newTeam...)
	w.declare(policy{root: afterRotation, rootThreshold: 5, release: newTeam, releaseK: 3})
	w.later()
	return w, w.propose("the team hands over").Name
}

// Whoever the delegator's new version names signs the delegated role, and
// nobody else.
func TestDelegatedByNewVersion(t *testing.T) {
	t.Parallel()
	w, event := newTeamProposed(t)
	if got := payloadNames(w.event(event)); !slices.Equal(got, []string{"targets version 4", "release version 2"}) {
		t.Fatalf("payloads: %q", got)
	}
	release := w.event(event).Payload("release")
	if release.Delegator != (Delegator{"targets", 4}) {
		t.Errorf("delegator: %v", release.Delegator)
	}
	w.sign(event, afterRotation[:5]...)
	for _, name := range team { // with every key of the old team
		w.put(event, w.signature(release, name))
	}
	s := w.standing(event)
	if got := s.Payload("release"); got.Met() || len(got.Rules) != 1 || len(got.Rules[0].Tally.Valid) > 0 || !s.Payload("targets").Met() {
		t.Errorf("standing: %q", s.Wants())
	}
	for _, f := range s.Payload("release").Refused {
		expect[*verify.SignatureError](t, f, "not listed", "a member until targets version 3")
	}
	_, err := w.tryComplete(event)
	expect[*PendingError](t, err, "release version 2, signers named in targets version 4 (proposed here)", "0 of 3")
	w.sign(event, newTeam[1:4]...)
	c := w.complete(event)
	if got := c.Published[1].Signers; len(got) != 3 {
		t.Errorf("signed by %q", got)
	}
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Errorf("audit: %v", report.Problems)
	}
	trusted := w.trusted()
	if got := trusted.Roles(); !slices.Equal(got, []string{"targets", "release"}) {
		t.Errorf("roles: %q", got)
	}
	if q, ok := trusted.DelegatorOf("release").Quorum("release"); !ok || q.Threshold() != 3 || trusted.DelegatorOf("targets") != verify.Delegator(trusted.Root) || trusted.DelegatorOf("nightly") != nil {
		t.Error("the roles have other delegators")
	}
	if got := w.read().Versions("targets"); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("versions of targets: %v", got)
	}
}

// An event that changes who signs a role, without that role, would leave
// clients without it. The tool adds it; an event that was written by hand is
// refused at the gate, to signers, and when it would be published.
func TestDelegatedLeftBelow(t *testing.T) {
	t.Parallel()
	base := delegated(t)
	w, event := newTeamProposed(t)
	full := w.event(event)
	part := *full
	part.Payloads = full.Payloads[:1]
	w.remove(EventPath(event))
	w.open(&part)
	below := refused[*BelowError]("event "+event, "the current release version 1 would be below its threshold", "0 of 3", "--supersede "+event)
	gate(t, base, w, KindProposal, below)
	_, err := w.judge(event)
	below(t, err)
	_, err = w.tryComplete(event)
	below(t, err)
}

// A role is made anew without a change of policy, judged by what is trusted.
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.later()
	_, err := w.tryPropose(Proposition{})
	if !errors.Is(err, ErrNothingToPropose) {
		t.Errorf("without a role: %v", err)
	}
	_, err = w.tryPropose(Proposition{Renew: []string{"nightly", "zed"}})
	if err == nil || !strings.Contains(err.Error(), "role nightly cannot be renewed: the policy declares no such role that people sign") {
		t.Errorf("no such role: %v", err)
	}
	if _, err = w.tryPropose(Proposition{Renew: []string{"timestamp"}}); err == nil {
		t.Error("a machine's role is renewed by people")
	}
	p, err := w.tryPropose(Proposition{Renew: []string{"release"}})
	if err != nil {
		t.Fatal(err)
	}
	base := w.clone()
	w.apply(p.Change)
	gate(t, base, w, KindProposal, nil)
	if got := payloadNames(p.Event); !slices.Equal(got, []string{"release version 2"}) || p.Event.Payloads[0].Delegator != (Delegator{"targets", 3}) {
		t.Errorf("payloads %q by %v", got, p.Event.Payloads[0].Delegator)
	}
	before := w.trusted().Targets["release"]
	w.sign(p.Event.Name, team[:3]...)
	w.complete(p.Event.Name)
	after := w.trusted().Targets["release"]
	if after.Version() != 2 || !after.Expires().After(before.Expires()) || after.Digest() == before.Digest() {
		t.Errorf("release version %d expires %s", after.Version(), after.Expires())
	}
}

// A role that nobody delegates for a while counts on when it comes back:
// clients may have seen its last version.
func TestDelegatedAgain(t *testing.T) {
	t.Parallel()
	w := delegated(t)
	w.declare(policy{root: afterRotation, rootThreshold: 5})
	w.later()
	gone := w.propose("no more releases")
	w.sign(gone.Name, afterRotation[:5]...)
	w.complete(gone.Name)
	if w.trusted().Document("release") != nil {
		t.Fatal("release is still trusted")
	}
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Fatalf("audit: %v", report.Problems)
	}
	w.join(newTeam...)
	w.declare(policy{root: afterRotation, rootThreshold: 5, release: newTeam, releaseK: 3})
	w.later()
	back := w.propose("releases again")
	if got := payloadNames(back); !slices.Equal(got, []string{"targets version 5", "release version 2"}) {
		t.Fatalf("payloads: %q", got)
	}
	w.sign(back.Name, append(slices.Clone(afterRotation[:5]), newTeam[:3]...)...)
	w.complete(back.Name)
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Fatalf("audit: %v", report.Problems)
	}
	if got := w.trusted().Document("release").Version(); got != 2 {
		t.Errorf("release version %d", got)
	}

	// A number that nothing explains is no base.
	lied := delegated(t)
	lied.files["metadata/7.nightly.json"] = lied.files["metadata/1.release.json"]
	_, err := lied.trusted().Base("nightly")
	expect[*HistoryError](t, err, "nightly version 7", "no closed event in the log made this version")
}

// event.toml does not choose its judge.
func TestDelegatorChosen(t *testing.T) {
	t.Parallel()
	const nightly = `
[roles.nightly]
delegator = "targets"
members = ["trent", "ursula", "victor", "walter"]
threshold = 2
lifetime = "1y"
paths = ["nightly/*"]

[roles.weak]
delegator = "nightly"
members = ["trent", "ursula", "victor", "walter"]
threshold = 2
lifetime = "1y"
paths = ["nightly/weak/*"]

[[exception]]
rule = "delegated-twice"
role = "weak"
reason = "a test"

[[exception]]
rule = "software-key"
role = "nightly"
reason = "a test"

[[exception]]
rule = "software-key"
role = "weak"
reason = "a test"
`
	base := delegated(t)
	base.join(newTeam...)
	base.declare(policy{root: afterRotation, rootThreshold: 5, release: team, releaseK: 3, extra: nightly})
	base.later()
	e := base.propose("nightly builds")
	if got := payloadNames(e); !slices.Equal(got, []string{"targets version 4", "nightly version 1", "weak version 1"}) {
		t.Fatalf("payloads: %q", got)
	}
	base.sign(e.Name, append(slices.Clone(afterRotation[:5]), newTeam[:2]...)...)
	base.complete(e.Name)
	base.later()

	w := base.clone()
	p, err := w.tryPropose(Proposition{Renew: []string{"weak"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		by     Delegator
		judged refusal // what a signer hears
		gated  refusal
	}{
		{"a role that does not delegate it", Delegator{"release", 1}, refused[*verify.DelegationError]("role weak is not delegated by release"), refused[*verify.DelegationError]("weak", "release")},
		{"targets instead of its delegator", Delegator{"targets", 4}, refused[*verify.DelegationError]("role weak is not delegated by targets"), refused[*verify.DelegationError]()},
		{"root", Delegator{"root", 2}, refused[*verify.DelegationError]("role weak is not delegated by root"), refused[*verify.DelegationError]()},
		{"a role that does not exist", Delegator{"zed", 1}, refused[*StaleError]("weak version 2 is to be judged by zed version 1, but no version of zed is trusted"), refused[*StaleError]()},
		{"an earlier version", Delegator{"nightly", 2}, refused[*StaleError]("nightly version 2, but the newest trusted one is version 1"), refused[*StaleError]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := base.clone()
			head.t = t
			crafted := *p.Event
			payload := *p.Event.Payload("weak")
			payload.Delegator = tt.by
			crafted.Payloads = []*Payload{&payload}
			head.open(&crafted)
			_, err := head.judge(crafted.Name)
			tt.judged(t, err)
			gate(t, base, head, KindProposal, tt.gated)
		})
	}

	// Two delegators that both name a role: the first in the order of search
	// decides what clients see, so an event judged by the other never gets out.
	twice := base.clone()
	twice.t = t
	d, err := base.read().Declaration()
	if err != nil {
		t.Fatal(err)
	}
	charter, err := d.Charter("nightly")
	if err != nil {
		t.Fatal(err)
	}
	for i := range charter.Roles {
		charter.Roles[i].Name = "release" // nightly delegates release to its own people
	}
	raw, err := charter.Payload(roles.Basis{Base: base.trusted().Document("nightly"), Opened: base.now})
	if err != nil {
		t.Fatal(err)
	}
	usurper := &Event{Name: "usurper", Why: "x", Opened: base.now, Payloads: []*Payload{crafted(t, charter, raw, base.trusted().Document("nightly"), Delegator{"targets", 4})}}
	release, err := base.trusted().PolicyInForce("release")
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = release.Payload(roles.Basis{Base: base.trusted().Document("release"), Opened: base.now}); err != nil {
		t.Fatal(err)
	}
	usurper.Payloads = append(usurper.Payloads, crafted(t, release, raw, base.trusted().Document("release"), Delegator{"nightly", 2}))
	twice.open(usurper)
	v, err := Check(base.tree(), twice.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*UnlikeDeclarationError](t, errors.Join(v.Refusals...), "usurper", "the frozen delegator of release")
	twice.sign("usurper", newTeam[:2]...)
	if !twice.standing("usurper").Complete() {
		t.Fatal("its own judge is content")
	}
	_, err = twice.tryComplete("usurper")
	expect[*HistoryError](t, err, "release version 2", "threshold of targets 4 not met")
}

func crafted(t *testing.T, charter *roles.Charter, raw []byte, base *verify.Document, by Delegator) *Payload {
	t.Helper()
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return &Payload{Role: charter.Role, Version: base.Version() + 1, Digest: d.Digest(), Base: base.Digest(), Delegator: by, Policy: charter.Digest(), Document: d, Charter: charter}
}

// A change after which the old root's threshold cannot be met strands every
// client, so it is not even opened.
func TestOldThresholdOutOfReach(t *testing.T) {
	t.Parallel()
	w := genesis(t)
	w.join("judy", "karl", "leo", "mia", "niaj")
	others := append([]string{"judy", "karl", "leo", "mia", "niaj"}, nine[:4]...)
	w.declare(policy{root: others, rootThreshold: 5})
	w.later()
	if _, err := w.tryPropose(Proposition{}); err != nil {
		t.Fatalf("while their files are there: %v", err)
	}
	for _, name := range nine[4:] {
		delete(w.files, MemberPath(name))
	}
	head := w.clone()
	_, err := w.tryPropose(Proposition{})
	refusal := expect[*RefusedError](t, err, append([]string{"root 1 asks for 5 keys to sign its successor, and 4 can: ", "declared in no member's file: "}, nine...)...)
	if refusal.Findings[0].Rule != "old-threshold" {
		t.Errorf("findings: %+v", refusal.Findings[0])
	}
	gate(t, genesis(t), head, KindPolicy, nil) // a proposal that nobody can make yet
}

// What a repository says of itself decides where a pin is looked for, and
// nothing else.
func TestUnverifiedID(t *testing.T) {
	t.Parallel()
	empty := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
	if id, err := empty.read().UnverifiedID(); id != "" || err != nil {
		t.Errorf("before the first event: %q, %v", id, err)
	}
	empty.propose("the first root")
	if id, err := empty.read().UnverifiedID(); id != fixtureRepository || err != nil {
		t.Errorf("before the first root: %q, %v", id, err)
	}
	w := rotated(t)
	if id, err := w.read().UnverifiedID(); id != fixtureRepository || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	liar := w.clone()
	path := "metadata/2.root.json"
	liar.edit(path, `"repository": "`+fixtureRepository, `"repository": "`+otherID)
	if id, err := liar.read().UnverifiedID(); id != otherID || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	first, err := w.read().FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	_, err = liar.read().Trusted(first)
	expect[*HistoryError](t, err, "root version 2", otherID, fixtureRepository)
	expect[*verify.RepositoryError](t, err)

	// A whole repository that lies consistently is not the pinned one.
	_, err = otherRepository(t).read().Trusted(first)
	expect[*HistoryError](t, err, "root version 1", "it is not the version with digest "+short(first.Digest())+" that is trusted here")

	liar.files[path] = []byte("{}")
	_, err = liar.read().UnverifiedID()
	expect[*FileError](t, err, path)
	foreign := w.clone()
	foreign.edit(path, verify.ExtensionName, "x-other")
	_, err = foreign.read().UnverifiedID()
	expect[*FileError](t, err, path, "names no repository", "not made by rust-tuf")
}

// A pinned root that is newer than all that is shown means a rollback.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	now := rotated(t).trusted().Root
	_, err := genesis(t).read().Trusted(now)
	expect[*HistoryError](t, err, "metadata/1.root.json", "not newer than the trusted version 2", "rolled back", "fetch again")
	expect[*verify.VersionError](t, err)
}

// Names of events are for file systems and for people.
func TestEventNames(t *testing.T) {
	t.Parallel()
	w := genesis(t)
	for name, words := range map[string]string{
		"Upper": "lower-case", "-x": "lower-case", "a b": "lower-case", "../x": "lower-case", "x/y": "lower-case", "caf\u00e9": "lower-case", "x\u202ey": "lower-case",
		strings.Repeat("x", 64): "at most 63", "con": "windows keeps this name", "aux": "windows keeps this name", "com1": "windows keeps this name",
		"2026-11-22-root-v1": "exists already; a name is never used again",
	} {
		if _, err := w.tryPropose(Proposition{Name: name, Renew: []string{"root"}}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for why, words := range map[string]string{
		" ": "why is empty", "x\ny": "U+000A", "x\x1b[31m": "U+001B", "x\u202ey": "U+202E", "x\u2066y": "U+2066", "x\u200by": "U+200B", "\xff": "not UTF-8",
		strings.Repeat("x", maxWhyBytes+1): "limit of 4096",
	} {
		if _, err := w.tryPropose(Proposition{Why: why, Renew: []string{"root"}}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", why, err)
		}
	}
	p, err := w.tryPropose(Proposition{Why: "Ren\u00e9 said: \u201croot's key's \\ 'old'\u201d", Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(p.Change)
	if e := w.event(p.Event.Name); e.Why != "Ren\u00e9 said: \u201croot's key's \\ 'old'\u201d" {
		t.Errorf("why is %q", e.Why)
	}
	// A second event on the same day gets a number.
	w.sign(p.Event.Name, nine[:5]...)
	w.complete(p.Event.Name)
	if again, err := w.tryPropose(Proposition{Renew: []string{"root", "targets"}}); err != nil || again.Event.Name != "2026-11-22-root-v3" {
		t.Errorf("%+v, %v", again, err)
	}
	q, err := w.tryPropose(Proposition{Renew: []string{"root"}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(q.Change)
	if r, err := w.tryPropose(Proposition{Renew: []string{"root"}, Supersede: []string{q.Event.Name}}); err != nil || r.Event.Name != q.Event.Name+"-2" {
		t.Errorf("%+v, %v", r, err)
	}
}

// What machines sign they sign anew when their key changes: it stops no event,
// and until then nobody believes it.
func TestMachinesRoleChangesItsKey(t *testing.T) {
	t.Parallel()
	nightly := func(key string) string {
		return fmt.Sprintf("[roles.nightly]\ndelegator = \"targets\"\nonline = [\"nightly\"]\nthreshold = 1\nlifetime = \"7d\"\npaths = [\"nightly/*\"]\nterminating = true\n\n[online.nightly]\npublic = \"\"\"\n%s\"\"\"\n",
			keyPairOf(key).pem)
	}
	w := rotated(t)
	w.later()
	w.declare(policy{root: afterRotation, rootThreshold: 5, extra: nightly("machine-1")})
	e := w.propose("nightlies are signed by a machine")
	w.sign(e.Name, afterRotation[:5]...)
	w.complete(e.Name)
	// The document of the machine, signed by nobody that counts: it is there.
	w.files["metadata/1.nightly.json"] = []byte(`{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.31","version":1,"expires":"2030-01-01T00:00:00Z","targets":{}}}`)
	if d := w.trusted().Document("nightly"); d != nil {
		t.Error("it is trusted")
	}
	w.later()
	w.declare(policy{root: afterRotation, rootThreshold: 5, extra: nightly("machine-2")})
	e = w.propose("the machine's key was stolen")
	w.sign(e.Name, afterRotation[:5]...)
	w.complete(e.Name)
	if got := w.trusted().Document("targets").Version(); got != 4 {
		t.Errorf("targets %d", got)
	}
}
