package metadata

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The transcript of a rotation says who came, who went, who signed for which
// version, on what, and when it began and ended.
func TestSignedTranscript(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.now = w.now.Add(3 * time.Hour)
	w.sign(rotationEvent, "alice", "bob", "erin", "judy", "karl")
	w.later()
	w.sign(rotationEvent, "carol", "dave")
	w.complete(rotationEvent)
	repo := w.read()
	e := findEvent(repo.Closed, rotationEvent)
	record, err := repo.Transcript(e)
	if err != nil {
		t.Fatal(err)
	}
	if record.Repository != fixtureRepository || record.Event != rotationEvent || record.Why != "carol and dave leave" ||
		!record.Began.Equal(e.Opened) || !record.Ended.Equal(e.Opened.Add(27*time.Hour)) || len(record.Payloads) != 2 {
		t.Errorf("%+v", record)
	}
	root := record.Payloads[0]
	if root.Role != "root" || root.Version != 2 || root.SHA256 != e.Payload("root").Digest.String() || !root.Expires.Equal(e.Payload("root").Document.Expires()) {
		t.Errorf("%+v", root)
	}
	var keys []string
	for _, k := range root.Keys {
		keys = append(keys, fmt.Sprintf("%s %s %s", k.Change, k.Owner, strings.Join(k.Roles, ",")))
	}
	if want := []string{"revoked carol root,targets", "revoked dave root,targets", "made judy root,targets", "made karl root,targets"}; !slices.Equal(keys, want) {
		t.Errorf("keys: %q", keys)
	}
	signed := map[string]string{}
	for _, s := range root.Signatures {
		signed[s.Owner] = strings.Join(s.CountsFor, ",")
		if s.Device.Kind != "software" || s.Tool != "rust-tuf test" || s.Began.After(s.SignedAt) {
			t.Errorf("%+v", s)
		}
	}
	for name, want := range map[string]string{"carol": "root version 1", "judy": "root version 2", "alice": "root version 1,root version 2"} {
		if signed[name] != want {
			t.Errorf("%s signed for %q, want %q", name, signed[name], want)
		}
	}
	if len(signed) != 7 || !slices.IsSortedFunc(root.Signatures, func(a, b TranscriptSignature) int { return strings.Compare(a.Owner, b.Owner) }) {
		t.Errorf("%d signatures, or in another order", len(signed))
	}
	if report := Audit(w.tree()); len(report.Problems) > 0 {
		t.Error(report.Problems)
	}
	open := w.clone()
	open.later()
	_, err = open.read().Transcript(open.opens("next", "root"))
	if err == nil || !strings.Contains(err.Error(), "event next was not completed") {
		t.Error(err)
	}
}

// Nobody edits a transcript, adds one, or takes one away: not past the gate,
// and not past an audit.
func TestTranscriptEdited(t *testing.T) {
	t.Parallel()
	path := LogPath(rotationEvent, transcriptFile)
	for name, test := range map[string]struct {
		edit func(w *world)
		want refusal
	}{
		"edited":     {func(w *world) { w.edit(path, "carol and dave leave", "carol and dave stay") }, refused[*FileError](path, "is not what the event yields; nobody edits a transcript")},
		"taken away": {func(w *world) { delete(w.files, path) }, refused[*TreeError](path, "is missing; a completed event has one")},
		"empty":      {func(w *world) { w.files[path] = nil }, refused[*FileError](path, "is not what the event yields")},
	} {
		t.Run(name, func(t *testing.T) {
			w := rotated(t)
			head := w.clone()
			test.edit(head)
			report := Audit(head.tree())
			if len(report.Problems) != 1 {
				t.Fatalf("%v", report.Problems)
			}
			test.want(t, report.Problems[0])
			v, err := Check(w.tree(), head.tree())
			if err != nil || v.Accepted() {
				t.Errorf("the gate: %+v, %v", v, err)
			}

			// In the completion itself.
			before := rotation(t)
			before.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
			after := before.clone()
			after.complete(rotationEvent)
			test.edit(after)
			if v, err := Check(before.tree(), after.tree()); err != nil || v.Accepted() {
				t.Errorf("the gate, of the completion: %+v, %v", v, err)
			}
		})
	}
	w := delegated(t)
	w.later()
	w.opens("old", "root")
	p, err := w.tryPropose(Proposition{Name: "new", Renew: []string{"root"}, Supersede: []string{"old"}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(p.Change)
	w.files[LogPath("old", transcriptFile)] = w.files[path]
	report := Audit(w.tree())
	if len(report.Problems) != 1 {
		t.Fatalf("%v", report.Problems)
	}
	expect[*TreeError](t, report.Problems[0], LogPath("old", transcriptFile), "though nothing came of the event")
}
