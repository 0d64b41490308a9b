package metadata

import (
	"context"
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// dsseKey is a key as go-securesystemslib asks for one.
type dsseKey struct {
	id  string
	key verify.PublicKey
}

func (k dsseKey) KeyID() (string, error)   { return k.id, nil }
func (k dsseKey) Public() crypto.PublicKey { return nil }
func (k dsseKey) Verify(_ context.Context, data, sig []byte) error {
	return k.key.Verify(data, sig)
}

// A statement is an envelope that other people's readers of DSSE accept.
func TestStatementIsDSSE(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	f := w.signature(w.event(rotationEvent).Payload("root"), "alice")
	v, err := dsse.NewEnvelopeVerifier(dsseKey{f.KeyID, publicOf("alice")})
	if err != nil {
		t.Fatal(err)
	}
	_, payload, err := v.VerifyAndDecode(context.Background(), f.Envelope())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"format":"rust-tuf statement v1","repository":"` + fixtureRepository + `","event":"` + rotationEvent + `","role":"root","version":2,"sha256":"` + f.Digest.String() +
		`","keyid":"` + f.KeyID + `","device":{"kind":"software"},"began_claimed":"2026-11-23T12:00:00Z","signed_at_claimed":"2026-11-23T12:00:00Z","tool":"rust-tuf test"}`
	if string(payload) != want {
		t.Errorf("it states %s\nwant %s", payload, want)
	}
	// Neither can be taken for the other: metadata is an object.
	if message := f.StatementMessage(); string(message[:7]) != "DSSEv1 " {
		t.Errorf("a statement looks like metadata: %.40s", message)
	}
}

// A signature whose statement does not hold counts for nothing, here as in the
// gate, and whoever reads it learns why.
func TestStatementRefused(t *testing.T) {
	t.Parallel()
	w := nearlySigned(t)
	before := w.standing(rotationEvent)
	root := w.event(rotationEvent).Payload("root")
	for name, test := range map[string]struct {
		edit func(f *SignatureFile)
		want refusal
	}{
		"edited afterwards":     {func(f *SignatureFile) { f.Tool = "rust-tuf other" }, refused[*StatementError]("root version 2", "heidi", "its signature does not match it and this key", "run `rust-tuf sign` again")},
		"another time":          {func(f *SignatureFile) { f.SignedAt = f.SignedAt.Add(time.Second) }, refused[*StatementError]("its signature does not match")},
		"by somebody else":      {func(f *SignatureFile) { state(t, f, "ivan") }, refused[*StatementError]("its signature does not match")},
		"on a card":             {func(f *SignatureFile) { f.Device = Device{roles.KindPIV, 7, "9c"}; state(t, f, "heidi") }, refused[*StatementError]("it says that the key is on YubiKey 7, slot 9c, the policy says a key in a file")},
		"for another event":     {func(f *SignatureFile) { f.Event = "other"; state(t, f, "heidi") }, refused[*MismatchError]("another event: other, where this event has " + rotationEvent)},
		"the signature's own":   {func(f *SignatureFile) { f.StatementSig = f.Sig }, refused[*StatementError]("its signature does not match")},
		"in place of the other": {func(f *SignatureFile) { f.Sig = f.StatementSig }, refused[*verify.SignatureError]("does not match these bytes and this key")},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.signature(root, "heidi")
			test.edit(f)
			countsNothing(t, w, before, "root", f.KeyID, f.Bytes(), test.want)
		})
	}
}

// A statement has one spelling, inside as outside.
func TestStatementMalformed(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	f := w.signature(w.event(rotationEvent).Payload("root"), "heidi")
	text := string(f.Bytes())
	payload := f.Envelope().Payload
	inside := func(old, now string) string {
		t.Helper()
		raw, err := base64.StdEncoding.DecodeString(payload)
		if err != nil || strings.Count(string(raw), old) != 1 {
			t.Fatalf("%q stands %d times, %v", old, strings.Count(string(raw), old), err)
		}
		return strings.Replace(text, payload, base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(raw), old, now, 1))), 1)
	}
	swap := func(old, now string) string { return strings.Replace(text, old, now, 1) }
	spelling := "or a statement that says otherwise"
	for name, test := range map[string]struct{ text, words string }{
		"none":                {text[:strings.Index(text, ",\n  \"statement\"")] + "\n}\n", "/statement: is missing; `rust-tuf sign` makes one"},
		"null":                {text[:strings.Index(text, ",\n  \"statement\"")] + ",\n  \"statement\": null\n}\n", "/statement: is missing"},
		"of another type":     {swap("rust-tuf.statement.v1", "in-toto"), "is not one signature over a payload of type application/vnd.rust-tuf.statement.v1+json"},
		"not in base64":       {swap(payload, "{}"), "has a payload that is not in base64"},
		"no signature":        {swap(`"sig": "`+base64.StdEncoding.EncodeToString(f.StatementSig), `"sig": "`), "has no signature in base64"},
		"not a statement":     {swap(payload, "W10="), "is not a statement"},
		"of a later format":   {inside("statement v1", "statement v2"), `"rust-tuf statement v2"`},
		"for another role":    {inside(`"role":"root"`, `"role":"targets"`), spelling},
		"for another digest":  {inside(f.Digest.String(), strings.Repeat("0", 64)), spelling},
		"by another key":      {inside(f.KeyID, strings.Repeat("0", 64)), spelling},
		"of another time":     {inside(`signed_at_claimed":"2026`, `signed_at_claimed":"2027`), spelling},
		"with one more":       {inside(`"tool"`, `"note":"","tool"`), spelling},
		"begun at no time":    {inside(`began_claimed":"2026-11-23T12:00:00Z`, `began_claimed":"noon`), `began at "noon", which is no time`},
		"for an event's path": {inside(rotationEvent, "../x"), "is for no event that rust-tuf would name so"},
		"by a hidden tool":    {inside("rust-tuf test", "\\u001b[2J"), "names a tool that does not print"},
		"on an unknown kind":  {inside(`"kind":"software"`, `"kind":"tpm"`), `speaks of a device of kind "tpm"`},
		"with wide spaces":    {inside(`{"format"`, `{ "format"`), spelling},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSignatureFile([]byte(test.text))
			expect[*verify.FormatError](t, err, test.words)
		})
	}
	if fmt.Sprint(Device{Kind: roles.KindSoftware}) != "a key in a file" {
		t.Error("a key in a file has no name")
	}
}
