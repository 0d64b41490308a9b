package git

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// forge makes a bare repository that takes pushes for review as Gitea and Forgejo
// do: with git's own hook for it, which is this program.
func (w *world) forge(name string) string {
	w.t.Helper()
	path := w.remote(name)
	w.git(name, "config", "receive.advertisePushOptions", "true")
	w.git(name, "config", "receive.procReceiveRefs", "refs/for")
	self := must[string](w.t)(os.Executable())
	w.script(name+"/hooks/proc-receive", fmt.Sprintf("RUST_TUF_TEST_FORGE=1 exec '%s'\n", self))
	return path
}

// procReceive is the hook: it answers each push to refs/for/ with a pull request,
// a new one or that of the topic. See githooks(5).
func procReceive(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	section := func() (list []string, err error) {
		for {
			line, err := packet(lines)
			if err != nil || line == "" {
				return list, err
			}
			list = append(list, strings.TrimSuffix(line, "\n"))
		}
	}
	if _, err := section(); err != nil {
		return err
	}
	write := func(text string) { fmt.Fprintf(out, "%04x%s", len(text)+4, text) }
	write("version=1\x00push-options\n")
	fmt.Fprint(out, "0000")
	commands, err := section()
	if err != nil {
		return err
	}
	options, err := section()
	if err != nil {
		return err
	}
	for _, c := range commands {
		part := strings.Fields(c) // old, new, ref
		number, err := pullFor(part[1], options)
		if err != nil {
			write("ng " + part[2] + " " + err.Error() + "\n")
			continue
		}
		write("ok " + part[2] + "\n")
		write(fmt.Sprintf("option refname refs/pull/%d/head\n", number))
	}
	fmt.Fprint(out, "0000")
	return nil
}

// packet reads one packet; empty at a flush.
func packet(r *bufio.Reader) (string, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	length, err := strconv.ParseInt(string(head), 16, 32)
	if err != nil || length < 4 {
		return "", err
	}
	text := make([]byte, length-4)
	_, err = io.ReadFull(r, text)
	return string(text), err
}

// pullFor gives a commit the pull request of its topic.
func pullFor(commit string, options []string) (int, error) {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", args...).Output()
		return strings.TrimSpace(string(out)), err
	}
	topic := ""
	for _, o := range options {
		if value, ok := strings.CutPrefix(o, "topic="); ok {
			topic = value
		}
	}
	if topic == "" {
		return 0, errors.New("no topic")
	}
	if err := os.WriteFile("options", []byte(strings.Join(options, "\n")), 0o600); err != nil {
		return 0, err
	}
	number := 1
	for ; ; number++ {
		at := fmt.Sprintf("topic.%d", number)
		known, err := os.ReadFile(at)
		if err != nil {
			if err := os.WriteFile(at, []byte(topic), 0o600); err != nil {
				return 0, err
			}
			break
		}
		if string(known) == topic {
			break
		}
	}
	ref := fmt.Sprintf("refs/pull/%d/head", number)
	if at, err := git("rev-parse", "--verify", "--quiet", ref); err == nil && at == commit {
		return 0, errors.New("new commit is the same as the old one")
	}
	_, err := git("update-ref", ref, commit)
	return number, err
}

// A commit becomes a pull request without a branch, once.
func TestSubmit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.forge("forge.git")
	r := w.clone(path, "clone")
	base := must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
	one, two := w.commit(r, base, files{"one": "1"}), w.commit(r, base, files{"two": "2"})
	before := w.snapshot("clone")
	for range 2 {
		if n, err := r.Submit(t.Context(), "origin", one, "main", "topic=sign/event/root/alice-1234", "title=sign: root version 2 by alice"); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	if got := must[[]byte](t)(os.ReadFile(w.path("forge.git/options"))); string(got) != "topic=sign/event/root/alice-1234\ntitle=sign: root version 2 by alice" {
		t.Errorf("options %q", got)
	}
	if n, err := r.Submit(t.Context(), path, two, "main", "topic=sign/event/root/bob-1234"); err != nil || n != 2 {
		t.Error(n, err)
	}
	if got := w.git("forge.git", "for-each-ref", "--format=%(refname) %(objectname)"); got != fmt.Sprintf("refs/heads/main %s\nrefs/pull/1/head %s\nrefs/pull/2/head %s", base, one, two) {
		t.Errorf("the forge has %s", got)
	}
	if after := w.snapshot("clone"); after != before {
		t.Errorf("the clone changed:\n%s", after)
	}
	if _, err := r.Submit(t.Context(), "origin", w.commit(r, base, files{"three": "3"}), "main"); err == nil {
		t.Error("no topic")
	} else if wantError[*RemoteError](t, err, "git push, remote origin: ", "no topic"); w.git("forge.git", "for-each-ref", "refs/for") != "" {
		t.Error("a ref was made")
	}
}

// A remote that knows no pull requests is told apart, and what it made is named.
func TestSubmitElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	c := w.commit(r, must[Commit](t)(r.Resolve(t.Context(), "HEAD")), files{"x": "1"})
	_, err := r.Submit(t.Context(), "origin", c, "main", "topic=x")
	if e := wantError[*RemoteError](t, err, "does not support push options"); !e.TakesNoOptions() {
		t.Errorf("%+v", e)
	}
	w.git("remote.git", "config", "receive.advertisePushOptions", "true")
	// Refs that look like pull requests and are none.
	for _, ref := range []string{"refs/pull/x/head", "refs/pull/0/head", "refs/pull/1/merge", "refs/pull/1/2/head", "refs/pull/99999999999999999999/head", "refs/pull/-1/head"} {
		w.git("clone", "push", "-q", "origin", string(c)+":"+ref)
	}
	_, err = r.Submit(t.Context(), "origin", c, "main", "topic=x")
	e := wantError[*NoPullRequestError](t, err, "origin took commit "+c.Short()+" at refs/for/main and made no pull request of it")
	if e.Ref != "refs/for/main" || !strings.Contains(e.Hint(), "git push origin --delete refs/for/main") {
		t.Errorf("%+v, %s", e, e.Hint())
	}
	for _, option := range []string{"", "topic=a\ntitle=b", "topic=a\x00"} {
		_, err := r.Submit(t.Context(), "origin", c, "main", option)
		if e := wantError[*NameError](t, err, "is empty or has more than one line"); e.Kind != "push option" {
			t.Errorf("%+v", e)
		}
		wantError[*NameError](t, r.Push(t.Context(), "origin", c, "b", "", option))
	}
	if _, err := r.Submit(cancelled(), "origin", c, "main"); err == nil {
		t.Error("cancelled")
	}
}

// Options go along with a push, which stays a compare-and-swap.
func TestPushOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.clone(w.remote("remote.git"), "clone")
	base := must[Commit](t)(r.Fetch(t.Context(), "origin", "main"))
	one, two := w.commit(r, base, files{"one": "1"}), w.commit(r, base, files{"two": "2"})
	options := []string{"merge_request.create", "merge_request.target=main", "merge_request.title=sign: root; $(touch x)"}
	push := func(c Commit, expect Commit) error {
		return r.Push(t.Context(), "origin", c, "b", expect, options...)
	}
	if e := wantError[*RemoteError](t, push(one, ""), "does not support push options"); !e.TakesNoOptions() {
		t.Errorf("%+v", e)
	}
	w.git("remote.git", "config", "receive.advertisePushOptions", "true")
	w.script("remote.git/hooks/post-receive", `printf '%s\n' "$GIT_PUSH_OPTION_COUNT" "$GIT_PUSH_OPTION_0" "$GIT_PUSH_OPTION_1" "$GIT_PUSH_OPTION_2" >options`)
	if err := push(one, ""); err != nil {
		t.Fatal(err)
	}
	if got := must[[]byte](t)(os.ReadFile(w.path("remote.git/options"))); string(got) != "3\n"+strings.Join(options, "\n")+"\n" {
		t.Errorf("options %q", got)
	}
	if e := wantError[*MovedError](t, push(two, "")); e.Found != one {
		t.Errorf("%+v", e)
	}
}
