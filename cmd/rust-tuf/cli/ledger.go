package cli

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// openLedger opens what this machine knows it has signed, and adds what else
// can be known of the keys in hand: a person has more than one laptop, and none
// of them may sign a second document for a version of which another one signed
// the first.
func (s *signing) openLedger(ctx context.Context, tasks []*signTask) error {
	if len(tasks) == 0 {
		return nil
	}
	var err error
	if s.home, err = trust.Open(s.env.Home); err != nil {
		return err
	}
	if s.repository, err = s.w.repo.UnverifiedID(); err != nil {
		return err
	}
	if s.ledger, err = s.home.Ledger(s.repository); err != nil {
		return err
	}
	if err := s.remember(); err != nil {
		return err
	}
	return s.search(ctx, tasks)
}

// remember adds the signatures by the keys in hand that are merged.
func (s *signing) remember() error {
	_, err := s.ledger.Rebuild(s.signatures().in(s.w.repo.Tree()))
	return err
}

// search adds those on every branch and pull request of the remotes, and says
// in words what it found, and what it cannot find. It is left out for what this
// machine has signed already: the search came before that.
func (s *signing) search(ctx context.Context, tasks []*signTask) error {
	tasks = slices.DeleteFunc(slices.Clone(tasks), func(t *signTask) bool {
		return slices.ContainsFunc(s.ledger.Find(t.p.Role, t.p.Version), func(e trust.Entry) bool { return t.isMade(e) && !e.Recovered })
	})
	if len(tasks) == 0 {
		return nil
	}
	if s.w.carried != nil {
		s.sayWhatABundleCannotShow()
		return nil
	}
	found, unread, err := s.w.everywhere(ctx, s.signatures(), s.say)
	if err != nil {
		return err
	}
	n, err := s.ledger.Rebuild(found)
	if err != nil {
		return err
	}
	if n > 0 {
		s.say("Found on the remote's branches and pull requests, and remembered now: signatures by your key that this machine had no record of (%d).", n)
	}
	if unread > 0 {
		s.say("Branches and pull requests of the remote that could not be searched for signatures by your key: %d.", unread)
	}
	var none []string
	for _, t := range tasks {
		what := fmt.Sprintf("%s version %d", t.p.Role, t.p.Version)
		if len(s.ledger.Find(t.p.Role, t.p.Version)) == 0 && !slices.Contains(none, what) {
			none = append(none, what)
		}
	}
	if len(none) > 0 {
		s.say("No earlier signature by your key on %s is on any branch or pull request of the remote, as it should be; one that another machine made and never pushed could not be seen from here.", words.Join(none))
	} else {
		s.say("A signature that another machine made and never pushed cannot be seen from here.")
	}
	return nil
}

// signatures looks for those by the keys in hand.
func (s *signing) signatures() *signatureSearch {
	keys := maps.Clone(s.mine)
	for _, h := range s.mine {
		// An event may write ids in the other form; the key is the same.
		for _, form := range []roles.KeyIDForm{roles.FormSpec, roles.FormSPKI} {
			if id, err := form.KeyID(h.Key); err == nil {
				keys[id] = h
			}
		}
	}
	return &signatureSearch{repository: s.repository, keys: keys, taken: map[string]bool{}}
}

// signatureSearch collects the signatures by some keys in one repository. Only
// one that verifies over the payload beside it is taken: the record is of what
// a key did, and anyone can write a file.
type signatureSearch struct {
	repository string
	keys       map[string]verify.Holder // by key id
	taken      map[string]bool          // files
}

// manyRefs take so long to look through that it is said before: about a second.
const manyRefs = 50

// everywhere looks through all refs of the remotes, and counts those that it
// could not read: one that cannot be fetched, or somebody's branch of another
// kind.
func (w *workspace) everywhere(ctx context.Context, search *signatureSearch, say func(string, ...any)) (found []trust.Entry, unread int, err error) {
	remotes := []string{w.remote}
	if w.push != w.remote {
		remotes = append(remotes, w.push)
	}
	seen := map[git.Commit]bool{w.head: true} // which is remembered already
	for _, remote := range remotes {
		list, err := w.git.FetchAll(ctx, remote)
		if err != nil {
			return nil, 0, err
		}
		if len(list) >= manyRefs {
			say("Looking for earlier signatures by your key on %d branches and pull requests of %s.", len(list), remote)
		}
		for _, ref := range list {
			if ref.Err != nil {
				unread++
				continue
			}
			if seen[ref.Commit] {
				continue
			}
			seen[ref.Commit] = true
			tree, err := w.git.Tree(ctx, ref.Commit)
			if err != nil {
				unread++
				continue
			}
			found = append(found, search.in(tree)...)
		}
	}
	return found, unread, nil
}

// in looks through one tree, open and closed events alike.
func (s *signatureSearch) in(tree metadata.Tree) []trust.Entry {
	var found []trust.Entry
	for _, e := range tree.Entries() {
		keyID, isJSON := strings.CutSuffix(path.Base(e.Path), ".json")
		h, mine := s.keys[keyID]
		if !isJSON || !mine || !strings.Contains(e.Path, "/signatures/") {
			continue
		}
		raw, err := tree.Read(e.Path)
		if err != nil || s.taken[string(raw)] {
			continue
		}
		f, err := metadata.ParseSignatureFile(raw)
		if err != nil || f.Repository != s.repository {
			continue
		}
		event := path.Dir(path.Dir(path.Dir(e.Path)))
		doc, err := readDocument(tree, path.Join(event, fmt.Sprintf("%d.%s.json", f.Version, f.Role)))
		if err != nil || doc.Digest() != f.Digest || h.Key.Verify(doc.Signed(), f.Sig) != nil {
			continue
		}
		// What the file says of itself nobody signed: the signed bytes must say
		// the same, or anybody could fill the ledger with a real signature under
		// another name.
		ext, ours := doc.Extension()
		if !ours || ext.Repository != s.repository || ext.Role != f.Role || doc.Version() != f.Version {
			continue
		}
		s.taken[string(raw)] = true
		entry := trust.Entry{Role: f.Role, Version: f.Version, Digest: f.Digest, Supersedes: ext.Supersedes, KeyID: f.KeyID, At: f.SignedAt, File: raw, Recovered: true}
		if h.Key.Verify(f.StatementMessage(), f.StatementSig) != nil {
			entry.File = nil // that the key signed is known; the file would never count
		}
		found = append(found, entry)
	}
	return found
}

func readDocument(tree metadata.Tree, p string) (*verify.Document, error) {
	raw, err := tree.Read(p)
	if err != nil {
		return nil, err
	}
	return verify.Read(raw, verify.DefaultLimits())
}
