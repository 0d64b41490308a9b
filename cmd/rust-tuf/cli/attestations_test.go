package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// published are attestations that people published, kept beside the project:
// one of a member of the Rust team and three of holders of Sigstore's root keys.
func published(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "..", "shared", "data", "attestations")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("shared data absent: " + err.Error())
	}
	return folder
}

// What is kept in rust-lang/team's layout, and in Sigstore's, is judged without
// any card; none of these four keys is what the usual demands want.
func TestAttestations(t *testing.T) {
	from := published(t)
	a := alone(t)
	folder := filepath.Join(a.env.Dir, "hardware-keys")
	for at, name := range map[string]string{
		"36011225/attestation-9a.pem":       "36011225_attestation-9a.pem",
		"36011225/f9-intermediates.pem":     "36011225_f9-intermediates.pem",
		"10550341/10550341_key_cert.pem":    "10550341_key_cert.pem",
		"10550341/10550341_device_cert.pem": "10550341_device_cert.pem",
		"18158855/attestation-9c.pem":       "18158855_key_cert.pem",
		"18158855/f9-intermediate.pem":      "18158855_device_cert.pem",
		"15724862/attestation-9c.pem":       "18158855_key_cert.pem", // in another card's folder
		"15724862/f9-intermediate.pem":      "18158855_device_cert.pem",
		"36011226/attestation-9d.pem":       "36011225_attestation-9a.pem",
		"7/attestation-9a.pem":              "36011225_attestation-9a.pem", // alone
	} {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.FromSlash(at))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, words, code := a.types("member", "attestations", "hardware-keys")
	if code != exit.Rejected || !strings.Contains(words, "6 of 6 attestations are not what is demanded of a member's card") {
		t.Errorf("exit code %d, %s", code, words)
	}
	golden(t, "attestations.golden", out)
	got := &attestationsResult{}
	out, _, _ = a.types("member", "attestations", "hardware-keys", "--json")
	oneObject(t, out, got)
	if len(got.Attestations) != 6 || got.Policy != "" || len(got.TestRoots) != 0 {
		t.Errorf("%+v", got)
	}
	// One card's folder alone, by its number.
	if out, _, code := a.types("member", "attestations", "hardware-keys/36011225"); code != exit.Rejected || !strings.Contains(out, "falls short: 36011225/attestation-9a.pem: YubiKey 36011225, firmware 5.7.4, slot 9a, ") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// In a clone its policy decides.
func TestAttestationsFollowThePolicy(t *testing.T) {
	from := published(t)
	s := play(t, "gathered")
	s.policySays(t, "[devices]", "[devices]\nslots = [\"9a\"]\npin = \"once\"")
	m := s.maintainer
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	from, err := filepath.Abs(from)
	if err != nil {
		t.Fatal(err)
	}
	out := s.exits(t, m, exit.Rejected, []string{"member", "attestations", from}, "3 of 4 attestations are not what is demanded")
	if !strings.Contains(out, "ok: attestations/36011225_attestation-9a.pem: YubiKey 36011225, firmware 5.7.4, slot 9a, ECDSA P-256, PIN once, touch always") || strings.Contains(out, "the usual demands") {
		t.Errorf("%s", out)
	}
}

func TestAttestationsRefuses(t *testing.T) {
	a := alone(t)
	if err := os.Mkdir(filepath.Join(a.env.Dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(a.env.Dir, "bad", "7")
	if err := os.MkdirAll(bad, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"attestation-9a.pem", "f9-intermediate.pem"} {
		if err := os.WriteFile(filepath.Join(bad, name), []byte("no PEM"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		folder string
		code   int
		words  string
	}{
		{"missing", exit.Usage, "missing"},
		{"empty", exit.Rejected, "empty holds no attestation: looked for SERIAL/attestation-SLOT.pem beside SERIAL/f9-intermediate.pem"},
		{"bad", exit.Rejected, "wrong: bad/7/attestation-9a.pem proves nothing: "},
	} {
		out, words, code := a.types("member", "attestations", test.folder)
		if code != test.code || !strings.Contains(out+words, test.words) {
			t.Errorf("%s: exit code %d\n%s%s", test.folder, code, out, words)
		}
	}
}
