package cli

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/rehearsal"
	"github.com/rust-lang/rust-tuf/verify"
)

// sizes differ from run to run by the few bytes of an ECDSA signature.
var sizes = regexp.MustCompile(`\b\d+ bytes`)

// A maintainer tries a rotation before asking anybody to sign it.
func TestRehearse(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	s.unchanged(t, func() {
		before := s.checkout(t, s.people["alice"])
		out := s.exits(t, s.people["alice"], exit.Done, []string{"rehearse"})
		s.golden(t, "rehearse.golden", sizes.ReplaceAllString(out, "<N> bytes"))
		if after := s.checkout(t, s.people["alice"]); after != before {
			t.Errorf("the clone changed from\n%s\nto\n%s", before, after)
		}
	})
	out := s.exits(t, s.maintainer, exit.Done, []string{"rehearse", secondEvent, "--json"})
	var value map[string]any
	oneObject(t, out, &value)
	if value["event"] != secondEvent || value["name"] != "rehearsal-of-tuf-root" {
		t.Errorf("%v", value)
	}
	// The real event goes on as if nothing had been.
	s.exits(t, s.maintainer, exit.Pending, []string{"complete"}, "is pending")
}

// What is kept can be tried with another client, says what it is, and is of no
// use against the real repository.
func TestRehearseOut(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	m, kept := s.maintainer, filepath.Join(t.TempDir(), "kept")
	s.exits(t, m, exit.Done, []string{"rehearse", "--out", kept}, "is kept in "+kept)
	s.golden(t, "rehearse-notice.golden", readText(t, filepath.Join(kept, "REHEARSAL.txt")))
	root := filepath.Join(kept, "metadata", "1.root.json")
	s.exits(t, m, exit.Done, []string{"verify", "root", "--trusted", root, "--metadata", filepath.Join(kept, "metadata")}, "version 2")
	raw, err := s.head(t).Published("root", 1)
	if err != nil {
		t.Fatal(err)
	}
	trusted := filepath.Join(t.TempDir(), "1.root.json")
	if err := os.WriteFile(trusted, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(t, m, exit.Rejected, is[*verify.RepositoryError], []string{"verify", "root", "--trusted", trusted, "--metadata", filepath.Join(kept, "metadata")}, "2.root.json: root 2: is of repository ", "must be of repository ")
	s.fails(t, m, exit.Rejected, is[*FolderExistsError], []string{"rehearse", "--out", kept}, "is there already", "name another one")
}

func readText(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestRehearseRefused(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-done", "alice")
	s.exits(t, s.maintainer, exit.Rejected, []string{"rehearse"}, "no event is open")
	s.exits(t, s.maintainer, exit.Rejected, []string{"rehearse", firstEvent}, "event closed")
	s.exits(t, s.maintainer, exit.Rejected, []string{"rehearse", "third"}, `no event "third"`)
	s.exits(t, s.maintainer, exit.Usage, []string{"rehearse", "a", "b"}, "was given 2 arguments")
}

// renewedRootAlone has an open event that renews root, when targets is expired too:
// no client would get through.
func renewedRootAlone(t *testing.T) *stage {
	t.Helper()
	s := play(t, "genesis-done", "alice")
	s.now = dawn.AddDate(1, 1, 0)
	s.exits(t, s.maintainer, exit.Done, []string{"propose", "--why", "root alone", "--renew", "root"})
	branches, err := s.branches("event/")
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if err := s.merge(branches[0]); err != nil {
		t.Fatal(err)
	}
	return s
}

// A rehearsal that fails says so, and ends with the code of a refusal; it is
// kept all the same for whoever wants to look.
func TestRehearseFails(t *testing.T) {
	t.Parallel()
	s := renewedRootAlone(t)
	kept := filepath.Join(t.TempDir(), "kept")
	s.unchanged(t, func() {
		out := s.exits(t, s.maintainer, exit.Rejected, []string{"rehearse", "--out", kept}, "targets 1: expired", "3 of 3 clients would not get through")
		s.golden(t, "rehearse-expired.golden", sizes.ReplaceAllString(strings.ReplaceAll(out, kept, "<KEPT>"), "<N> bytes"))
	})
	if n := allPublic(t, kept); n < 6 {
		t.Errorf("%d files are kept", n)
	}
}

// The first event of all: no client yet, and none left behind.
func TestRehearseFirstRoot(t *testing.T) {
	t.Parallel()
	s := play(t, "genesis-open", "alice")
	out := s.exits(t, s.people["alice"], exit.Done, []string{"rehearse"})
	s.golden(t, "rehearse-first-root.golden", sizes.ReplaceAllString(out, "<N> bytes"))
}

// While clients are being played, all that is on the disk is public; an
// interruption there leaves nothing behind.
func TestRehearseInterrupted(t *testing.T) {
	t.Parallel()
	s := play(t, "second-open", "alice")
	alice, dir := s.people["alice"], t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	now, reads, seen := alice.env.Now, 0, 0
	alice.env.Now = func() time.Time {
		if reads++; reads == 2 {
			seen = allPublic(t, dir)
			cancel()
		}
		return now()
	}
	alice.out.Reset()
	s.unchanged(t, func() {
		if code := Main(ctx, []string{"rehearse", "--out", filepath.Join(dir, "kept")}, alice.env); code != exit.Interrupted {
			t.Errorf("exit code %d\n%s", code, alice.err)
		}
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || seen < 6 {
		t.Errorf("left behind: %v (%d files before), %v", left, seen, err)
	}
}

// allPublic asserts that a folder holds documents of a rehearsal and its notice,
// and nothing else; it returns how many.
func allPublic(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		raw, err := os.ReadFile(p)
		if err != nil || d.Name() == "REHEARSAL.txt" {
			return err
		}
		doc, err := verify.Read(raw, verify.DefaultLimits())
		if err == nil && !strings.Contains(string(doc.Signed()), `"rehearsal":true`) {
			t.Errorf("%s does not say that it is a rehearsal", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

// A report with clients that stay behind says who, why, and what next.
func TestRehearseReportOfFailure(t *testing.T) {
	r := &rehearsal.Rehearsal{Event: secondEvent, Repository: strings.Repeat("0", 32), Name: "rehearsal-of-demo", Targets: []string{"channels/stable.toml"},
		Empty: []string{"nightly"}, Missing: []string{"release"}, Cut: []string{"mirrors"}, Played: []rehearsal.Played{{Role: "root", Version: 2, Bytes: 7, Signers: []string{"alice"}, Changes: "root: nothing changes"}}}
	clients := []rehearsal.Client{
		{Root: 1, Reached: 1, Err: &verify.ThresholdError{By: "root 1", Tally: verify.Tally{Role: "root", Version: 2, Threshold: 5}}},
		{Root: 2, Reached: 2, Found: 1, Fetched: 4, Bytes: 400},
	}
	var b words.Lines
	report := rehearseReport(r, clients, "")
	report.Basis = "Judged by a test."
	report.text(&b)
	golden(t, "rehearse-failed.golden", b.String())
	if code := exitCode(&rehearsal.FailedError{Event: secondEvent, Clients: clients}); code != exit.Rejected {
		t.Errorf("exit code %d", code)
	}
	if code := exitCode(&rehearsal.UnplayableError{Event: secondEvent}); code != exit.Rejected {
		t.Errorf("exit code %d", code)
	}
}
