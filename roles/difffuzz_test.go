package roles

import (
	"encoding/json"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// FuzzDiff compares any two values, with and without the old one: nothing
// panics, and no difference goes untold.
func FuzzDiff(f *testing.F) {
	oldRoot, newRoot := pairOf(f, Root, nine(), rotated(f))
	oldTargets, newTargets := pairOf(f, Targets, nine(), redelegated(f))
	for _, pair := range [][2]*verify.Document{{oldRoot, newRoot}, {oldTargets, newTargets}, {newRoot, newTargets}} {
		f.Add(signedText(f, pair[0]), signedText(f, pair[1]))
	}
	f.Add(nine().charter(f, Root).JSON(), rotated(f).charter(f, Root).JSON())
	f.Add([]byte(`{"_type":"targets","delegations":{"roles":[{"name":"a"},{"name":"a"}]}}`), []byte(`{"_type":"targets","delegations":{"roles":[{"name":"a~2"},7]}}`))
	f.Add([]byte(`{"_type":"root","roles":{"root":{"keyids":["a","a"]}},"keys":{"a":{}}}`), []byte(`{"_type":"root","roles":{"root":{"keyids":["b","a"]}}}`))
	f.Add([]byte(`{"_type":"root","expires":"0000-01-01T00:00:00Z"}`), []byte(`{"_type":"root","expires":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, old, new []byte) {
		was, is := fuzzNode(t, old), fuzzNode(t, new)
		if was == nil || is == nil {
			return
		}
		checkComplete(t, diffOfText(t, old, new), old, new)
		checkComplete(t, diffOfText(t, nil, new), nil, new)
		checkComplete(t, diffOfText(t, old, nil), old, nil)
		checkComplete(t, diffCharters(was, is), old, new)
		if a, b := fuzzDocument(old), fuzzDocument(new); a != nil && b != nil {
			checkComplete(t, Diff(a, b), old, new)
		}
	})
}

// fuzzNode reads one value, or returns nil for what is no strict JSON.
func fuzzNode(t testing.TB, text []byte) *jsonNode {
	if _, err := verify.Canonical(text, verify.DefaultLimits()); err != nil {
		return nil
	}
	return canonicalNode(t, text)
}

// fuzzDocument makes a document of a signed value, if one can be made.
func fuzzDocument(signed []byte) *verify.Document {
	raw, err := json.Marshal(map[string]any{"signed": json.RawMessage(signed), "signatures": []any{}})
	if err != nil {
		return nil
	}
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return nil
	}
	return d
}
