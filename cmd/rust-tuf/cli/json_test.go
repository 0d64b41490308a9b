package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// With --json every verb prints one object and nothing else; which members it
// has, and of what kind, is kept in testdata/json.golden. What a program
// reads there stays.
func TestJSON(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	see := func(verb, out string) {
		t.Helper()
		var value map[string]any
		oneObject(t, out, &value)
		flatten(verb+":", "", value, fields)
	}
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

	var lines []string
	for f := range fields {
		if empty, ok := strings.CutSuffix(f, "[]"); ok && slices.ContainsFunc(slices.Collect(maps.Keys(fields)), func(o string) bool { return o != f && strings.HasPrefix(o, empty+"[]") }) {
			continue // elsewhere the list holds something
		}
		lines = append(lines, f)
	}
	slices.Sort(lines)
	golden(t, "json.golden", strings.Join(lines, "\n")+"\n")
	for _, l := range lines {
		if strings.HasSuffix(l, " null") {
			t.Errorf("a value is null where a list or nothing belongs: %s", l)
		}
	}
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
