package verify_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// What went wrong in other implementations, each as the attack that worked
// there. Only those are here that a root, a key, a threshold or a format
// decides; names are those of the advisories.
func TestAdvisories(t *testing.T) {
	p := nine(t)[:3]
	alice := p[0]
	trusted := mustTrust(t, envelope(t, rootSigned(t, 1, 2, p...), p...))
	sign := func(signed object, people ...*person) []byte { return envelope(t, signed, people...) }

	t.Run("CVE-2020-6173 python-tuf: signatures without bound", func(t *testing.T) {
		signed := rootSigned(t, 2, 2, p...)
		list := signatures(t, canonical(t, signed), p...)
		for i := range 10_000 {
			list = append(list, object{"keyid": fmt.Sprint(i), "sig": hex.EncodeToString(make([]byte, 64))})
		}
		raw := marshal(t, object{"signed": signed, "signatures": list})
		_, err := trusted.Walk(history{2: raw}.next, verify.Limits{RootBytes: int64(len(raw))})
		refused[*verify.LimitError](t, err, "signatures: 10003, above the limit of 256")
	})
	t.Run("CVE-2020-6174 python-tuf, CVE-2020-15093 and CVE-2026-6966 tough: one signature repeated", func(t *testing.T) {
		signed := rootSigned(t, 2, 2, p...)
		list := signatures(t, canonical(t, signed), alice, alice)
		_, err := trusted.Walk(history{2: marshal(t, object{"signed": signed, "signatures": list})}.next, verify.Limits{})
		refused[*verify.FormatError](t, err, "signatures: key id "+alice.id+" stands twice")
	})
	t.Run("GHSA-3633-5h82-39pq, issue 733 go-tuf: one key under several ids", func(t *testing.T) {
		again := alice.as("again")
		first := mustTrust(t, sign(rootSigned(t, 1, 2, alice, again, p[1]), alice, p[1]))
		_, err := first.Next(mustRoot(t, sign(rootSigned(t, 2, 2, alice, again, p[1]), alice, again)))
		refused[*verify.ThresholdError](t, err, "1 of 2 signatures valid", "counted once: alice")
	})
	t.Run("CVE-2026-23991 go-tuf: a crash before the signature check", func(t *testing.T) {
		for _, c := range []struct {
			path  string
			value any
			want  string
		}{
			{"keys", object{"k": nil}, "signed.keys.k: must be an object, found null"},
			{"keys." + alice.id + ".keyval", nil, "keyval: must be an object, found null"},
			{"roles", nil, "signed.roles: must be an object, found null"},
			{"roles.root", nil, "signed.roles.root: must be an object, found null"},
			{"roles.root.keyids", nil, "signed.roles.root.keyids: must be an array, found null"},
		} {
			_, err := trusted.Walk(history{2: sign(set(rootSigned(t, 2, 2, p...), c.path, c.value), p...)}.next, verify.Limits{})
			refused[*verify.FormatError](t, err, "root 2: ", c.want)
		}
		// A key of the wrong length is one that nobody can sign with.
		short := set(rootSigned(t, 2, 2, p...), "keys."+alice.id+".keyval.public", "00")
		if next, err := trusted.Walk(history{2: sign(short, p[1:]...)}.next, verify.Limits{}); err != nil || next.Version() != 2 {
			t.Error(err)
		}
	})
	t.Run("CVE-2026-23992 go-tuf: threshold 0 switches verification off", func(t *testing.T) {
		_, err := trusted.Walk(history{2: sign(set(rootSigned(t, 2, 2, p...), "roles.root.threshold", 0))}.next, verify.Limits{})
		refused[*verify.FormatError](t, err, "root 2: signed.roles.root.threshold: must be from 1 to 256, found 0")
	})
	t.Run("CVE-2025-2885 tough: a root that is not N+1", func(t *testing.T) {
		_, err := trusted.Walk(history{2: sign(rootSigned(t, 5, 2, p...), p...)}.next, verify.Limits{})
		refused[*verify.VersionError](t, err, "root 5 does not follow the trusted version 1")
	})
	t.Run("CVE-2022-29173 go-tuf: an older version", func(t *testing.T) {
		third := mustTrust(t, sign(rootSigned(t, 3, 2, p...), p...))
		_, err := third.Next(mustRoot(t, sign(rootSigned(t, 2, 2, p...), p...)))
		refused[*verify.VersionError](t, err, "root 2 is not newer than the trusted version 3")
	})
	t.Run("CVE-2015-9258 Notary: the signature names the algorithm", func(t *testing.T) {
		signed := rootSigned(t, 2, 2, p...)
		list := signatures(t, canonical(t, signed), p[:1]...)
		// An HMAC with the public key as its secret, or nothing at all.
		list = append(list, object{"keyid": p[1].id, "sig": "00", "method": "none", "scheme": "none", "keytype": "none"})
		_, err := trusted.Walk(history{2: marshal(t, object{"signed": signed, "signatures": list})}.next, verify.Limits{})
		refused[*verify.ThresholdError](t, err, "1 of 2", "rejected: bob")
	})
	t.Run("CVE-2015-9259 Notary: the expiry of root", func(t *testing.T) {
		newest, err := trusted.Walk(history{2: sign(rootSigned(t, 2, 2, p...), p...)}.next, verify.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		refused[*verify.ExpiredError](t, newest.CheckExpiry(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), "root 2: expired")
	})
	t.Run("GHSA-77hh-43cm-v8j6 python-tuf: a role that is not delegated", func(t *testing.T) {
		targets, err := verify.TrustTargets(trusted, mustTargets(t, "targets", sign(delegating(targetsSigned("targets", 1), "release", 1, alice), p...)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.TrustTargets(targets, mustTargets(t, "other", sign(targetsSigned("other", 1), alice)))
		refused[*verify.DelegationError](t, err, "role other is not delegated by targets 1")
	})
}

// Documents that are correctly signed must be accepted, however their writer
// spells them: what is verified is the value that came, not a struct made of
// it.
func TestCorrectlySignedIsAccepted(t *testing.T) {
	p := nine(t)[:3]
	root := mustTrust(t, envelope(t, rootSigned(t, 1, 2, p...), p...))
	for name, signed := range map[string]object{
		"length 0":              set(targetsSigned("targets", 1), "targets", object{"x": object{"length": 0, "hashes": object{}}}),
		"no delegations":        targetsSigned("targets", 1),
		"upper-case hex":        set(targetsSigned("targets", 1), "targets", object{"x": object{"length": 1, "hashes": object{"sha256": fmt.Sprintf("%X", make([]byte, 32))}}}),
		"integers above 2^53":   set(targetsSigned("targets", 9007199254740993), "targets", object{"x": object{"length": int64(9223372036854775807), "hashes": object{}}}),
		"fractions of a second": set(targetsSigned("targets", 1), "expires", "2030-01-01T00:00:00.000Z"),
		"unknown members":       set(targetsSigned("targets", 1), "x-other", object{"a": []any{nil, true, "\n\t\"\\/é😀"}}),
		"empty":                 set(targetsSigned("targets", 1), "targets", object{}),
	} {
		raw := envelope(t, signed, p...)
		for form, raw := range map[string][]byte{"indented": raw, "compact": compact(t, raw)} {
			if _, err := verify.TrustTargets(root, mustTargets(t, "targets", raw)); err != nil {
				t.Errorf("%s, %s: %v", name, form, err)
			}
		}
	}
}

// compact drops the white space of a document and nothing else.
func compact(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for i, inside := 0, false; i < len(raw); i++ {
		switch {
		case inside && raw[i] == '\\':
			b.WriteByte(raw[i])
			i++
		case raw[i] == '"':
			inside = !inside
		case !inside && (raw[i] == ' ' || raw[i] == '\n'):
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.Bytes()
}
