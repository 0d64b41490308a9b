package metadata

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// refusal is what a test wants of an error: its type and its words.
type refusal func(t testing.TB, err error)

func refused[E error](words ...string) refusal {
	return func(t testing.TB, err error) {
		t.Helper()
		expect[E](t, err, words...)
	}
}

// counts are the valid signatures under each rule of each payload.
func counts(s *Standing) []string {
	var out []string
	for _, p := range s.Payloads {
		for _, r := range p.Rules {
			out = append(out, fmt.Sprintf("%s by %s: %d", p.Payload, r.By, len(r.Tally.Valid)))
		}
	}
	return out
}

// countsNothing puts one file where a signature by keyID on role belongs and
// asserts that the gate refuses it, that it raises no tally, that the event
// stays as pending as it was before and that an audit names it.
func countsNothing(t *testing.T, w *world, before *Standing, role, keyID string, content []byte, want refusal) {
	t.Helper()
	event := before.Event.Name
	path := SignaturePath(event, role, keyID)
	head := w.clone()
	head.files[path] = content

	v, err := Check(w.tree(), head.tree())
	if err != nil {
		t.Fatal(err)
	}
	if v.Machine() || v.Accepted() || v.Kind != KindSignature || v.Signed != nil {
		t.Errorf("the gate says %s, accepted %t, machine %t", v.Kind, v.Accepted(), v.Machine())
	}
	if len(v.Refusals) != 1 {
		t.Fatalf("refusals: %v", v.Refusals)
	}
	file := expect[*SignatureFileError](t, v.Refusals[0], path, role+" version ", "does not count")
	if h, listed := before.Payload(role).Holder(keyID); listed && file.Owner != h.Owner {
		t.Errorf("the refusal names %q as the owner, not %s", file.Owner, h.Owner)
	}
	if file.KeyID != keyID || file.Event != event || file.Role != role {
		t.Errorf("the refusal names %+v", *file)
	}
	want(t, v.Refusals[0])

	if !raced {
		report := Audit(head.tree())
		if len(report.Problems) != 1 {
			t.Fatalf("audit: %v", report.Problems)
		}
		want(t, report.Problems[0])
	}
	after := v.Standing // of head, which the gate judged without believing it
	if before.Complete() || after.Complete() {
		t.Error("nothing is missing")
	}
	if !slices.Equal(counts(before), counts(after)) {
		t.Errorf("counted before:\n  %q\nafter:\n  %q", counts(before), counts(after))
	}
	if after.Payload(role).Signed(keyID) {
		t.Error("the key counts as having signed")
	}
}

// nearlySigned is a rotation that one more signature by heidi completes, whose
// own judgement does not need dave.
func nearlySigned(t testing.TB) *world {
	t.Helper()
	w := rotation(t)
	w.sign(rotationEvent, "alice", "bob", "erin", "judy")
	w.sign(rotationEvent, "carol")
	return w
}

// A signature that verifies, but not over what lies beside it.
func TestSignatureForSomethingElse(t *testing.T) {
	t.Parallel()
	w := nearlySigned(t)
	before := w.standing(rotationEvent)
	root := w.event(rotationEvent).Payload("root")
	targets := w.event(rotationEvent).Payload("targets")
	first := w.read().Closed[0].Payload("root")
	elsewhere := otherRepository(t)
	foreign := elsewhere.event(rotationEvent).Payload("root")
	if foreign.Digest == root.Digest || keyIDOf("heidi") != elsewhere.signature(foreign, "heidi").KeyID {
		t.Fatal("the other repository differs in more or in less than its id")
	}

	// relabelled claims to be made for root, with a signature over message.
	relabelled := func(message []byte) *SignatureFile {
		f := w.signature(root, "heidi")
		f.Sig = signBytes(t, "heidi", message)
		return f
	}
	fromMember := func(s *SignatureFile) *SignatureFile { s.KeyID = keyIDOf("heidi"); return s }
	wrongBytes := refused[*verify.SignatureError]("heidi", "does not match these bytes and this key")
	for _, tt := range []struct {
		name string
		file *SignatureFile
		want refusal
	}{
		{"for the version before", w.signature(first, "heidi"), refused[*MismatchError]("another version: 1, where this event has 2")},
		{"for the version before, relabelled", relabelled(first.Document.Signed()), wrongBytes},
		{"for another role by the same key", w.signature(targets, "heidi"), refused[*MismatchError]("another role: targets, where this event has root")},
		{"for another role by the same key, relabelled", relabelled(targets.Document.Signed()), wrongBytes},
		{"for another repository with the same key", elsewhere.signature(foreign, "heidi"), refused[*MismatchError]("another repository: "+otherID, fixtureRepository)},
		{"for another repository with the same key, relabelled", relabelled(foreign.Document.Signed()), wrongBytes},
		{"over the file instead of its canonical form", relabelled(root.Document.Raw()), wrongBytes},
		{"over the digest", relabelled(root.Digest[:]), wrongBytes},
		{"over nothing", relabelled(nil), wrongBytes},
		{"by another member under heidi's id", fromMember(w.signature(root, "ivan")), wrongBytes},
		{"by another member in heidi's place", w.signature(root, "ivan"), refused[*MismatchError]("another key id")},
		{"with bits after it", func() *SignatureFile { f := w.signature(root, "heidi"); f.Sig = append(f.Sig, 0); return f }(), wrongBytes},
		{"with one bit changed", func() *SignatureFile { f := w.signature(root, "heidi"); f.Sig[20] ^= 1; return f }(), wrongBytes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			countsNothing(t, w, before, "root", keyIDOf("heidi"), tt.file.Bytes(), tt.want)
		})
	}
	_, err := w.tryComplete(rotationEvent)
	expect[*PendingError](t, err, "root version 2", "4 of 5")
	// All the same, heidi's own signature is what is missing.
	w.put(rotationEvent, w.signature(root, "heidi"))
	w.put(rotationEvent, w.signature(targets, "heidi"))
	w.complete(rotationEvent)
}

const otherID = "ffeeddccbbaa99887766554433221100"

// otherRepository is rotation in a repository with another id and with the
// same people and keys.
func otherRepository(t testing.TB) *world {
	t.Helper()
	return scene(t, "other repository", func() *world {
		w := newWorld(t, policy{repository: otherID, root: nine, rootThreshold: 5}, nine...)
		e := w.propose("the first root")
		w.sign(e.Name, nine[:5]...)
		w.complete(e.Name)
		w.join("judy", "karl")
		w.declare(policy{repository: otherID, root: afterRotation, rootThreshold: 5})
		w.later()
		w.propose("carol and dave leave")
		return w
	})
}

// Who is not among the keys of the old root or of the new one cannot sign.
func TestSignatureByStranger(t *testing.T) {
	t.Parallel()
	w := rotated(t)
	w.join("leo")
	w.declare(policy{root: append(except(afterRotation, "ivan"), "leo"), rootThreshold: 5})
	w.later()
	e := w.propose("ivan hands over to leo")
	w.sign(e.Name, "alice", "bob", "erin", "frank")
	before := w.standing(e.Name)
	notListed := refused[*verify.SignatureError]("its key is not listed for this role")
	for _, name := range []string{"mallory", "online-timestamp", "carol"} {
		t.Run(name, func(t *testing.T) {
			f := w.signature(e.Payload("root"), name)
			countsNothing(t, w, before, "root", f.KeyID, f.Bytes(), notListed)
		})
	}
	t.Run("a former member is named", func(t *testing.T) {
		f := w.signature(e.Payload("root"), "carol")
		head := w.clone()
		head.put(e.Name, f)
		v, err := Check(w.tree(), head.tree())
		if err != nil || len(v.Refusals) != 1 {
			t.Fatalf("%v, %v", v, err)
		}
		file := expect[*SignatureFileError](t, v.Refusals[0], "carol", "until root version 1")
		if file.Owner != "carol" {
			t.Errorf("owner is %q", file.Owner)
		}
	})
	// Whoever leaves still counts under the old root, whoever comes under the new one.
	for _, name := range []string{"ivan", "leo"} {
		head := w.clone()
		head.put(e.Name, w.signature(e.Payload("root"), name))
		v, err := Check(w.tree(), head.tree())
		if err != nil || !v.Machine() || v.Signed.Owner != name {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// A file that is not spelled as rust-tuf writes it is refused before anybody
// asks what it says.
func TestSignatureFileMalformed(t *testing.T) {
	t.Parallel()
	w := nearlySigned(t)
	before := w.standing(rotationEvent)
	good := w.signature(w.event(rotationEvent).Payload("root"), "heidi")
	text := string(good.Bytes())
	swap := func(old, now string) []byte {
		t.Helper()
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q stands %d times", old, strings.Count(text, old))
		}
		return []byte(strings.Replace(text, old, now, 1))
	}
	upperSig := *good
	format := func(words ...string) refusal { return refused[*verify.FormatError](words...) }
	spelling := format("is not spelled as rust-tuf writes it", "unchanged")
	for _, tt := range []struct {
		name    string
		content []byte
		want    refusal
	}{
		{"empty", nil, format("byte 0")},
		{"null", []byte("null\n"), format("/format", "update rust-tuf")},
		{"a list", []byte("[]\n"), format("not a signature file")},
		{"truncated", []byte(text[:len(text)/2]), format("byte ")},
		{"without its last newline", []byte(text[:len(text)-1]), spelling},
		{"with another newline", []byte(text + "\n"), spelling},
		{"with line ends of another system", []byte(strings.ReplaceAll(text, "\n", "\r\n")), spelling},
		{"with a byte order mark", []byte("\ufeff" + text), format("byte 0")},
		{"followed by a second document", []byte(text + text), format("byte ")},
		{"with its members twice", swap(`"role": "root",`, "\"role\": \"targets\",\n  \"role\": \"root\","), format("role")},
		{"with its members in another order", swap("\"role\": \"root\",\n  \"version\": 2,", "\"version\": 2,\n  \"role\": \"root\","), spelling},
		{"with one member more", swap(`"role": "root",`, "\"note\": \"\",\n  \"role\": \"root\","), spelling},
		{"with one member less", swap("\n  \"version\": 2,", ""), format("version")},
		{"with a member in capitals", swap("\n  \"keyid\"", "\n  \"KeyID\""), spelling},
		{"compact", bytes.ReplaceAll(good.Bytes(), []byte("\n"), nil), spelling},
		{"with an escape", swap(`"root"`, `"r\u006fot"`), spelling},
		{"of a later format", swap("signature v1", "signature v2"), format("/format", `"rust-tuf signature v2"`, "update rust-tuf")},
		{"with a version that is no integer", swap(`"version": 2`, `"version": 2.0`), format("byte ")},
		{"with a version in words", swap(`"version": 2`, `"version": "2"`), format("not a signature file")},
		{"with version 0", swap(`"version": 2`, `"version": 0`), format("version")},
		{"with a negative version", swap(`"version": 2`, `"version": -2`), format("version")},
		{"with a version beyond 64 bits", swap(`"version": 2`, `"version": 99999999999999999999`), format("byte ")},
		{"with a digest in capitals", swap(good.Digest.String(), strings.ToUpper(good.Digest.String())), spelling},
		{"with a short digest", swap(good.Digest.String(), good.Digest.String()[:62]), format("/sha256")},
		{"with a signature in capitals", []byte(strings.Replace(text, fmt.Sprintf("%x", upperSig.Sig), fmt.Sprintf("%X", upperSig.Sig), 1)), spelling},
		{"with a signature in base64", swap(fmt.Sprintf("%x", good.Sig), "MEUCIQ=="), format("/sig", "hexadecimal")},
		{"with no signature", swap(fmt.Sprintf("%x", good.Sig), ""), format("/sig", "hexadecimal")},
		{"with a key id in capitals", swap("\n  \"keyid\": \""+good.KeyID, "\n  \"keyid\": \""+strings.ToUpper(good.KeyID)), format("key id")},
		{"with a role that is a path", swap(`"role": "root"`, `"role": "../root"`), format("role")},
		{"with a time of another zone", swap("2026-11-23T12:00:00Z", "2026-11-23T13:00:00+01:00"), spelling},
		{"with parts of a second", swap("2026-11-23T12:00:00Z", "2026-11-23T12:00:00.5Z"), spelling},
		{"without a time", swap("2026-11-23T12:00:00Z", ""), format("/signed_at_claimed", "2026-11-22T12:00:00Z")},
		{"nested too deep", []byte(strings.Repeat("[", 5000) + strings.Repeat("]", 5000)), refused[*verify.LimitError]("nesting", "limit of 32")},
		{"too long", []byte(text + strings.Repeat(" ", maxSignatureFileBytes)), refused[*verify.LimitError]("signature file", "16384")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseSignatureFile(tt.content); err == nil {
				t.Error("it parses")
			} else {
				tt.want(t, err)
			}
			countsNothing(t, w, before, "root", good.KeyID, tt.content, tt.want)
		})
	}
	if again, err := ParseSignatureFile(good.Bytes()); err != nil || !bytes.Equal(again.Bytes(), good.Bytes()) {
		t.Errorf("the good one: %v", err)
	}
}

// readsCounted is a tree that counts how many files are read.
type readsCounted struct {
	Tree
	reads *int
}

func (t readsCounted) Read(path string) ([]byte, error) {
	*t.reads++
	return t.Tree.Read(path)
}

// A bound ends the reading long before the number of files costs anything.
func TestJunkSignatures(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	base := w.clone()
	for i := range 10_000 {
		id := fmt.Sprintf("%064x", i)
		w.files[SignaturePath(rotationEvent, "root", id)] = []byte("junk")
	}
	reads := 0
	refusals := w.standing(rotationEvent).Payload("root").Refused
	if len(refusals) != maxSignaturesPerPayload+1 {
		t.Errorf("%d are refused", len(refusals))
	}
	limit := expect[*verify.LimitError](t, refusals[maxSignaturesPerPayload], "signature files of root version 2", "limit of 256")
	if limit.Limit != maxSignaturesPerPayload {
		t.Errorf("limit is %d", limit.Limit)
	}
	if _, err := Read(readsCounted{w.tree(), &reads}); err != nil {
		t.Error(err)
	}
	before := len(base.files)
	v, err := Check(readsCounted{base.tree(), &reads}, readsCounted{w.tree(), &reads})
	if err != nil || v.Accepted() || v.Kind != KindMixed {
		t.Fatalf("the gate says %+v, %v", v, err)
	}
	expect[*MixedError](t, v.Refusals[0], "a signature comes alone", "9996 more")
	if most := 2*maxSignaturesPerPayload + 4*before; reads > most {
		t.Errorf("%d files were read, more than %d", reads, most)
	}
}

// Junk that was merged below the bound costs a lookup, not a verification, and
// hides nothing.
func TestJunkBesideSignatures(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	root := w.event(rotationEvent).Payload("root")
	for i := range maxSignaturesPerPayload - 7 {
		f := w.signature(root, "mallory")
		f.KeyID = fmt.Sprintf("%064x", i)
		w.put(rotationEvent, f)
		if i == 3 {
			w.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
		}
	}
	s := w.standing(rotationEvent)
	if got := len(s.Payload("root").Refused); got != maxSignaturesPerPayload-7 {
		t.Errorf("%d files are refused", got)
	}
	if c := w.complete(rotationEvent); len(c.Published[0].Signers) != 7 {
		t.Errorf("signers: %q", c.Published[0].Signers)
	}
}

// What comes after the event has ended is told so, by name.
func TestLateSignature(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	late := w.signature(w.event(rotationEvent).Payload("root"), "heidi")
	w.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
	w.complete(rotationEvent)
	words := []string{"event closed", rotationEvent, "complete and published", "too late"}
	_, err := w.read().Event(rotationEvent)
	if closed := expect[*ClosedError](t, err, words...); closed.Outcome != Completed {
		t.Errorf("outcome %s", closed.Outcome)
	}
	published := bytes.Clone(w.files["metadata/2.root.json"])
	head := w.clone()
	head.put(rotationEvent, late)
	v, err := Check(w.tree(), head.tree())
	if err != nil {
		t.Fatal(err)
	}
	if v.Machine() || v.Accepted() || v.Kind != KindSignature {
		t.Errorf("the gate says %+v", v)
	}
	expect[*ClosedError](t, v.Refusals[0], words...)
	if !bytes.Equal(head.files["metadata/2.root.json"], published) {
		t.Error("the published version changed")
	}

	// Nor can it be slipped into the log.
	head = w.clone()
	head.files[LogPath(rotationEvent, signaturesDir, "root", late.KeyID+".json")] = late.Bytes()
	if v, err = Check(w.tree(), head.tree()); err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*FrozenError](t, v.Refusals[0], "adds log/"+rotationEvent, "files come into the log only when their event ends")
}

// A signature for an event that never was names the ones that are.
func TestSignatureForUnknownEvent(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	head := w.clone()
	head.put("2026-11-23-root-v3", w.signature(w.event(rotationEvent).Payload("root"), "heidi"))
	v, err := Check(w.tree(), head.tree())
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	_, err = genesis(t).read().Event("x")
	expect[*UnknownEventError](t, err, `there is no event "x"; no event is open`)
	unknown := expect[*UnknownEventError](t, v.Refusals[0], `no event "2026-11-23-root-v3"`, "open events: "+rotationEvent)
	if unknown.Name != "2026-11-23-root-v3" {
		t.Errorf("%+v", unknown)
	}
}

// One key counts once, whatever it signs and however often.
func TestSignatureTwice(t *testing.T) {
	t.Parallel()
	w := nearlySigned(t)
	before := w.standing(rotationEvent)
	again := w.signature(w.event(rotationEvent).Payload("root"), "alice")
	head := w.clone()
	again.SignedAt = again.SignedAt.Add(time.Hour)
	state(t, again, "alice")
	head.put(rotationEvent, again)
	v, err := Check(w.tree(), head.tree())
	if err != nil || v.Accepted() || v.Machine() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*FrozenError](t, v.Refusals[0], "changes "+SignaturePath(rotationEvent, "root", again.KeyID), "a signature never changes")
	if after := head.standing(rotationEvent); !slices.Equal(counts(before), counts(after)) {
		t.Errorf("counts %q, then %q", counts(before), counts(after))
	}
}
