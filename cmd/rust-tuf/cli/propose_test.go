package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/forge"
)

// rewrite is the maintainer replacing words of rust-tuf.toml, and committing.
func (s *stage) rewrite(t *testing.T, old, new string) {
	t.Helper()
	s.replace(t, old, new)
	if err := s.edit(s.maintainer, "policy", nil); err != nil {
		t.Fatal(err)
	}
}

// replace is the same without the commit.
func (s *stage) replace(t *testing.T, old, new string) {
	t.Helper()
	path := filepath.Join(s.maintainer.clone, metadata.PolicyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, new, 1)
	if changed == string(text) {
		t.Fatalf("%q is not in\n%s", old, text)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

// renewal is a policy edit that the rules allow.
func (s *stage) renewal(t *testing.T) {
	t.Helper()
	s.rewrite(t, `lifetime = "2y"`, `lifetime = "1y"`)
}

func TestPropose(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	s.renewal(t)
	m := s.maintainer
	// The dry run says the same and pushes nothing.
	var dry string
	s.unchanged(t, func() {
		dry = s.exits(t, m, exit.Done, []string{"propose", "--why", "a shorter life", "--dry-run"})
	})
	s.golden(t, "propose-dry-run.golden", dry)
	out := s.exits(t, m, exit.Done, []string{"propose", "--why", "a shorter life"})
	dry, _ = strings.CutSuffix(dry, "Nothing was pushed (dry run).\n")
	if !strings.HasPrefix(out, dry) {
		t.Errorf("the dry run says\n%s\nand the real one\n%s", dry, out)
	}
	s.golden(t, "propose.golden", out)
	verdict, err := s.gateOn(t, "event/"+secondEvent)
	if err != nil || verdict.Kind != "proposal" || !verdict.Accepted || verdict.Machine {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// Run again after its push, propose finds its own branch: nothing is made
// twice, though the clock went on.
func TestProposeAgain(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	m := s.maintainer
	s.renewal(t)
	first := s.exits(t, m, exit.Done, []string{"propose", "--why", "a shorter life"})
	// fetch has reset the clone; the maintainer's own has their commit still.
	s.unchanged(t, func() {
		s.now = s.now.Add(5 * time.Second)
		again := s.exits(t, m, exit.Done, []string{"propose", "--why", "a shorter life"}, "Proposed earlier, found on branch event/"+secondEvent)
		if strings.Replace(first, "Pushed to", "Proposed earlier, found on", 1) != again {
			t.Errorf("first\n%s\nthen\n%s", first, again)
		}
		// Another proposal that would get the same name is not taken for it.
		s.exits(t, m, exit.Other, []string{"propose", "--why", "another reason"}, "branch event/"+secondEvent+" of origin exists already", "holds something else", "git push origin --delete event/"+secondEvent)
		s.rewrite(t, `lifetime = "1y"`, `lifetime = "50w"`)
		s.exits(t, m, exit.Other, []string{"propose", "--why", "a shorter life"}, "holds something else")
	})
	s.exits(t, m, exit.Done, []string{"propose", "--why", "a shorter life", "--name", "second-try"}, "Pushed to branch event/second-try")
}

// On another day too: the digests that were announced stay the only ones, and the
// pull request that was not opened then is opened now.
func TestProposeAgainTheNextDay(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	m := s.maintainer
	h := newHub(t, s, m)
	again := []string{"propose", "--why", "a renewal", "--renew", "root", "--json"}
	h.fails["open"] = &forge.OutageError{}
	var first, then proposeResult
	if err := json.Unmarshal([]byte(s.exits(t, m, exit.Done, again)), &first); err != nil || first.Opened || first.Again {
		t.Fatalf("%+v, %v", first, err)
	}
	delete(h.fails, "open")
	s.now = s.now.AddDate(0, 0, 1)
	s.becomes(t, "meanwhile", "README.md", "something else was merged\n")
	if _, err := s.git(m.name, m.clone, "pull", "--quiet", "--rebase", "origin", "main"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(s.exits(t, m, exit.Done, again)), &then); err != nil || !then.Again || !then.Opened || then.Branch != first.Branch || then.Event != first.Event || then.Payloads[0].SHA256 != first.Payloads[0].SHA256 {
		t.Errorf("%+v, then %+v, %v", first, then, err)
	}
	if len(h.pulls) != 1 || h.pulls[0].Branch != first.Branch || h.pulls[0].Title != "propose: "+first.Event {
		t.Errorf("%+v", h.pulls)
	}
	// Another reason is another proposal.
	s.exits(t, m, exit.Done, []string{"propose", "--why", "another reason", "--renew", "root"}, "Pushed to branch event/2026-11-23-root-v2")
}

func TestProposeRefuses(t *testing.T) {
	t.Parallel()
	shared := map[string]*stage{} // of the rows that prepare nothing
	for _, name := range []string{"gathered", "genesis-done", "second-open"} {
		shared[name] = play(t, name, "alice")
		shared[name].now = december
	}
	for _, test := range []struct {
		name    string
		scenery string
		prepare func(*testing.T, *stage)
		args    string
		code    int
		words   []string
	}{
		{"no reason", "genesis-done", nil, "", exit.Usage, []string{"say with --why, in one sentence, what this event is for"}},
		{"a blank reason", "genesis-done", nil, "--why=\t", exit.Usage, []string{"say with --why"}},
		{"a reason with a line end", "genesis-done", func(t *testing.T, s *stage) { s.renewal(t) }, "--why=a\nb", exit.Rejected, []string{"one"}},
		{"nothing changed", "genesis-done", nil, "--why=x", exit.Rejected, []string{"nothing to propose", "name a role to renew"}},
		{"the template as init wrote it", "gathered", nil, "--why=x", exit.Rejected, []string{"rust-tuf.toml:", "online.snapshot.public: not a PEM block"}},
		{"an edit that is not committed", "genesis-done", func(t *testing.T, s *stage) { s.replace(t, "2y", "1y") }, "--why=x", exit.Other,
			[]string{"rust-tuf.toml has changes that are not committed; commit them first"}},
		{"a member that git does not know", "genesis-done", func(t *testing.T, s *stage) { s.write(t, "members/zoe/member.toml", "format = 1\n") }, "--why=x", exit.Other,
			[]string{"members/zoe/member.toml has changes that are not committed"}},
		{"a clone that is behind", "genesis-done", func(t *testing.T, s *stage) {
			s.renewal(t)
			s.elsewhere(t)
		}, "--why=x", exit.Other, []string{"not on top of the newest main of origin; run `git pull --rebase origin main` first"}},
		{"a policy that cannot be read", "genesis-done", func(t *testing.T, s *stage) { s.rewrite(t, "threshold = 5", "treshold = 5") }, "--why=x", exit.Rejected, []string{"rust-tuf.toml:", "treshold"}},
		{"another repository", "genesis-done", func(t *testing.T, s *stage) {
			s.rewrite(t, `repository = "`, `repository = "00000000000000000000000000000000" # "`)
		}, "--why=x", exit.Rejected, []string{"00000000000000000000000000000000", "repository"}},
		{"a role to renew that is unknown", "genesis-done", nil, "--why=x --renew=nightly", exit.Rejected, []string{"role nightly cannot be renewed: the policy declares no such role that people sign"}},
		{"a role to renew that machines sign", "genesis-done", nil, "--why=x --renew=snapshot", exit.Rejected, []string{"role snapshot cannot be renewed"}},
		{"superseding an unknown event", "genesis-done", nil, "--why=x --renew=root --supersede=first", exit.Rejected, []string{`no event "first"`, "no event is open"}},
		{"superseding a closed event", "genesis-done", nil, "--why=x --renew=root --supersede=" + firstEvent, exit.Rejected, []string{"event closed: " + firstEvent + " is complete and published"}},
		{"a version that an open event makes", "second-open", nil, "--why=x --renew=root", exit.Rejected, []string{secondEvent, "root version 2", "--supersede"}},
		{"commits that are no part of it", "genesis-done", func(t *testing.T, s *stage) {
			s.renewal(t)
			s.write(t, "NEWS", "news\n")
			if err := s.edit(s.maintainer, "news", nil); err != nil {
				t.Fatal(err)
			}
		}, "--why=x", exit.Rejected, []string{"`rust-tuf check` would refuse the pull request with your commits and this event, so nothing was pushed", "changes NEWS, which the event does not need", "one pull request for each"}},
		{"a name that is no name", "genesis-done", nil, "--why=x --renew=root --name=Root!", exit.Rejected, []string{`"Root!" cannot be an event's name`}},
		{"a name that was used", "genesis-done", nil, "--why=x --renew=root --name=" + firstEvent, exit.Rejected, []string{"exists already; a name is never used again"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := shared[test.scenery]
			if test.prepare != nil {
				s = play(t, test.scenery, "alice")
				s.now = december
				test.prepare(t, s)
			}
			s.unchanged(t, func() {
				args := append([]string{"propose"}, strings.Split(test.args, " ")...)
				if test.args == "" {
					args = args[:1]
				}
				if out := s.exits(t, s.maintainer, test.code, args, test.words...); out != "" {
					t.Errorf("standard output: %s", out)
				}
			})
		})
	}
}

// write puts a file into the maintainer's checkout.
func (s *stage) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.maintainer.clone, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// elsewhere is another maintainer pushing a commit to the default branch.
func (s *stage) elsewhere(t *testing.T) {
	t.Helper()
	repo := gitOf(t, s.people["alice"])
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repo.Commit(s.ctx, head, metadata.Change{Put: map[string][]byte{"NEWS": []byte("news\n")}}, "news", s.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Push(s.ctx, "origin", commit, "main", head); err != nil {
		t.Fatal(err)
	}
}

// What the rules for a quorum refuse is said finding by finding, each with
// what to do, and with --json as data.
func TestProposeRefusedByTheRules(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	s.rewrite(t, "threshold = 5", "threshold = 4")
	s.unchanged(t, func() {
		s.exits(t, s.maintainer, exit.Rejected, []string{"propose", "--why", "four are enough"})
		s.golden(t, "propose-refused.golden", s.maintainer.err.String())
		out := s.exits(t, s.maintainer, exit.Rejected, []string{"propose", "--why", "four are enough", "--json"})
		var got struct {
			Error, Hint string
			Code        int
			Findings    []findingResult
		}
		oneObject(t, out, &got)
		if got.Code != exit.Rejected || len(got.Findings) == 0 || got.Findings[0].Severity != "refused" || got.Findings[0].Next == "" {
			t.Errorf("%+v", got)
		}
	})
}

// A remote without any commit: the first push is what is missing.
func TestEmptyRemote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStage(dir)
	if _, err := s.git("maintainer", dir, "init", "--quiet", "--bare", "--initial-branch=main", s.remote()); err != nil {
		t.Fatal(err)
	}
	alice, err := s.enter("alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"status", "review", "sign", "propose --why=x", "complete", "trust init", "trust show"} {
		s.exits(t, alice, exit.Other, strings.Fields(verb), "origin names no default branch")
	}
	// A commit that holds no metadata repository.
	if err := s.edit(alice, "start", map[string]string{"README.md": "nothing\n"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.git("alice", alice.clone, "push", "--quiet", "origin", "HEAD:main"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		verb  string
		code  int
		words string
	}{
		{"status", exit.Done, "No event is open.\n\nNext: "},
		{"review", exit.Done, "No event is open."},
		{"sign", exit.Done, ": there is nothing to sign."},
		{"propose --why=x", exit.Rejected, "rust-tuf.toml: is missing; `rust-tuf init` makes one"},
		{"complete", exit.Rejected, "no event is open"},
		{"trust init", exit.Rejected, "nothing has been proposed in this repository yet"},
		{"trust show", exit.Rejected, "nothing has been proposed in this repository yet"},
		{"check", exit.Rejected, "rust-tuf.toml: is missing"},
	} {
		s.exits(t, alice, test.code, strings.Fields(test.verb), test.words)
	}
}
