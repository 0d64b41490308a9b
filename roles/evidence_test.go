package roles

import (
	"bytes"
	"encoding/pem"
	"strings"
	"testing"
)

func TestAttach(t *testing.T) {
	made := card{serial: 1000, slot: "9c", key: public(p256("alice"))}.attest()
	for name, text := range map[string]string{
		"as it is written":     made.Slot,
		"without a newline":    strings.TrimSpace(made.Slot),
		"with blank lines":     "\n\n" + made.Slot + "\n \n",
		"with other line ends": strings.ReplaceAll(made.Slot, "\n", "\r\n"),
		"in one long line":     longLine(t, made.Slot),
	} {
		t.Run(name, func(t *testing.T) {
			m := member(t, nine().members["alice"])
			if err := m.Attach(1000, SlotFile, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if err := m.Attach(1000, DeviceFile, []byte(made.Device)); err != nil {
				t.Fatal(err)
			}
			if m.Keys[0].Evidence != made {
				t.Errorf("%+v, want %+v", m.Keys[0].Evidence, made)
			}
		})
	}
}

func member(t testing.TB, text string) *Member {
	t.Helper()
	m, err := ParseMember("member.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func longLine(t testing.TB, text string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[0] + "\n" + strings.Join(lines[1:len(lines)-1], "") + "\n" + lines[len(lines)-1]
}

func TestAttachRefuses(t *testing.T) {
	made := card{serial: 1000, slot: "9c", key: public(p256("alice"))}.attest()
	block, _ := pem.Decode([]byte(made.Slot))
	headed := *block
	headed.Headers = map[string]string{"Slot": "9c"}
	for name, test := range map[string]struct {
		serial     int64
		file, text string
		words      []string
	}{
		"a third file":       {1000, "notes.txt", made.Slot, []string{"members/alice/1000/notes.txt: does not belong here: the evidence of a key is slot.pem and device.pem"}},
		"another card":       {1001, SlotFile, made.Slot, []string{"members/alice/1001/slot.pem: alice declares no key on card 1001", "correct the folder's name"}},
		"nothing":            {1000, SlotFile, "", []string{"it is no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"}},
		"DER":                {1000, SlotFile, string(block.Bytes), []string{"no certificate in PEM"}},
		"text before":        {1000, SlotFile, "slot 9c\n" + made.Slot, []string{"no certificate in PEM"}},
		"text behind":        {1000, SlotFile, made.Slot + "slot 9c\n", []string{"more than one certificate in PEM; remove the rest"}},
		"two certificates":   {1000, SlotFile, made.Slot + made.Device, []string{"more than one PEM block; write each certificate to its own file"}},
		"a key":              {1000, SlotFile, public(p256("alice")).PEM(), []string{"no certificate in PEM"}},
		"headers":            {1000, SlotFile, string(pem.EncodeToMemory(&headed)), []string{"more than one certificate in PEM"}},
		"an empty one":       {1000, SlotFile, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", []string{"the certificate is empty"}},
		"cut short":          {1000, DeviceFile, made.Device[:len(made.Device)/2], []string{"members/alice/1000/device.pem: ", "no certificate in PEM"}},
		"damaged, then good": {1000, DeviceFile, strings.Replace(made.Slot, "M", "!", 1) + made.Device, []string{"more than one PEM block"}},
		"too large":          {1000, SlotFile, made.Slot + strings.Repeat("\n", EvidenceBytes), []string{"bytes, at most 8192"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := member(t, nine().members["alice"])
			err := m.Attach(test.serial, test.file, []byte(test.text))
			e := wantError[*EvidenceError](t, err, test.words...)
			if e.Member != "alice" || e.Serial != test.serial || e.File != test.file {
				t.Errorf("%+v", e)
			}
			if m.Keys[0].Evidence != (Evidence{}) {
				t.Errorf("something was attached: %+v", m.Keys[0].Evidence)
			}
		})
	}
	software := member(t, strings.Replace(nine().members["alice"], "kind = \"piv\"\nserial = 1000\nslot = \"9c\"", `kind = "software"`, 1))
	wantError[*EvidenceError](t, software.Attach(1000, SlotFile, []byte(made.Slot)), "alice declares no key on card 1000")
	wantError[*EvidenceError](t, software.Attach(0, SlotFile, []byte(made.Slot)), "alice declares no key on card 0")
}

// TestAttachToTheActiveKey: on a card whose former key is retired, the
// evidence belongs to the key that is there now.
func TestAttachToTheActiveKey(t *testing.T) {
	second := "\n[[key]]\nlabel = \"again\"\npublic = \"\"\"\n" + public(p256("again")).PEM() + "\"\"\"\nkind = \"piv\"\nserial = 1000\nslot = \"9c\"\nstatus = \"active\"\n"
	made := card{serial: 1000, slot: "9c", key: public(p256("again"))}.attest()
	for first, want := range map[string]int{"active": 0, "retired": 1, "lost": 1} {
		text := strings.Replace(nine().members["alice"], `"active"`, `"`+first+`"`, 1)
		if want == 1 {
			text += second
		}
		m := member(t, text)
		if err := m.Attach(1000, SlotFile, []byte(made.Slot)); err != nil {
			t.Fatal(err)
		}
		for i, k := range m.Keys {
			if (k.Evidence.Slot != "") != (i == want) {
				t.Errorf("beside a key that is %s, the key %s has %q", first, k.Label, k.Evidence.Slot)
			}
		}
	}
	retired := member(t, strings.Replace(nine().members["alice"], `"active"`, `"retired"`, 1))
	if err := retired.Attach(1000, SlotFile, []byte(made.Slot)); err != nil || retired.Keys[0].Evidence.Slot == "" {
		t.Errorf("a retired key by itself: %v", err)
	}
	_, err := ParseMember("members/alice/member.toml", []byte(nine().members["alice"]+second))
	e := findSyntaxError(t, err, "key[1].serial")
	if e.Path != "key[1].serial" || !strings.Contains(e.Reason, "main is an active key on card 1000 too; a card has one active key of a member") {
		t.Errorf("two active keys on one card: %v", err)
	}
}

// FuzzReadCertificate: what is read has one spelling, which is read as itself.
func FuzzReadCertificate(f *testing.F) {
	made := card{serial: 1000, slot: "9c", key: public(p256("alice"))}.attest()
	f.Add([]byte(made.Slot))
	f.Add([]byte(made.Device + made.Slot))
	f.Add([]byte(strings.ReplaceAll(made.Slot, "\n", "\r\n")))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\na: b\n\nAAAA\n-----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := readCertificate(data)
		if err != nil {
			if text != "" {
				t.Errorf("%q with %v", text, err)
			}
			return
		}
		if !isCertificate(text) || len(certificateDER(text)) == 0 {
			t.Errorf("%q is not read again", text)
		}
		block, _ := pem.Decode(data)
		if block == nil || !bytes.Equal(block.Bytes, certificateDER(text)) {
			t.Errorf("%q became %q", data, text)
		}
	})
}
