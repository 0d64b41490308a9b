//go:build cgo && !nopiv && linux

package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// Programs that share no code with this one agree about a card that `member
// enrol` prepared, and about a signature that `sign` made with it.
type otherClients struct {
	dir    string
	serial uint32
	key    []byte // the public key in PEM, as declared
	signed string // file with the bytes that were signed
	sig    string // file with the signature
}

// otherClientsOf takes somebody's signature on root version 1 as the log keeps
// it.
func (s *cardCeremony) otherClientsOf(t *testing.T, name string, c *card.Card) *otherClients {
	t.Helper()
	pem, err := pemOf(c)
	if err != nil {
		t.Fatal(err)
	}
	o := &otherClients{dir: t.TempDir(), serial: c.Serial(), key: pem}
	for _, e := range s.head(t).Closed {
		p := e.Payload("root")
		rules, err := p.Document.Root()
		if err != nil {
			t.Fatal(err)
		}
		q, _ := rules.UnverifiedQuorum("root")
		for _, f := range p.Files {
			if h, ok := q.Holder(f.KeyID); ok && h.Owner == name {
				o.signed, o.sig = o.file(t, "signed", p.Document.Signed()), o.file(t, "sig", f.Sig)
			}
		}
	}
	if o.sig == "" {
		t.Fatalf("%s signed nothing", name)
	}
	return o
}

func (o *otherClients) file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tool runs a program that talks to the card.
func (o *otherClients) tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+o.dir, "LC_ALL=C")
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, words.String())
	}
	return append(out, words.Bytes()...)
}

// needs tells whether the programs are there; in CI they must be.
func needs(t *testing.T, programs ...string) bool {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Logf("not compared: %v; tests/run/need.sh test tells how to install it", err)
			return false
		}
	}
	return true
}

// agree has each of them look at the card, which is the only one plugged in,
// and verify the signature.
func (o *otherClients) agree(t *testing.T) {
	t.Helper()
	if !needs(t, "openssl", "yubico-piv-tool", "pkcs11-tool", "pkcs15-tool") {
		return
	}
	// OpenSSL, with the key out of the certificate that Yubico's tool reads.
	certificate := o.file(t, "certificate.pem", o.tool(t, "yubico-piv-tool", "-a", "read-certificate", "-s", "9c"))
	public := o.tool(t, "openssl", "x509", "-in", certificate, "-noout", "-pubkey")
	if !bytes.Equal(public, o.key) {
		t.Errorf("the certificate on the card is about the key\n%s, declared is\n%s", public, o.key)
	}
	key := o.file(t, "key.pem", public)
	if got := o.tool(t, "openssl", "dgst", "-sha256", "-verify", key, "-signature", o.sig, o.signed); !strings.Contains(string(got), "Verified OK") {
		t.Errorf("openssl: %s", got)
	}
	// Yubico's PKCS#11 module, through OpenSC's tool.
	module, err := filepath.Glob("/usr/lib/*/libykcs11.so.2")
	if err != nil || len(module) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no ykcs11")
		}
		t.Log("not compared: there is no ykcs11")
	} else if got := o.tool(t, "pkcs11-tool", "--module", module[0], "--token-label", fmt.Sprintf("YubiKey PIV #%d", o.serial), "--verify", "--mechanism", "ECDSA-SHA256",
		"--id", "02", "--input-file", o.signed, "--signature-file", o.sig, "--signature-format", "openssl"); !strings.Contains(string(got), "Signature is valid") {
		t.Errorf("pkcs11-tool: %s", got)
	}
	// OpenSC's own driver for PIV.
	if got := o.tool(t, "pkcs15-tool", "--read-public-key", "02"); !bytes.Contains(got, bytes.TrimSpace(o.key)) {
		t.Errorf("pkcs15-tool reads another key:\n%s", got)
	}
	// And none of them takes it for a signature over anything else.
	raw, err := os.ReadFile(o.signed)
	if err != nil {
		t.Fatal(err)
	}
	other := o.file(t, "other", append(raw, '\n'))
	if out, err := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-verify", key, "-signature", o.sig, other).CombinedOutput(); err == nil || !strings.Contains(string(out), "erification failure") {
		t.Errorf("openssl: %v, %s", err, out)
	}
}
