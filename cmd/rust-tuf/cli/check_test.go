package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/metadata"
)

// pull makes a branch on top of the default branch, as a pull request would.
func (s *stage) pull(t *testing.T, branch string, ch metadata.Change) {
	t.Helper()
	repo := gitOf(t, s.maintainer)
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repo.Commit(s.ctx, head, ch, branch, s.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Push(s.ctx, "origin", commit, branch, ""); err != nil {
		t.Fatal(err)
	}
}

// put is a change that writes one file.
func put(path string, data []byte) metadata.Change {
	return metadata.Change{Put: map[string][]byte{path: data}}
}

// signedBy lets somebody sign the open event, and returns their branch and
// the file on it.
func (s *stage) signedBy(t *testing.T, name string) (branch string, file *metadata.SignatureFile, path string) {
	t.Helper()
	if _, err := s.must(s.people[name], "sign"); err != nil {
		t.Fatal(err)
	}
	branches, err := s.branches("sign/")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range branches {
		if strings.Contains(b, "/root/"+name+"-") {
			branch = b
		}
	}
	tree := s.treeOf(t, branch)
	for _, e := range tree.Entries() {
		if strings.Contains(e.Path, "/signatures/root/") && strings.HasPrefix(e.Path, metadata.EventsDir) {
			path = e.Path
		}
	}
	raw, err := tree.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = metadata.ParseSignatureFile(raw); err != nil {
		t.Fatal(err)
	}
	return branch, file, path
}

// The gate on every kind of pull request, word for word: what it is, and who
// may merge it.
func TestGate(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	signature, file, path := s.signedBy(t, "alice")
	policy, err := s.head(t).Tree().Read(metadata.PolicyFile)
	if err != nil {
		t.Fatal(err)
	}
	forged := *file
	forged.Sig = bytes.Repeat([]byte{0x30}, len(file.Sig))
	root, err := s.head(t).Published("root", 1)
	if err != nil {
		t.Fatal(err)
	}
	open := s.head(t).Open[0]
	payload := open.Payload("root").Document.Raw()
	closed := strings.Replace(path, metadata.EventsDir+"/"+secondEvent, metadata.EventsDir+"/"+firstEvent, 1)
	for _, test := range []struct {
		name, branch string
		change       metadata.Change
		code         int
		kind         string
	}{
		{"signature", signature, metadata.Change{}, exit.Done, "signature"},
		{"policy", "policy", put(metadata.PolicyFile, bytes.Replace(policy, []byte("2y"), []byte("1y"), 1)), exit.Done, "policy"},
		{"policy-unreadable", "unreadable", put(metadata.PolicyFile, bytes.Replace(policy, []byte("threshold"), []byte("treshold"), 1)), exit.Rejected, "policy"},
		{"other", "other", put("README.md", []byte("A demo, and more.\n")), exit.Done, "other"},
		{"mixed", "mixed", metadata.Change{Put: map[string][]byte{path: file.Bytes(), "README.md": []byte("by the way\n")}}, exit.Rejected, "mixed"},
		{"forged", "forged", put(path, forged.Bytes()), exit.Rejected, "signature"},
		{"published-changed", "published", put(metadata.PublishedPath("root", 1), append(bytes.Clone(root), '\n')), exit.Rejected, "frozen"},
		{"payload-changed", "payload", put(metadata.EventPath(secondEvent, "2.root.json"), bytes.Replace(payload, []byte("2028-12-22"), []byte("2038-12-22"), 1)), exit.Rejected, ""},
		{"for-a-closed-event", "late", put(closed, file.Bytes()), exit.Rejected, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if len(test.change.Put) > 0 {
				s.pull(t, test.branch, test.change)
			}
			if err := s.fetch(); err != nil {
				t.Fatal(err)
			}
			gate := []string{"check", "--base", "origin/main", "--head", "origin/" + test.branch}
			out := s.exits(t, s.maintainer, test.code, gate)
			s.golden(t, "gate-"+test.name+".golden", out+s.maintainer.err.String())
			got := &gateResult{}
			oneObject(t, s.exits(t, s.maintainer, test.code, append(gate, "--json")), got)
			if test.kind != "" && got.Kind != test.kind || got.Accepted != (test.code == exit.Done) || got.Machine != (test.name == "signature") {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		s.exits(t, s.maintainer, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/main"}, "This pull request changes nothing.")
	})
	t.Run("a conflict", func(t *testing.T) {
		// Both sides change the same line of the policy.
		s.pull(t, "theirs", put(metadata.PolicyFile, bytes.Replace(policy, []byte("2y"), []byte("3y"), 1)))
		if err := s.fetch(); err != nil {
			t.Fatal(err)
		}
		s.exits(t, s.maintainer, exit.Rejected, []string{"check", "--base", "origin/policy", "--head", "origin/theirs"}, "has changed the same files: rust-tuf.toml")
	})
	t.Run("no such revision", func(t *testing.T) {
		s.exits(t, s.maintainer, exit.Other, []string{"check", "--base", "origin/main", "--head", "origin/absent"}, `revision "origin/absent" names no commit in this clone`)
		s.exits(t, s.maintainer, exit.Other, []string{"check", "--base", "--upload-pack=evil"}, "revision")
	})
	t.Run("a head without a base", func(t *testing.T) {
		s.exits(t, s.maintainer, exit.Usage, []string{"check", "--head", "origin/policy"}, "--base")
	})
}

// The kinds that other verbs make.
func TestGateOnProposalAndCompletion(t *testing.T) {
	t.Parallel()
	s := play(t, "second-ready", "alice")
	s.exits(t, s.maintainer, exit.Done, []string{"complete"})
	verdict, err := s.gateOn(t, "complete/"+secondEvent)
	if err != nil || verdict.Kind != "completion" || !verdict.Accepted || verdict.Machine {
		t.Errorf("%+v, %v", verdict, err)
	}
	out := s.exits(t, s.maintainer, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/complete/" + secondEvent})
	s.golden(t, "gate-completion.golden", out)
	if err := s.merge("complete/" + secondEvent); err != nil {
		t.Fatal(err)
	}
	s.now = january
	s.exits(t, s.maintainer, exit.Done, []string{"propose", "--why", "a renewal", "--renew", "root"})
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	out = s.exits(t, s.maintainer, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/event/2027-01-22-root-v3"})
	s.golden(t, "gate-proposal.golden", out)
	// Bytes that the base does not yield, in what calls itself a completion.
	raw, err := s.head(t).Published("root", 2)
	if err != nil {
		t.Fatal(err)
	}
	s.pull(t, "complete/invented", put(metadata.PublishedPath("root", 3), raw))
	if verdict, err = s.gateOn(t, "complete/invented"); err != nil || verdict.Accepted {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// The gate has words for every kind that metadata knows.
func TestGateHasWords(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", "metadata", "verdict.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Kind" {
			kinds++
			kind, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if kindWords[metadata.Kind(kind)] == "" {
				t.Errorf("there are no words for the kind %q", kind)
			}
		}
		return true
	})
	if kinds != len(kindWords) {
		t.Errorf("%d kinds, words for %d", kinds, len(kindWords))
	}
}

// Two proposals for one version were merged past the gate: nothing can go on,
// every verb says so, and reverting one of the merges is what the gate lets
// through.
func TestTwoEventsForOneVersion(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.now = december
	m := s.maintainer
	for _, name := range []string{"first", "second"} {
		if _, err := s.must(m, "propose", "--why", name, "--renew", "root", "--name", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.merge("event/first"); err != nil {
		t.Fatal(err)
	}
	if verdict, err := s.gateOn(t, "event/second"); err != nil || verdict.Accepted {
		t.Fatalf("%+v, %v", verdict, err)
	}
	if err := s.sign("first", "alice"); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"merge", "--quiet", "--no-ff", "--message", "past the gate", "origin/event/second"},
		{"push", "--quiet", "origin", "HEAD:main"},
		{"checkout", "--quiet", "-b", "repair"},
		{"revert", "--no-edit", "--mainline", "1", "HEAD"},
		{"push", "--quiet", "origin", "repair"},
		{"checkout", "--quiet", "main"},
	} {
		if _, err := s.git(m.name, m.clone, args...); err != nil {
			t.Fatal(err)
		}
	}
	alice := s.people["alice"]
	alice.answers(t)
	words := []string{"events first and second both want to make root version 2", "one in the place of all with --supersede first --supersede second"}
	s.unchanged(t, func() {
		s.exits(t, alice, exit.Rejected, []string{"sign"}, words...)
		s.exits(t, alice, exit.Rejected, []string{"review"}, words...)
		if n := strings.Count(alice.err.String(), words[0]); n != 1 {
			t.Errorf("review says it %d times", n)
		}
		s.exits(t, alice, exit.Done, []string{"status"}, words...)
		s.exits(t, alice, exit.Rejected, []string{"complete", "first"}, words...)
	})
	out := s.exits(t, m, exit.Done, []string{"check", "--base", "origin/main", "--head", "origin/repair"})
	s.golden(t, "gate-repair.golden", out)
	if err := s.merge("repair"); err != nil {
		t.Fatal(err)
	}
	s.exits(t, alice, exit.Done, []string{"status"}, "Event first")
}

// The audit of a whole repository.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	out := s.exits(t, s.maintainer, exit.Done, []string{"check"})
	s.golden(t, "check.golden", out)
	if got := s.exits(t, s.people["alice"], exit.Done, []string{"check", "-C", s.maintainer.clone}); got != out {
		t.Errorf("with -C:\n%s", got)
	}
	// Somebody with write access changed what is published.
	raw, err := s.head(t).Published("root", 1)
	if err != nil {
		t.Fatal(err)
	}
	repo := gitOf(t, s.maintainer)
	head, err := repo.Fetch(s.ctx, "origin", "main")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := repo.Commit(s.ctx, head, put(metadata.PublishedPath("root", 1), bytes.Replace(raw, []byte(`"threshold": 5`), []byte(`"threshold": 1`), 1)), "oops", s.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Push(s.ctx, "origin", commit, "main", head); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, s.maintainer, exit.Rejected, []string{"check"}, "wrong: root version 1", "threshold of root 1 not met: 0 of 1 signatures valid", "the repository has 1 problem")
	got := &auditResult{}
	oneObject(t, s.exits(t, s.maintainer, exit.Rejected, []string{"check", "--json"}), got)
	if len(got.Problems) == 0 || got.Commit != string(commit) {
		t.Errorf("%+v", got)
	}
}
