package rehearsal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

const realID = "00112233445566778899aabbccddeeff"

var (
	november = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	december = november.AddDate(0, 1, 0)
)

func privateOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a test's key of " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(t testing.TB, name string) verify.PublicKey {
	t.Helper()
	k, err := verify.NewPublicKey(privateOf(name).Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// real is the repository that is rehearsed: files, and the people around them.
type real struct {
	t     testing.TB
	files map[string][]byte
	now   time.Time
}

// policy is what differs between the policies of the tests.
type policy struct {
	root  []string
	rootK int
	extra string // further TOML
}

func (w *real) declare(p policy) {
	w.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "format = 1\nname = \"tuf-root\"\nrepository = %q\nkeyid = \"spec\"\nreaders = [\"rust-tuf\", \"go-tuf\"]\nconsistent-snapshot = true\n\n", realID)
	for _, role := range []string{"root", "targets", "release"} {
		fmt.Fprintf(&b, "[[exception]]\nrule = \"software-key\"\nrole = %q\nreason = \"a test\"\n\n", role)
	}
	list := `["` + strings.Join(p.root, `", "`) + `"]`
	fmt.Fprintf(&b, "[roles.root]\nmembers = %s\nthreshold = %d\nlifetime = \"2y\"\n\n[roles.targets]\nmembers = %s\nthreshold = %d\nlifetime = \"1y\"\n\n", list, p.rootK, list, p.rootK)
	fmt.Fprint(&b, "[roles.release]\ndelegator = \"targets\"\nmembers = [\"alice\", \"bob\", \"carol\", \"dave\"]\nthreshold = 2\nlifetime = \"1y\"\npaths = [\"channels/*\"]\n\n")
	fmt.Fprint(&b, "[roles.nightly]\ndelegator = \"targets\"\nonline = [\"nightly\"]\nthreshold = 1\nlifetime = \"7d\"\npaths = [\"nightly/*\"]\n\n")
	fmt.Fprint(&b, "[roles.snapshot]\nonline = [\"snapshot\"]\nthreshold = 1\nlifetime = \"7d\"\n\n[roles.timestamp]\nonline = [\"timestamp\"]\nthreshold = 1\nlifetime = \"1d\"\n\n")
	for _, online := range []string{"snapshot", "timestamp", "nightly"} {
		fmt.Fprintf(&b, "[online.%s]\npublic = \"\"\"\n%s\"\"\"\n\n", online, publicOf(w.t, "online/"+online).PEM())
	}
	w.files[metadata.PolicyFile] = []byte(b.String() + p.extra)
}

func target(role, path, content string) string {
	return fmt.Sprintf("[[target]]\nrole = %q\npath = %q\nlength = %d\nsha256 = \"%x\"\n\n", role, path, len(content), sha256.Sum256([]byte(content)))
}

func (w *real) join(names ...string) {
	for _, name := range names {
		w.files[metadata.MemberPath(name)] = fmt.Appendf(nil, "format = 1\nname = %q\nlogin = %q\naffiliations = [%q]\ncountries = [%q]\n\n[[key]]\nlabel = \"main\"\npublic = \"\"\"\n%s\"\"\"\nkind = \"software\"\nstatus = \"active\"\n",
			name, name, "works-"+name, "lives-"+name, publicOf(w.t, name).PEM())
	}
}

func (w *real) read() (*metadata.Repository, *metadata.Trusted) {
	w.t.Helper()
	repo, err := metadata.Read(metadata.MapTree(maps.Clone(w.files)))
	if err != nil {
		w.t.Fatal(err)
	}
	trusted, err := repo.TrustedByItself()
	if err != nil {
		w.t.Fatal(err)
	}
	return repo, trusted
}

func (w *real) apply(c metadata.Change) {
	for _, p := range c.Delete {
		delete(w.files, p)
	}
	maps.Copy(w.files, c.Put)
}

func (w *real) propose(renew ...string) string {
	w.t.Helper()
	repo, trusted := w.read()
	d, err := repo.Declaration()
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := trusted.Propose(d, metadata.Proposition{Why: "a test", Opened: w.now, Renew: renew})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(p.Change)
	return p.Event.Name
}

func (w *real) complete(event string, names ...string) {
	w.t.Helper()
	repo, trusted := w.read()
	e, err := repo.Event(event)
	if err != nil {
		w.t.Fatal(err)
	}
	standing, err := trusted.Judge(e)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range standing.Payloads {
		for _, h := range p.Holders() {
			for _, name := range names {
				if h.Owner != name || !h.Key.Equal(publicOf(w.t, name)) {
					continue
				}
				f := &metadata.SignatureFile{Repository: realID, Event: event, Role: p.Role, Version: p.Version, Digest: p.Digest, KeyID: h.KeyID,
					Device: metadata.Device{Kind: roles.KindSoftware}, Began: w.now, SignedAt: w.now, Tool: "a test"}
				f.Sig = ed25519.Sign(privateOf(name), p.Document.Signed())
				f.StatementSig = ed25519.Sign(privateOf(name), f.StatementMessage())
				w.files[metadata.SignaturePath(event, p.Role, h.KeyID)] = f.Bytes()
			}
		}
	}
	repo, trusted = w.read()
	if e, err = repo.Event(event); err != nil {
		w.t.Fatal(err)
	}
	done, err := trusted.Complete(e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(done.Change)
}

var seven = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace"}

// published is a real repository with one root, and what stable files there are.
func published(t testing.TB) *real {
	t.Helper()
	w := &real{t: t, files: map[string][]byte{}, now: november}
	w.join(append([]string{"heidi", "ivan"}, seven...)...)
	w.declare(policy{root: seven, rootK: 4, extra: target("release", "channels/stable.toml", "stable 1")})
	w.complete(w.propose(), "alice", "bob", "carol", "frank", "grace")
	return w
}

// rotated is the same with a pending event: frank and grace hand over, and
// another file is listed.
func rotated(t testing.TB) (*real, string) {
	t.Helper()
	w := published(t)
	w.now = december
	w.declare(policy{root: []string{"alice", "bob", "carol", "dave", "erin", "heidi", "ivan"}, rootK: 4,
		extra: target("release", "channels/stable.toml", "stable 2") + target("targets", "crates/root.json", "a root")})
	return w, w.propose()
}

func (w *real) rehearse(event string) (*Rehearsal, error) {
	w.t.Helper()
	repo, trusted := w.read()
	e, err := repo.Event(event)
	if err != nil {
		w.t.Fatal(err)
	}
	return Run(repo, trusted, e, w.now)
}

// expect asserts that err is of type E and says all of these words.
func expect[E error](t testing.TB, err error, words ...string) E {
	t.Helper()
	var typed E
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
