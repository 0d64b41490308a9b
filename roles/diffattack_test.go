package roles

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// idOf is the key id of a member of the nine's repository.
func idOf(t testing.TB, name string) string {
	t.Helper()
	id, err := FormSpec.KeyID(public(p256(name)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// enrol adds a member's key to the role root as a payload would.
func enrol(t testing.TB, signed object, id, owner string) (key object) {
	t.Helper()
	k := public(p256(owner))
	key = object{"keytype": k.KeyType(), "scheme": k.Scheme(), "keyval": object{"public": k.PEM()}}
	in(signed, "keys")[id] = key
	in(signed, "x-rust-tuf", "owners")[id] = owner
	list(signed, func(ids []any) []any { return append(ids, id) })
	return key
}

// list edits the key ids of the role root and sorts them.
func list(signed object, edit func(ids []any) []any) {
	root := in(signed, "roles", "root")
	ids := edit(slices.Clone(root["keyids"].([]any)))
	slices.SortFunc(ids, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	root["keyids"] = ids
}

func delegated(signed object, i int) object {
	return in(signed, "delegations")["roles"].([]any)[i].(object)
}

// An attack is an edit that somebody hopes nobody sees.
type attack struct {
	name string
	role string
	edit func(t testing.TB, signed object)
	kind ChangeKind // of the change that tells of it
	says []string   // words of that change, its details included
	raw  []string   // pointers that must be shown raw, and no others
}

var keyAttacks = []attack{
	{
		name: "hidden member inside a new key", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")["x-also"] = object{"delegate": true}
		},
		kind: KeyAdded, says: []string{"mallory joins root: ECDSA P-256 key "},
		raw: []string{"/keys/MALLORY/x-also/delegate"},
	},
	{
		name: "other spelling of a new key's type", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")["keytype"] = "ecdsa-sha2-nistp256"
		},
		kind: KeyAdded, says: []string{"mallory joins root"}, raw: []string{"/keys/MALLORY/keytype"},
	},
	{
		name: "scheme that does not fit the key", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")["scheme"] = "none"
		},
		kind: KeyAdded, says: []string{"mallory joins root"}, raw: []string{"/keys/MALLORY/scheme"},
	},
	{
		name: "new key without a type", role: Root,
		edit: func(t testing.TB, signed object) {
			delete(enrol(t, signed, idOf(t, "mallory"), "mallory"), "keytype")
		},
		kind: KeyAdded, says: []string{"mallory joins root: a key of a form unknown here, id "},
		raw: []string{"/keys/MALLORY/keyval/public", "/keys/MALLORY/scheme"},
	},
	{
		name: "words of a key's type changed in place", role: Root,
		edit: func(t testing.TB, signed object) {
			in(signed, "keys", idOf(t, "alice"))["keytype"] = "ecdsa-sha2-nistp256"
		},
		kind: Unexplained, says: []string{`was "ecdsa", is now "ecdsa-sha2-nistp256"`}, raw: []string{"/keys/ALICE/keytype"},
	},
	{
		name: "PEM with something after it", role: Root,
		edit: func(t testing.TB, signed object) {
			key := enrol(t, signed, idOf(t, "mallory"), "mallory")
			in(key, "keyval")["public"] = in(key, "keyval")["public"].(string) + "\n"
		},
		kind: KeyAdded, says: []string{"mallory joins root"}, raw: []string{"/keys/MALLORY/keyval/public"},
	},
	{
		name: "key that cannot be read", role: Root,
		edit: func(t testing.TB, signed object) {
			in(enrol(t, signed, idOf(t, "mallory"), "mallory"), "keyval")["public"] = "secret handshake"
		},
		kind: KeyAdded, says: []string{"mallory joins root: a key of a form unknown here, id "},
		raw: []string{"/keys/MALLORY/keytype", "/keys/MALLORY/keyval/public", "/keys/MALLORY/scheme"},
	},
	{
		name: "letter of another script in an owner's name", role: Root,
		edit: func(t testing.TB, signed object) {
			in(signed, "x-rust-tuf", "owners")[idOf(t, "alice")] = "\u0430lice"
		},
		kind: OwnerRenamed, says: []string{`was of alice and is now of "\u0430lice"`, "the same key has another owner's name"},
	},
	{
		name: "direction mark in a new owner's name", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")
			in(signed, "x-rust-tuf", "owners")[idOf(t, "mallory")] = "\u202eecila"
		},
		kind: KeyAdded, says: []string{`"\u202eecila" joins root`},
	},
	{
		name: "owner's name that reads like a sentence", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")
			in(signed, "x-rust-tuf", "owners")[idOf(t, "mallory")] = "nobody leaves; threshold stays 5.\nalice"
		},
		kind: KeyAdded, says: []string{`"nobody leaves; threshold stays 5.\nalice" joins root`},
	},
	{
		name: "owner renamed for the same key", role: Root,
		edit: func(t testing.TB, signed object) {
			in(signed, "x-rust-tuf", "owners")[idOf(t, "bob")] = "mallory"
		},
		kind: OwnerRenamed, says: []string{"was of bob and is now of mallory"},
	},
	{
		name: "empty name of an owner", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")
			in(signed, "x-rust-tuf", "owners")[idOf(t, "mallory")] = ""
		},
		kind: KeyAdded, says: []string{" without an owner joins root"}, raw: []string{"/x-rust-tuf/owners/MALLORY"},
	},
	{
		name: "owner's name gone", role: Root,
		edit: func(t testing.TB, signed object) { delete(in(signed, "x-rust-tuf", "owners"), idOf(t, "bob")) },
		kind: OwnerRenamed, says: []string{"was of bob and is now of nobody named"},
	},
	{
		name: "same key under a new id", role: Root,
		edit: func(t testing.TB, signed object) {
			fresh := strings.Repeat("5", 64)
			enrol(t, signed, fresh, "bob")
			list(signed, func(ids []any) []any {
				return slices.DeleteFunc(ids, func(id any) bool { return id == idOf(t, "bob") })
			})
		},
		kind: KeyIDChanged, says: []string{"bob's key in root stays, under another key id", "new key id: 5555 5555", "old key id: "},
	},
	{
		name: "same key under a second id", role: Root,
		edit: func(t testing.TB, signed object) { enrol(t, signed, strings.Repeat("5", 64), "bob") },
		kind: KeyIDChanged, says: []string{"listed under 2 ids and counted once", "as bob, key id: 5555 5555"},
	},
	{
		name: "another key under the same id", role: Root,
		edit: func(t testing.TB, signed object) {
			in(signed, "keys", idOf(t, "bob"), "keyval")["public"] = public(p256("mallory")).PEM()
		},
		kind: KeyReplaced, says: []string{
			"bob's key in root and targets is replaced", "new fingerprint: " + public(p256("mallory")).Fingerprint().Groups(),
		},
	},
	{
		name: "key carried for no role", role: Root,
		edit: func(t testing.TB, signed object) {
			enrol(t, signed, idOf(t, "mallory"), "mallory")
			list(signed, func(ids []any) []any {
				return slices.DeleteFunc(ids, func(id any) bool { return id == idOf(t, "mallory") })
			})
		},
		kind: KeyUnlisted, says: []string{"no role lists", "it can sign nothing", "of mallory"},
	},
	{
		name: "id listed without a key", role: Root,
		edit: func(t testing.TB, signed object) {
			list(signed, func(ids []any) []any { return append(ids, "phantom") })
		},
		kind: KeyAdded, says: []string{"key id phantom, for which the document carries no key, so that it can sign nothing"},
	},
	{
		name: "owner of a key that is nowhere", role: Root,
		edit: func(t testing.TB, signed object) { in(signed, "x-rust-tuf", "owners")["phantom"] = "mallory" },
		kind: Unexplained, says: []string{`is new: "mallory"`}, raw: []string{"/x-rust-tuf/owners/phantom"},
	},
	{
		name: "key ids in another order", role: Root,
		edit: func(_ testing.TB, signed object) { slices.Reverse(in(signed, "roles", "root")["keyids"].([]any)) },
		kind: KeyOrder, says: []string{"root lists its key ids in an order of its own", "before 1: ", "now 9: "},
	},
	{
		name: "key id listed twice", role: Root,
		edit: func(t testing.TB, signed object) {
			list(signed, func(ids []any) []any { return append(ids, idOf(t, "bob")) })
		},
		kind: KeyOrder, says: []string{"more than once, which counts once", "now 10: "},
	},
}

var otherAttacks = []attack{
	{
		name: "hidden member inside a role", role: Root,
		edit: func(_ testing.TB, signed object) { in(signed, "roles", "root")["override"] = "mallory" },
		kind: Unexplained, says: []string{`/roles/root/override is new: "mallory"`}, raw: []string{"/roles/root/override"},
	},
	{
		name: "threshold lowered", role: Root,
		edit: func(_ testing.TB, signed object) { in(signed, "roles", "targets")["threshold"] = 1 },
		kind: ThresholdChanged, says: []string{"targets: threshold changes from 5 to 1; 9 keys, the same as before"},
	},
	{
		name: "threshold as a string", role: Root,
		edit: func(_ testing.TB, signed object) { in(signed, "roles", "root")["threshold"] = "5" },
		kind: ClientRefuses, says: []string{"no client accepts the new version", "threshold"}, raw: []string{"/roles/root/threshold"},
	},
	{
		name: "another repository", role: Root,
		edit: func(_ testing.TB, signed object) { in(signed, "x-rust-tuf")["repository"] = "other" },
		kind: IdentityChanged, says: []string{"repository changes from 0011", "to other", "can never follow this one"},
	},
	{
		name: "another role", role: "release",
		edit: func(_ testing.TB, signed object) { in(signed, "x-rust-tuf")["role"] = "targets" },
		kind: IdentityChanged, says: []string{"role changes from release to targets"},
	},
	{
		name: "unknown member of the extension", role: Root,
		edit: func(_ testing.TB, signed object) { in(signed, "x-rust-tuf")["emergency-contact"] = "mallory" },
		kind: Unexplained, says: []string{"/x-rust-tuf/emergency-contact"}, raw: []string{"/x-rust-tuf/emergency-contact"},
	},
	{
		name: "version left out", role: Root,
		edit: func(_ testing.TB, signed object) { signed["version"] = 7 },
		kind: VersionChanged, says: []string{"version changes from 1 to 7, which is not the next version"},
	},
	{
		name: "expiry with a fraction of a second", role: Root,
		edit: func(_ testing.TB, signed object) { signed["expires"] = "2029-03-01T09:30:00.5Z" },
		kind: Unexplained, says: []string{`is now "2029-03-01T09:30:00.5Z"`}, raw: []string{"/expires"},
	},
	{
		name: "expiry in another time zone", role: Root,
		edit: func(_ testing.TB, signed object) { signed["expires"] = "2029-03-01T09:30:00-12:00" },
		kind: Unexplained, says: []string{`is now "2029-03-01T09:30:00-12:00"`}, raw: []string{"/expires"},
	},
	{
		name: "shorter expiry", role: Root,
		edit: func(_ testing.TB, signed object) { signed["expires"] = "2029-02-27T09:30:00Z" },
		kind: ExpiryChanged, says: []string{"expires 2029-02-27 09:30:00 UTC, 2 days before the old version, which expires 2029-03-01 09:30:00 UTC"},
	},
	{
		name: "consistent snapshots switched off", role: Root,
		edit: func(_ testing.TB, signed object) { signed["consistent_snapshot"] = false },
		kind: SnapshotChanged, says: []string{"(consistent snapshot) changes from yes to no"},
	},
	{
		name: "path pattern widened", role: Targets,
		edit: func(_ testing.TB, signed object) { delegated(signed, 1)["paths"] = []any{"nightly/*", "*/*"} },
		kind: PathsChanged, says: []string{"paths of nightly change; added: */*", "now: nightly/* and */*"},
	},
	{
		name: "path with an escape sequence", role: Targets,
		edit: func(_ testing.TB, signed object) { delegated(signed, 1)["paths"] = []any{"nightly/*", "a\x1b[1A/*"} },
		kind: PathsChanged, says: []string{`added: "a\u001b[1A/*"`},
	},
	{
		name: "terminating flipped", role: Targets,
		edit: func(_ testing.TB, signed object) { delegated(signed, 0)["terminating"] = false },
		kind: Terminating, says: []string{"release is now not terminating: what it does not list, later roles may; before it was the other way round"},
	},
	{
		name: "delegations swapped, with a member left in its place", role: Targets,
		edit: func(_ testing.TB, signed object) {
			roles := in(signed, "delegations")["roles"].([]any)
			slices.Reverse(roles)
		},
		kind: DelegationOrder, says: []string{"asked in this order: 1 nightly and 2 release; before: 1 release and 2 nightly"},
	},
	{
		name: "hash of a file", role: "release",
		edit: func(_ testing.TB, signed object) {
			in(signed, "targets", "channels/stable.toml", "hashes")["sha256"] = strings.Repeat("cd", 32)
		},
		kind: TargetChanged, says: []string{"file channels/stable.toml is another one, of the same length: 123 bytes", "before, SHA-256: abab", "now, SHA-256: cdcd"},
	},
	{
		name: "custom data of a file", role: "release",
		edit: func(_ testing.TB, signed object) {
			in(signed, "targets", "channels/stable.toml")["custom"] = object{"yanked": false}
		},
		kind: Unexplained, says: []string{"is new: false"}, raw: []string{"/targets/channels~1stable.toml/custom/yanked"},
	},
	{
		name: "file removed and another listed", role: "release",
		edit: func(_ testing.TB, signed object) {
			files := in(signed, "targets")
			files["channels/STABLE.toml"] = files["channels/stable.toml"]
			delete(files, "channels/stable.toml")
		},
		kind: TargetRemoved, says: []string{"file channels/stable.toml is no longer listed; it was listed with 123 bytes"},
	},
}

func TestDiffShowsAttacks(t *testing.T) {
	for _, a := range slices.Concat(keyAttacks, otherAttacks) {
		t.Run(a.name, func(t *testing.T) {
			old := payloadOf(t, nine().charter(t, a.role), nil, opened)
			new := edited(t, old, func(signed object) { a.edit(t, signed) })
			d := Diff(old, new)
			checkComplete(t, d, signedText(t, old), signedText(t, new))
			var text []string
			for _, c := range d.Changes {
				if c.Kind == a.kind {
					text = append(text, c.Text)
					text = append(text, c.Details...)
				}
			}
			for _, words := range a.says {
				if !strings.Contains(strings.Join(text, "\n"), words) {
					t.Errorf("no change of kind %s says %q\n%s", a.kind, words, strings.Join(d.Lines(), "\n"))
				}
			}
			var raw []string
			for _, c := range d.Unexplained() {
				raw = append(raw, c.Paths...)
			}
			want := make([]string, 0, len(a.raw))
			for _, p := range a.raw {
				p = strings.ReplaceAll(p, "MALLORY", idOf(t, "mallory"))
				want = append(want, strings.ReplaceAll(p, "ALICE", idOf(t, "alice")))
			}
			if !slices.Equal(raw, want) {
				t.Errorf("raw are %q, want %q", raw, want)
			}
		})
	}
}

// TestDiffOfSwappedDelegations hides a member behind a swap: place by place
// nothing about it differs, role by role it changes hands.
func TestDiffOfSwappedDelegations(t *testing.T) {
	old := edited(t, payloadOf(t, nine().charter(t, Targets), nil, opened), func(signed object) {
		delegated(signed, 0)["x-trusted"] = true
	})
	new := edited(t, old, func(signed object) {
		slices.Reverse(in(signed, "delegations")["roles"].([]any))
		delete(delegated(signed, 1), "x-trusted")
		delegated(signed, 0)["x-trusted"] = true
	})
	d := Diff(old, new)
	checkComplete(t, d, signedText(t, old), signedText(t, new))
	if raw := d.Unexplained(); len(raw) != 2 || raw[0].Paths[0] != "/delegations/roles/0/x-trusted" {
		t.Errorf("the member that changes hands is not shown:\n%s", strings.Join(d.Lines(), "\n"))
	}
}

func TestDiffWithTwoDelegationsOfOneName(t *testing.T) {
	old := payloadOf(t, nine().charter(t, Targets), nil, opened)
	new := edited(t, old, func(signed object) { delegated(signed, 1)["name"] = "release" })
	d := Diff(old, new)
	checkComplete(t, d, signedText(t, old), signedText(t, new))
	if d.Changes[0].Kind != ClientRefuses || !strings.Contains(d.Changes[0].Text, "twice") {
		t.Errorf("first is %q", d.Changes[0].Text)
	}
}

// TestDiffShowsLongValues checks that what is cut says so and can be compared.
func TestDiffShowsLongValues(t *testing.T) {
	long := strings.Repeat("A", 2*shownLimit) + "hidden"
	old := payloadOf(t, nine().charter(t, Root), nil, opened)
	new := edited(t, old, func(signed object) { signed["x-note"] = long })
	raw := Diff(old, new).Unexplained()
	if len(raw) != 1 {
		t.Fatalf("%d raw changes", len(raw))
	}
	var whole string
	if err := json.Unmarshal([]byte(raw[0].New), &whole); err != nil || whole != long {
		t.Error("the change does not hold the value in full")
	}
	sum := sha256.Sum256([]byte(`"` + long + `"`))
	for _, words := range []string{" more characters; SHA-256 of the whole value", hex.EncodeToString(sum[:])} {
		if !strings.Contains(raw[0].Text, words) {
			t.Errorf("%q is not said", words)
		}
	}
}

func TestDiffOutcomes(t *testing.T) {
	old, new := pairOf(t, Root, nine(), rotated(t))
	for name, test := range map[string]struct {
		d    Difference
		says string
	}{
		"losses":   {Diff(old, new), "root: after this change 5 of 9 must sign; up to 4 keys may be lost before root can no longer be changed"},
		"no spare": {Diff(nil, old), "timestamp: after this change 1 of 1 must sign; no key may be lost before root must name new keys"},
		"first":    {Diff(nil, old), "this version needs signatures by 5 of its own 9 keys"},
		"both":     {Diff(old, new), "5 of the old version's 9 keys and by 5 of its own 9 keys; 6 count for both: alice, erin, frank, grace, heidi and ivan"},
		"one spare": {Diff(old, edited(t, old, func(signed object) { in(signed, "roles", "root")["threshold"] = 8 })),
			"root: after this change 8 of 9 must sign; 1 key may be lost before root can no longer be changed"},
		"unreachable": {Diff(old, edited(t, old, func(signed object) { in(signed, "roles", "root")["threshold"] = 10 })),
			"root: after this change 10 must sign and only 9 keys can: nothing can be signed any more"},
		"one key twice": {Diff(old, edited(t, old, func(signed object) { enrol(t, signed, strings.Repeat("5", 64), "bob") })),
			"not counted: 1 listed key id without a key, with an unusable key or with one listed already"},
		"nobody stays": {Diff(old, edited(t, old, func(signed object) {
			list(signed, func([]any) []any { return []any{} })
			enrol(t, signed, idOf(t, "mallory"), "mallory")
		})), "no key counts for both"},
	} {
		if !slices.ContainsFunc(test.d.Outcomes, func(line string) bool { return strings.Contains(line, test.says) }) {
			t.Errorf("%s: %q is not in\n%s", name, test.says, strings.Join(test.d.Outcomes, "\n"))
		}
	}
}

func TestDiffSummary(t *testing.T) {
	old, _ := pairOf(t, Root, nine(), nine())
	for want, edit := range map[string]func(object){
		"root 1 → 1: mallory joins; threshold stays 5 of 10; expires 2029-03-01": func(signed object) { enrol(t, signed, idOf(t, "mallory"), "mallory") },
		"root 1 → 1: a key is now named mallory's; threshold stays 5 of 9; expires 2029-03-01": func(signed object) {
			in(signed, "x-rust-tuf", "owners")[idOf(t, "bob")] = "mallory"
		},
		"root 1 → 1: threshold stays 5 of 9; 1 changed value not explained; expires 2029-03-01": func(signed object) { signed["x"] = 1 },
		"root 1 → 1: threshold changes from 5 of 9 to 6 of 9; expires 2029-03-01": func(signed object) {
			in(signed, "roles", "root")["threshold"] = 6
		},
	} {
		if got := Diff(old, edited(t, old, edit)).Summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var none *verify.Document
	if got := Diff(none, none).Summary(); got != "document: nothing changes" {
		t.Errorf("%q", got)
	}
}
