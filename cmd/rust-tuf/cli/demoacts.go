package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// firstRoot is genesis: five of nine sign root version 1 at the same time.
func (s *stage) firstRoot() error {
	policy, err := s.demoPolicy(demoQuorum, demoQuorum, false)
	if err != nil {
		return err
	}
	event, err := s.declare("the first root", policy)
	if err != nil {
		return err
	}
	s.say("event %s: root version 1 and targets version 1, 5 of 9 must sign", event)
	if err := s.sign(event, "alice", "bob", "carol", "dave"); err != nil {
		return err
	}
	s.say("alice, bob, carol and dave signed at the same time; one file, one branch, one pull request each")
	if err := s.tryComplete("root 1 with 4 of 5 signatures", "pending", event); err != nil {
		return err
	}
	s.say("four of five: %s", s.shownStatus(event))
	if err := s.sign(event, "erin"); err != nil {
		return err
	}
	if err := s.tryComplete("root 1 with 5 of 5 signatures", "published", event); err != nil {
		return err
	}
	s.say("erin signed too; `rust-tuf complete` published metadata/1.root.json")
	return s.keepRoot(1)
}

// shownStatus is the line of `status` that says who is missing.
func (s *stage) shownStatus(event string) string {
	out, _ := s.run(s.maintainer, "status", event)
	for _, line := range strings.Split(out, "\n") {
		if strings.Contains(line, "more of") && strings.Contains(line, "root version") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(out)
}

// keepRoot is a client that was shipped with this version of root.
func (s *stage) keepRoot(version int) error {
	raw, err := os.ReadFile(filepath.Join(s.maintainer.clone, "metadata", fmt.Sprintf("%d.root.json", version)))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, fmt.Sprintf("client-at-%d.root.json", version)), raw, 0o644)
}

// secondRoot replaces two members; the old and the new quorum must agree.
func (s *stage) secondRoot() error {
	if err := s.join(demoNewer); err != nil {
		return err
	}
	if err := s.pin("judy", "karl", "heidi", "ivan"); err != nil {
		return err
	}
	s.say("judy and karl joined; who has not signed root 1 pins it by its digest: `rust-tuf trust init`")
	s.now = s.now.Add(30 * 24 * time.Hour)
	members := append(slices.DeleteFunc(slices.Clone(demoQuorum), func(n string) bool { return n == "heidi" || n == "ivan" }), demoNewer...)
	policy, err := s.demoPolicy(members, members, false)
	if err != nil {
		return err
	}
	event, err := s.declare("heidi and ivan hand over to judy and karl", policy)
	if err != nil {
		return err
	}
	s.say("a month later, event %s: root version 2, by the rules of version 1 and of version 2", event)
	if err := s.sign(event, "heidi", "ivan", "alice", "bob"); err != nil {
		return err
	}
	if err := s.tryComplete("root 2, only 4 of 5 of the old quorum", "pending", event); err != nil {
		return err
	}
	if err := s.sign(event, "carol"); err != nil {
		return err
	}
	if err := s.tryComplete("root 2, old quorum 5 of 5, new quorum 3 of 5", "pending", event); err != nil {
		return err
	}
	s.say("the old quorum agrees, the new one not yet: %s", s.shownStatus(event))
	if err := s.sign(event, "judy", "karl"); err != nil {
		return err
	}
	if err := s.tryComplete("root 2, both quorums 5 of 5", "published", event); err != nil {
		return err
	}
	s.say("judy and karl signed too; metadata/2.root.json is published")
	return s.keepRoot(2)
}

// pin lets newcomers pin the first root by the digest that somebody told
// them.
func (s *stage) pin(names ...string) error {
	repo, err := s.repository()
	if err != nil {
		return err
	}
	root, err := repo.FirstRoot()
	if err != nil {
		return err
	}
	return s.together(names, func(a *actor) error {
		a.env.Terminal = &agreeable{a.err, root.Digest().Groups()}
		_, err := s.must(a, "trust", "init")
		return err
	})
}

// repository is what the default branch holds.
func (s *stage) repository() (*metadata.Repository, error) {
	repo, err := git.Open(s.ctx, s.maintainer.clone, git.Environ(s.environ("maintainer")))
	if err != nil {
		return nil, err
	}
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		return nil, err
	}
	tree, err := repo.Tree(s.ctx, head)
	if err != nil {
		return nil, err
	}
	return metadata.Read(tree)
}

// delegate gives the release team a role of its own, in one event.
func (s *stage) delegate() error {
	if err := s.join(demoTeam); err != nil {
		return err
	}
	if err := s.pin(demoTeam...); err != nil {
		return err
	}
	members := append(slices.DeleteFunc(slices.Clone(demoQuorum), func(n string) bool { return n == "heidi" || n == "ivan" }), demoNewer...)
	policy, err := s.demoPolicy(members, members, true)
	if err != nil {
		return err
	}
	s.now = s.now.Add(24 * time.Hour)
	event, err := s.declare("the release team signs the channels", policy)
	if err != nil {
		return err
	}
	s.say("event %s: the quorum delegates to `release`, 3 of 5 of another team", event)
	if err := s.sign(event, append(slices.Clone(members[:5]), "olivia", "peggy")...); err != nil {
		return err
	}
	if err := s.tryComplete("release 1 with 2 of 3 of the team", "pending", event); err != nil {
		return err
	}
	if err := s.sign(event, "sybil"); err != nil {
		return err
	}
	if err := s.tryComplete("release 1 with 3 of 3 of the team", "published", event); err != nil {
		return err
	}
	s.say("the quorum and the team signed; targets and release are published together")
	return nil
}

// attack sends three pull requests that the gate must refuse.
func (s *stage) attack() error {
	s.now = s.now.Add(24 * time.Hour)
	m := s.maintainer
	if _, err := s.must(m, "propose", "--why", "a renewal to attack", "--renew", "root"); err != nil {
		return err
	}
	branches, err := s.branches("event/")
	if err != nil {
		return err
	}
	event := strings.TrimPrefix(branches[slices.IndexFunc(branches, func(b string) bool { return strings.HasSuffix(b, "-root-v3") })], "event/")
	if err := s.merge("event/" + event); err != nil {
		return err
	}
	mallory, err := s.enter("mallory")
	if err != nil {
		return err
	}
	repo, err := s.repository()
	if err != nil {
		return err
	}
	open, err := repo.Event(event)
	if err != nil {
		return err
	}
	old := repo.Closed[0].Payload("root").Files[0]
	forged := *old
	forged.Version, forged.Digest, forged.Sig = 3, open.Payload("root").Digest, bytes.Repeat([]byte{0x30}, 70)
	replayed := *old
	late := repo.Closed[1].Payload("root").Files[0]
	for _, try := range []struct {
		what, path string
		f          *metadata.SignatureFile
	}{
		{"a forged signature", metadata.SignaturePath(event, "root", forged.KeyID), &forged},
		{"a signature on root 1, replayed for root 3", metadata.SignaturePath(event, "root", replayed.KeyID), &replayed},
		{"a stale signature, for an event that is closed", metadata.SignaturePath(repo.Closed[1].Name, "root", late.KeyID), late},
	} {
		if err := s.attempt(mallory, try.what, try.path, try.f); err != nil {
			return err
		}
	}
	s.say("mallory sent a forged, a replayed and a stale signature; the gate refused each")
	return nil
}

// attempt pushes one file as a pull request and asks the gate.
func (s *stage) attempt(a *actor, what, path string, f *metadata.SignatureFile) error {
	repo, err := git.Open(s.ctx, a.clone, a.env.Git...)
	if err != nil {
		return err
	}
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		return err
	}
	branch := fmt.Sprintf("mallory/%d", len(s.rows))
	commit, err := repo.Commit(s.ctx, head, metadata.Change{Put: map[string][]byte{path: f.Bytes()}}, "sign", s.now)
	if err != nil {
		return err
	}
	if err := repo.Push(s.ctx, "origin", commit, branch, ""); err != nil {
		return err
	}
	if err := s.fetch(); err != nil {
		return err
	}
	verdict, err := s.gate(branch)
	if err != nil {
		return err
	}
	happened := "accepted"
	if !verdict.Accepted {
		happened = "refused"
	}
	s.record(what, "refused", happened)
	return nil
}

// clients are what rustup and cargo would be: one shipped with each root.
func (s *stage) clients() error {
	for _, version := range []int{1, 2} {
		s.verifyAt(fmt.Sprintf("a client that was shipped with root %d", version), "reaches root 2", version, s.now)
	}
	later := s.now.AddDate(3, 0, 0)
	s.verifyAt("the same client three years later", "refuses, exit code 10", 1, later)
	s.say("clients at root 1 and root 2 reached root 2; three years on, with nothing renewed, they refuse")
	return nil
}

func (s *stage) verifyAt(what, expected string, version int, at time.Time) {
	out, code := s.run(s.maintainer, "verify", "root", "--trusted", filepath.Join(s.dir, fmt.Sprintf("client-at-%d.root.json", version)),
		"--metadata", filepath.Join(s.maintainer.clone, "metadata"), "--at", at.Format(time.RFC3339))
	happened := fmt.Sprintf("refuses, exit code %d", code)
	if code == exit.Done && strings.Contains(out, "root version 2 is trusted") {
		happened = "reaches root 2"
	}
	s.record(what, expected, happened)
}
