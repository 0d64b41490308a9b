package roles

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// TestEveryByteOfEvidenceCounts: a certificate with one other byte changes the
// digest, is told in the difference without its PEM, and is refused.
func TestEveryByteOfEvidenceCounts(t *testing.T) {
	good := nine().charter(t, Root)
	for _, file := range []string{SlotFile, DeviceFile} {
		for i := 0; i < 400; i += 37 {
			r := nine()
			evidence := card{serial: 1000, slot: "9c", key: public(p256("alice"))}.attest()
			der := bytes.Clone(certificateDER(*evidence.file(file)))
			der[i] ^= 1
			r.files[[2]string{"alice", file}] = pemBlock(der)
			d := r.declare(t)
			c := mustCharter(t, d, Root)
			if c.Digest() == good.Digest() {
				t.Errorf("byte %d of %s: the digest is the same", i, file)
			}
			diff := DiffCharters(good, c)
			checkComplete(t, diff, good.JSON(), c.JSON())
			text := strings.Join(diff.Lines(), "\n")
			noun := map[string]string{SlotFile: "slot", DeviceFile: "device"}[file]
			if len(diff.Changes) != 1 || diff.Changes[0].Kind != EvidenceChanged || !strings.Contains(text, noun+" certificate of alice's key main changes from SHA-256 ") || strings.Contains(text, "BEGIN") {
				t.Errorf("byte %d of %s:\n%s", i, file, text)
			}
			found := lint(t, Proposal{Declaration: d, Opened: opened})
			if !slices.ContainsFunc(refusals(found), func(f Finding) bool { return f.Rule == "attestation" && f.Role == Root }) {
				t.Errorf("byte %d of %s is accepted:\n%s", i, file, show(found))
			}
		}
	}
}

// TestRealCards: keys of people who published their attestations, under the
// roots that are built in.
func TestRealCards(t *testing.T) {
	for pair, wants := range map[string][]want{
		"36011225_attestation-9a.pem 36011225_f9-intermediates.pem 36011225 9a": {
			{"device-policy", Root, Refused, []string{"the key on card 36011225 is in slot 9a, the policy allows 9c"}},
			{"device-policy", Root, Refused, []string{"has the PIN policy once"}},
		},
		"10550341_key_cert.pem 10550341_device_cert.pem 10550341 9c": {{"advisory", Root, Refused, []string{"lives on firmware 4.4.5"}}},
		"15724862_key_cert.pem 15724862_device_cert.pem 15724862 9c": {{"advisory", Root, Refused, []string{"lives on firmware 5.2.7"}}},
		"18158855_key_cert.pem 18158855_device_cert.pem 18158855 9c": {{"device-policy", Root, Refused, []string{"has firmware 5.4.3, the policy demands 5.7.0"}}},
	} {
		words := strings.Fields(pair)
		slot, device := realCertificate(t, words[0]), realCertificate(t, words[1])
		parsed, err := x509.ParseCertificate(certificateDER(slot))
		if err != nil {
			t.Fatal(err)
		}
		key, err := verify.NewPublicKey(parsed.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		r := nine()
		r.edit(t, "alice", public(p256("alice")).PEM(), key.PEM())
		r.edit(t, "alice", "serial = 1000\nslot = \"9c\"", "serial = "+words[2]+"\nslot = \""+words[3]+"\"")
		r.files = map[[2]string]string{{"alice", SlotFile}: slot, {"alice", DeviceFile}: device}
		d := r.declare(t)
		alice := slices.DeleteFunc(Lint(Proposal{Declaration: d, Opened: opened}), func(f Finding) bool { return !strings.Contains(f.Text, "alice") })
		for _, w := range wants {
			if !w.in(alice) {
				t.Errorf("%s: no %s with %q:\n%s", pair, w.rule, w.words, show(alice))
			}
		}
		for _, f := range alice {
			if f.Rule == "attestation" {
				t.Errorf("%s: %s", pair, show([]Finding{f}))
			}
		}
		text := strings.Join(DiffCharters(nine().charter(t, Root), mustCharter(t, d, Root)).Lines(), "\n")
		if !strings.Contains(text, "now it states: key "+brief(key.Fingerprint().String())+", YubiKey "+words[2]+", firmware ") {
			t.Errorf("%s:\n%s", pair, text)
		}
	}
}

// realCertificate is one of the certificates that real cards made.
func realCertificate(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "attestations", name))
	if err != nil {
		t.Skip("shared data absent: " + err.Error())
	}
	text, err := readCertificate(data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
