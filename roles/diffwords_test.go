package roles

import (
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// give lists keys for the role root and names one owner for all of them.
func give(t testing.TB, signed object, owner string, keys ...string) {
	t.Helper()
	for _, key := range keys {
		enrol(t, signed, idOf(t, key), key)
		if owner == "" {
			delete(in(signed, "x-rust-tuf", "owners"), idOf(t, key))
		} else {
			in(signed, "x-rust-tuf", "owners")[idOf(t, key)] = owner
		}
	}
}

// take takes keys from the role root, and from the document unless another
// role lists them.
func take(t testing.TB, signed object, keys ...string) {
	t.Helper()
	for _, key := range keys {
		list(signed, func(ids []any) []any {
			return slices.DeleteFunc(ids, func(id any) bool { return id == idOf(t, key) })
		})
		if !slices.Contains(in(signed, "roles", "targets")["keyids"].([]any), any(idOf(t, key))) {
			delete(in(signed, "keys"), idOf(t, key))
			delete(in(signed, "x-rust-tuf", "owners"), idOf(t, key))
		}
	}
}

// TestDiffWords reads each way in which a key can move: the sentence and the
// headline.
func TestDiffWords(t *testing.T) {
	base := payloadOf(t, nine().charter(t, Root), nil, opened)
	with := func(edits ...func(signed object)) *verify.Document {
		return edited(t, base, func(signed object) {
			for _, edit := range edits {
				edit(signed)
			}
		})
	}
	second := func(signed object) { give(t, signed, "bob", "bob-2") }
	seconds := func(signed object) { give(t, signed, "carol", "carol-2"); second(signed) }
	ownerless := with(func(signed object) { give(t, signed, "", "ghost") })
	for _, test := range []struct {
		name     string
		old, new *verify.Document
		text     string
		headline string
	}{
		{"joins", base, with(func(signed object) { give(t, signed, "judy", "judy") }),
			"judy joins root: ECDSA P-256 key ", "judy joins; threshold stays 5 of 10"},
		{"two join", base, with(func(signed object) { give(t, signed, "judy", "judy"); give(t, signed, "karl", "karl") }),
			"karl joins root: ", "judy and karl join; threshold stays 5 of 11"},
		{"leaves root alone", base, with(func(signed object) { take(t, signed, "bob") }),
			"bob leaves root: ECDSA P-256 key ", "bob leaves; threshold stays 5 of 8"},
		{"further key", base, with(second), "bob gets a further key in root: ", "bob gets a further key in root; threshold"},
		{"further keys of two", base, with(seconds), "carol gets a further key in root: ", "bob and carol get a further key in root; threshold"},
		{"fewer keys", with(second), base, "bob loses one of several keys in root: ", "bob loses one of several keys in root; threshold"},
		{"fewer keys of two", with(seconds), base, "bob loses one of several keys in root: ", "bob and carol lose one of several keys in root; threshold"},
		{"replaced", with(func(signed object) { give(t, signed, "judy", "judy") }), with(func(signed object) { give(t, signed, "judy", "judy-2") }),
			"judy's key in root is replaced: old ECDSA P-256 key ", "key of judy replaced; threshold stays 5 of 10"},
		{"two replaced", with(func(signed object) { give(t, signed, "judy", "judy"); give(t, signed, "karl", "karl") }),
			with(func(signed object) { give(t, signed, "judy", "judy-2"); give(t, signed, "karl", "karl-2") }),
			"karl's key in root is replaced: old ECDSA P-256 key ", "keys of judy and karl replaced; threshold"},
		{"without an owner", base, ownerless, " without an owner joins root: ECDSA P-256 key ", " without an owner joins; threshold stays 5 of 10"},
		{"other id, without an owner", ownerless, edited(t, ownerless, func(signed object) {
			id := strings.Repeat("5", 64)
			in(signed, "keys")[id] = in(signed, "keys", idOf(t, "ghost"))
			take(t, signed, "ghost")
			list(signed, func(ids []any) []any { return append(ids, id) })
		}), " without an owner in root stays, under another key id: ", ": the key 5555 5555 … without an owner under another id; threshold"},
		{"renamed and under another id", base, with(func(signed object) {
			id := strings.Repeat("5", 64)
			enrol(t, signed, id, "bob")
			in(signed, "x-rust-tuf", "owners")[id] = "mallory"
			take(t, signed, "bob")
		}), "bob's key in root stays, under another key id: ", "key of mallory under another id; threshold"},
		{"threshold of another role", base, with(func(signed object) { in(signed, "roles", "timestamp")["threshold"] = 2 }),
			"timestamp: threshold changes from 1 to 2; 1 key, the same as before", "timestamp threshold changes from 1 of 1 to 2 of 1"},
	} {
		d := Diff(test.old, test.new)
		checkComplete(t, d, signedText(t, test.old), signedText(t, test.new))
		if raw := d.Unexplained(); len(raw) > 0 {
			t.Errorf("%s: %s", test.name, raw[0].Text)
		}
		if !slices.ContainsFunc(d.Changes, func(c Change) bool { return strings.Contains(c.Text, test.text) }) {
			t.Errorf("%s: %q is not in\n%s", test.name, test.text, strings.Join(d.Lines(), "\n"))
		}
		if !strings.Contains(d.Summary(), test.headline) {
			t.Errorf("%s: headline is %q, want %q", test.name, d.Summary(), test.headline)
		}
	}
}

func TestDiffOfKeysNamedByFingerprint(t *testing.T) {
	r := nine().with(t, `keyid = "spec"`, `keyid = "spki"`)
	d := Diff(nil, payloadOf(t, r.charter(t, Root), nil, opened))
	want := "    key id and fingerprint: " + public(p256("alice")).Fingerprint().Groups()
	if !slices.Contains(d.Lines(), want) {
		t.Errorf("%q is not in\n%s", want, strings.Join(d.Lines(), "\n"))
	}
}

func TestDiffNamesSupersededPayloads(t *testing.T) {
	c := nine().charter(t, Root)
	base := payloadOf(t, c, nil, opened)
	digest := verify.DigestOf([]byte("a payload that was given up"))
	raw, err := c.Payload(Basis{Base: base, Opened: opened.AddDate(1, 0, 0), Supersedes: []verify.Digest{digest}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	third := payloadOf(t, c, second, opened.AddDate(2, 0, 0))
	for _, test := range []struct {
		old, new *verify.Document
		says     string
	}{
		{base, second, "replaces 1 other proposal of the same version; none of them can be published any more"},
		{second, third, "the old version had replaced 1 other proposal of its own number"},
	} {
		d := Diff(test.old, test.new)
		checkComplete(t, d, signedText(t, test.old), signedText(t, test.new))
		i := slices.IndexFunc(d.Changes, func(c Change) bool { return c.Kind == Superseded })
		if i < 0 || d.Changes[i].Text != test.says || d.Changes[i].Details[0] != "1: digest "+digest.Groups() {
			t.Errorf("%q is not in\n%s", test.says, strings.Join(d.Lines(), "\n"))
		}
		if raw := d.Unexplained(); len(raw) > 0 {
			t.Errorf("%s", raw[0].Text)
		}
	}
}

// TestDiffOfOtherTypes compares what people do not sign, and documents of
// different types: nothing is explained but what they are, and nothing is lost.
func TestDiffOfOtherTypes(t *testing.T) {
	snapshot := readSigned(t, object{
		"_type": "snapshot", "spec_version": "1.0.31", "version": 4, "expires": "2030-01-01T00:00:00Z",
		"meta": object{"targets.json": object{"version": 3}},
	})
	root := payloadOf(t, nine().charter(t, Root), nil, opened)
	for _, old := range []*verify.Document{nil, root} {
		d := Diff(old, snapshot)
		checkComplete(t, d, signedText(t, old), signedText(t, snapshot))
		if d.Changes[0].Text != "no client accepts the new version: a document of this type is not signed by people" {
			t.Errorf("first is %q", d.Changes[0].Text)
		}
		if len(d.Unexplained()) < 4 || len(d.Outcomes) > 0 {
			t.Errorf("%s", strings.Join(d.Lines(), "\n"))
		}
	}
	if d := Diff(root, snapshot); !strings.Contains(d.Changes[1].Text, "type of the document changes from root to snapshot") {
		t.Errorf("second is %q", d.Changes[1].Text)
	}
}
