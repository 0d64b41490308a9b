//go:build linux && cgo

package vpcd_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// equaler is what all public keys of the standard library are.
type equaler interface{ Equal(crypto.PublicKey) bool }

// Yubico's own tool generates a key, has it attested, signs and reads; the card and the standard library agree
// with all that it says.
func TestYubicoPIVTool(t *testing.T) {
	need(t, map[string]string{"yubico-piv-tool": "yubico-piv-tool"})
	dir := t.TempDir()
	public, cert := filepath.Join(dir, "public.pem"), filepath.Join(dir, "cert.pem")
	tool := func(arguments ...string) string {
		t.Helper()
		return run(t, "yubico-piv-tool", append([]string{"--reader", daemon.Reader(tools)}, arguments...)...)
	}
	tool("-a", "generate", "-s", "9c", "-A", "ECCP256", "--pin-policy=always", "--touch-policy=always", "-o", public)
	key, err := x509.ParsePKIXPublicKey(decode(t, read(t, public)))
	if err != nil || !key.(equaler).Equal(tools.PublicKey(card.Signature)) {
		t.Fatalf("the tool wrote another key: %v", err)
	}
	tool("-a", "attest", "-s", "9c", "-o", cert)
	attested, err := x509.ParseCertificate(decode(t, read(t, cert)))
	if err != nil || !key.(equaler).Equal(attested.PublicKey) {
		t.Fatalf("the tool attested another key: %v", err)
	}
	tool("-a", "import-certificate", "-s", "9c", "-i", cert)
	if got := tool("-a", "verify-pin", "-P", card.FactoryPIN, "-a", "test-signature", "-s", "9c", "-i", cert); !strings.Contains(got, "Successful ECDSA verification") {
		t.Errorf("test signature: %s", got)
	}
	message, signature := filepath.Join(dir, "message"), filepath.Join(dir, "signature")
	write(t, message, "root")
	tool("-a", "verify-pin", "-P", card.FactoryPIN, "--sign", "-s", "9c", "-A", "ECCP256", "-H", "SHA256", "-i", message, "-o", signature)
	verify(t, key, "root", read(t, signature))

	tool("-a", "change-pin", "-P", card.FactoryPIN, "-N", "777777")
	tool("-a", "change-pin", "-P", "777777", "-N", card.FactoryPIN)
	const other = "a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8c1c2c3c4c5c6c7c8"
	tool("-a", "set-mgm-key", "-n", other)
	tool("--key="+other, "-a", "set-mgm-key", "-n", hex.EncodeToString(card.FactoryManagementKey()))
	status := tool("-a", "status")
	for _, line := range []string{"Version:\t5.4.3", fmt.Sprintf("Serial Number:\t%d", tools.Serial()), "Algorithm:\tECCP256", "Subject DN:\tCN=YubiKey PIV Attestation 9c", "PIN tries left:\t3"} {
		if !strings.Contains(status, line) {
			t.Errorf("status has no %q:\n%s", line, status)
		}
	}
}

// Through Yubico's PKCS#11 module, the key that piv-go generated is there and signs.
func TestPKCS11(t *testing.T) {
	module := module()
	need(t, map[string]string{"pkcs11-tool": "opensc", module: "ykcs11"})
	public := enrol(t)
	dir := t.TempDir()
	tool := func(arguments ...string) string {
		t.Helper()
		token := fmt.Sprintf("YubiKey PIV #%d", tools.Serial())
		return run(t, "pkcs11-tool", append([]string{"--module", module, "--token-label", token}, arguments...)...)
	}
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	objects := tool("--list-objects")
	for _, part := range []string{hex.EncodeToString(point), "Public key for Digital Signature", "CN=YubiKey PIV Attestation 9c"} {
		if !strings.Contains(objects, part) {
			t.Errorf("the objects have no %q:\n%s", part, objects)
		}
	}
	message, signature := filepath.Join(dir, "message"), filepath.Join(dir, "signature")
	write(t, message, "root")
	tool("--login", "--pin", card.FactoryPIN, "--sign", "--mechanism", "ECDSA-SHA256", "--id", "02",
		"--input-file", message, "--output-file", signature, "--signature-format", "openssl")
	verify(t, public, "root", read(t, signature))
}

// OpenSC, which knows the card as any PIV card, lists and reads the same key and certificate.
func TestOpenSC(t *testing.T) {
	need(t, map[string]string{"pkcs15-tool": "opensc"})
	public := enrol(t)
	tool := func(arguments ...string) string {
		t.Helper()
		return run(t, "pkcs15-tool", append([]string{"--reader", daemon.Reader(tools)}, arguments...)...)
	}
	list := tool("--list-keys", "--list-public-keys", "--list-certificates")
	for _, part := range []string{"Private EC Key [SIGN key]", "Public EC Key [SIGN pubkey]", "X.509 Certificate [Certificate for Digital Signature]"} {
		if !strings.Contains(list, part) {
			t.Errorf("the list has no %q:\n%s", part, list)
		}
	}
	key, err := x509.ParsePKIXPublicKey(decode(t, []byte(tool("--read-public-key", "02"))))
	if err != nil || !public.Equal(key) {
		t.Errorf("another public key: %v", err)
	}
	cert, err := x509.ParseCertificate(decode(t, []byte(tool("--read-certificate", "02"))))
	if err != nil || !public.Equal(cert.PublicKey) {
		t.Errorf("another certificate: %v", err)
	}
}

// module returns where Yubico's PKCS#11 module is, or where it would be.
func module() string {
	if found, err := filepath.Glob("/usr/lib/*/libykcs11.so.2"); err == nil && len(found) > 0 {
		return found[0]
	}
	return "/usr/lib/libykcs11.so.2"
}

// enrol makes a key in 9c of the tools' card with piv-go, with its attestation as certificate.
func enrol(t *testing.T) *ecdsa.PublicKey {
	t.Helper()
	yk, err := piv.Open(daemon.Reader(tools))
	if err != nil {
		t.Fatal(err)
	}
	defer yk.Close()
	public, err := yk.GenerateKey(card.FactoryManagementKey(), piv.SlotSignature, piv.Key{
		Algorithm: piv.AlgorithmEC256, PINPolicy: piv.PINPolicyAlways, TouchPolicy: piv.TouchPolicyAlways,
	})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := yk.Attest(piv.SlotSignature)
	if err != nil {
		t.Fatal(err)
	}
	if err := yk.SetCertificate(card.FactoryManagementKey(), piv.SlotSignature, cert); err != nil {
		t.Fatal(err)
	}
	return public.(*ecdsa.PublicKey)
}

// run runs a client to its end and returns what it says.
func run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "LC_ALL=C") // OpenSC keeps what it read
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s\nthe card saw %v", name, strings.Join(arguments, " "), err, out, tools.Log())
	}
	return string(out)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// decode returns the bytes of the first PEM block, which other text may precede.
func decode(t *testing.T, text []byte) []byte {
	t.Helper()
	if i := bytes.Index(text, []byte("-----BEGIN")); i > 0 {
		text = text[i:]
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no PEM in %q", text)
	}
	return block.Bytes
}

func verify(t *testing.T, public crypto.PublicKey, message string, signature []byte) {
	t.Helper()
	digest := sha256.Sum256([]byte(message))
	if !ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signature) {
		t.Error("the signature does not verify")
	}
}
