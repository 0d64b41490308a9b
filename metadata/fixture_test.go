package metadata

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

const fixtureRepository = "00112233445566778899aabbccddeeff"

var opened = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// keyPair is somebody's P-256 key, the same in every run.
type keyPair struct {
	private *ecdsa.PrivateKey
	public  verify.PublicKey
	id      string
	pem     string
}

var keyPairs sync.Map // by the owner's name

func keyPairOf(name string) keyPair {
	if known, ok := keyPairs.Load(name); ok {
		return known.(keyPair)
	}
	secret := sha256.Sum256([]byte("a test's key of " + name))
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
	if err != nil {
		panic(err)
	}
	public, err := verify.NewPublicKey(private.Public())
	if err != nil {
		panic(err)
	}
	id, err := roles.FormSpec.KeyID(public)
	if err != nil {
		panic(err)
	}
	made := keyPair{private, public, id, public.PEM()}
	keyPairs.Store(name, made)
	return made
}

func publicOf(name string) verify.PublicKey { return keyPairOf(name).public }

func keyIDOf(name string) string { return keyPairOf(name).id }

var nine = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"}

// world is a repository in memory and the people around it. Each step is a
// change to its files, as a merged pull request would make it.
type world struct {
	t     testing.TB
	files map[string][]byte
	now   time.Time

	options []Option // of those who read it
}

// policy is what rust-tuf.toml says in a test.
type policy struct {
	repository    string
	root          []string
	rootThreshold int
	targets       []string // nil: the same as root
	release       []string // nil: no such role
	releaseK      int
	extra         string // further TOML
}

func (p policy) text() string {
	targets, k := p.targets, p.rootThreshold
	if targets == nil {
		targets = p.root
	}
	repository := p.repository
	if repository == "" {
		repository = fixtureRepository
	}
	var b strings.Builder
	fmt.Fprintf(&b, "format = 1\nname = \"tuf-root\"\nrepository = %q\nkeyid = \"spec\"\nreaders = [\"rust-tuf\", \"go-tuf\", \"python-tuf\", \"tuf-js\", \"tough\"]\nconsistent-snapshot = true\n\n", repository)
	fmt.Fprint(&b, "[[exception]]\nrule = \"software-key\"\nrole = \"root\"\nreason = \"rehearsal with throw-away keys\"\n\n")
	fmt.Fprint(&b, "[[exception]]\nrule = \"software-key\"\nrole = \"targets\"\nreason = \"rehearsal with throw-away keys\"\n\n")
	if p.release != nil {
		fmt.Fprint(&b, "[[exception]]\nrule = \"software-key\"\nrole = \"release\"\nreason = \"rehearsal with throw-away keys\"\n\n")
	}
	fmt.Fprintf(&b, "[roles.root]\nquorum = true\nmembers = %s\nthreshold = %d\nlifetime = \"2y\"\n\n", quoted(p.root), p.rootThreshold)
	fmt.Fprintf(&b, "[roles.targets]\nquorum = true\nmembers = %s\nthreshold = %d\nlifetime = \"1y\"\n\n", quoted(targets), k)
	for _, online := range []string{"snapshot", "timestamp"} {
		fmt.Fprintf(&b, "[roles.%s]\nonline = [%q]\nthreshold = 1\nlifetime = \"7d\"\n\n[online.%s]\npublic = \"\"\"\n%s\"\"\"\n\n", online, online, online, keyPairOf("online-"+online).pem)
	}
	if p.release != nil {
		fmt.Fprintf(&b, "[roles.release]\ndelegator = \"targets\"\nmembers = %s\nthreshold = %d\nlifetime = \"1y\"\npaths = [\"channels/*\"]\nterminating = true\n\n", quoted(p.release), p.releaseK)
	}
	return b.String() + p.extra
}

func quoted(names []string) string {
	var q []string
	for _, n := range names {
		q = append(q, fmt.Sprintf("%q", n))
	}
	return "[" + strings.Join(q, ", ") + "]"
}

func memberText(name string, extra string) []byte {
	return fmt.Appendf(nil, "format = 1\nname = %q\nlogin = %q\naffiliations = [%q]\ncountries = [%q]\n\n[[key]]\nlabel = \"main\"\npublic = \"\"\"\n%s\"\"\"\nkind = \"software\"\nstatus = \"active\"\n%s",
		name, name, "works-"+name, "lives-"+name, keyPairOf(name).pem, extra)
}

func newWorld(t testing.TB, p policy, members ...string) *world {
	t.Helper()
	w := &world{t: t, files: map[string][]byte{"README.md": []byte("a metadata repository\n")}, now: opened}
	w.declare(p)
	for _, m := range members {
		w.files[MemberPath(m)] = memberText(m, "")
	}
	return w
}

func (w *world) declare(p policy) { w.files[PolicyFile] = []byte(p.text()) }

func (w *world) tree() Tree { return MapTree(w.files) }

// clone is the same world, to be changed without changing this one.
func (w *world) clone() *world {
	c := &world{t: w.t, files: maps.Clone(w.files), now: w.now, options: w.options}
	for p, content := range c.files {
		c.files[p] = slices.Clip(content) // to be appended to in one clone alone
	}
	return c
}

func (w *world) apply(c Change) {
	for _, p := range c.Delete {
		delete(w.files, p)
	}
	maps.Copy(w.files, c.Put)
}

func (w *world) read() *Repository {
	w.t.Helper()
	r, err := Read(w.tree(), w.options...)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) trusted() *Trusted {
	w.t.Helper()
	return w.trustedIn(w.read())
}

func (w *world) trustedIn(r *Repository) *Trusted {
	w.t.Helper()
	trusted, err := r.TrustedByItself()
	if err != nil {
		w.t.Fatal(err)
	}
	return trusted
}

func (w *world) tryPropose(p Proposition) (*Proposal, error) {
	w.t.Helper()
	r := w.read()
	d, err := r.Declaration()
	if err != nil {
		return nil, err
	}
	if p.Opened.IsZero() {
		p.Opened = w.now
	}
	if p.Why == "" {
		p.Why = "a test"
	}
	return w.trustedIn(r).Propose(d, p)
}

// propose opens an event as a merged pull request does.
func (w *world) propose(why string) *Event {
	w.t.Helper()
	p, err := w.tryPropose(Proposition{Why: why})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(p.Change)
	return p.Event
}

// signature makes a member's signature file for a payload.
func (w *world) signature(p *Payload, name string) *SignatureFile {
	w.t.Helper()
	f := &SignatureFile{Repository: p.Charter.Repository, Event: p.event, Role: p.Role, Version: p.Version, Digest: p.Digest,
		KeyID: keyIDOf(name), Sig: signBytes(w.t, name, p.Document.Signed()), Device: w.device(name), Began: w.now, SignedAt: w.now, Tool: "rust-tuf test"}
	state(w.t, f, name)
	return f
}

// device is what a member's file says of their key.
func (w *world) device(name string) Device {
	w.t.Helper()
	file, ok := w.files[MemberPath(name)]
	if !ok {
		return Device{Kind: roles.KindSoftware}
	}
	m, err := roles.ParseMember(MemberPath(name), file)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, k := range m.Keys {
		if k.Public.Equal(publicOf(name)) {
			return Device{k.Kind, k.Serial, k.Slot}
		}
	}
	return Device{Kind: roles.KindSoftware}
}

// state signs the statement of a file anew, after an edit.
func state(t testing.TB, f *SignatureFile, name string) {
	t.Helper()
	f.StatementSig = signBytes(t, name, f.StatementMessage())
}

// signBytes signs with name's key; RFC 6979 makes it the same in every run.
func signBytes(t testing.TB, name string, message []byte) []byte {
	t.Helper()
	h := sha256.Sum256(message)
	sig, err := keyPairOf(name).private.Sign(nil, h[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// sign merges one signature by each name on each payload that lists them.
func (w *world) sign(event string, names ...string) {
	w.t.Helper()
	s, err := w.judge(event)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range s.Payloads {
		for _, name := range names {
			if _, listed := p.Holder(keyIDOf(name)); listed {
				w.put(event, w.signature(p.Payload, name))
			}
		}
	}
}

func (w *world) put(event string, f *SignatureFile) {
	w.files[SignaturePath(event, f.Role, f.KeyID)] = f.Bytes()
}

func (w *world) judge(event string) (*Standing, error) {
	w.t.Helper()
	r := w.read()
	e, err := r.Event(event)
	if err != nil {
		return nil, err
	}
	return w.trustedIn(r).Judge(e)
}

func (w *world) tryComplete(event string) (*Completion, error) {
	w.t.Helper()
	r := w.read()
	e, err := r.Event(event)
	if err != nil {
		return nil, err
	}
	return w.trustedIn(r).Complete(e)
}

func (w *world) complete(event string) *Completion {
	w.t.Helper()
	c, err := w.tryComplete(event)
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(c.Change)
	return c
}

// expect asserts that err is of type E and says all of these words.
func expect[E error](t testing.TB, err error, words ...string) E {
	t.Helper()
	var typed E
	if err == nil {
		t.Fatalf("no error; want a %T", typed)
	}
	if !errors.As(err, &typed) {
		t.Fatalf("error is %T (%v); want a %T", err, err, typed)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error says\n  %s\nbut not %q", err, word)
		}
	}
	return typed
}

func except(list []string, gone ...string) []string { return without(list, gone) }
