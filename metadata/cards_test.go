package metadata

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/ca"
)

// factory certifies the cards of these tests.
var factory = sync.OnceValue(func() *ca.Authority { return ca.New(ca.Long) })

// rehearsed trusts the factory besides Yubico.
func rehearsed(t testing.TB) *attest.Verifier {
	t.Helper()
	v, _, between := young(t)
	v, err := v.WithIntermediates([]byte(ca.PEM(between...)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// young is a verifier that trusts the factory's root and knows nothing between
// it and the cards, as a program does that is older than they are; and what it
// lacks.
func young(t testing.TB) (v *attest.Verifier, root *x509.Certificate, between []*x509.Certificate) {
	t.Helper()
	root, err := factory().Root()
	if err != nil {
		t.Fatal(err)
	}
	if between, err = factory().Intermediates(); err != nil {
		t.Fatal(err)
	}
	roots, err := attest.ParseTestRoots([]byte(ca.PEM(root)))
	if err != nil {
		t.Fatal(err)
	}
	if v, err = attest.Yubico(); err != nil {
		t.Fatal(err)
	}
	return v.WithTestRoots(roots), root, between
}

// cardKey is what a member declares about a key on a card. The zero value of a
// field is what a member would honestly write.
type cardKey struct {
	name     string
	serial   uint32
	firmware [3]byte
	pin      byte
	attested string // whose key the card attests; name's
	signs    string // whose key signs the statement; name's, nobody's for "-"
	login    string // that the statement names
	bare     bool   // without evidence
}

// enrol writes the files that `member enrol` pushes.
func (w *world) enrol(k cardKey) {
	w.t.Helper()
	or := func(s, usual string) string {
		if s == "" {
			return usual
		}
		return s
	}
	if k.firmware == [3]byte{} {
		k.firmware = [3]byte{5, 7, 4}
	}
	if k.pin == 0 {
		k.pin = 3
	}
	text := strings.Replace(string(memberText(k.name, "")), `kind = "software"`, fmt.Sprintf("kind = \"piv\"\nserial = %d\nslot = \"9c\"", k.serial), 1)
	if k.signs != "-" {
		statement := roles.PossessionStatement(fixtureRepository, k.name, or(k.login, k.name), keyIDOf(k.name))
		text += fmt.Sprintf("possession = \"%x\"\n", signBytes(w.t, or(k.signs, k.name), statement))
	}
	w.files[MemberPath(k.name)] = []byte(text)
	if k.bare {
		return
	}
	device, err := factory().Device(ca.Identity{Serial: k.serial, Firmware: k.firmware, FormFactor: 3})
	if err != nil {
		w.t.Fatal(err)
	}
	slot, err := device.Attest(ca.Key{Slot: 0x9c, Public: keyPairOf(or(k.attested, k.name)).private.Public(), PIN: k.pin, Touch: 2})
	if err != nil {
		w.t.Fatal(err)
	}
	for file, der := range map[string][]byte{roles.SlotFile: slot, roles.DeviceFile: device.Certificate().Raw} {
		if _, err := x509.ParseCertificate(der); err != nil {
			w.t.Fatal(err)
		}
		w.files[EvidencePath(k.name, int64(k.serial), file)] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
}

// onCards is a repository whose nine members are on cards and that has no event
// yet. Who reads it trusts the factory.
func onCards(t testing.TB) *world {
	t.Helper()
	w := scene(t, "on cards", func() *world {
		w := newWorld(t, policy{root: nine, rootThreshold: 5})
		for i, name := range nine {
			w.enrol(cardKey{name: name, serial: 20000001 + uint32(i)})
		}
		return w
	})
	w.options = []Option{Attestation(rehearsed(t))}
	return w
}

// Who trusts the factory's root accepts its cards; the event, the verdict and
// the audit say on what that rests. Nobody else accepts any of it.
func TestTestRootsAreRecorded(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	head := w.clone()
	e := head.propose("a rehearsal")
	if want := rehearsed(t).TestRoots(); !slices.Equal(e.TestRoots, want) || len(want) != 1 {
		t.Fatalf("the event records %q, want %q", e.TestRoots, want)
	}
	v := gate(t, w, head, KindProposal, nil)
	if !slices.Equal(v.TestRoots, e.TestRoots) || !slices.ContainsFunc(v.Findings, func(f roles.Finding) bool {
		return f.Rule == "attestation" && f.Severity == roles.Warning && strings.Contains(f.Text, "test roots are in use, so that attestations prove nothing about real cards: "+e.TestRoots[0])
	}) {
		t.Errorf("%q, %+v", v.TestRoots, v.Findings)
	}
	if text := string(head.files[EventPath(e.Name, "event.toml")]); !strings.Contains(text, "test-roots = [") {
		t.Errorf("event.toml does not say it:\n%s", text)
	}
	head.sign(e.Name, nine[:5]...)
	head.complete(e.Name)
	rep := Audit(head.tree(), head.options...)
	if len(rep.Problems) > 0 || len(rep.TestRoots) != 1 || len(rep.Keys) != 9 {
		t.Fatalf("%v, %q, %v", rep.Problems, rep.TestRoots, rep.Keys)
	}
	for i, k := range rep.Keys {
		words := fmt.Sprintf("%s/main, of root and targets: YubiKey %d, firmware 5.7.4, slot 9c, ECDSA P-256, PIN always, touch always, USB-C keychain; proven by a TEST ROOT only: ", nine[i], 20000001+i)
		if !k.Proven() || !strings.HasPrefix(k.String(), words) || !strings.HasSuffix(k.String(), "; it signed for its holder") {
			t.Errorf("%+v: %s\nwant %s…", k, k, words)
		}
	}

	// Without the option nothing of it counts.
	shipped := head.clone()
	shipped.options = nil
	rep = Audit(shipped.tree())
	expect[*TestRootsError](t, errors.Join(rep.Problems...), "event "+e.Name+" was proposed in a rehearsal, in which test roots stood in for Yubico's; its cards prove nothing: ")
	if len(rep.Keys) != 9 || rep.Keys[0].Proven() || !strings.HasPrefix(rep.Keys[0].String(), "alice/main, of root and targets: not proven to be on a card: ") {
		t.Errorf("%+v", rep.Keys)
	}
	open := w.clone()
	opened := open.propose("a rehearsal")
	open.options = nil
	_, err := open.judge(opened.Name)
	expect[*TestRootsError](t, err, "was proposed in a rehearsal")
	_, err = Check(w.tree(), open.tree())
	if err != nil {
		t.Fatal(err)
	}
	base := w.clone()
	base.options = nil
	gate(t, base, open, KindProposal, refused[*TestRootsError]("was proposed in a rehearsal"))
}

// An event that keeps silent about the test roots under which its cards are
// judged is refused, and so is one that names them in a way that no terminal
// should show.
func TestTestRootsAreNotHidden(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	head := w.clone()
	e := head.propose("a rehearsal")
	path := EventPath(e.Name, "event.toml")
	e.TestRoots = nil
	silent, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	head.files[path] = silent
	gate(t, w, head, KindProposal, refused[*TestRootsError]("event "+e.Name+" does not record that test roots are in use: ", "propose it again"))
	for words, list := range map[string][]string{
		"holds a character that does not print": {"a\x1b[2J"},
		"a name of 0 bytes":                     {""},
		"a name of 257 bytes":                   {strings.Repeat("x", 257)},
		"is named twice":                        {"x", "x"},
		"test roots of an event":                {"1", "2", "3", "4", "5", "6", "7", "8", "9"},
	} {
		e.TestRoots = list
		text, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		head.files[path] = text
		_, err = Read(head.tree())
		expect[*FileError](t, err, path, words)
	}
}

// What is wrong with a newcomer's key is refused while they look, although no
// role names it; and it makes no difference whether the policy names somebody
// already, or is as `init` wrote it.
func TestGateJudgesNewcomers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		key  cardKey
		want []string // nil: accepted
	}{
		{"in order", cardKey{}, nil},
		{"no evidence", cardKey{bare: true}, []string{"no card is proven to hold zed/main: slot.pem and device.pem are missing"}},
		{"another key", cardKey{attested: "alice"}, []string{"zed/main: slot 9c of card 20000077 attests the key ", ", declared is "}},
		{"no statement", cardKey{signs: "-"}, []string{"possession of zed/main is not proven: there is no signature that proves it"}},
		{"a stranger's statement", cardKey{signs: "alice"}, []string{"possession of zed/main is not proven: the signature is not this key's"}},
		{"another login", cardKey{login: "alice"}, []string{"was made for another repository, name or login"}},
		{"PIN once", cardKey{pin: 2}, []string{"zed/main: ", "PIN policy once"}},
		{"old firmware", cardKey{firmware: [3]byte{5, 4, 3}}, []string{"zed/main: ", "firmware 5.4.3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.key.name, test.key.serial = "zed", 20000077
			for state, w := range map[string]*world{"named": onCards(t), "template": atTheBeginning(t)} {
				head := w.clone()
				head.enrol(test.key)
				if test.want == nil {
					v := gate(t, w, head, KindMember, nil)
					if state == "template" && !slices.ContainsFunc(v.Findings, func(f roles.Finding) bool {
						return f.Severity == roles.Note && strings.HasPrefix(f.Text, "rust-tuf.toml cannot be proposed yet (")
					}) {
						t.Errorf("%+v", v.Findings)
					}
					continue
				}
				v := gate(t, w, head, KindMember, refused[*RefusedError](test.want...))
				if next := v.Refusals[0].(*RefusedError).Findings[0].Next; next == "" {
					t.Errorf("%s: nothing to do next: %v", state, v.Refusals)
				}
			}
		})
	}
}

// atTheBeginning is a repository as `init` made it. Who reads it trusts the
// factory.
func atTheBeginning(t testing.TB) *world {
	t.Helper()
	w := newWorld(t, policy{root: nine, rootThreshold: 5})
	w.files[PolicyFile] = []byte(roles.Template("tuf-root", fixtureRepository))
	w.options = []Option{Attestation(rehearsed(t))}
	return w
}

// What `init` wrote passes the gate, and so does an edit of its terms, while
// there is nobody whom it could name.
func TestGateAcceptsTheTemplate(t *testing.T) {
	t.Parallel()
	w := atTheBeginning(t)
	base := w.clone()
	delete(base.files, PolicyFile)
	gate(t, base, w, KindPolicy, nil)
	head := w.clone()
	head.files[PolicyFile] = []byte(strings.Replace(string(w.files[PolicyFile]), `# pin = "always"`, `pin = "once"`, 1))
	gate(t, w, head, KindPolicy, nil)
	head.enrol(cardKey{name: "zed", serial: 20000077, pin: 2})
	gate(t, w, head, KindPolicy, nil)
	head.files[PolicyFile] = []byte(strings.Replace(string(w.files[PolicyFile]), `# pin = "always"`, `pin = "never"`, 1))
	gate(t, w, head, KindPolicy, refused[*roles.SyntaxError]("devices.pin", `unknown word "never"`))
}

// The nine enrol one after the other while the policy names nobody, or names
// some who have not enrolled yet.
func TestGateBeforeThePolicyIsReady(t *testing.T) {
	t.Parallel()
	named := atTheBeginning(t)
	named.declare(policy{root: nine, rootThreshold: 5})
	for _, w := range []*world{atTheBeginning(t), named} {
		for i, name := range nine {
			head := w.clone()
			head.enrol(cardKey{name: name, serial: 20000001 + uint32(i)})
			gate(t, w, head, KindMember, nil)
			if rep := Audit(head.tree(), head.options...); len(rep.Problems) > 0 {
				t.Error(rep.Problems)
			}
			w = head
		}
		if rep := Audit(w.tree(), w.options...); len(rep.Problems) > 0 || len(rep.Keys) != 9 || !rep.Keys[8].Proven() {
			t.Error(rep.Problems, rep.Keys)
		}
	}
	// Nobody hides behind that: a key of somebody else, a card of somebody else,
	// a policy that was in order and no longer is.
	w := atTheBeginning(t)
	w.enrol(cardKey{name: "alice", serial: 20000001})
	head := w.clone()
	head.enrol(cardKey{name: "mallory", serial: 20000001})
	gate(t, w, head, KindMember, refused[*RefusedError]("alice/main and mallory/main are on one card, 20000001"))
	head = w.clone()
	head.files[MemberPath("mallory")] = []byte(strings.ReplaceAll(string(memberText("mallory", "")), publicOf("mallory").PEM(), publicOf("alice").PEM()))
	gate(t, w, head, KindMember, refused[*RefusedError]("declare the same public key"))
	head = w.clone()
	head.files[PolicyFile] = []byte(strings.Replace(string(w.files[PolicyFile]), "\nthreshold", "\ntreshold", 1))
	gate(t, w, head, KindPolicy, refused[*roles.SyntaxError]("unknown key"))
	w = onCards(t)
	head = w.clone()
	delete(head.files, MemberPath("ivan"))
	delete(head.files, EvidencePath("ivan", 20000009, roles.SlotFile))
	delete(head.files, EvidencePath("ivan", 20000009, roles.DeviceFile))
	gate(t, w, head, KindMember, refused[*roles.ReferenceError]("there is no member ivan"))
}

// retire writes the files that `member retire` pushes.
func (w *world) retire(name string, serial int64, by string) {
	w.t.Helper()
	path := MemberPath(name)
	w.files[path] = []byte(strings.Replace(string(w.files[path]), `status = "active"`, `status = "retired"`, 1))
	k := roles.MemberKey{Public: roles.PublicKey{PublicKey: publicOf(name)}, Serial: serial, Slot: "9c"}
	r := roles.Retirement{Format: 1, Key: publicOf(name).Fingerprint().String(), Way: roles.WayDeleted,
		Signature: fmt.Sprintf("%x", signBytes(w.t, by, roles.RetirementStatement(fixtureRepository, name, k, roles.WayDeleted)))}
	w.files[RetirementPath(name, "main")] = r.TOML()
}

// Whoever left says with the key itself that it is gone. The gate accepts that
// once no trusted version lists the key, and not before.
func TestGateJudgesRetirements(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	e := w.propose("the first root")
	w.sign(e.Name, nine[:5]...)
	w.complete(e.Name)
	zed := w.clone()
	zed.enrol(cardKey{name: "zed", serial: 20000077})
	gate(t, w, zed, KindMember, nil)

	head := zed.clone() // ivan was named in root 1
	head.declare(policy{root: append(except(nine, "ivan"), "zed"), rootThreshold: 5})
	head.retire("ivan", 20000009, "ivan")
	gate(t, zed, head, KindPolicy, refused[*RefusedError]("ivan/main is said to be destroyed, but the roles root, targets still list it and would have one key less than they count on"))

	head = zed.clone() // zed was named nowhere
	head.retire("zed", 20000077, "zed")
	v := gate(t, zed, head, KindMember, nil)
	if !slices.ContainsFunc(v.Findings, func(f roles.Finding) bool {
		return f.Severity == roles.Note && strings.HasPrefix(f.Text, "zed said with the key main itself that it is retired and deleted in slot 9c of card 20000077; ")
	}) {
		t.Errorf("%+v", v.Findings)
	}
	head = zed.clone()
	head.retire("zed", 20000077, "mallory")
	gate(t, zed, head, KindMember, refused[*RefusedError]("members/zed/retired-main.toml: the signature is not this key's"))
	head = zed.clone()
	head.retire("zed", 20000077, "zed")
	head.files[MemberPath("zed")] = zed.files[MemberPath("zed")]
	gate(t, zed, head, KindMember, refused[*RefusedError]("it says that the key is destroyed, but its status is active"))
}

// A card that is younger than this program has an intermediate that is not
// built in. The pull request that brings the card may bring that too; a root in
// its place gains nothing.
func TestGateTakesFurtherIntermediates(t *testing.T) {
	t.Parallel()
	v, root, between := young(t)
	for _, w := range []*world{atTheBeginning(t), newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)} {
		w.options = []Option{Attestation(v)}
		head := w.clone()
		head.enrol(cardKey{name: "zed", serial: 20000077})
		gate(t, w, head, KindMember, refused[*RefusedError]("zed/main is not proven to be on card 20000077: "))
		head.files[IntermediatesPath] = []byte(ca.PEM(between...))
		gate(t, w, head, KindPolicy, nil)
		if rep := Audit(head.tree(), head.options...); len(rep.Problems) > 0 {
			t.Error(rep.Problems)
		}
		for words, text := range map[string]string{
			"is a root, and roots cannot be added": ca.PEM(append(between, root)...),
			"members/intermediates.pem":            "no PEM",
			"further intermediates, bytes":         strings.Repeat(" ", maxIntermediatesBytes+1),
		} {
			bad := head.clone()
			bad.files[IntermediatesPath] = []byte(text)
			gate(t, w, bad, KindPolicy, refused[*FileError]("members/intermediates.pem: ", words))
		}
	}
}

// Nobody comes in unjudged beside an event that is about others.
func TestGateJudgesNewcomersBesideAnEvent(t *testing.T) {
	t.Parallel()
	w := onCards(t)
	for words, key := range map[string]cardKey{
		"":                                     {},
		"possession of zed/main is not proven": {signs: "alice"},
		"no card is proven to hold zed/main":   {bare: true},
	} {
		key.name, key.serial = "zed", 20000077
		head := w.clone()
		head.enrol(key)
		head.propose("the first root")
		if words == "" {
			gate(t, w, head, KindProposal, nil)
			continue
		}
		gate(t, w, head, KindProposal, func(t testing.TB, err error) {
			t.Helper()
			refusal := expect[*RefusedError](t, err)
			if !slices.ContainsFunc(refusal.Findings, func(f roles.Finding) bool { return strings.Contains(f.Text, words) }) {
				t.Errorf("%+v", refusal.Findings)
			}
		})
	}
}

// A key on a card becomes one in a file: where no exception allows files, no
// role can name it; where one does, its proof cannot be taken away all the same.
func TestGateRefusesToTakeAKeyOffItsCard(t *testing.T) {
	t.Parallel()
	excused := onCards(t)
	strict := excused.clone()
	text := string(strict.files[PolicyFile])
	strict.files[PolicyFile] = []byte(text[:strings.Index(text, "[[exception]]")] + text[strings.Index(text, "[roles.root]"):])
	gate(t, excused, strict, KindPolicy, nil)

	toFile := func(w *world, name string, edit func(string) string) *world {
		head := w.clone()
		card := fmt.Sprintf("kind = \"piv\"\nserial = %d\nslot = \"9c\"", 20000001+slices.Index(nine, name))
		head.files[MemberPath(name)] = []byte(edit(swap(card, `kind = "software"`)(string(head.files[MemberPath(name)]))))
		for _, file := range []string{roles.SlotFile, roles.DeviceFile} {
			delete(head.files, EvidencePath(name, int64(20000001+slices.Index(nine, name)), file))
		}
		return head
	}
	same := func(text string) string { return text }
	bare := func(text string) string { return text[:strings.Index(text, "possession")] }
	for _, tt := range []struct {
		name       string
		base, head *world
		want       refusal
	}{
		{"no exception", strict, toFile(strict, "alice", same), refused[*RefusedError]("1 of 9 keys of root lie in files, not on cards: alice/main", "the key alice/main was declared on a card, and is now declared to lie in a file (members/alice/member.toml)")},
		{"no exception, no possession", strict, toFile(strict, "alice", bare), refused[*RefusedError]("1 of 9 keys of targets lie in files, not on cards: alice/main")},
		{"an exception", excused, toFile(excused, "alice", bare), refused[*RefusedError]("the key alice/main was declared on a card")},
		{"an exception, and another key", excused, toFile(excused, "alice", func(text string) string {
			return strings.Replace(bare(text), keyPairOf("alice").pem, keyPairOf("zed").pem, 1)
		}), refused[*RefusedError]("the key alice/main on a card is replaced by one that lies in a file (members/alice/member.toml)")},
		{"an exception, and another label", excused, toFile(excused, "alice", func(text string) string {
			return strings.Replace(bare(text), `label = "main"`, `label = "other"`, 1)
		}), refused[*RefusedError]("the key alice/main was declared on a card")},
	} {
		t.Run(tt.name, func(t *testing.T) { gate(t, tt.base, tt.head, KindMember, tt.want) })
	}
	// Nor is it taken away beside an event that rests on it.
	head := toFile(excused, "alice", same)
	head.propose("the first root")
	gate(t, excused, head, KindProposal, refused[*RefusedError]("the key alice/main was declared on a card, and is now declared to lie in a file (members/alice/member.toml)"))
	// A key in a file for a role that wants cards is refused without any card too.
	head = strict.clone()
	head.files[MemberPath("zed")] = memberText("zed", "")
	gate(t, strict, head, KindMember, nil)
	head.files[PolicyFile] = []byte(strings.ReplaceAll(string(head.files[PolicyFile]), `"ivan"`, `"zed"`))
	gate(t, strict, head, KindPolicy, refused[*RefusedError]("1 of 9 keys of root lie in files, not on cards: zed/main"))
}
