//go:build cgo && !nopiv && linux

package cli

import (
	"bytes"
	"encoding/pem"
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
	key, err := pemOf(c)
	if err != nil {
		t.Fatal(err)
	}
	o := &otherClients{dir: t.TempDir(), serial: c.Serial(), key: key}
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

// needs skips the test where programs are missing; in CI a skip is a failure.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v; sh tests/run/need.sh test says how to install it", err)
		}
	}
}

// module is the path of a PKCS #11 module.
func module(t *testing.T, name string) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/" + name)
	if err != nil || len(found) == 0 {
		t.Skipf("no %s below /usr/lib; sh tests/run/need.sh test says how to install it", name)
	}
	return found[0]
}

// agree has each of them look at the card, which is the only one plugged in, and
// at the signature. None of yubico-piv-tool, pkcs15-tool and pkcs15-crypt can
// verify a signature that it did not just make (test-signature of the first
// makes its own), so OpenSSL verifies it with the key that the tool itself read
// from the card. pkcs11-tool can, with Yubico's module and with OpenSC's.
func (o *otherClients) agree(t *testing.T) {
	t.Helper()
	t.Run("yubico-piv-tool", o.yubicoPIVTool)
	t.Run("ykcs11 through pkcs11-tool", func(t *testing.T) {
		o.pkcs11(t, module(t, "libykcs11.so.2"), "--token-label", fmt.Sprintf("YubiKey PIV #%d", o.serial))
	})
	t.Run("pkcs15-tool", o.pkcs15Tool)
	t.Run("OpenSC through pkcs11-tool", func(t *testing.T) { o.pkcs11(t, module(t, "opensc-pkcs11.so")) })
}

// yubicoPIVTool reads the certificate in the slot, and has the card attest anew.
func (o *otherClients) yubicoPIVTool(t *testing.T) {
	needs(t, "openssl", "yubico-piv-tool")
	if got := o.tool(t, "yubico-piv-tool", "-a", "status"); !strings.Contains(string(got), fmt.Sprintf("Serial Number:\t%d\n", o.serial)) {
		t.Errorf("it looks at another card:\n%s", got)
	}
	for _, action := range []string{"read-certificate", "attest"} {
		certificate := o.file(t, action+".pem", o.tool(t, "yubico-piv-tool", "-a", action, "-s", "9c"))
		o.openssl(t, o.tool(t, "openssl", "x509", "-in", certificate, "-noout", "-pubkey"))
	}
}

// pkcs15Tool reads the key and the certificate with OpenSC's own driver for PIV.
func (o *otherClients) pkcs15Tool(t *testing.T) {
	needs(t, "openssl", "pkcs15-tool")
	o.openssl(t, o.tool(t, "pkcs15-tool", "--read-public-key", "02"))
	certificate := o.file(t, "pkcs15.pem", o.tool(t, "pkcs15-tool", "--read-certificate", "02"))
	o.openssl(t, o.tool(t, "openssl", "x509", "-in", certificate, "-noout", "-pubkey"))
}

// openssl verifies the signature with a key in PEM that a tool read, which must
// be the declared one.
func (o *otherClients) openssl(t *testing.T, said []byte) {
	t.Helper()
	block, _ := pem.Decode(said[max(0, bytes.Index(said, []byte("-----BEGIN"))):])
	if block == nil || !bytes.Equal(pem.EncodeToMemory(block), o.key) {
		t.Fatalf("it reads\n%s\ndeclared is\n%s", said, o.key)
	}
	key := o.file(t, "key.pem", pem.EncodeToMemory(block))
	args := []string{"dgst", "-sha256", "-verify", key, "-signature", o.sig}
	if got := o.tool(t, "openssl", append(args, o.signed)...); !strings.Contains(string(got), "Verified OK") {
		t.Errorf("openssl: %s", got)
	}
	o.refuses(t, "erification failure", "openssl", append(args, o.altered(t))...)
}

// pkcs11 reads the key through a PKCS #11 module, and has it verify.
func (o *otherClients) pkcs11(t *testing.T, module string, token ...string) {
	t.Helper()
	needs(t, "pkcs11-tool")
	with := append([]string{"--module", module}, token...)
	read := filepath.Join(t.TempDir(), "key.der")
	o.tool(t, "pkcs11-tool", append(with, "--read-object", "--type", "pubkey", "--id", "02", "--output-file", read)...)
	der, err := os.ReadFile(read)
	if err != nil {
		t.Fatal(err)
	}
	if got := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}); !bytes.Equal(got, o.key) {
		t.Errorf("it reads\n%s\ndeclared is\n%s", got, o.key)
	}
	verify := append(with, "--verify", "--mechanism", "ECDSA-SHA256", "--id", "02", "--signature-file", o.sig, "--signature-format", "openssl", "--input-file")
	if got := o.tool(t, "pkcs11-tool", append(verify, o.signed)...); !strings.Contains(string(got), "Signature is valid") {
		t.Errorf("pkcs11-tool: %s", got)
	}
	o.refuses(t, "Invalid signature", "pkcs11-tool", append(verify, o.altered(t))...)
}

// altered is a file with one byte more than what was signed.
func (o *otherClients) altered(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(o.signed)
	if err != nil {
		t.Fatal(err)
	}
	return o.file(t, "altered", append(raw, '\n'))
}

// refuses runs a program that must say so.
func (o *otherClients) refuses(t *testing.T, words, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+o.dir, "LC_ALL=C")
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), words) {
		t.Errorf("%s takes it for a signature over something else: %s", name, out)
	}
}
