//go:build unix

package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/signer/trust"
	"github.com/rust-lang/rust-tuf/verify"
)

// While the first of two signatures is made and pushed, the remote moves: the
// second is judged again before anything of it is shown, wherever the move
// happened. Nothing is asked for a document that cannot count any more.
func TestRemoteMovesBetweenTwoSignatures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		acts func(*stage, *actor) error // a is another machine of the signer
		code int
		asks bool
		says []string
	}{
		{"superseded", func(s *stage, _ *actor) error {
			if _, err := s.must(s.maintainer, "propose", "--why", "start over", "--supersede", "new-targets", "--renew", "targets", "--name", "newer-targets"); err != nil {
				return err
			}
			return s.merge("event/newer-targets")
		}, exit.Rejected, false, []string{"event closed: new-targets was superseded by newer-targets"}},
		{"completed", func(s *stage, _ *actor) error {
			if err := s.sign("new-targets", "bob", "carol", "dave", "erin", "frank"); err != nil {
				return err
			}
			_, err := s.complete("new-targets")
			return err
		}, exit.Rejected, false, []string{"event closed: new-targets is complete and published"}},
		{"signed on another machine", func(s *stage, a *actor) error {
			if _, err := s.must(a, "sign", "new-targets"); err != nil {
				return err
			}
			branches, err := s.branches("sign/new-targets/")
			if err != nil {
				return err
			}
			return s.merge(branches...)
		}, exit.Done, false, nil},
		{"signed by another", func(s *stage, _ *actor) error { return s.sign("new-targets", "bob") }, exit.Done, true, nil},
	} {
		for _, at := range []struct {
			verb string
			n    int
			when string
		}{
			{"fetch", 3, "before the first push"},
			{"push", 1, "while the first is pushed"},
			{"fetch", 4, "before the second is shown"},
		} {
			t.Run(test.name+" "+at.when, func(t *testing.T) {
				t.Parallel()
				people := []string{"alice", "bob"}
				if test.name == "completed" {
					people = append(people, "carol", "dave", "erin", "frank")
				}
				s := play(t, "genesis-done", people...)
				if test.name == "completed" {
					s.pinAt(t, s.people["frank"])
				}
				s.twoEvents(t)
				alice := s.people["alice"]
				laptop := s.laptop(t, alice)
				moved := s.later(t, func() error { return test.acts(s, laptop) })
				for _, b := range s.branchesOf(t, s.remote(), "sign/new-targets/alice-") {
					t.Fatalf("%s is left", b)
				}
				alice.meanwhile(t, at.verb, at.n, s.moves(moved))
				script := []reply{signRoot, passphrase}
				if test.asks {
					script = append(script, reply{"do you want to sign targets version 2", "yes"}, passphrase)
				}
				shown := alice.answers(t, script...)
				s.exits(t, alice, test.code, []string{"sign"}, append(test.says, "Signed: root version 2, by alice")...)
				if test.name == "signed on another machine" && !strings.Contains(shown.String(), "a signature on targets version 2 by alice is merged already; this one is not needed") {
					t.Errorf("shown:\n%s", shown)
				}
				if !test.asks && strings.Contains(shown.String(), "new-targets\n") {
					t.Errorf("the second was shown:\n%s", shown)
				}
			})
		}
	}
}

// The remote moves while the second signature is made: it is judged before
// the push, too, on what is there then.
func TestRemoteMovesBeforeTheSecondPush(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.twoEvents(t)
	moved := s.later(t, func() error {
		if _, err := s.must(s.maintainer, "propose", "--why", "start over", "--supersede", "new-targets", "--renew", "targets", "--name", "newer-targets"); err != nil {
			return err
		}
		return s.merge("event/newer-targets")
	})
	alice := s.people["alice"]
	alice.meanwhile(t, "fetch", 5, s.moves(moved))
	alice.answers(t, signRoot, passphrase, reply{"do you want to sign targets version 2", "yes"}, passphrase)
	s.exits(t, alice, exit.Rejected, []string{"sign"}, "Signed: root version 2, by alice", "event closed: new-targets was superseded by newer-targets")
	if branches := s.branchesOf(t, s.remote(), "sign/new-targets/"); len(branches) > 0 {
		t.Errorf("pushed: %v", branches)
	}
}

// What judging again refuses, by type.
func TestJudgedAgain(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	for _, test := range []struct {
		name  string
		spoil func(*testing.T, *signing, *signTask)
		as    any
		words string
	}{
		{"nothing changed", func(*testing.T, *signing, *signTask) {}, nil, ""},
		{"another document", func(_ *testing.T, _ *signing, task *signTask) {
			p := *task.p
			p.Payload = &metadata.Payload{Role: "root", Version: 2}
			task.p = &p
		},
			new(*metadata.PayloadError), "document root version 2 is not the one any more that this run began with"},
		{"the key left the rule", func(_ *testing.T, _ *signing, task *signTask) { task.holder.KeyID = "5ab2" },
			new(*metadata.PayloadError), "document root version 2 does not ask for key 5ab2 of alice any more"},
		{"the event is gone", func(_ *testing.T, _ *signing, task *signTask) { e := *task.event; e.Name = "gone"; task.event = &e },
			new(*metadata.UnknownEventError), `there is no event "gone"`},
		{"another process signed another document", func(t *testing.T, run *signing, task *signTask) {
			other := run.entry(task)
			other.Digest = verify.Digest{1}
			if err := run.ledger.Intend(other); err != nil {
				t.Fatal(err)
			}
		}, new(*trust.ConflictError), "was about to sign another document"},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := s.signing(t, alice)
			tasks, err := run.tasks(s.ctx, "")
			if err != nil || len(tasks) != 1 {
				t.Fatal(tasks, err)
			}
			if err := run.openLedger(s.ctx, tasks); err != nil {
				t.Fatal(err)
			}
			task := tasks[0]
			test.spoil(t, run, task)
			task.judged = "elsewhere"
			err = run.lookAgain(s.ctx, task)
			if test.as == nil && (err != nil || task.judged != run.w.head) {
				t.Fatalf("%v, judged at %s", err, task.judged)
			}
			if test.as != nil && (!errors.As(err, test.as) || !strings.Contains(fmt.Sprint(err), test.words)) {
				t.Errorf("%T: %v", err, err)
			}
		})
	}
}

// What another machine of the same person signed comes to the default branch
// while this one is at work: it counts, wherever it lies.
func TestLookingAgainRemembers(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice := s.people["alice"]
	laptop := s.laptop(t, alice)
	branch, file, path := s.signedBy(t, "alice")
	first, err := s.treeOf(t, branch).Read(metadata.EventPath(secondEvent, "2.root.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.otherProposal(t, nil)
	if _, err := s.git("alice", s.remote(), "update-ref", "-d", "refs/heads/"+branch); err != nil {
		t.Fatal(err)
	}
	run := s.signing(t, laptop)
	tasks, err := run.tasks(s.ctx, "")
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	if err := run.openLedger(s.ctx, tasks); err != nil {
		t.Fatal(err)
	}
	s.pull(t, "attic", metadata.Change{Put: map[string][]byte{
		"attic/2.root.json": first, "attic/signatures/root/" + filepath.Base(path): file.Bytes(),
	}})
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", "refs/heads/attic"); err != nil {
		t.Fatal(err)
	}
	var conflict *trust.ConflictError
	if err := run.lookAgain(s.ctx, tasks[0]); !errors.As(err, &conflict) || conflict.Earlier.Digest != file.Digest || !strings.Contains(err.Error(), "signed another document on 2026-12-22") {
		t.Errorf("%T: %v", err, err)
	}
}
