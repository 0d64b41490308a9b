package verify_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

func TestRoot(t *testing.T) {
	people := nine(t)
	r := mustRoot(t, envelope(t, rootSigned(t, 7, 5, people...)))
	if r.Version() != 7 || !r.ConsistentSnapshot() {
		t.Errorf("version %d, consistent snapshot %v", r.Version(), r.ConsistentSnapshot())
	}
	for role, want := range map[string][2]int{"root": {5, 9}, "targets": {5, 9}, "snapshot": {1, 1}, "timestamp": {1, 1}} {
		q, ok := r.UnverifiedQuorum(role)
		if !ok || q.Role() != role || q.Threshold() != want[0] || q.Listed() != want[1] || len(q.Keys()) != want[1] {
			t.Errorf("%s: %+v", role, q)
		}
	}
	if _, ok := r.UnverifiedQuorum("release"); ok {
		t.Error("a root has four roles")
	}
	q, _ := r.UnverifiedQuorum("root")
	keys := q.Keys()
	if !slices.IsSortedFunc(keys, func(a, b verify.Holder) int { return strings.Compare(a.KeyID, b.KeyID) }) {
		t.Error("keys are not sorted by id")
	}
	for _, p := range people {
		h, ok := q.Holder(p.id)
		if !ok || h.Owner != p.name || !h.Key.Equal(p.public) || h.KeyID != p.id {
			t.Errorf("%s: %+v", p.name, h)
		}
	}
	if _, ok := q.Holder("unknown"); ok {
		t.Error("a holder of an unknown id")
	}
	if mustRoot(t, envelope(t, set(rootSigned(t, 1, 1, people...), "consistent_snapshot", gone))).ConsistentSnapshot() {
		t.Error("consistent_snapshot is true where it is absent")
	}
}

func TestRootRefuses(t *testing.T) {
	alice, bob := edPerson(t, "alice"), edPerson(t, "bob")
	many := make([]any, 257)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"keys", gone, "signed.keys: missing"},
		{"keys", nil, "signed.keys: must be an object, found null"},
		{"keys", []any{}, "signed.keys: must be an object, found an array"},
		{"keys." + alice.id, nil, "signed.keys." + alice.id + ": must be an object, found null"},
		{"keys." + alice.id, "key", "must be an object, found a string"},
		{"keys." + alice.id, object{}, alice.id + ".keytype: missing"},
		{"keys." + alice.id + ".keytype", gone, ".keytype: missing"},
		{"keys." + alice.id + ".keytype", nil, ".keytype: must be a string, found null"},
		{"keys." + alice.id + ".scheme", gone, ".scheme: missing"},
		{"keys." + alice.id + ".scheme", 1, ".scheme: must be a string, found an integer"},
		{"keys." + alice.id + ".keyval", gone, ".keyval: missing"},
		{"keys." + alice.id + ".keyval", nil, ".keyval: must be an object, found null"},
		{"keys." + alice.id + ".keyval", "abc", ".keyval: must be an object, found a string"},
		{"roles", gone, "signed.roles: missing"},
		{"roles", nil, "signed.roles: must be an object, found null"},
		{"roles.root", gone, "signed.roles.root: missing"},
		{"roles.targets", gone, "signed.roles.targets: missing"},
		{"roles.snapshot", gone, "signed.roles.snapshot: missing"},
		{"roles.timestamp", gone, "signed.roles.timestamp: missing"},
		{"roles.root", nil, "signed.roles.root: must be an object, found null"},
		{"roles.timestamp", []any{}, "signed.roles.timestamp: must be an object, found an array"},
		{"roles.root.threshold", gone, "signed.roles.root.threshold: missing"},
		{"roles.root.threshold", 0, "signed.roles.root.threshold: must be from 1 to 256, found 0"},
		{"roles.root.threshold", -1, "must be from 1 to 256, found -1"},
		{"roles.root.threshold", 257, "must be from 1 to 256, found 257"},
		{"roles.root.threshold", json.Number("9223372036854775807"), "found 9223372036854775807"},
		{"roles.root.threshold", json.Number("-9223372036854775808"), "found -9223372036854775808"},
		{"roles.root.threshold", "1", "must be an integer, found a string"},
		{"roles.root.threshold", true, "must be an integer, found a boolean"},
		{"roles.root.threshold", nil, "must be an integer, found null"},
		{"roles.snapshot.threshold", 0, "signed.roles.snapshot.threshold: must be from 1"},
		{"roles.root.keyids", gone, "signed.roles.root.keyids: missing"},
		{"roles.root.keyids", nil, "signed.roles.root.keyids: must be an array, found null"},
		{"roles.root.keyids", alice.id, "must be an array, found a string"},
		{"roles.root.keyids", []any{alice.id, nil}, "signed.roles.root.keyids[1]: must be a string, found null"},
		{"consistent_snapshot", "true", "signed.consistent_snapshot: must be a boolean, found a string"},
		{"consistent_snapshot", nil, "must be a boolean, found null"},
	} {
		d := mustRead(t, envelope(t, set(rootSigned(t, 2, 1, alice, bob), c.path, c.value)))
		_, err := d.Root()
		f := refused[*verify.FormatError](t, err, "root 2: ", c.want)
		if f.Role != "root" || f.Version != 2 || f.Offset != -1 {
			t.Errorf("%s: %+v", c.want, f)
		}
	}

	signed := rootSigned(t, 2, 1, alice)
	_, err := mustRead(t, envelope(t, set(signed, "roles.root.keyids", many))).Root()
	refused[*verify.LimitError](t, err, "key ids of one role: 257, above the limit of 256")
	keys := object{}
	for i := range 257 {
		keys[fmt.Sprint(i)] = alice.keyObject()
	}
	_, err = mustRead(t, envelope(t, set(rootSigned(t, 2, 1, alice), "keys", keys))).Root()
	refused[*verify.LimitError](t, err, "keys: 257, above the limit of 256")

	// Another type, and another role of the same type.
	_, err = mustRead(t, envelope(t, targetsSigned("targets", 1))).Root()
	r := refused[*verify.RoleError](t, err, "document of role targets where one of role root is needed")
	if r.Want != "root" || r.Found != "targets" {
		t.Errorf("%+v", r)
	}
	_, err = mustRead(t, envelope(t, set(rootSigned(t, 2, 1, alice), "x-rust-tuf.role", "targets"))).Root()
	refused[*verify.RoleError](t, err, "document of role targets where one of role root is needed")
}

// What one day is new must not make a document unreadable today: keys of
// unknown kinds, ids without a key, roles beside the four, members anywhere.
func TestRootIgnoresTheUnknown(t *testing.T) {
	alice, bob := edPerson(t, "alice"), edPerson(t, "bob")
	signed := rootSigned(t, 1, 2, alice, bob)
	set(signed, "keys.future", object{"keytype": "ml-dsa", "scheme": "ml-dsa-65", "keyval": object{"public": object{"a": 1}}})
	set(signed, "keys.oidc", object{"keytype": "sigstore-oidc", "scheme": "Fulcio", "keyval": object{"identity": "x", "issuer": "y"}})
	set(signed, "keys."+alice.id+".comment", "hello")
	set(signed, "keys."+alice.id+".keyid_hash_algorithms", []any{"sha256", "sha512"})
	set(signed, "roles.root.comment", []any{1})
	set(signed, "roles.mirrors", "anything")
	set(signed, "roles.root.keyids", []any{"future", "oidc", "absent", alice.id, bob.id, bob.id, "absent"})
	raw := envelope(t, signed, alice, bob)
	root := mustTrust(t, raw)
	q, _ := root.Quorum("root")
	if q.Listed() != 5 || len(q.Keys()) != 2 {
		t.Errorf("listed %d, usable %d", q.Listed(), len(q.Keys()))
	}
	if _, ok := q.Holder("future"); ok {
		t.Error("a key of an unknown kind is usable")
	}
	if _, ok := root.Quorum("mirrors"); ok {
		t.Error("an unknown role has a quorum")
	}
}

// badKey replaces alice's key object in a root that needs her signature only,
// and returns why that signature does not count.
func badKey(t *testing.T, alice *person, key object) string {
	t.Helper()
	signed := set(rootSigned(t, 1, 1, alice), "keys."+alice.id, key)
	_, err := verify.TrustRoot(envelope(t, signed, alice), verify.Limits{})
	if err == nil {
		return ""
	}
	e := refused[*verify.ThresholdError](t, err)
	if len(e.Rejected) != 1 || len(e.Valid) != 0 {
		t.Fatalf("tally: %+v", e.Tally)
	}
	return e.Rejected[0].Reason.Error()
}

func TestKeyObjects(t *testing.T) {
	ed, p256, p384, rsa := edPerson(t, "alice"), p256Person(t, "bob"), p384Person(t, "carol"), newPerson(t, "dave", rsaKey())
	for _, c := range []struct {
		p               *person
		keyType, scheme string
		want            string // "" is accepted
	}{
		{ed, "ed25519", "ed25519", ""},
		{p256, "ecdsa", "ecdsa-sha2-nistp256", ""},
		{p256, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", ""},
		{p384, "ecdsa", "ecdsa-sha2-nistp384", ""},
		{p384, "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", ""},
		{rsa, "rsa", "rsassa-pss-sha256", ""},

		// The scheme must fit the key.
		{ed, "ed25519", "rsassa-pss-sha256", "do not fit a key Ed25519"},
		{p256, "ecdsa", "ecdsa-sha2-nistp384", "do not fit a key ECDSA P-256"},
		{p384, "ecdsa", "ecdsa-sha2-nistp256", "do not fit a key ECDSA P-384"},
		{p384, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "do not fit a key ECDSA P-384"},
		{p384, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "do not fit a key ECDSA P-384"},
		{p256, "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256", "do not fit a key ECDSA P-256"},
		{p256, "rsa", "rsassa-pss-sha256", "do not fit a key ECDSA P-256"},
		{p256, "rsa", "ecdsa-sha2-nistp256", "do not fit a key ECDSA P-256"},
		{rsa, "ecdsa", "ecdsa-sha2-nistp256", "do not fit a key RSA 2048"},
		{rsa, "rsa", "rsassa-pss-sha512", "do not fit a key RSA 2048"},
		{rsa, "rsa", "rsa-pkcs1v15-sha256", "do not fit a key RSA 2048"},
		{ed, "ed25519", "", "do not fit"},
		{p256, "ed25519", "ed25519", "not 64 hex digits"},
		{ed, "ecdsa", "ecdsa-sha2-nistp256", "not a PEM block"},

		// Unknown kinds verify nothing.
		{p256, "", "ecdsa-sha2-nistp256", `keytype "" is unknown`},
		{p256, "ECDSA", "ecdsa-sha2-nistp256", `keytype "ECDSA" is unknown`},
		{p256, "none", "none", `keytype "none" is unknown`},
		{rsa, "rsassa-pss-sha256", "rsassa-pss-sha256", "is unknown"},
	} {
		key := c.p.keyObject()
		key["keytype"], key["scheme"] = c.keyType, c.scheme
		got := badKey(t, c.p, key)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s as %s, %s: %q, want %q", c.p.public.Algorithm(), c.keyType, c.scheme, got, c.want)
		}
	}
	// Hex in upper case is the same key.
	upper := ed.keyObject()
	set(upper, "keyval.public", strings.ToUpper(upper["keyval"].(object)["public"].(string)))
	if got := badKey(t, ed, upper); got != "" {
		t.Error(got)
	}
	for _, c := range []struct {
		public any
		want   string
	}{
		{gone, "not 64 hex digits"},
		{nil, "not 64 hex digits"},
		{7, "not 64 hex digits"},
		{object{}, "not 64 hex digits"},
		{"", "not 64 hex digits"},
		{strings.Repeat("0", 62), "not 64 hex digits"},
		{strings.Repeat("0", 66), "not 64 hex digits"},
		{strings.Repeat("z", 64), "not 64 hex digits"},
		{ed.public.PEM(), "not 64 hex digits"},
	} {
		if got := badKey(t, ed, set(ed.keyObject(), "keyval.public", c.public)); !strings.Contains(got, "its key cannot be used: ") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.public, got, c.want)
		}
	}
	if got := badKey(t, p256, set(p256.keyObject(), "keyval.public", "04"+strings.Repeat("ab", 64))); !strings.Contains(got, "not a PEM block of type PUBLIC KEY") {
		t.Errorf("hex point: %q", got)
	}
}

func FuzzRoot(f *testing.F) {
	alice, bob := edPerson(f, "alice"), p256Person(f, "bob")
	f.Add(envelope(f, rootSigned(f, 1, 1, alice), alice))
	f.Add(envelope(f, rootSigned(f, 2, 2, alice, bob), alice, bob))
	trusted, err := verify.TrustRoot(envelope(f, rootSigned(f, 1, 1, alice), alice), verify.Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := verify.Read(raw, verify.Limits{})
		if err != nil {
			return
		}
		r, err := d.Root()
		if err != nil {
			return
		}
		q, ok := r.UnverifiedQuorum("root")
		if !ok || q.Threshold() < 1 {
			t.Fatal("a root without a quorum")
		}
		tally := q.Tally(d)
		if len(tally.Valid)+len(tally.Missing) != len(q.Keys()) {
			t.Errorf("valid and missing are not all: %s", tally)
		}
		if len(tally.Valid)+len(tally.Rejected)+len(tally.Unknown)+len(tally.Duplicate) != len(d.UnverifiedSignatures()) {
			t.Errorf("a signature is lost: %s", tally)
		}
		if _, err := verify.TrustRoot(raw, verify.Limits{}); (err == nil) != tally.Met() {
			t.Errorf("trusted: %v, tally: %s", err, tally)
		}
		if next, err := trusted.Next(r); err == nil && (next.Version() != 2 || next.Repository() != repository) {
			t.Error("walked to a wrong root")
		}
	})
}
