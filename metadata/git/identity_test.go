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
	m := must[Commit](t)(r.Merge(t.Context(), w.commit(r, c, files{"x": "1"}), w.commit(r, c, files{"y": "1"}), "merge"))
	if raw := w.git("repo", "cat-file", "commit", string(m)); !strings.Contains(raw, "\ngpgsig ") {
		t.Errorf("merge is not signed:\n%s", raw)
	}
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
	w.environ = w.environ[:5]
	_, err := w.open("repo").Commit(t.Context(), "", files{"a": "1"}.change(), "m", time.Time{})
	e := wantError[*CommandError](t, err, "git commit-tree")
	if !strings.Contains(e.Hint(), "user.email") {
		t.Errorf("hint for %q = %q", e.Output, e.Hint())
	}
}
