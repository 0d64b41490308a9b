package verify_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

func TestTargets(t *testing.T) {
	p := nine(t)
	signed := delegating(targetsSigned("targets", 3), "release", 3, p[:5]...)
	delegating(signed, "nightly", 1, p[5])
	set(signed, "delegations.roles.1.terminating", false)
	set(signed, "delegations.roles.1.paths", gone)
	set(signed, "delegations.roles.1.path_hash_prefixes", []any{"0", "ABCDEF"})
	set(signed, "targets", object{
		"z/last": object{"length": 9, "hashes": object{}, "custom": object{"any": []any{"thing", nil}}},
		"a\"b\\": object{"length": 0, "hashes": object{"sha256": strings.Repeat("AB", 32), "sha512": strings.Repeat("cd", 64), "blake3": "?"}},
	})
	c := mustTargets(t, "targets", envelope(t, signed))
	if c.Role() != "targets" || c.Version() != 3 {
		t.Errorf("%s %d", c.Role(), c.Version())
	}
	ids := func(people ...*person) (list []string) {
		for _, p := range people {
			list = append(list, p.id)
		}
		return list
	}
	want := []verify.Delegation{
		{Name: "release", Threshold: 3, KeyIDs: ids(p[:5]...), Terminating: true, Paths: []string{"channels/*"}},
		{Name: "nightly", Threshold: 1, KeyIDs: ids(p[5]), PathHashPrefixes: []string{"0", "ABCDEF"}},
	}
	if got := c.Delegations(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	c.Delegations()[0].KeyIDs[0] = "changed"
	if !reflect.DeepEqual(c.Delegations(), want) {
		t.Error("the document can be changed through the copy")
	}
	entries := []verify.TargetEntry{
		{Path: `a"b\`, Length: 0, Hashes: map[string]string{"sha256": strings.Repeat("ab", 32), "sha512": strings.Repeat("cd", 64), "blake3": "?"}},
		{Path: "z/last", Length: 9, Hashes: map[string]string{}},
	}
	if got := c.UnverifiedEntries(); !reflect.DeepEqual(got, entries) {
		t.Errorf("got %+v, want %+v", got, entries)
	}
	q, ok := c.UnverifiedQuorum("release")
	if !ok || q.Role() != "release" || q.Threshold() != 3 || len(q.Keys()) != 5 {
		t.Errorf("%+v", q)
	}
	if _, ok := c.UnverifiedQuorum("targets"); ok {
		t.Error("targets delegates itself")
	}
	// What go-tuf writes for no delegated roles, and roles by rule (TAP 15).
	for _, d := range []object{{"keys": object{}}, {"keys": object{}, "succinct_roles": object{"bit_length": 8, "name_prefix": "bin", "keyids": []any{}, "threshold": 1}}} {
		if c := mustTargets(t, "targets", envelope(t, set(targetsSigned("targets", 1), "delegations", d))); len(c.Delegations()) != 0 {
			t.Error(c.Delegations())
		}
	}
}

func TestTargetsRefuses(t *testing.T) {
	alice := edPerson(t, "alice")
	full := func() object {
		return delegating(delegating(targetsSigned("targets", 2), "release", 1, alice), "nightly", 1, alice)
	}
	stable := func(v any) object { return object{"channels/stable": v} }
	hashes := object{"sha256": strings.Repeat("ab", 32)}
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"targets", gone, "signed.targets: missing"},
		{"targets", nil, "signed.targets: must be an object, found null"},
		{"targets", []any{}, "signed.targets: must be an object, found an array"},
		{"targets", object{"x": nil}, "signed.targets.x: must be an object, found null"},
		{"targets", object{"x": 7}, "signed.targets.x: must be an object, found an integer"},
		{"targets", object{"a b\n": nil}, `signed.targets."a b\n": must be`},
		{"targets", object{"": nil}, `signed.targets."": must be`},
		{"targets", stable(object{"hashes": hashes}), "signed.targets.channels/stable.length: missing"},
		{"targets", stable(object{"length": 1}), "signed.targets.channels/stable.hashes: missing"},
		{"targets", stable(object{"length": -1, "hashes": hashes}), "length: must not be negative, found -1"},
		{"targets", stable(object{"length": "1", "hashes": hashes}), "length: must be an integer, found a string"},
		{"targets", stable(object{"length": nil, "hashes": hashes}), "length: must be an integer, found null"},
		{"targets", stable(object{"length": 1, "hashes": nil}), "hashes: must be an object, found null"},
		{"targets", stable(object{"length": 1, "hashes": object{"sha256": nil}}), "hashes.sha256: must be a string, found null"},
		{"targets", stable(object{"length": 1, "hashes": object{"sha256": "ab"}}), `hashes.sha256: must be 64 hex digits, found "ab"`},
		{"targets", stable(object{"length": 1, "hashes": object{"sha256": strings.Repeat("zz", 32)}}), "must be 64 hex digits"},
		{"targets", stable(object{"length": 1, "hashes": object{"sha512": strings.Repeat("ab", 32)}}), "hashes.sha512: must be 128 hex digits"},
		{"targets", stable(object{"length": 1, "hashes": object{"blake3": 1}}), "hashes.blake3: must be a string"},
		{"delegations", nil, "signed.delegations: must be an object, found null"},
		{"delegations.keys", gone, "signed.delegations.keys: missing"},
		{"delegations.keys", nil, "signed.delegations.keys: must be an object, found null"},
		{"delegations.keys." + alice.id, nil, "must be an object, found null"},
		{"delegations.roles", nil, "signed.delegations.roles: must be an array, found null"},
		{"delegations.roles", object{}, "signed.delegations.roles: must be an array, found an object"},
		{"delegations.roles", []any{nil}, "signed.delegations.roles[0]: must be an object, found null"},
		{"delegations.succinct_roles", object{}, "signed.delegations.roles: stands beside succinct_roles"},
		{"delegations.roles.1.name", gone, "signed.delegations.roles[1].name: missing"},
		{"delegations.roles.1.name", nil, "roles[1].name: must be a string, found null"},
		{"delegations.roles.1.name", "", "roles[1].name: empty"},
		{"delegations.roles.1.name", "release", "roles[1].name: release stands twice"},
		{"delegations.roles.1.name", "root", "roles[1].name: root is a top-level role and cannot be delegated"},
		{"delegations.roles.1.name", "targets", "targets is a top-level role"},
		{"delegations.roles.1.name", "snapshot", "snapshot is a top-level role"},
		{"delegations.roles.1.name", "timestamp", "timestamp is a top-level role"},
		{"delegations.roles.1.keyids", gone, "roles[1].keyids: missing"},
		{"delegations.roles.1.keyids", []any{1}, "roles[1].keyids[0]: must be a string"},
		{"delegations.roles.1.threshold", gone, "roles[1].threshold: missing"},
		{"delegations.roles.1.threshold", 0, "roles[1].threshold: must be from 1 to 256, found 0"},
		{"delegations.roles.1.threshold", -3, "must be from 1 to 256, found -3"},
		{"delegations.roles.1.threshold", "2", "must be an integer, found a string"},
		{"delegations.roles.1.threshold", json.Number("4294967297"), "found 4294967297"},
		{"delegations.roles.1.terminating", gone, "roles[1].terminating: missing"},
		{"delegations.roles.1.terminating", 1, "roles[1].terminating: must be a boolean, found an integer"},
		{"delegations.roles.1.paths", gone, "roles[1].paths: missing, and path_hash_prefixes too"},
		{"delegations.roles.1.paths", nil, "roles[1].paths: must be an array, found null"},
		{"delegations.roles.1.paths", "*", "roles[1].paths: must be an array, found a string"},
		{"delegations.roles.1.paths", []any{"a", 1}, "roles[1].paths[1]: must be a string, found an integer"},
		{"delegations.roles.1.path_hash_prefixes", []any{"ab"}, "roles[1].paths: stands beside path_hash_prefixes"},
		{"delegations.roles.1.path_hash_prefixes", []any{""}, `path_hash_prefixes[0]: must be 1 to 64 hex digits, found ""`},
		{"delegations.roles.1.path_hash_prefixes", []any{"ab", "xy"}, `path_hash_prefixes[1]: must be 1 to 64 hex digits, found "xy"`},
		{"delegations.roles.1.path_hash_prefixes", []any{strings.Repeat("a", 65)}, "must be 1 to 64 hex digits"},
		{"delegations.roles.1.path_hash_prefixes", []any{nil}, "path_hash_prefixes[0]: must be a string, found null"},
	} {
		_, err := mustRead(t, envelope(t, set(full(), c.path, c.value))).Targets("targets")
		refused[*verify.FormatError](t, err, "targets 2: ", c.want)
	}
	var roles []any
	for i := range 4 {
		role := roleObject(1, alice)
		role["name"], role["terminating"], role["paths"] = fmt.Sprint(i), false, []any{}
		roles = append(roles, role)
	}
	d, err := verify.Read(envelope(t, set(full(), "delegations.roles", roles)), verify.Limits{Delegations: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Targets("targets")
	refused[*verify.LimitError](t, err, "delegated roles: 4, above the limit of 3")
}

func TestTargetsRoles(t *testing.T) {
	alice := edPerson(t, "alice")
	for _, c := range []struct {
		signed object
		role   string
		want   string
	}{
		{rootSigned(t, 1, 1, alice), "targets", "document of role root where one of role targets is needed"},
		{targetsSigned("release", 1), "targets", "document of role release where one of role targets is needed"},
		{targetsSigned("targets", 1), "release", "document of role targets where one of role release is needed"},
		{targetsSigned("root", 1), "root", "document of role targets where one of role root is needed"},
		{targetsSigned("timestamp", 1), "timestamp", "document of role targets where one of role timestamp is needed"},
	} {
		_, err := mustRead(t, envelope(t, c.signed)).Targets(c.role)
		refused[*verify.RoleError](t, err, c.want)
	}
	// Without the extension the caller says what role it is.
	bare := set(targetsSigned("", 1), "x-rust-tuf", gone)
	if c := mustTargets(t, "../odd role", envelope(t, bare)); c.Role() != "../odd role" {
		t.Error(c.Role())
	}
}

func TestTrustTargets(t *testing.T) {
	p := nine(t)
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 5, p...), p...))
	team := []*person{edPerson(t, "judy"), edPerson(t, "mike"), edPerson(t, "niaj")}
	signed := delegating(targetsSigned("targets", 2), "release", 2, team...)
	targets, err := verify.TrustTargets(root, mustTargets(t, "targets", envelope(t, signed, p[2:7]...)))
	if err != nil {
		t.Fatal(err)
	}
	if targets.Role() != "targets" || targets.Version() != 2 || targets.Repository() != repository || targets.Digest() != targets.Document().Digest() ||
		len(targets.Entries()) != 1 || len(targets.Delegations()) != 1 {
		t.Errorf("%+v", targets)
	}
	release, err := verify.TrustTargets(targets, mustTargets(t, "release", envelope(t, targetsSigned("release", 7), team[1:]...)))
	if err != nil || release.Role() != "release" || release.Version() != 7 {
		t.Fatal(err)
	}

	expires := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := release.CheckExpiry(expires.Add(-1)); err != nil || !release.Expires().Equal(expires) {
		t.Error(err)
	}
	refused[*verify.ExpiredError](t, release.CheckExpiry(expires), "release 7: expired at 2030-01-01T00:00:00Z")

	if n := len(release.Document().UnverifiedSignatures()); n != 2 {
		t.Errorf("%d signatures", n)
	}
}

func TestTrustTargetsRefuses(t *testing.T) {
	p := nine(t)
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 5, p...), p...))
	team := []*person{edPerson(t, "judy"), edPerson(t, "mike"), edPerson(t, "niaj")}
	signed := delegating(targetsSigned("targets", 2), "release", 2, team...)
	targets, err := verify.TrustTargets(root, mustTargets(t, "targets", envelope(t, signed, p...)))
	if err != nil {
		t.Fatal(err)
	}
	release := func(people ...*person) *verify.UnverifiedTargets {
		return mustTargets(t, "release", envelope(t, targetsSigned("release", 1), people...))
	}

	_, err = verify.TrustTargets(targets, release(team[0]))
	refused[*verify.ThresholdError](t, err, "release 1: threshold of targets 2 not met: 1 of 2 signatures valid; 1 more of: ")
	_, err = verify.TrustTargets(targets, release(p...))
	refused[*verify.ThresholdError](t, err, "0 of 2", "unknown: ")
	// A role that nobody delegated, and one asked of the wrong delegator.
	nightly := mustTargets(t, "nightly", envelope(t, targetsSigned("nightly", 1), team...))
	_, err = verify.TrustTargets(targets, nightly)
	e := refused[*verify.DelegationError](t, err, "role nightly is not delegated by targets 2")
	if e.Role != "nightly" || e.By != "targets 2" {
		t.Errorf("%+v", e)
	}
	_, err = verify.TrustTargets(root, release(team...))
	refused[*verify.DelegationError](t, err, "role release is not delegated by root 1")
	// No delegated role can stand in for a top-level one.
	top := mustTargets(t, "targets", envelope(t, targetsSigned("targets", 3), p...))
	_, err = verify.TrustTargets(targets, top)
	refused[*verify.DelegationError](t, err, "role targets is not delegated by targets 2")

	other := set(targetsSigned("release", 1), "x-rust-tuf.repository", "other")
	_, err = verify.TrustTargets(targets, mustTargets(t, "release", envelope(t, other, team...)))
	refused[*verify.RepositoryError](t, err, "release 1: is of repository other, must be of repository "+repository)
	bare := set(targetsSigned("release", 1), "x-rust-tuf", gone)
	_, err = verify.TrustTargets(targets, mustTargets(t, "release", envelope(t, bare, team...)))
	refused[*verify.RepositoryError](t, err, "release 1: names no repository")
	bare = set(targetsSigned("targets", 1), "x-rust-tuf", gone)
	_, err = verify.TrustTargets(root, mustTargets(t, "targets", envelope(t, bare, p...)))
	refused[*verify.RepositoryError](t, err, "targets 1: names no repository")

	for name, c := range map[string]*verify.UnverifiedTargets{"nil": nil, "zero": {}, "without facts": {Document: top.Document}} {
		if got, err := verify.TrustTargets(root, c); err == nil || got != nil {
			t.Errorf("%s candidate accepted", name)
		}
	}
	var zero verify.Targets
	_, err = verify.TrustTargets(&zero, release(team...))
	refused[*verify.DelegationError](t, err, `role release is not delegated by "" 0`)
	if zero.Version() != 0 || zero.Role() != "" || zero.Entries() != nil || zero.Delegations() != nil || zero.CheckExpiry(time.Unix(0, 0)) == nil {
		t.Error("the zero targets have properties")
	}
}

// Without a repository in the root documents need none.
func TestTrustTargetsWithoutRepository(t *testing.T) {
	p := nine(t)[:3]
	root := mustTrust(t, envelope(t, set(rootSigned(t, 1, 2, p...), "x-rust-tuf", gone), p...))
	signed := set(delegating(targetsSigned("targets", 2), "release", 1, p[0]), "x-rust-tuf", gone)
	targets, err := verify.TrustTargets(root, mustTargets(t, "targets", envelope(t, signed, p...)))
	if err != nil || targets.Repository() != "" {
		t.Fatal(err)
	}
	bare := set(targetsSigned("release", 1), "x-rust-tuf", gone)
	if _, err := verify.TrustTargets(targets, mustTargets(t, "release", envelope(t, bare, p[0]))); err != nil {
		t.Error(err)
	}
}

// The order of delegations is their priority; a map would lose it.
func TestDelegationsKeepTheirOrder(t *testing.T) {
	alice := edPerson(t, "alice")
	signed := targetsSigned("targets", 1)
	var want []string
	for i := range 50 {
		name := fmt.Sprintf("role-%d", (i*37)%50)
		want = append(want, name)
		delegating(signed, name, 1, alice)
	}
	var got []string
	for _, d := range mustTargets(t, "targets", envelope(t, signed)).Delegations() {
		got = append(got, d.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func FuzzTargets(f *testing.F) {
	alice := edPerson(f, "alice")
	f.Add(envelope(f, delegating(targetsSigned("targets", 1), "release", 1, alice), alice))
	f.Add(envelope(f, set(targetsSigned("targets", 1), "delegations", object{"keys": object{}}), alice))
	root, err := verify.TrustRoot(envelope(f, rootSigned(f, 1, 1, alice), alice), verify.Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := verify.Read(raw, verify.Limits{})
		if err != nil {
			return
		}
		c, err := d.Targets("targets")
		if err != nil {
			return
		}
		if entries := c.UnverifiedEntries(); !slices.IsSortedFunc(entries, func(a, b verify.TargetEntry) int { return strings.Compare(a.Path, b.Path) }) {
			t.Error("entries are not sorted")
		}
		for _, r := range c.Delegations() {
			q, ok := c.UnverifiedQuorum(r.Name)
			if !ok || q.Threshold() < 1 || q.Threshold() != r.Threshold || (r.Paths == nil) == (r.PathHashPrefixes == nil) {
				t.Errorf("%+v", r)
			}
			q.Tally(d)
		}
		if trusted, err := verify.TrustTargets(root, c); err == nil && trusted.Repository() != repository {
			t.Error("trusted without a repository")
		}
	})
}
