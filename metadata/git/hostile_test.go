package git

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

// everyVerb runs everything that this package does to a clone, once.
func everyVerb(t *testing.T, w *world, r *Repo, remote string) {
	t.Helper()
	ctx := t.Context()
	base := must[Commit](t)(r.Fetch(ctx, remote, "main"))
	must[[]Ref](t)(r.FetchAll(ctx, remote))
	must[string](t)(r.DefaultBranch(ctx, remote))
	one, two := w.commit(r, base, files{"one": "1\n"}), w.commit(r, base, files{"two": "2\r\n"})
	must[*Tree](t)(r.MergedTree(ctx, one, two))
	m := w.commit(r, one, files{"two": "2\r\n"})
	if err := r.Push(ctx, remote, m, "branch", ""); err != nil {
		t.Error(err)
	}
	if err := r.Push(ctx, remote, w.commit(r, m, files{"one": "3\r\n"}), "branch", m); err != nil {
		t.Error(err)
	}
	must[*Tree](t)(r.Tree(ctx, m))
	must[[]string](t)(r.Dirty(ctx))
	must[Commit](t)(r.Resolve(ctx, "HEAD"))
}

// Nothing that a repository configures or contains runs as a program.
func TestNothingRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	w.clone(remote, "clone")
	ran := w.path("ran")
	evil := w.script("evil", `echo "$0 $*" >>"`+ran+`"; cat`)

	var hooks strings.Builder
	for _, hook := range strings.Fields(`applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg
		commit-msg post-commit pre-rebase post-checkout post-merge pre-push pre-auto-gc post-rewrite sendemail-validate
		fsmonitor-watchman reference-transaction post-index-change proc-receive update`) {
		w.script("clone/.git/hooks/"+hook, `echo "hook `+hook+`" >>"`+ran+`"`)
		w.script("hooks/"+hook, `echo "hooksPath `+hook+`" >>"`+ran+`"`)
		hooks.WriteString(hook)
	}
	for key, value := range map[string]string{
		"core.hooksPath": w.path("hooks"), "core.fsmonitor": evil, "core.untrackedCache": "true",
		"filter.evil.clean": evil, "filter.evil.smudge": evil, "filter.evil.required": "true",
		"filter.proc.process": evil, "diff.evil.textconv": evil, "diff.external": evil, "merge.evil.driver": evil,
		"core.pager": evil, "core.editor": evil, "core.attributesFile": w.write("attributes", "* filter=evil diff=evil merge=evil\n"),
		"gc.auto": "1", "maintenance.auto": "true", "submodule.recurse": "true", "push.followTags": "true",
		"core.autocrlf": "true", "core.eol": "crlf", "core.safecrlf": "true", "merge.renormalize": "true",
		"fetch.prune": "true", "fetch.pruneTags": "true", "push.gpgSign": "false", "color.ui": "always",
		"pager.status": "true", "status.showUntrackedFiles": "no", "log.showSignature": "true",
	} {
		w.git("clone", "config", key, value)
	}
	w.write("clone/.git/info/attributes", "* filter=evil\n")
	w.write("clone/.gitattributes", "* text filter=proc diff=evil merge=evil ident working-tree-encoding=UTF-16\n")
	w.write("clone/rust-tuf.toml", "format = 3\n")
	if err := os.Chtimes(w.path("clone/members/alice/member.toml"), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err) // so that git has to look into the file
	}
	w.git("clone", "-c", "core.hooksPath=", "tag", "mine")
	before := w.snapshot("clone")
	everyVerb(t, w, w.open("clone"), "origin")
	if data, err := os.ReadFile(ran); err == nil {
		t.Errorf("these ran:\n%s", data)
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
}

// Filters, attributes and line-ending settings change no byte on the way in or
// out.
func TestBytesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	for key, value := range map[string]string{"core.autocrlf": "true", "core.eol": "crlf", "core.safecrlf": "true", "i18n.commitEncoding": "UTF-16"} {
		w.git("repo", "config", key, value)
	}
	content := files{
		".gitattributes": "* text=auto eol=crlf ident working-tree-encoding=UTF-16LE\n",
		"lf":             "a\nb\n", "crlf": "a\r\nb\r\n", "mixed": "a\r\nb\nc\r", "ident": "$Id$\n",
		"nuls": "\x00\xff\xfe", "bom": "\xef\xbb\xbfa", "empty": "", "no end": "x",
	}
	r := w.open("repo")
	first := w.commit(r, "", content)
	w.git("repo", "reset", "-q", "--hard", string(first))
	second := w.commit(r, first, files{"lf": "changed\n"})
	content["lf"] = "changed\n"
	tree := must[*Tree](t)(r.Tree(t.Context(), second))
	for path, want := range content {
		if got := must[[]byte](t)(tree.Read(path)); string(got) != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

// A bare repository among the tracked files of another one came from outside,
// and its configuration with it.
func TestEmbeddedRepository(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{"bare": "bare = true", "with a checkout": "bare = false\n\tworktree = /"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.clone(w.remote("remote.git"), "clone")
			ran := w.path("ran")
			evil := w.script("evil", "touch '"+ran+"'")
			w.write("clone/tools/HEAD", "ref: refs/heads/main\n")
			w.write("clone/tools/config", "[core]\n\trepositoryformatversion = 0\n\t"+config+"\n\tfsmonitor = "+evil+"\n\tsshCommand = "+evil+"\n")
			w.write("clone/tools/objects/x", "")
			w.write("clone/tools/refs/x", "")
			w.write("clone/tools/inner/HEAD", "ref: refs/heads/main\n")
			w.write("clone/tools/inner/config", "[core]\n\t"+config+"\n")
			w.write("clone/tools/inner/objects/x", "")
			w.write("clone/tools/inner/refs/x", "")
			w.git("clone", "add", ".")
			for _, dir := range []string{"clone/tools", "clone/tools/refs", "clone/tools/inner"} {
				_, err := Open(t.Context(), w.path(dir), Environ(w.environ))
				wantError[*NotARepositoryError](t, err, "repository")
			}
			if _, err := os.Stat(ran); err == nil {
				t.Error("a program of the embedded repository ran")
			}
			// One that nobody tracks is the user's own.
			w.git("clone", "rm", "-rq", "--cached", "tools")
			w.git(".", "init", "-q", "--bare", "clone/own.git")
			w.open("clone/own.git")
		})
	}
}

// Variables that a hook or an alias sets must not lead elsewhere.
func TestInheritedEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	remote := w.remote("remote.git")
	w.clone(remote, "clone")
	w.git(".", "init", "-q", "elsewhere")
	w.write("elsewhere/file", "")
	w.git("elsewhere", "add", ".")
	before, elsewhere := w.snapshot("clone"), w.snapshot("elsewhere")
	ran := w.path("ran")
	w.environ = append(w.environ,
		"GIT_DIR="+w.path("elsewhere/.git"), "GIT_WORK_TREE="+w.path("elsewhere"), "GIT_INDEX_FILE="+w.path("elsewhere/.git/index"),
		"GIT_OBJECT_DIRECTORY="+w.path("elsewhere/.git/objects"), "GIT_COMMON_DIR="+w.path("elsewhere/.git"), "GIT_NAMESPACE=evil",
		"GIT_PREFIX=x/", "GIT_SHALLOW_FILE="+w.path("ran"), "GIT_QUARANTINE_PATH=x", "GIT_REPLACE_REF_BASE=refs/heads/", "GIT_CONFIG="+w.path("ran"),
		"GIT_EXTERNAL_DIFF=touch "+ran, "GIT_ICASE_PATHSPECS=1", "GIT_GLOB_PATHSPECS=1", "LC_ALL=de_DE.UTF-8", "LANGUAGE=de",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0="+w.path("hooks"),
		"GIT_CONFIG_KEY_1=core.fsmonitor", "GIT_CONFIG_VALUE_1=touch "+ran,
	)
	for _, hook := range []string{"pre-push", "reference-transaction"} {
		w.script("hooks/"+hook, "touch '"+ran+"'")
	}
	r := w.open("clone")
	if r.Checkout() != w.path("clone") {
		t.Fatalf("checkout = %s", r.Checkout())
	}
	everyVerb(t, w, r, "origin")
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program from the environment's configuration ran")
	}
	w.environ = newWorld(t).environ
	if got := w.snapshot("clone"); got != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, got)
	}
	if got := w.snapshot("elsewhere"); got != elsewhere {
		t.Errorf("the other repository changed:\n%s\n---\n%s", elsewhere, got)
	}
}

// A URL cannot be a command line, whatever configuration or environment allow.
func TestCommandTransports(t *testing.T) {
	t.Parallel()
	for _, allow := range []string{"", "GIT_ALLOW_PROTOCOL=ext:fd:file"} {
		t.Run(allow, func(t *testing.T) {
			w := newWorld(t)
			w.clone(w.remote("remote.git"), "clone")
			ran := w.path("ran")
			w.git("clone", "config", "protocol.ext.allow", "always")
			w.git("clone", "config", "protocol.fd.allow", "always")
			w.git("clone", "config", "remote.named.url", "ext::touch "+ran)
			w.git("clone", "config", "url.ext::touch "+ran+" .insteadOf", "short:")
			if allow != "" {
				w.environ = append(w.environ, allow)
			}
			r := w.open("clone")
			c := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
			for _, remote := range []string{"ext::touch " + ran, "fd::7", "named", "short:x"} {
				_, err := r.Fetch(t.Context(), remote, "main")
				wantError[*RemoteError](t, err, "not allowed")
				_, err = r.FetchAll(t.Context(), remote)
				wantError[*RemoteError](t, err, "not allowed")
				err = r.Push(t.Context(), remote, c, "main", "")
				wantError[*RemoteError](t, err, "not allowed")
			}
			if _, err := os.Stat(ran); err == nil {
				t.Error("a command in a URL ran")
			}
		})
	}
}

// What the user set up to reach a remote does apply, in the clone's own
// configuration as well.
func TestUsersTransportApplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clone(w.remote("remote.git"), "clone")
	ran := w.path("ran")
	ssh := w.script("ssh", `echo "$*" >>"`+ran+`"; echo "alice@host: Permission denied (publickey)." >&2; exit 255`)
	w.git("clone", "config", "core.sshCommand", ssh)
	w.git("clone", "config", "ssh.variant", "ssh")
	w.git("clone", "remote", "add", "upstream", "work:tuf-root")
	w.git("clone", "config", "url.ssh://alice@host.example.org/.insteadOf", "work:")
	r := w.open("clone")
	c := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
	_, err := r.Fetch(t.Context(), "upstream", "main")
	e := wantError[*RemoteError](t, err, "git fetch, remote upstream")
	if !strings.Contains(e.Hint(), "ssh key") {
		t.Errorf("hint for %q = %q", e.Output, e.Hint())
	}
	wantError[*RemoteError](t, r.Push(t.Context(), "upstream", c, "main", ""), "git push, remote upstream")
	calls := string(must[[]byte](t)(os.ReadFile(ran)))
	for _, want := range []string{"alice@host.example.org git-upload-pack '/tuf-root'", "alice@host.example.org git-receive-pack '/tuf-root'"} {
		if !strings.Contains(calls, want) {
			t.Errorf("ssh was not called with %q:\n%s", want, calls)
		}
	}
}

// Git in the current directory is not the user's git.
func TestGitInCurrentDirectory(t *testing.T) {
	w := newWorld(t)
	w.script("git", "touch ran")
	w.git(".", "init", "-q", "repo")
	t.Setenv("PATH", "."+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Chdir(w.dir)
	_, err := Open(t.Context(), w.path("repo"), Environ(w.environ))
	wantError[*VersionError](t, err, `program "git" not found`)
	if _, err := os.Stat(w.path("ran")); err == nil {
		t.Error("git of the current directory ran")
	}
}

// A change is applied to the commit that was named, whatever HEAD or the index
// say, and its files keep their names.
func TestCommitIgnoresCheckout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	base := must[Commit](t)(r.Resolve(t.Context(), "HEAD"))
	w.write("clone/staged", "x")
	w.git("clone", "add", "staged")
	w.git("clone", "checkout", "-q", "--orphan", "nothing")
	if err := os.Remove(w.path("clone/rust-tuf.toml")); err != nil {
		t.Fatal(err)
	}
	before := w.snapshot("clone")
	c := must[Commit](t)(r.Commit(t.Context(), base, metadata.Change{Put: map[string][]byte{"--help": nil, "-x/y": nil, "a b'c$(id)`": nil}}, "--amend", time.Time{}))
	if err := r.Push(t.Context(), "origin", c, "odd", ""); err != nil {
		t.Error(err)
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s\n---\n%s", before, after)
	}
}

// A server that talks without end fills neither memory nor the error.
func TestEndlessWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	endless := w.open("clone", Program(w.script("endless-git", `case " $* " in
*" ls-remote "*) while :; do echo "0000000000000000000000000000000000000000	refs/heads/x"; done;;
*" fetch "*) i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "remote: many words" >&2; done; echo "fatal: the cause" >&2; exit 1;;
*) exec git "$@";;
esac`)))
	_, err := endless.DefaultBranch(t.Context(), "origin")
	wantError[*LimitError](t, err, "bytes printed by git ls-remote")
	_, err = endless.Fetch(t.Context(), "origin", "main")
	if e := wantError[*RemoteError](t, err, "origin: the cause"); len(e.Output) > r.limits.words {
		t.Errorf("the error keeps %d bytes", len(e.Output))
	}
}
