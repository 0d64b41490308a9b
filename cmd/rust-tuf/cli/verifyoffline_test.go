package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/rust-lang/rust-tuf/verify"
)

// offlineStage is alice, a published target, and its root.
func offlineStage(t *testing.T) (s *stage, a *actor, folder, root string) {
	t.Helper()
	s = newStage(t.TempDir())
	a = s.actor("alice")
	folder = filepath.Join(s.dir, "metadata")
	for _, dir := range []string{a.clone, folder} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	publishTarget(t, folder, 2)
	return s, a, folder, filepath.Join(folder, "1.root.json")
}

// One file has all that a machine without a network needs, and says how fresh
// it is; the person there is told that nobody was asked.
func TestVerifyBundle(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	out := filepath.Join(s.dir, "stable.bundle")
	making := []string{"verify", "bundle", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--out", out}
	made := s.exits(t, a, exit.Done, making)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# TUF metadata, made 2026-11-22 12:00 UTC, accepted until 2027-11-22 12:00 UTC, for:\n#     \"channels/stable.toml\"\n-----BEGIN TUF METADATA-----\n") {
		t.Errorf("%.300s", text)
	}
	s.exits(t, a, exit.Done, making) // as after a kill: it is there already
	s.now = s.now.Add(time.Hour)
	s.exits(t, a, exit.Other, making, "nothing was written", "stable.bundle: file already exists")
	s.now = s.now.Add(-time.Hour)
	held := filepath.Join(s.dir, "root.json")
	if err := errors.Join(os.Rename(root, held), os.RemoveAll(folder)); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(s.dir, "good.toml")
	if err := os.WriteFile(good, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	args := func(path string, more ...string) []string {
		return append([]string{"verify", "target", path, "--trusted", held, "--bundle", out}, more...)
	}
	asked := s.exits(t, a, exit.Done, args("channels/stable.toml", "--file", good))
	s.golden(t, "verify-bundle.golden", made+"--- where there is no network ---\n"+asked)

	broken := filepath.Join(s.dir, "broken.bundle")
	if err := os.WriteFile(broken, text[:len(text)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"too old":       {args("channels/stable.toml", "--at", "2028-01-01"), exit.Expired, []string{"expired at 2027-11-22", "get a newer bundle, or see with --at"}},
		"as of":         {args("channels/stable.toml", "--at", "2027-01-01"), exit.Done, []string{"as of timestamp version 2, judged at the time that you gave, 2027-01-01"}},
		"not a target":  {args("channels/nightly.toml"), exit.Unknown, []string{"no role vouches for"}},
		"both sources":  {args("x", "--metadata", folder), exit.Usage, []string{"either --metadata FOLDER or ADDRESS (where the repository is) or --bundle FILE"}},
		"cut":           {[]string{"verify", "target", "x", "--trusted", held, "--bundle", broken}, exit.Format, []string{"broken.bundle: this is no bundle", "a block is cut or damaged"}},
		"no bundle":     {[]string{"verify", "target", "x", "--trusted", held, "--bundle", out + "x"}, exit.Usage, []string{"the bundle: ", "no such file"}},
		"made of none":  {[]string{"verify", "bundle", "x", "--trusted", held, "--metadata", folder, "--out", out + "x"}, exit.Usage, []string{"the folder of metadata"}},
		"made for none": {[]string{"verify", "bundle", "--trusted", held, "--metadata", folder, "--out", out + "x"}, exit.Usage, nil},
		"made nowhere":  {[]string{"verify", "bundle", "x", "--trusted", held, "--metadata", folder}, exit.Usage, []string{"three are needed", "--out FILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.exits(t, a, test.code, test.args, test.words...)
			if _, err := os.Stat(out + "x"); err == nil {
				t.Error("a file was left behind")
			}
		})
	}
}

// anotherRoot writes a root to which no other leads, and returns its digest.
func anotherRoot(t *testing.T, name string, version int64) verify.Digest {
	t.Helper()
	private, key := publisher(t)
	writeRoot(t, name, version, key, private)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root, err := verify.TrustRoot(raw, verify.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return root.Digest()
}

// A root that nobody signed for is trusted by its digest only, after a yes, and
// from then on every verdict of the store says so.
func TestVerifyReplaceRoot(t *testing.T) {
	t.Parallel()
	s, a, folder, root := offlineStage(t)
	store := filepath.Join(s.dir, "trusted")
	target := []string{"verify", "target", "channels/stable.toml", "--trusted", root, "--metadata", folder, "--store", store}
	if out := s.exits(t, a, exit.Done, target); strings.Contains(out, "warning") {
		t.Error(out)
	}
	other := filepath.Join(s.dir, "other.json")
	made := anotherRoot(t, other, 7)
	replace := []string{"verify", "replace-root", "--root", other, "--store", store}
	const asksDigest = "Digest of the root to trust instead"

	a.answers(t, reply{asksDigest, strings.Repeat("0000 ", 16)})
	s.exits(t, a, exit.Rejected, replace, "root is not the pinned one", "compare the digest with one received on another way")
	a.answers(t, reply{asksDigest, "12 34"})
	s.exits(t, a, exit.Usage, replace, "that is no digest")
	a.answers(t, reply{asksDigest, made.Groups()}, reply{"Trust it because of the digest?", "no"})
	s.exits(t, a, exit.Other, replace, "you did not agree; the store is as it was")
	if out := s.exits(t, a, exit.Done, target); strings.Contains(out, "warning") {
		t.Errorf("a refusal changed the store:\n%s", out)
	}

	shown := a.answers(t, reply{asksDigest, made.Groups()}, reply{"Trust it because of the digest?", "yes"})
	done := s.exits(t, a, exit.Done, replace)
	after := s.exits(t, a, exit.Done, target)
	s.exits(t, a, exit.Unknown, append([]string{target[0], target[1], "channels/none.toml"}, target[3:]...), "judged under root version 7, whose digest somebody entered in this store in place of root version 1")
	s.golden(t, "verify-replace-root.golden", shown.String()+"--- standard output ---\n"+done+"--- a verdict afterwards ---\n"+after)
	a.answers(t, reply{asksDigest, made.Groups()})
	s.exits(t, a, exit.Done, replace, "is what this store trusts already; nothing changed")

	a.answers(t)
	s.exits(t, a, exit.Usage, []string{"verify", "replace-root", "--root", other, "--store", store + "x"}, "the store: ", "no such file")
	s.exits(t, a, exit.Usage, []string{"verify", "replace-root", "--root", other + "x", "--store", store}, "the root to trust from now on: ", "no such file")
	s.exits(t, a, exit.Usage, []string{"verify", "replace-root", "--root", other}, "both are needed")
	a.env.Terminal = nobody{}
	s.exits(t, a, exit.Other, replace, "terminal")
}
