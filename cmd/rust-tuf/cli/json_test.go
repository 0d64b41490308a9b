package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
	"github.com/spf13/cobra"
)

// With --json every verb prints one object and nothing else; which members it
// has, and of what kind, is kept in testdata/json.golden. What a program
// reads there stays.
func TestJSON(t *testing.T) {
	t.Parallel()
	fields := shapes{}
	see := fields.seeing(t)
	newcomer := alone(t)
	newcomer.answers(t, reply{"new passphrase", good}, reply{"again", good})
	for _, verb := range []string{"init", "key new", "key list", "runbook", "runbook root-ceremony"} {
		args := strings.Fields(verb)
		if verb == "key new" {
			args = append(args, "work")
		}
		out, words, code := newcomer.types(append(args, "--json")...)
		if code != exit.Done || words != "" {
			t.Fatalf("%s: exit code %d, %s", verb, code, words)
		}
		see(verb, out)
	}

	s := play(t, "second-open", "alice", "heidi")
	alice, heidi, m := s.people["alice"], s.people["heidi"], s.maintainer
	root, err := s.head(t).FirstRoot()
	if err != nil {
		t.Fatal(err)
	}
	heidi.answers(t, reply{"Digest of a root", root.Digest().Groups()}, reply{"Pin it", "yes"})
	see("trust init", s.exits(t, heidi, exit.Done, []string{"trust", "init", "--json"}))
	see("status", s.exits(t, alice, exit.Done, []string{"status", "--json"}))
	see("review", s.exits(t, alice, exit.Done, []string{"review", "--json"}))
	see("rehearse", s.exits(t, alice, exit.Done, []string{"rehearse", "--json"}))
	stick := t.TempDir()
	see("bundle export", s.exits(t, m, exit.Done, []string{"bundle", "export", secondEvent, "--out", filepath.Join(stick, "event"), "--json"}))
	away := s.offline(t, s.laptop(t, alice), stick)
	away.answers(t, signRoot, passphrase)
	see("sign --bundle", s.exits(t, away, exit.Done, append(signBundle, "--json")))
	alice.answers(t, signRoot, passphrase)
	see("sign", s.exits(t, alice, exit.Done, []string{"sign", "--json"}))
	branches, err := s.branches("sign/" + secondEvent)
	if err != nil || len(branches) != 1 {
		t.Fatal(branches, err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	see("check of a pull request", s.exits(t, m, exit.Done, []string{"check", "--json", "--base", "origin/main", "--head", "origin/" + branches[0]}))
	see("bundle import", s.exits(t, heidi, exit.Done, []string{"bundle", "import", s.carry(t, branches[0]), "--json"}))
	if err := s.merge(branches[0]); err != nil {
		t.Fatal(err)
	}
	see("check", s.exits(t, m, exit.Done, []string{"check", "--json"}))
	alice.answers(t)
	see("sign", s.exits(t, alice, exit.Pending, []string{"sign", "--json"}, "signatures by others are missing"))
	see("trust show", s.exits(t, alice, exit.Done, []string{"trust", "show", "--json"}))
	see("an error", s.exits(t, m, exit.Pending, []string{"complete", "--json"}))

	s = play(t, "second-ready", "alice")
	see("complete", s.exits(t, s.maintainer, exit.Done, []string{"complete", "--json"}))
	s = play(t, "genesis-done", "alice")
	s.now = december
	see("member lost", s.exits(t, s.maintainer, exit.Done, append(lostAlice, "--dry-run", "--json")))
	see("propose", s.exits(t, s.maintainer, exit.Done, []string{"propose", "--json", "--why", "a renewal", "--renew", "root"}))
	judy := s.newcomer(t, "judy")
	see("member add", s.exits(t, judy, exit.Done, []string{"member", "add", "judy", "--json", "--public-key", judy.publicKey()}))
	mirror := mirrorOf(t)
	out, _, code := mirror.verifies("--json")
	if code != exit.Done {
		t.Fatalf("exit code %d", code)
	}
	see("verify root", out)

	fields.golden(t, "json.golden")
}

// The same for the verbs that a machine or an auditor runs.
func TestJSONOfMachines(t *testing.T) {
	t.Parallel()
	fields := shapes{}
	see := fields.seeing(t)
	s := play(t, "genesis-open", "alice")
	see("log verify", s.exits(t, s.maintainer, exit.Done, []string{"log", "verify", "--json"}))
	see("gate", func() string {
		newHub(t, s, s.maintainer)
		return s.exits(t, s.maintainer, exit.Done, []string{"gate", "--json"}, `"judged": []`)
	}())

	s = play(t, "second-open", "alice")
	m := s.maintainer
	hub := newHub(t, s, m, s.people["alice"])
	s.signedBy(t, "alice")
	hub.pulled(t, "far-behind", put("rust-tuf.toml", []byte("format = 1\n")))
	see("gate", s.exits(t, m, exit.Done, []string{"gate", "--merge", "--json"}))

	s = play(t, "second-ready", "alice")
	newHub(t, s, s.maintainer)
	see("gate", s.exits(t, s.maintainer, exit.Done, []string{"gate", "--merge", "--json"}, `"completed"`))

	s = play(t, "genesis-done", "alice")
	m = s.maintainer
	see("log verify", s.exits(t, m, exit.Done, []string{"log", "verify", "--json"}))
	see("log show", s.exits(t, m, exit.Done, []string{"log", "show", firstEvent, "--json"}))
	see("publish", s.exits(t, m, exit.Done, []string{"publish", filepath.Join(s.dir, "site"), "--json"}))
	see("calendar", s.exits(t, m, exit.Done, []string{"calendar", "--json"}))
	see("due", s.exits(t, m, exit.Done, []string{"due", "--json"}))
	s.now = time.Date(2027, 8, 24, 6, 0, 0, 0, time.UTC)
	see("due", s.exits(t, m, exit.Done, []string{"due", "--json"}))
	see("due", s.exits(t, m, exit.Done, []string{"due", "--json"})) // it waits for a merge
	main, err := s.git(m.name, s.remote(), "rev-parse", "refs/heads/main")
	if err != nil {
		t.Fatal(err)
	}
	s.becomes(t, "edited", "rust-tuf.toml", s.newLifetime(t))
	see("due", s.exits(t, m, exit.Done, []string{"due", "--json"}, "by_hand")) // it must not be merged any more
	if _, err := s.git(m.name, s.remote(), "update-ref", "refs/heads/main", strings.TrimSpace(main)); err != nil {
		t.Fatal(err)
	}
	if err := s.merge("event/2027-08-24-targets-v2"); err != nil {
		t.Fatal(err)
	}
	s.now = time.Date(2027, 11, 23, 6, 0, 0, 0, time.UTC) // late, and expired meanwhile
	see("due", s.exits(t, m, exit.Expired, []string{"due", "--json"}))
	see("status --at", s.exits(t, m, exit.Expired, []string{"status", "--at", "+1d", "--json"}))
	s = renewedRootAlone(t)
	see("rehearse that fails", s.exits(t, s.maintainer, exit.Rejected, []string{"rehearse", "--json"}, `"refused"`))

	s = play(t, "genesis-done", "alice")
	s.now = december
	s.handsOver(t, 1)
	branch := s.opens(t, "a root of crates")
	see("check of a hand-over", s.exits(t, s.maintainer, exit.Done, []string{"check", "--json", "--base", "origin/main", "--head", "origin/" + branch}))
	fields.golden(t, "json-machines.golden")
}

// What every verb prints for programs is kept somewhere.
func TestEveryVerbHasItsJSON(t *testing.T) {
	t.Parallel()
	var kept strings.Builder
	for _, name := range []string{"json.golden", "json-cards.golden", "json-machines.golden", "verify-json.golden"} {
		kept.WriteString("\n" + readText(t, filepath.Join("testdata", name)))
	}
	without := []string{"demo"} // which plays for people
	verbs(newCommand(alone(t).env).rootCommand(), func(cmd *cobra.Command) {
		verb := strings.TrimPrefix(cmd.CommandPath(), "rust-tuf ")
		if cmd.HasSubCommands() || slices.Contains(without, verb) {
			return
		}
		if !strings.Contains(kept.String(), "\n"+verb+": ") {
			t.Errorf("no golden file keeps the JSON of %s", verb)
		}
	})
}

// shapes are the members of objects, as flatten lists them.
type shapes map[string]bool

// seeing returns what adds the object that a verb printed.
func (f shapes) seeing(t *testing.T) func(verb, out string) {
	return func(verb, out string) {
		t.Helper()
		var value map[string]any
		oneObject(t, out, &value)
		flatten(verb+":", "", value, f)
	}
}

// golden compares them with a golden file. None may be null.
func (f shapes) golden(t *testing.T, name string) {
	t.Helper()
	var lines []string
	for _, l := range slices.Sorted(maps.Keys(f)) {
		if empty, ok := strings.CutSuffix(l, "[]"); ok && slices.ContainsFunc(slices.Collect(maps.Keys(f)), func(o string) bool { return o != l && strings.HasPrefix(o, empty+"[]") }) {
			continue // elsewhere the list holds something
		}
		if strings.HasSuffix(l, " null") {
			t.Errorf("a value is null where a list or nothing belongs: %s", l)
		}
		lines = append(lines, l)
	}
	golden(t, name, strings.Join(lines, "\n")+"\n")
}

// flatten lists the members of a value: "status: events[].why string".
func flatten(verb, path string, value any, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(verb, strings.TrimPrefix(path+"."+name, "."), member, into)
		}
	case []any:
		for _, member := range v {
			flatten(verb, path+"[]", member, into)
		}
		if len(v) == 0 {
			into[verb+" "+path+"[]"] = true
		}
	case nil:
		into[verb+" "+path+" null"] = true
	case string:
		into[verb+" "+path+" string"] = true
	case json.Number, float64:
		into[verb+" "+path+" number"] = true
	case bool:
		into[verb+" "+path+" bool"] = true
	default:
		into[fmt.Sprintf("%s %s %T", verb, path, value)] = true
	}
}
