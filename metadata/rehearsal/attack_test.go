package rehearsal

import (
	"maps"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/verify"
)

// No private key can leave: what a rehearsal imports knows neither files nor
// networks nor programs, and nothing of a key is in what it hands out.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata", "roles", "verify", "verify/memstore"}, "net", "net/http", "os", "os/exec", "io/ioutil", "path/filepath", "syscall", "log", "encoding/pem")
}

// Every document of a rehearsal says so, and is of another repository: who
// trusts the real one refuses it before counting a signature.
func TestNotTheRealThing(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	_, trusted := w.read()
	seen := 0
	for name, raw := range r.Files {
		doc, err := verify.Read(raw, verify.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(doc.Signed()), `"rehearsal":true`) {
			t.Errorf("%s does not say that it is of a rehearsal", name)
		}
		if x, ok := doc.Extension(); !ok || x.Repository != r.Repository {
			t.Errorf("%s is of the repository %q", name, x.Repository)
		}
		if doc.Type() == "targets" {
			candidate, err := doc.Targets("targets")
			if x, _ := doc.Extension(); x.Role != "targets" {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			_, err = verify.TrustTargets(trusted.Root, candidate)
			expect[*verify.RepositoryError](t, err, realID, r.Repository)
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("%d documents of targets", seen)
	}
	doc, err := verify.Read(r.Files["2.root.json"], verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	next, err := doc.Root()
	if err != nil {
		t.Fatal(err)
	}
	_, err = trusted.Root.Next(next)
	expect[*verify.RepositoryError](t, err, realID, r.Repository)
}

// The gate refuses whatever is copied out of a rehearsal into the repository.
func TestGateRefusesRehearsals(t *testing.T) {
	w, event := rotated(t)
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	base := metadata.MapTree(maps.Clone(w.files))
	check := func(put map[string][]byte, gone ...string) *metadata.Verdict {
		t.Helper()
		v, err := metadata.Check(base, metadata.Change{Put: put, Delete: gone}.Apply(base))
		if err != nil {
			t.Fatal(err)
		}
		if v.Accepted() || v.Machine() {
			t.Fatalf("accepted: %+v", v)
		}
		return v
	}
	read := func(path string) []byte {
		t.Helper()
		raw, err := r.tree.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}

	t.Run("signature", func(t *testing.T) {
		found := 0
		for _, entry := range r.tree.Entries() {
			to, isSignature := strings.CutPrefix(entry.Path, metadata.LogPath(event)+"/signatures/root/")
			if !isSignature {
				continue
			}
			found++
			v := check(map[string][]byte{metadata.EventPath(event) + "/signatures/root/" + to: read(entry.Path)})
			mismatch := expect[*metadata.MismatchError](t, v.Refusals[0], "it was made for another repository", r.Repository)
			if mismatch.What != "repository" {
				t.Errorf("mismatch of the %s", mismatch.What)
			}
		}
		if found != 4 {
			t.Errorf("%d signature files", found)
		}
	})
	t.Run("signature, renamed to a real key and repository", func(t *testing.T) {
		repo, _ := w.read()
		e, err := repo.Event(event)
		if err != nil {
			t.Fatal(err)
		}
		p := e.Payload("root")
		for _, entry := range r.tree.Entries() {
			if !strings.HasPrefix(entry.Path, metadata.LogPath(event)+"/signatures/root/") {
				continue
			}
			f, err := metadata.ParseSignatureFile(read(entry.Path))
			if err != nil {
				t.Fatal(err)
			}
			f.Repository, f.Digest = realID, p.Digest
			f.KeyID = p.Charter.Holders("root")[0].KeyID
			v := check(map[string][]byte{metadata.SignaturePath(event, "root", f.KeyID): f.Bytes()})
			expect[*metadata.SignatureFileError](t, v.Refusals[0], "does not count", "alice")
			break
		}
	})
	t.Run("published root", func(t *testing.T) {
		v := check(map[string][]byte{"metadata/2.root.json": r.Files["2.root.json"]})
		expect[*metadata.FrozenError](t, v.Refusals[0], "metadata/2.root.json", "published by completing")
	})
	t.Run("completion", func(t *testing.T) {
		put := map[string][]byte{"log/newest.txt": []byte(event + "\n")}
		var gone []string
		for _, entry := range r.tree.Entries() {
			if strings.HasPrefix(entry.Path, metadata.LogPath(event)+"/") || strings.HasPrefix(entry.Path, "metadata/2.") {
				put[entry.Path] = read(entry.Path)
			}
		}
		for path := range w.files {
			if strings.HasPrefix(path, metadata.EventPath(event)+"/") {
				gone = append(gone, path)
			}
		}
		v := check(put, gone...)
		expect[*metadata.PendingError](t, v.Refusals[0], event)
	})
	t.Run("event", func(t *testing.T) {
		put := map[string][]byte{}
		for _, entry := range r.tree.Entries() {
			rest, ofEvent := strings.CutPrefix(entry.Path, metadata.LogPath(event)+"/")
			if ofEvent && rest != "closed.toml" && rest != "transcript.json" && !strings.HasPrefix(rest, "signatures/") {
				put[metadata.EventPath("another", rest)] = read(entry.Path)
			}
		}
		v := check(put)
		expect[*metadata.ConflictError](t, v.Refusals[0], event, "another")
		// Nothing else open: it is refused for what it is.
		base = withoutEvent(w, event)
		v = check(put)
		refused := expect[*metadata.RehearsalError](t, v.Refusals[0], "event another", "root version 2", "throw-away keys", "do not sign it")
		if refused.Real {
			t.Error("taken for real")
		}
	})
}

func withoutEvent(w *real, event string) metadata.Tree {
	gone := metadata.Change{}
	for path := range w.files {
		if strings.HasPrefix(path, metadata.EventPath(event)+"/") {
			gone.Delete = append(gone.Delete, path)
		}
	}
	return gone.Apply(metadata.MapTree(maps.Clone(w.files)))
}

// An empty repository, in which there is no root yet to tell by, does not take
// a rehearsed first event either, and no rehearsal takes a real one.
func TestNeitherIsJudgedAsTheOther(t *testing.T) {
	w := &real{t: t, files: map[string][]byte{}, now: november}
	w.join(seven...)
	w.declare(policy{root: seven, rootK: 4})
	event := w.propose()
	r, err := w.rehearse(event)
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string][]byte{}
	for _, entry := range r.tree.Entries() {
		rest, ofEvent := strings.CutPrefix(entry.Path, metadata.LogPath(event)+"/")
		if ofEvent && rest != "closed.toml" && rest != "transcript.json" {
			raw, err := r.tree.Read(entry.Path)
			if err != nil {
				t.Fatal(err)
			}
			opened[metadata.EventPath(event, rest)] = raw
		}
	}
	judge := func(files map[string][]byte, options ...metadata.Option) error {
		repo, err := metadata.Read(metadata.MapTree(files), options...)
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := repo.TrustedByItself()
		if err != nil {
			t.Fatal(err)
		}
		_, err = trusted.Complete(repo.Open[0])
		return err
	}
	expect[*metadata.RehearsalError](t, judge(opened), "comes from a rehearsal")
	if err := judge(opened, metadata.Rehearsing()); err != nil {
		t.Error(err)
	}
	expect[*metadata.RehearsalError](t, judge(w.files, metadata.Rehearsing()), "is real and does not belong into a rehearsal")
}
