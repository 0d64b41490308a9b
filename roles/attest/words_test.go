package attest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

func TestVersion(t *testing.T) {
	for _, s := range []string{"0.0.0", "4.3.5", "5.7.4", "255.255.255"} {
		if v := version(t, s); v.String() != s {
			t.Errorf("%s read as %s", s, v)
		}
	}
	for _, s := range []string{"", "5", "5.7", "5.7.4.1", "5.7.", "5..4", "05.7.4", "5.7.256", "-1.0.0", "+5.7.4", "5.7.4 ", "v5.7.4", "5.7.0x4", "5,7,4", strings.Repeat("5", 100)} {
		_, err := attest.ParseVersion(s)
		refusaltest.Says(t, err, "is not three numbers such as 5.7.4")
	}
	order := []string{"4.3.4", "4.3.5", "4.4.0", "5.0.0", "5.6.255", "5.7.0", "5.7.4", "6.0.0"}
	for i, a := range order {
		for j, b := range order {
			x, y := version(t, a), version(t, b)
			if x.Before(y) != (i < j) || (x.Compare(y) == 0) != (i == j) || (x.Compare(y) > 0) != (i > j) {
				t.Errorf("%s and %s: %d", a, b, x.Compare(y))
			}
		}
	}
}

func TestSlots(t *testing.T) {
	n := 0
	for i := range 256 {
		s := attest.Slot(i)
		got, err := attest.ParseSlot(s.String())
		if (err == nil) != s.Valid() || err == nil && got != s {
			t.Errorf("%s: %v %v", s, got, err)
		}
		if _, err := s.MarshalText(); (err == nil) != s.Valid() {
			t.Errorf("%s written: %v", s, err)
		}
		if s.Valid() {
			n++
		}
	}
	if n != 24 {
		t.Errorf("%d slots", n)
	}
	for _, s := range []string{"", "9", "9C", "09c", "0x9c", "9c ", "f9", "9b", "81", "96", "+9c", "19c"} {
		_, err := attest.ParseSlot(s)
		refusaltest.Says(t, err, "is no PIV slot that holds a key: 9a, 9c, 9d, 9e or 82 to 95")
	}
}

func TestPolicyWords(t *testing.T) {
	for want, p := range map[string]attest.PINPolicy{"never": 1, "once": 2, "always": 3, "match-once": 4, "match-always": 5} {
		if got, err := attest.ParsePINPolicy(want); err != nil || got != p || p.String() != want || !p.Valid() {
			t.Errorf("%s: %v %v", want, got, err)
		}
	}
	for want, p := range map[string]attest.TouchPolicy{"never": 1, "always": 2, "cached": 3} {
		if got, err := attest.ParseTouchPolicy(want); err != nil || got != p || p.String() != want || !p.Valid() {
			t.Errorf("%s: %v %v", want, got, err)
		}
	}
	for _, s := range []string{"", "Always", "default", "1", "unknown (9)"} {
		_, err := attest.ParsePINPolicy(s)
		refusaltest.Says(t, err, "is no PIN policy: choose one of never, once, always, match-once, match-always")
		_, err = attest.ParseTouchPolicy(s)
		refusaltest.Says(t, err, "is no touch policy: choose one of never, always, cached")
	}
	if got := fmt.Sprint(attest.PINPolicy(0), attest.PINPolicy(9), attest.TouchPolicy(0), attest.TouchPolicy(4)); got != "unknown (0) unknown (9) unknown (0) unknown (4)" {
		t.Error(got)
	}
	if attest.PINPolicy(0).Valid() || attest.PINPolicy(6).Valid() || attest.TouchPolicy(0).Valid() || attest.TouchPolicy(4).Valid() {
		t.Error("policies without a meaning are valid")
	}
}

func TestFormFactorWords(t *testing.T) {
	for f, want := range map[attest.FormFactor]string{
		0: "", 1: "USB-A keychain", 2: "USB-A nano", 3: "USB-C keychain", 4: "USB-C nano", 5: "USB-C/Lightning", 6: "USB-A Bio", 7: "USB-C Bio",
		0x81: "USB-A keychain FIPS", 0x85: "USB-C/Lightning FIPS", 0x43: "USB-C keychain", 9: "form factor unknown (9)", 0x80: "form factor unknown (0) FIPS",
	} {
		if f.String() != want || f.FIPS() != (f >= 0x80) || f.Bio() != (f == 6 || f == 7) {
			t.Errorf("%#x: %q, want %q", uint8(f), f, want)
		}
	}
}

// What is written into files is read again, and nothing else is.
func TestTexts(t *testing.T) {
	type all struct {
		Version attest.Version
		Slot    attest.Slot
		PIN     attest.PINPolicy
		Touch   attest.TouchPolicy
	}
	in := all{attest.Version{Major: 5, Minor: 7, Patch: 4}, attest.Slot9C, attest.PINAlways, attest.TouchCached}
	b, err := json.Marshal(in)
	if want := `{"Version":"5.7.4","Slot":"9c","PIN":"always","Touch":"cached"}`; err != nil || string(b) != want {
		t.Errorf("%s, want %s: %v", b, want, err)
	}
	var out all
	if err := json.Unmarshal(b, &out); err != nil || out != in {
		t.Errorf("%+v: %v", out, err)
	}
	for field, words := range map[string]string{"Version": "is not three numbers", "Slot": "is no PIV slot", "PIN": "is no PIN policy", "Touch": "is no touch policy"} {
		refusaltest.Says(t, json.Unmarshal([]byte(`{"`+field+`":"x"}`), &out), words)
	}
	for words, v := range map[string]any{"no PIN policy has the number 0": attest.PINPolicy(0), "no touch policy has the number 7": attest.TouchPolicy(7), "00 is no PIV slot": attest.Slot(0)} {
		_, err := json.Marshal(v)
		refusaltest.Says(t, err, words)
	}
}

// Names that strangers chose do not fill the screen or move the cursor.
func TestShownNames(t *testing.T) {
	f := short(t)
	device := f.root.device(t)
	slot := device.attest(t, newKey(t).Public(), named("\x1b[22J"+strings.Repeat("ä", 1000)))
	_, err := check(f.verifier(t), slot, device.Certificate, at)
	certificateError(t, err, attest.SlotCertificate, `slot certificate "\x1b[22Jä`)
	if err == nil || len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\x1b\uFFFD") || !strings.Contains(err.Error(), "…") {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
	unproven := attest.Facts{Serial: 1, Slot: attest.Slot9C}
	if !strings.HasSuffix(unproven.String(), "; NOT PROVEN") {
		t.Error(unproven)
	}
}
