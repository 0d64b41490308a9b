package roles

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/verify"
)

// A proof is a value that proves something about a key. It is told by a digest,
// from which the one spelling of the value follows.
type proof struct {
	noun  string
	names []string // where it stands in the key
	read  reading
	tells func(*jsonNode) string // what it states; nil when it states nothing
}

var keyProofs = []proof{
	{"slot certificate", []string{"attestation", "slot"}, readEvidence, stated},
	{"device certificate", []string{"attestation", "device"}, readEvidence, nil},
	{"proof of possession", []string{"possession"}, readPossession, nil},
}

// explainProofs tells of the proofs of a key: in lines of their own below the
// sentence about a key that is new or gone, otherwise in sentences.
func (x *charterComparison) explainProofs(proofs []proof, about *sentence, subject string, was, is spot) {
	for _, p := range proofs {
		old, new := was.to(p.names...), is.to(p.names...)
		if about == nil {
			if s := x.explainPair(EvidenceChanged, p.noun+" of "+subject, p.read, old, new); s != nil {
				s.detailStatement("before, it stated: ", p, old)
				s.detailStatement("now it states: ", p, new)
			}
			continue
		}
		for at, value := range [2]spot{old, new} {
			if words, ok := p.read(value.node); ok {
				about.detail(p.noun + ": " + words)
				about.detailStatement("it states: ", p, value)
				about.claimWhole(side(at), value)
			}
		}
	}
}

func (s *sentence) detailStatement(prefix string, p proof, value spot) {
	if p.tells != nil && value.node != nil {
		s.detail(prefix + p.tells(value.node))
	}
}

// deviceFields are what the policy demands of keys on cards.
var deviceFields = []field{
	{DevicesChanged, "oldest firmware", "min-firmware", readText},
	{DevicesChanged, "slots", "slots", nil},
	{DevicesChanged, "PIN policy", "pin", readText},
	{DevicesChanged, "touch policy", "touch", readText},
	{DevicesChanged, "FIPS series demanded", "fips", readYesNo},
}

// explainDevices tells of the demands on keys on cards.
func (x *charterComparison) explainDevices() {
	old, new := x.old.to("devices"), x.new.to("devices")
	if old.node != nil || new.node != nil {
		x.explainThing(DevicesChanged, DevicesChanged, "the device policy", nil, deviceFields, old, new)
	}
}

// readEvidence reads a certificate in PEM as a charter writes it.
func readEvidence(n *jsonNode) (string, bool) {
	s, _ := n.str()
	if !isCertificate(s) {
		return "", false
	}
	return "SHA-256 " + verify.Digest(sha256.Sum256(certificateDER(s))).Groups(), true
}

// readPossession reads a signature in hex as a charter writes it.
func readPossession(n *jsonNode) (string, bool) {
	s, _ := n.str()
	sig, ok := readSignature(s)
	if !ok {
		return "", false
	}
	return "SHA-256 " + verify.Digest(sha256.Sum256(sig)).Groups(), true
}

// stated says what a slot certificate states, so that a reader of the
// difference need not take it apart. It follows from the certificate alone,
// which nobody has verified here: that is for the rules.
func stated(n *jsonNode) string {
	s, _ := n.str()
	c, err := x509.ParseCertificate(certificateDER(s))
	if err != nil {
		return "nothing, for it cannot be read"
	}
	words := []string{}
	if key, err := verify.NewPublicKey(c.PublicKey); err == nil {
		words = append(words, "key "+brief(key.Fingerprint().String()))
	}
	for _, arc := range []int{7, 3, 8} {
		for _, e := range c.Extensions {
			if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, arc}) {
				words = append(words, statement(arc, e.Value))
			}
		}
	}
	if len(words) == 0 {
		return "nothing about a key on a card"
	}
	return strings.Join(words, ", ")
}

// statement words one extension of a slot certificate: 3 is the firmware, 7
// the serial number, 8 the PIN and touch policy.
func statement(arc int, value []byte) string {
	var serial int64
	switch {
	case arc == 3 && len(value) == 3:
		return "firmware " + attest.Version{Major: value[0], Minor: value[1], Patch: value[2]}.String()
	case arc == 8 && len(value) == 2:
		return fmt.Sprintf("PIN %s, touch %s", attest.PINPolicy(value[0]), attest.TouchPolicy(value[1]))
	case arc == 7:
		if rest, err := asn1.Unmarshal(value, &serial); err == nil && len(rest) == 0 {
			return fmt.Sprintf("YubiKey %d", serial)
		}
	}
	return fmt.Sprintf("extension %d of an unknown form", arc)
}
