package metadata

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Beside the signature that clients check, each member signs a statement of
// their own part, in the same sitting and with the same key: what was signed,
// for which event, on which device, and when, as far as the member's machine
// knew. It is a DSSE envelope, whose encoding (DSSEv1, PAE) begins with a word
// that no metadata begins with, so that neither can be taken for the other.
const (
	statementFormat = "rust-tuf statement v1"
	statementType   = "application/vnd.rust-tuf.statement.v1+json"
)

// Device is what a member says their key lives on. The evidence for a card
// stands in the policy that lists the key.
type Device struct {
	Kind   roles.Kind
	Serial int64  // of the card; 0 for a key in a file
	Slot   string // on the card
}

func (d Device) String() string {
	if d.Kind == roles.KindPIV {
		return fmt.Sprintf("YubiKey %d, slot %s", d.Serial, d.Slot)
	}
	return "a key in a file"
}

type statementJSON struct {
	Format     string     `json:"format"`
	Repository string     `json:"repository"`
	Event      string     `json:"event"`
	Role       string     `json:"role"`
	Version    int64      `json:"version"`
	SHA256     string     `json:"sha256"`
	KeyID      string     `json:"keyid"`
	Device     deviceJSON `json:"device"`
	Began      string     `json:"began_claimed"`
	SignedAt   string     `json:"signed_at_claimed"`
	Tool       string     `json:"tool"`
}

type deviceJSON struct {
	Kind   string `json:"kind"`
	Serial int64  `json:"serial,omitempty"`
	Slot   string `json:"slot,omitempty"`
}

// statement is the payload of the envelope.
func (f *SignatureFile) statement() []byte {
	out, err := json.Marshal(statementJSON{
		Format: statementFormat, Repository: f.Repository, Event: f.Event, Role: f.Role, Version: f.Version, SHA256: f.Digest.String(), KeyID: f.KeyID,
		Device: deviceJSON{string(f.Device.Kind), f.Device.Serial, f.Device.Slot},
		Began:  f.Began.UTC().Format(time.RFC3339), SignedAt: f.SignedAt.UTC().Format(time.RFC3339), Tool: f.Tool,
	})
	if err != nil { // strings and integers always encode
		return nil
	}
	return out
}

// StatementMessage is what the member's key signs for StatementSig: the
// statement in DSSE's encoding.
func (f *SignatureFile) StatementMessage() []byte { return dsse.PAE(statementType, f.statement()) }

// Envelope is the statement with its signature, for anything that reads DSSE.
func (f *SignatureFile) Envelope() *dsse.Envelope {
	return &dsse.Envelope{PayloadType: statementType, Payload: base64.StdEncoding.EncodeToString(f.statement()),
		Signatures: []dsse.Signature{{KeyID: f.KeyID, Sig: base64.StdEncoding.EncodeToString(f.StatementSig)}}}
}

// readStatement takes from an envelope what the file does not say elsewhere.
// That the rest agrees is found when the file is written again.
func (f *SignatureFile) readStatement(e *dsse.Envelope) error {
	bad := func(reason string) error { return &verify.FormatError{Path: "/statement", Reason: reason} }
	if e.PayloadType != statementType || len(e.Signatures) != 1 {
		return bad("is not one signature over a payload of type " + statementType)
	}
	payload, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil {
		return bad("has a payload that is not in base64")
	}
	if f.StatementSig, err = base64.StdEncoding.DecodeString(e.Signatures[0].Sig); err != nil || len(f.StatementSig) == 0 {
		return bad("has no signature in base64")
	}
	var j statementJSON
	if err := json.Unmarshal(payload, &j); err != nil {
		return bad("is not a statement: " + err.Error())
	}
	if j.Format != statementFormat {
		return bad(fmt.Sprintf("has the format %q; this version of rust-tuf reads %q: update rust-tuf", j.Format, statementFormat))
	}
	if f.Began, err = time.Parse(time.RFC3339, j.Began); err != nil {
		return bad(fmt.Sprintf("began at %q, which is no time", j.Began))
	}
	f.Event, f.Tool = j.Event, j.Tool
	f.Device = Device{roles.Kind(j.Device.Kind), j.Device.Serial, j.Device.Slot}
	switch {
	case !isName(f.Event):
		return bad("is for no event that rust-tuf would name so")
	case len(f.Tool) > maxToolBytes || !printable(f.Tool):
		return bad("names a tool that does not print")
	case f.Device.Kind != roles.KindPIV && f.Device.Kind != roles.KindSoftware:
		return bad(fmt.Sprintf("speaks of a device of kind %q", f.Device.Kind))
	}
	return nil
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// StatementError is a signature whose statement does not hold: the signature
// is good for clients, and does not count here, because nobody could say later
// how it was made.
type StatementError struct {
	Role    string
	Version int64
	Owner   string
	KeyID   string
	Reason  string
}

func (e *StatementError) Error() string {
	return fmt.Sprintf("%s version %d: the statement that %s signed beside the signature does not count: %s; run `rust-tuf sign` again", e.Role, e.Version, e.Owner, e.Reason)
}

// checkStatement holds the statement of a signature to the key that made the
// signature, and to what the policy says of that key's device. devices are the
// keys that a policy lists for the role; nil where no policy is known.
func (f *SignatureFile) checkStatement(h verify.Holder, devices []roles.Holder) error {
	fail := func(reason string) error {
		return &StatementError{Role: f.Role, Version: f.Version, Owner: h.Owner, KeyID: f.KeyID, Reason: reason}
	}
	if h.Key.Verify(f.StatementMessage(), f.StatementSig) != nil {
		return fail("its signature does not match it and this key")
	}
	for _, d := range devices {
		if d.Key.Equal(h.Key) {
			if want := (Device{d.Kind, d.Serial, d.Slot}); f.Device != want {
				return fail(fmt.Sprintf("it says that the key is on %s, the policy says %s", f.Device, want))
			}
		}
	}
	return nil
}
