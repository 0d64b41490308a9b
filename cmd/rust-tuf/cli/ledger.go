package cli

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// openLedger opens what this machine knows it has signed. Where it knows
// nothing of a key, it looks for that key's signatures on every branch and
// pull request of the remote first: a new laptop must not sign a second
// version of what the old one signed.
func (s *signing) openLedger(ctx context.Context, tasks []*signTask) error {
	if len(tasks) == 0 {
		return nil
	}
	var err error
	if s.home, err = trust.Open(s.env.Home); err != nil {
		return err
	}
	id, err := s.w.repo.UnverifiedID()
	if err != nil {
		return err
	}
	if s.ledger, err = s.home.Ledger(id); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range s.ledger.Entries() {
		known[e.KeyID] = true
	}
	keys := map[string]verify.Holder{}
	for _, t := range tasks {
		if !known[t.holder.KeyID] {
			keys[t.holder.KeyID] = t.holder
		}
	}
	if len(keys) == 0 {
		return nil
	}
	found, refs, err := s.w.signaturesBy(ctx, id, keys)
	if err != nil {
		return err
	}
	n, err := s.ledger.Rebuild(found)
	if err != nil {
		return err
	}
	if n > 0 {
		s.say("This machine had no record of signatures by your key. It found %d on the remote's %d branches and pull requests and remembers them.\nA signature that was never pushed cannot be found: if you signed on another machine, compare.", n, refs)
	}
	return nil
}

// signaturesBy collects every signature by one of these keys from all refs of
// the remotes. Only one that verifies over the payload beside it is taken:
// the record is of what a key did, and anyone can write a file.
func (w *workspace) signaturesBy(ctx context.Context, repository string, keys map[string]verify.Holder) ([]trust.Entry, int, error) {
	remotes := []string{w.remote}
	if w.push != w.remote {
		remotes = append(remotes, w.push)
	}
	seen := map[string]bool{}
	var found []trust.Entry
	refs := 0
	for _, remote := range remotes {
		list, err := w.git.FetchAll(ctx, remote)
		if err != nil {
			return nil, 0, err
		}
		refs += len(list)
		for _, ref := range list {
			if seen[string(ref.Commit)] {
				continue
			}
			seen[string(ref.Commit)] = true
			tree, err := w.git.Tree(ctx, ref.Commit)
			if err != nil {
				continue // somebody's branch of another kind
			}
			found = append(found, signaturesIn(tree, repository, keys)...)
		}
	}
	return found, refs, nil
}

// signaturesIn looks through one tree, open and closed events alike.
func signaturesIn(tree metadata.Tree, repository string, keys map[string]verify.Holder) []trust.Entry {
	var found []trust.Entry
	for _, e := range tree.Entries() {
		keyID, isJSON := strings.CutSuffix(path.Base(e.Path), ".json")
		h, mine := keys[keyID]
		if !isJSON || !mine || !strings.Contains(e.Path, "/signatures/") {
			continue
		}
		raw, err := tree.Read(e.Path)
		if err != nil {
			continue
		}
		f, err := metadata.ParseSignatureFile(raw)
		if err != nil || f.Repository != repository {
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
		if !ours || ext.Repository != repository || ext.Role != f.Role || doc.Version() != f.Version {
			continue
		}
		entry := trust.Entry{Role: f.Role, Version: f.Version, Digest: f.Digest, KeyID: f.KeyID, At: f.SignedAt, File: raw, Recovered: true}
		entry.Supersedes = ext.Supersedes
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
