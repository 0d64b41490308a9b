package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// delegate adds a delegation to a role, and the delegated role if it is new.
func (r *served) delegate(by, name string, terminating bool, paths []string, signers ...*person) {
	r.t.Helper()
	patterns := []any{}
	for _, p := range paths {
		patterns = append(patterns, p)
	}
	delegating(r.targets[by], name, 1, signers...)
	roles := r.targets[by]["delegations"].(object)["roles"].([]any)
	last := roles[len(roles)-1].(object)
	last["terminating"], last["paths"] = terminating, patterns
	if r.targets[name] == nil {
		r.targets[name] = targetsSigned(name, 1)
		r.targets[name]["targets"] = object{}
		r.signers[name] = signers
	}
}

// lists makes a role list a target whose length tells which role it was.
func (r *served) lists(role, path string, length int) {
	r.targets[role]["targets"].(object)[path] = object{"length": length, "hashes": object{"sha256": strings.Repeat("ab", 32)}}
}

// SPEC 5.6.7: pre-order, in the order of appearance, each role once; a
// terminating delegation ends the search (CVE-2025-2886).
func TestSearchOrder(t *testing.T) {
	r := serve(t)
	key := edPerson(t, "dana")
	for _, d := range []struct {
		by, name    string
		terminating bool
	}{{"targets", "a", false}, {"targets", "b", false}, {"a", "aa", false}, {"a", "ab", true}, {"a", "ac", false}, {"ab", "a", false}, {"b", "ba", false}} {
		r.delegate(d.by, d.name, d.terminating, []string{"x/*"}, key)
	}
	r.lists("ac", "x/1", 1)
	r.lists("ba", "x/1", 2)
	r.publish()
	c, _ := r.client()
	_, err := lookup(c, "x/1")
	missing := refused[*verify.NotFoundError](t, err, "no role vouches for x/1; asked: targets, a, aa, ab")
	if !errors.Is(err, verify.ErrNotFound) || !slices.Equal(missing.Asked, []string{"targets", "a", "aa", "ab"}) {
		t.Errorf("%+v", missing)
	}
	r.lists("ab", "x/1", 3)
	r.bump("timestamp", "snapshot", "ab")
	v, err := lookup(c, "x/1")
	if err != nil || v.Length != 3 || v.Role() != "ab" || len(v.Chain) != 6 || v.Chain[4].Role != "a" || v.Chain[5].Role != "ab" {
		t.Errorf("%+v, %v", v, err)
	}
	// CVE-2024-47534: what is asked for follows the document, not a map.
	if want := "1.targets.json 1.a.json 1.aa.json 1.ab.json"; !strings.Contains(strings.Join(r.asked, " "), want) {
		t.Errorf("asked for %q", r.asked)
	}
}

// A role that does not delegate the path is not asked, whatever it lists.
func TestSearchOnlyWhereDelegated(t *testing.T) {
	r := serve(t)
	key := edPerson(t, "dana")
	r.delegate("targets", "a", false, []string{"y/*"}, key)
	r.lists("a", "x/1", 1)
	r.publish()
	c, _ := r.client()
	_, err := lookup(c, "x/1")
	refused[*verify.NotFoundError](t, err, "asked: targets")
	if slices.Contains(r.asked, "1.a.json") {
		t.Error("a was fetched")
	}
}

// A delegated role gets every check that the top-level one gets (CVE-2025-2887,
// CVE-2026-6967), and its refusal ends the search.
func TestDelegatedRoleRefused(t *testing.T) {
	for name, test := range map[string]struct {
		attack func(r *served)
		want   func(testing.TB, error)
	}{
		"by a stranger":   {func(r *served) { r.signers["a"] = []*person{edPerson(t, "mallory")}; r.bump("a") }, wants[*verify.ThresholdError]("a 2", "0 of 1")},
		"expired":         {func(r *served) { r.targets["a"]["expires"] = "2026-12-01T00:00:00Z"; r.bump("a") }, wants[*verify.ExpiredError]("a 2: expired")},
		"another version": {func(r *served) { r.bump("a"); r.files["2.a.json"] = r.files["1.a.json"] }, wants[*verify.VersionError]("a 1 is not the version 2")},
		"gone":            {func(r *served) { r.bump("a"); delete(r.files, "2.a.json") }, isNotFound("2.a.json")},
		"other bytes": {func(r *served) {
			r.hashes = true
			r.bump("a")
			r.files["2.a.json"] = bytes.Replace(r.files["2.a.json"], []byte("2030"), []byte("2031"), 1)
		}, wants[*verify.ContentError]("a: its sha256")},
		"not in the snapshot": {func(r *served) {
			signed := r.targets["a"]
			delete(r.targets, "a")
			r.publish()
			r.targets["a"] = signed
		}, wants[*verify.DelegationError]("role a is delegated, but snapshot 1 lists no file of it")},
		"under another name":  {func(r *served) { set(r.targets["a"], "x-rust-tuf.role", "b"); r.bump("a") }, wants[*verify.RoleError]("role b where one of role a")},
		"a root in its place": {func(r *served) { r.files["1.a.json"] = r.files["1.root.json"] }, wants[*verify.RoleError]("role root where one of role a")},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			r.delegate("targets", "a", false, []string{"x/*"}, edPerson(t, "dana"))
			r.delegate("targets", "b", false, []string{"x/*"}, edPerson(t, "dana"))
			r.lists("b", "x/1", 2)
			r.publish()
			test.attack(r)
			c, _ := r.client()
			v, err := lookup(c, "x/1")
			if v != nil {
				t.Fatalf("%+v", v)
			}
			test.want(t, err)
		})
	}
}

// What was accepted through one delegator is held anew to the one through
// which it is reached now.
func TestCachedRoleUnderAnotherDelegator(t *testing.T) {
	r := serve(t)
	dana, mallory := edPerson(t, "dana"), edPerson(t, "mallory")
	r.delegate("targets", "a", false, []string{"x/*"}, dana)
	r.delegate("targets", "b", false, []string{"y/*"}, dana)
	r.delegate("a", "shared", false, []string{"x/*", "y/*"}, dana)
	r.delegate("b", "shared", false, []string{"x/*", "y/*"}, mallory)
	r.lists("shared", "x/1", 1)
	r.lists("shared", "y/1", 1)
	r.publish()
	c, store := r.client()
	if _, err := lookup(c, "x/1"); err != nil {
		t.Fatal(err)
	}
	if got := store.newest(t, "shared"); got != "shared 1" {
		t.Error(got)
	}
	// In a later refresh from the store, and in the same one.
	_, err := lookup(c, "y/1")
	refused[*verify.ThresholdError](t, err, "shared 1", "b 1")
	session, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Target(t.Context(), "x/1"); err != nil {
		t.Fatal(err)
	}
	_, err = session.Target(t.Context(), "y/1")
	refused[*verify.ThresholdError](t, err, "shared 1", "b 1")
}

// However delegations are knotted, the search ends.
func TestSearchEnds(t *testing.T) {
	r := serve(t)
	key := edPerson(t, "dana")
	before := "targets"
	for i := range 70 {
		name := fmt.Sprintf("r%d", i)
		r.delegate(before, name, false, []string{"x/*"}, key)
		before = name
	}
	r.delegate(before, "r0", false, []string{"x/*"}, key)
	r.publish()
	c, _ := r.client()
	_, err := lookup(c, "x/1")
	refused[*verify.LimitError](t, err, "roles that were searched for one target", "limit of 64")
	if errors.Is(err, verify.ErrNotFound) {
		t.Error("to give up is not to find nothing")
	}
	c.Limits.Visits = 100
	_, err = lookup(c, "x/1")
	refused[*verify.NotFoundError](t, err, "r0")
}

// TAP 15: one rule for all bins.
func TestSuccinctRoles(t *testing.T) {
	r := serve(t)
	key := edPerson(t, "dana")
	rule := roleObject(1, key)
	rule["bit_length"], rule["name_prefix"] = 10, "bin"
	r.targets["targets"]["delegations"] = object{"keys": keyObjects(key), "succinct_roles": rule}
	path := "crates/ti/ny/tinytop"
	sum := sha256.Sum256([]byte(path))
	bin := fmt.Sprintf("bin-%03x", (int(sum[0])<<8|int(sum[1]))>>6)
	r.targets[bin], r.signers[bin] = targetsSigned(bin, 1), []*person{key}
	r.lists(bin, path, 7)
	r.publish()
	c, _ := r.client()
	v, err := lookup(c, path)
	if err != nil || v.Length != 7 || v.Role() != bin || v.Chain[4].Threshold != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	targets := mustTargets(t, "targets", r.files["1.targets.json"])
	s, ok := targets.Succinct()
	if !ok || s.Bin(path) != bin || s.Threshold != 1 || !slices.Equal(s.KeyIDs, []string{key.id}) {
		t.Errorf("%+v", s)
	}
	for role, want := range map[string]bool{bin: true, "bin-000": true, "bin-3ff": true, "bin-400": false, "bin-3FF": false, "bin-0": false, "bin-0000": false, "bin": false, "bin-": false, "bin-xyz": false, "other-000": false} {
		if _, ok := targets.UnverifiedQuorum(role); s.Has(role) != want || ok != want {
			t.Errorf("%s: %v", role, s.Has(role))
		}
	}
	for bits, name := range map[int]string{1: "bin-1", 4: "bin-8", 8: "bin-80", 16: "bin-8000", 32: "bin-80000000"} {
		some := verify.SuccinctRoles{NamePrefix: "bin", BitLength: bits}
		for i := range 100 {
			p := fmt.Sprint(i)
			if !some.Has(some.Bin(p)) || len(some.Bin(p)) != len(name) {
				t.Errorf("%d bits: %s", bits, some.Bin(p))
			}
		}
	}
	for what, edit := range map[string]object{
		"bit_length: must be from 1 to 32, found 0":  {"bit_length": 0},
		"bit_length: must be from 1 to 32, found 33": {"bit_length": 33},
		"bit_length: must be an integer":             {"bit_length": "8"},
		"name_prefix: missing or empty":              {"name_prefix": ""},
		"name_prefix: must be a string":              {"name_prefix": 1},
		"threshold: must be from 1":                  {"threshold": 0},
		"keyids: missing":                            {"keyids": gone},
	} {
		signed := targetsSigned("targets", 1)
		bad := object{"bit_length": 8, "name_prefix": "bin", "keyids": []any{}, "threshold": 1}
		for name, v := range edit {
			set(bad, name, v)
		}
		signed["delegations"] = object{"keys": object{}, "succinct_roles": bad}
		_, err := mustRead(t, envelope(t, signed)).Targets("targets")
		refused[*verify.FormatError](t, err, "succinct_roles", what)
	}
}

// SPEC 4.5: `*` and `?` within one segment, nothing else (sigstore-rust let a
// wildcard cross "/").
func TestCovers(t *testing.T) {
	for pattern, paths := range map[string]map[string]bool{
		"channels/*":      {"channels/stable.toml": true, "channels/": true, "channels/a/b": false, "channels": false, "xchannels/a": false},
		"*":               {"a": true, "": true, "a/b": false},
		"*/*":             {"a/b": true, "a": false, "a/b/c": false, "/": true},
		"a?c":             {"abc": true, "aéc": true, "ac": false, "a/c": false, "abbc": false},
		"*.toml":          {"stable.toml": true, ".toml": true, "toml": false, "a/b.toml": false},
		"a*b*c":           {"abc": true, "axxbyyc": true, "abcb": false, "acb": false, "aabbcc": true},
		"[ab]":            {"a": false, "[ab]": true},
		`\*`:              {"*": false, `\*`: true, `\x`: true},
		"a/":              {"a/": true, "a": false, "a/b": false},
		"":                {"": true, "a": false},
		"**":              {"a": true, "a/b": false},
		"A":               {"a": false, "A": true},
		"stable-????.txt": {"stable-1.99.txt": true, "stable-1.9.txt": false},
	} {
		d := verify.Delegation{Paths: []string{"never/x", pattern}}
		for path, want := range paths {
			if d.Covers(path) != want {
				t.Errorf("%q covers %q: %v", pattern, path, !want)
			}
		}
	}
	sum := sha256.Sum256([]byte("x/1"))
	digits := hex.EncodeToString(sum[:])
	for prefix, want := range map[string]bool{digits[:1]: true, strings.ToUpper(digits[:8]): true, digits: true, digits[1:5]: false} {
		if d := (verify.Delegation{PathHashPrefixes: []string{"0123456789", prefix}}); d.Covers("x/1") != want {
			t.Errorf("%s: %v", prefix, !want)
		}
	}
	if (verify.Delegation{}).Covers("x") {
		t.Error("nothing covers something")
	}
	// However a pattern is written, it costs no more than both lengths.
	long := strings.Repeat("a*", 5000) + "b"
	if (verify.Delegation{Paths: []string{long}}).Covers(strings.Repeat("a", 10000)) {
		t.Error("it matched")
	}
}

// A name from the repository never leaves the folder it is written in.
func TestEscapeRole(t *testing.T) {
	for role, want := range map[string]string{
		"release": "release", "channels-archive-2026": "channels-archive-2026", "a.b_c~d": "a.b_c~d",
		"..": "%2E%2E", ".": "%2E", "": "", "../x": "..%2Fx", "a/b": "a%2Fb", `a\b`: "a%5Cb", "?#%": "%3F%23%25", "é": "%C3%A9", "a b": "a%20b", "\x00": "%00",
	} {
		if got := verify.EscapeRole(role); got != want {
			t.Errorf("%q became %q, want %q", role, got, want)
		}
	}
}

// Calls out of order are told so, and change nothing.
func TestSessionOrder(t *testing.T) {
	r := serve(t)
	s := verify.NewSession(mustTrust(t, r.files["1.root.json"]), now, verify.Limits{})
	_, err := s.AddTimestamp(r.files["timestamp.json"])
	refused[*verify.OrderError](t, err, "AddTimestamp was called out of order: EndRoots comes first")
	refused[*verify.OrderError](t, s.RestoreTimestamp(r.files["timestamp.json"]), "EndRoots comes first")
	refused[*verify.OrderError](t, s.AddSnapshot(nil), "after AddTimestamp")
	_, err = s.Resolve("x", nil)
	refused[*verify.OrderError](t, err, "a snapshot must be accepted first")
	if err := s.EndRoots(); err != nil {
		t.Fatal(err)
	}
	refused[*verify.OrderError](t, s.AddRoot(nil), "the roots have ended already")
	if s.Timestamp() != nil || s.Snapshot() != nil || s.Root().Version() != 1 || !s.At().Equal(now) {
		t.Error("something was accepted")
	}
	if newer, err := s.AddTimestamp(r.files["timestamp.json"]); err != nil || !newer {
		t.Fatal(newer, err)
	}
	refused[*verify.OrderError](t, s.RestoreTimestamp(nil), "there is a timestamp already")
	if err := s.AddSnapshot(r.files["1.snapshot.json"]); err != nil {
		t.Fatal(err)
	}
	refused[*verify.OrderError](t, s.AddSnapshot(nil), "and once")
	_, err = s.AddTimestamp(nil)
	refused[*verify.OrderError](t, err, "judged by the timestamp already")
	_, err = s.Resolve("x", func(string, verify.MetaFile, func([]byte) error) error { return nil })
	refused[*verify.OrderError](t, err, "the loader returned without an accepted document")
	if m, ok := s.Snapshot().File("targets"); !ok || m.Version != 1 || m.Length != -1 || m.Hashes != nil {
		t.Errorf("%+v", m)
	}
	if _, ok := s.Snapshot().File("nobody"); ok {
		t.Error("a file of nobody")
	}
	if got := s.Timestamp().Snapshot(); got.Version != 1 {
		t.Errorf("%+v", got)
	}
}
