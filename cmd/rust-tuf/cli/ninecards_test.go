//go:build cgo && !nopiv && linux

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// A ceremony may take this long on a slow machine; then it ends, with every
// process that it started.
const ceremonyPatience = 4 * time.Minute

// measured is the attribute whose value `make test` prints at its end.
const measured = "measured"

// cardOwners are the people of the ceremony in the order of their cards' serial
// numbers, which begin with firstSerial; heidi gets a second card.
var cardOwners = append(append(slices.Clone(demoQuorum), demoNewer...), "heidi")

const firstSerial = 5300001

// makeCards lays a new card on the table for each owner.
func makeCards(world *vyubikey.World) []*card.Card {
	var cards []*card.Card
	for i := range cardOwners {
		cards = append(cards, world.Make(card.Config{Serial: firstSerial + uint32(i), StrictFreshness: true}))
	}
	return cards
}

// Nine members with nine virtual YubiKeys, from the box to a root that clients
// trust, and to the next one.
func TestNineCards(t *testing.T) {
	world, where := vyubikey.New(), "a real pcscd"
	if !behindPCSCD() {
		world, where = plugged(t), "virtual ports"
	}
	cards := makeCards(world)
	playCeremony(t, where, testRoots(t, world), cards, portsOf(t, world, cards...))
}

// The same with a real pcscd between libpcsclite and the cards.
func TestNineCardsUnderPCSCD(t *testing.T) {
	out := underPCSCD(t, "TestNineCards")
	for line := range strings.Lines(out) {
		if _, value, ok := strings.Cut(line, "=== ATTR  TestNineCards "+measured+" "); ok {
			t.Attr(measured, strings.TrimSpace(value))
		}
	}
}

// cardCeremony is the stage of people with cards.
type cardCeremony struct {
	*stage
	proof *attest.Verifier
	cards []*card.Card // in the order of cardOwners
	ports sharedPorts
}

func playCeremony(t *testing.T, where string, proof *attest.Verifier, cards []*card.Card, ports sharedPorts) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), ceremonyPatience)
	defer cancel()
	s := &cardCeremony{newStage(t.TempDir()), proof, cards, ports}
	s.ctx = ctx
	if err := s.found(); err != nil {
		t.Fatal(err)
	}
	s.maintainer.env.Attestation = proof

	s.enrolNine(t)
	enrolled := time.Since(began)
	s.first(t)
	t.Attr(measured, fmt.Sprintf("nine cards behind %s: enrolled in %.1f s, then root 1 signed by all nine and verified in %.1f s", where, enrolled.Seconds(), (time.Since(began)-enrolled).Seconds()))
	ports.only(cards[0])
	s.otherClientsOf(t, "alice", cards[0]).agree(t)
	s.second(t)
	s.audited(t)
	t.Attr(measured, fmt.Sprintf("twelve cards behind %s: enrolled, roots 1 and 2 signed, published and verified in %.1f s", where, time.Since(began).Seconds()))
	for i, c := range cards {
		if n := c.Counters(); n.PINFailures+n.PUKFailures+n.ManagementFailures != 0 || n.Generated != 1 {
			t.Errorf("%s's card %d: %+v", cardOwners[i], c.Serial(), n)
		}
	}
}

// owner is a member at the shared computer.
func (s *cardCeremony) owner(t *testing.T, name string) *actor {
	t.Helper()
	if a := s.people[name]; a != nil {
		return a
	}
	a, err := s.enter(name)
	if err != nil {
		t.Fatal(err)
	}
	a.withCards().env.Attestation = s.proof
	return a
}

// enrol is a member with a new card, and the maintainer who merges.
func (s *cardCeremony) enrol(t *testing.T, i int, args ...string) {
	t.Helper()
	name, serial := cardOwners[i], fmt.Sprint(s.cards[i].Serial())
	a := s.owner(t, name)
	a.answers(t, reply{"To agree, type the card's serial number", serial},
		reply{"New PIN for YubiKey " + serial, cardPIN}, reply{"The same new PIN again", cardPIN},
		reply{"New PUK for YubiKey " + serial, cardPUK}, reply{"The same new PUK again", cardPUK},
		reply{"PIN of YubiKey " + serial + ", 3 tries left", cardPIN})
	s.exits(t, a, exit.Done, append([]string{"member", "enrol", name, "--card", serial}, args...),
		"A TEST ROOT is trusted, so this proves nothing about a real card", "in slot 9c of YubiKey "+serial)
}

// enrolNine: while rust-tuf.toml is as init wrote it, each pull request is
// accepted, with what its verdict rests on.
func (s *cardCeremony) enrolNine(t *testing.T) {
	t.Helper()
	var branches []string
	for i, name := range demoQuorum {
		if i == 0 {
			s.ports.all()
		} else {
			s.ports.only(s.cards[i])
		}
		s.enrol(t, i, "--affiliation", "works-"+name, "--country", "lives-"+name)
		branches = append(branches, "member/"+name)
	}
	verdict, err := s.gateOn(t, branches[0])
	if err != nil || !verdict.Accepted || verdict.Machine || verdict.Kind != string(metadata.KindMember) || !slices.Equal(verdict.TestRoots, s.proof.TestRoots()) {
		t.Fatalf("%+v, %v", verdict, err)
	}
	m := s.maintainer
	m.env.Attestation = nil // a gate that trusts Yubico alone
	s.exits(t, m, exit.Rejected, []string{"check", "--base", "origin/main", "--head", "origin/" + branches[0]}, "alice/main is not proven to be on card 5300001", "Verdict: do not merge.")
	m.env.Attestation = s.proof
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
}

// declareCards is demoPolicy without its exceptions: every key is on a card.
func (s *cardCeremony) declareCards(t *testing.T, why string, members []string) string {
	t.Helper()
	policy, err := s.demoPolicy(members, members, false)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(policy, "[[exception]]")
	_, after, ok := strings.Cut(rest, "[roles.root]")
	if !ok {
		t.Fatal("no exceptions in the demo's policy")
	}
	event, err := s.declare(why, before+"[roles.root]"+after)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// signs lets people sign what is asked of them, one after the other, with PIN
// and touch for each document, and merges what they pushed. The first event
// asks for root and targets, the second for root alone: targets 1 keeps its
// signatures.
func (s *cardCeremony) signs(t *testing.T, event string, version int, cards ...int) {
	t.Helper()
	documents := []string{"root", "targets"}
	if version > 1 {
		documents = documents[:1]
	}
	for _, i := range cards {
		c, name := s.cards[i], cardOwners[i]
		s.ports.only(c)
		before := c.Counters()
		var script []reply
		for _, role := range documents {
			script = append(script, reply{fmt.Sprintf("do you want to sign %s version %d?", role, version), "yes"},
				reply{fmt.Sprintf("PIN of YubiKey %d, 3 tries left", c.Serial()), cardPIN})
		}
		a := s.owner(t, name)
		a.answers(t, script...)
		s.exits(t, a, exit.Done, []string{"sign", event}, fmt.Sprintf("Signed: root version %d, by %s.", version, name))
		each := 2 * len(documents) // the document, and the statement beside it
		if n := c.Counters(); n.Signatures-before.Signatures != each || n.Touches-before.Touches != each || n.PINAttempts-before.PINAttempts != each {
			t.Errorf("%s's card: before %+v, after %+v", name, before, n)
		}
	}
	branches, err := s.branches("sign/" + event + "/")
	if err != nil || len(branches) != len(documents)*len(cards) {
		t.Fatal(branches, err)
	}
	if err := s.merge(branches...); err != nil {
		t.Fatal(err)
	}
}

// completes asserts how far an event is.
func (s *cardCeremony) completes(t *testing.T, event, want string) {
	t.Helper()
	if got, err := s.complete(event); err != nil || got != want {
		t.Fatalf("%s, %v; want %s", got, err, want)
	}
}

const stillPending = "pending: exit code 4"

func (s *cardCeremony) first(t *testing.T) {
	t.Helper()
	event := s.declareCards(t, "the first root", demoQuorum)
	s.signs(t, event, 1, 0, 1, 2, 3)
	s.completes(t, event, stillPending)
	s.signs(t, event, 1, 4, 5, 6, 7, 8)
	s.completes(t, event, "published")
	s.reaches(t, 1)
}

// reaches asserts that a client that was shipped with root 1 trusts a version.
func (s *cardCeremony) reaches(t *testing.T, version int) {
	t.Helper()
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	if version == 1 {
		if err := s.keepRoot(1); err != nil {
			t.Fatal(err)
		}
	}
	s.exits(t, s.maintainer, exit.Done, []string{"verify", "root", "--trusted", filepath.Join(s.dir, "client-at-1.root.json"),
		"--metadata", filepath.Join(s.maintainer.clone, "metadata"), "--at", s.now.Format(time.RFC3339)}, fmt.Sprintf("root version %d is trusted", version))
}

// second: grace and ivan hand over to judy and karl, and heidi, who lost her
// card, has a new one. The old quorum and the new one must both agree.
func (s *cardCeremony) second(t *testing.T) {
	t.Helper()
	const judy, karl, heidi = 9, 10, 11
	for _, i := range []int{judy, karl} {
		s.ports.only(s.cards[i])
		s.enrol(t, i, "--affiliation", "works-"+cardOwners[i], "--country", "lives-"+cardOwners[i])
	}
	s.ports.only(s.cards[heidi])
	s.enrol(t, heidi, "--label", "second", "--lost", "main")
	if err := s.merge("member/judy", "member/karl", "member/heidi-adds-second"); err != nil {
		t.Fatal(err)
	}
	if err := s.pin("judy", "karl"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.AddDate(0, 1, 0)
	event := s.declareCards(t, "grace and ivan hand over to judy and karl; heidi lost her card", []string{"alice", "bob", "carol", "dave", "erin", "frank", "heidi", "judy", "karl"})
	// Before anybody takes a card, the event is played with throw-away keys.
	s.exits(t, s.maintainer, exit.Done, []string{"rehearse", event}, "root version 2", "Every client gets through.")
	s.signs(t, event, 2, heidi, judy, karl, 0, 1)
	s.completes(t, event, stillPending) // five of the new quorum, two of the old
	s.signs(t, event, 2, 2, 3)
	s.completes(t, event, stillPending)
	s.signs(t, event, 2, 4)
	s.completes(t, event, "published")
	s.reaches(t, 2)
}

// audited: the whole repository holds, and says of every key in force what
// proves it; whoever trusts Yubico alone is told that it was a rehearsal.
func (s *cardCeremony) audited(t *testing.T) {
	t.Helper()
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	m := s.maintainer
	got := &auditResult{}
	oneObject(t, s.exits(t, m, exit.Done, []string{"check", "--json"}), got)
	if len(got.Problems) != 0 || !slices.Equal(got.TestRoots, s.proof.TestRoots()) {
		t.Errorf("%q, %q", got.Problems, got.TestRoots)
	}
	inForce := map[string]bool{}
	for _, k := range got.Keys {
		if len(k.Roles) == 0 {
			continue // grace and ivan, who are members still
		}
		inForce[k.Holder] = true
		if !k.Proven || k.Kind != "piv" || !strings.Contains(k.Text, ", of root and targets: YubiKey 53000") || !strings.HasSuffix(k.Text, "; it signed for its holder") {
			t.Errorf("%+v", k)
		}
	}
	for _, want := range []string{"alice/main", "bob/main", "carol/main", "dave/main", "erin/main", "frank/main", "heidi/second", "judy/main", "karl/main"} {
		if !inForce[want] || len(inForce) != 9 {
			t.Errorf("the keys in force are %v, without %s", inForce, want)
		}
	}
	s.exits(t, m, exit.Done, []string{"check"}, "A TEST ROOT is trusted", "What proves where the members' keys are:\n  alice/main, of root and targets: YubiKey 5300001, firmware 5.7.4, slot 9c, ECDSA P-256, PIN always, touch always",
		"ok: 2 published roots: each reaches version 2", "Verdict: everything that this repository claims was derived again and holds.")
	m.env.Attestation = nil
	s.exits(t, m, exit.Rejected, []string{"check"}, "was proposed in a rehearsal, in which test roots stood in for Yubico's; its cards prove nothing: ",
		"alice/main, of root and targets: not proven to be on a card: ")
	m.env.Attestation = s.proof
}
