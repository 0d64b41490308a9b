package attest

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
)

// built are Yubico's certificates: subject, issuer, SHA-256 of the DER.
var built = map[string][3]string{
	"piv-root-263751.pem":              {"Yubico PIV Root CA Serial 263751", "Yubico PIV Root CA Serial 263751", "63ece914e54dd87915f34033c85af4c0696ba1512f8add66ced738331207b546"},
	"attestation-root-1.pem":           {"Yubico Attestation Root 1", "Yubico Attestation Root 1", "62760c6a6ef91679f454c8902b80fd009825b3f25da90f1fbace2ec6586cd5a8"},
	"attestation-intermediate-a-1.pem": {"Yubico Attestation Intermediate A 1", "Yubico Attestation Root 1", "4698a1d3389c3ec60016c216250f1d0439922832d65142327436376dc2942b55"},
	"attestation-intermediate-b-1.pem": {"Yubico Attestation Intermediate B 1", "Yubico Attestation Root 1", "d4cc3f456fdaf4e7812a21aab1dfe9d8e27d24e2fd2d6f21c9940109f0daa754"},
	"piv-attestation-a-1.pem":          {"Yubico PIV Attestation A 1", "Yubico Attestation Intermediate A 1", "6de693f05376f5d8ca29069261e1c8626c75d503bd2edbfd75354cad1f722870"},
	"piv-attestation-b-1.pem":          {"Yubico PIV Attestation B 1", "Yubico Attestation Intermediate B 1", "2d55b7998f4e42569d6d8fa382b6dc77d1dacf07358b19701163892922b17052"},
	"piv-attestation-b2-1.pem":         {"Yubico PIV Attestation B2 1", "Yubico Attestation Intermediate B 1", "0c90b7d184a36edf50a35f9be935f0c5689bfdcfe5bdd073366cafb49061a440"},
}

func TestBuiltIn(t *testing.T) {
	files, err := yubicoFiles.ReadDir("yubico")
	if err != nil || len(files) != len(built) {
		t.Errorf("%d files, want %d: %v", len(files), len(built), err)
	}
	readme, err := os.ReadFile("yubico/README.md")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Yubico()
	if err != nil {
		t.Fatal(err)
	}
	bySubject := map[string]int{}
	for i, c := range v.all() {
		bySubject[c.Subject.CommonName] = i
	}
	for file, want := range built {
		c, err := builtIn(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		sum := sha256.Sum256(c.Raw)
		if got := [3]string{c.Subject.CommonName, c.Issuer.CommonName, hex.EncodeToString(sum[:])}; got != want {
			t.Errorf("%s:\ngot  %v\nwant %v", file, got, want)
		}
		above, ok := bySubject[want[1]]
		if !ok || c.CheckSignatureFrom(v.all()[above]) != nil {
			t.Errorf("%s: not signed by %s", file, want[1])
		}
		if _, ok := bySubject[want[0]]; !ok {
			t.Errorf("%s: not used", file)
		}
		row := "| `" + file + "` | " + want[0] + " | "
		if !strings.Contains(string(readme), row) || !strings.Contains(string(readme), "`"+want[2]+"`") {
			t.Errorf("%s: not in yubico/README.md as %s", file, row)
		}
	}
	if len(v.anchors) != 2 || len(v.TestRoots()) != 0 {
		t.Errorf("%d roots, test roots %v", len(v.anchors), v.TestRoots())
	}
	if _, err := builtIn("other.pem"); err == nil {
		t.Error("a file that is not there")
	}
}

// crypto/x509 refuses two extensions of a kind; if it ever does not, we do.
func TestTakeTwice(t *testing.T) {
	c := &x509.Certificate{Extensions: []pkix.Extension{{Id: extUse.id, Value: []byte{3, 2}}, {Id: extUse.id, Value: []byte{1, 1}}}}
	_, _, err := (&statements{part: SlotCertificate, cert: c}).use()
	var e *ExtensionError
	if !errors.As(err, &e) || e.Reason != "stands 2 times, must stand once" {
		t.Errorf("%v", err)
	}
}
