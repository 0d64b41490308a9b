package git

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestCommitSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := os.Stat("/usr/bin/ssh-keygen"); err != nil {
		t.Skip("needs ssh-keygen")
	}
	key := w.path("key")
	w.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	w.git(".", "init", "-q", "repo")
	w.write("gitconfig", "[commit]\n\tgpgsign\n[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = "+key+"\n")
	r := w.open("repo")
	c := w.commit(r, "", files{"a": "1"})
	if raw := w.git("repo", "cat-file", "commit", string(c)); !strings.Contains(raw, "\ngpgsig -----BEGIN SSH SIGNATURE-----") {
		t.Errorf("commit is not signed:\n%s", raw)
	}
	w.commit(r, c, files{"b": "1"}) // a signed parent is read
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	_, err := r.Commit(t.Context(), c, files{"b": "2"}.change(), "m", time.Time{})
	e := wantError[*CommandError](t, err, "git commit-tree")
	if !strings.Contains(e.Hint(), "commit.gpgsign") {
		t.Errorf("hint for %q = %q", e.Output, e.Hint())
	}
	w.write("gitconfig", "[commit]\n\tgpgsign = off\n")
	c = w.commit(w.open("repo"), "", files{"a": "1"})
	if raw := w.git("repo", "cat-file", "commit", string(c)); strings.Contains(raw, "gpgsig") {
		t.Errorf("commit is signed:\n%s", raw)
	}
}

func TestCommitWithoutIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	w.write("gitconfig", "[user]\n\tuseConfigOnly = true\n")
	named := w.environ
	w.environ = w.environ[:5]
	_, err := w.open("repo").Commit(t.Context(), "", files{"a": "1"}.change(), "m", time.Time{})
	e := wantError[*IdentityError](t, err, "git knows no name and no address for the commit that is to be pushed: ", "no email was given")
	for _, word := range []string{"user.name", "user.email", "GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL"} {
		if !strings.Contains(e.Hint(), word) {
			t.Errorf("the hint %q does not name %s", e.Hint(), word)
		}
	}
	w.environ = named[:7] // who wrote it, and not who commits it
	_, err = w.open("repo").Commit(t.Context(), "", files{"a": "1"}.change(), "m", time.Time{})
	wantError[*IdentityError](t, err, "no email was given")
	w.environ = named
	w.commit(w.open("repo"), "", files{"a": "1"})
}

// Judging makes no commit: it asks for no name, and signs nothing, whatever this
// machine's configuration says.
func TestMergedTreeWithoutIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	base := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
	one, two := w.commit(r, base, files{"one": "1"}), w.commit(r, base, files{"two": "2"})
	touched := w.path("touched")
	w.write("gitconfig", "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = "+w.script("gpg", "touch '"+touched+"'; exit 1")+"\n")
	w.environ = w.environ[:5]
	tree := must[*Tree](t)(w.open("clone").MergedTree(t.Context(), one, two))
	if n := len(tree.Entries()); n != 4 || tree.Commit() != "" {
		t.Errorf("%d files, commit %q", n, tree.Commit())
	}
	if _, err := os.Stat(touched); err == nil {
		t.Error("a signature was asked for")
	}
}
