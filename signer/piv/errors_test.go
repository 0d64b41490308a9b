package piv

import (
	"errors"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"signer", "signer/piv/internal/pcsc", "verify", "github.com/go-piv/piv-go/v2/piv"},
		"net", "os", "log", "math/rand", "math/rand/v2", "time", "unsafe")
}

// Every refusal that no card of these tests can give, or only together with
// others, in full.
func TestErrors(t *testing.T) {
	inner := errors.New("inner")
	old, new := Version{4, 2, 8}, Version{4, 3, 0}
	found := verify.Digest{0xab}
	for _, test := range []struct {
		err         error
		words, hint string
	}{
		{&NotBuiltInError{}, "this build of rust-tuf cannot use a YubiKey: PIV is not built in", "build it on this computer with a C compiler and CGO_ENABLED=1, without -tags nopiv (docs/yubikey.md says how on each system)"},
		{&NoServiceError{inner}, "the smart card service is not running", ""},
		{&DeniedError{inner}, "the smart card service refuses you access to cards", "not over ssh"},
		{&BusyError{"reader"}, `the card in "reader" is in use by another program`, "gpgconf --kill scdaemon"},
		{&NotThisCardError{Serial: 5}, "YubiKey 5 is not plugged in, nor is any other", "plug in the card that has 5 printed on it"},
		{&NotThisCardError{Serial: 5, Found: []uint32{6, 7}}, "YubiKey 5 is not plugged in; plugged in: YubiKey 6, YubiKey 7", "printed on it"},
		{&NotThisCardError{Serial: 5, Unread: []error{&NoPIVError{"a"}, &BusyError{"b"}}},
			`YubiKey 5 is not plugged in; the card in "a" has no PIV; the card in "b" is in use by another program`, "it may be the one in use"},
		{&NotThisKeyError{5, Signature, found, found}, "slot 9c of YubiKey 5 holds the key " + found.String() + ", wanted is " + found.String(), "rust-tuf doctor"},
		{&NotThisKeyError{5, Signature, verify.Digest{}, found}, "slot 9c of YubiKey 5 holds the key " + found.String() + ", wanted is an empty slot", "doctor"},
		{&NotThisKeyError{5, Signature, found, verify.Digest{}}, "slot 9c of YubiKey 5 holds no readable key, wanted is " + found.String(), "doctor"},
		{&EmptyError{5, Authentication}, "slot 9a of YubiKey 5 shows no key", "member enrol"},
		{&BlockedError{5, "PIN"}, "the PIN of YubiKey 5 is blocked: no tries left", "ykman piv access unblock-pin"},
		{&BlockedError{5, "PUK"}, "the PUK of YubiKey 5 is blocked: no tries left", "only a reset of the card"},
		{&FewerTriesError{5, "PIN", 3, 2}, "YubiKey 5 has 2 tries left for its PIN, not 3 as when you were asked", "nothing was tried now"},
		{&FewerTriesError{5, "PUK", -1, 1}, "YubiKey 5 has 1 try left for its PUK", "nothing was tried now"},
		{&LengthError{"PUK"}, "a PUK has 6 to 8 characters", "nothing was tried"},
		{&FactoryError{What: "PIN"}, "this is the PIN of every new YubiKey", "if it has none yet, change it first: ykman piv access change-pin"},
		{&FactoryError{What: "PIN", Chosen: true}, "this is the PIN of every new YubiKey", "choose one of your own"},
		{&FactoryError{What: "PIN", Changed: true}, "this is the PIN of every new YubiKey", "this card has another one; nothing was tried"},
		{&FactoryError{Serial: 5, What: "PUK"}, "YubiKey 5 still has the PUK of every new YubiKey", "change-puk"},
		{&RefusedError{5, "PIN"}, "YubiKey 5 does not take this as its new PIN", "repeated characters"},
		{&UnusableKeyError{5, Signature, "why"}, "slot 9c of YubiKey 5 cannot sign: why", "P-256"},
		{&NoPIVError{"reader"}, `the card in "reader" has no PIV`, "ykman config usb --enable PIV"},
		{&FirmwareError{5, "attest", old, new}, "YubiKey 5 cannot attest: its firmware is 4.2.8, that needs 4.3.0", "cannot be updated"},
		{&NotGeneratedError{5, Signature, Used, Imported}, "YubiKey 5 does not attest slot 9c: its key was imported, not made on the card", "member enrol"},
		{&NotGeneratedError{5, Signature, Empty, OriginUnknown}, "YubiKey 5 does not attest slot 9c: it is empty", "member enrol"},
		{&NotGeneratedError{5, Signature, Hidden, OriginUnknown}, "YubiKey 5 does not attest slot 9c: it is empty, or its key was imported", "member enrol"},
		{&ManagementKeyError{5}, "the management key of YubiKey 5 is not known: it is neither the factory's nor kept on the card", "change-management-key"},
		{&CardError{"YubiKey 5", "reading slot 9c", inner}, "YubiKey 5: reading slot 9c: inner", "unplug the card"},
	} {
		if test.err.Error() != test.words {
			t.Errorf("%T says %s", test.err, test.err)
		}
		refusaltest.Hints(t, test.err, test.hint)
	}
	for _, err := range []error{&NoServiceError{inner}, &DeniedError{inner}, &CardError{"", "", inner}, &NotThisCardError{Unread: []error{inner}}} {
		if !errors.Is(err, inner) {
			t.Errorf("%T does not unwrap", err)
		}
	}
}

// How to get a smart card service differs from system to system.
func TestServiceHint(t *testing.T) {
	for system, words := range map[string]string{
		"linux": "apt install pcscd", "freebsd": "pcscd", "darwin": "plug in the YubiKey", "windows": "Start-Service SCardSvr",
	} {
		if hint := serviceHint(system); !strings.Contains(hint, words) || strings.Contains(hint, "\n") {
			t.Errorf("%s: %s", system, hint)
		}
	}
}

func TestParseSlot(t *testing.T) {
	for _, slot := range Slots() {
		if got, err := ParseSlot(slot.String()); err != nil || got != slot {
			t.Errorf("%s: %s, %v", slot, got, err)
		}
	}
	if n := len(Slots()); n != 24 || len(SigningSlots()) != 23 {
		t.Errorf("%d slots", n)
	}
	for _, text := range []string{"", "9", "9b", "9C", "f9", "81", "96", "0x9c", "9c ", "+9c", "09c"} {
		_, err := ParseSlot(text)
		refusaltest.Says(t, err, "choose one of 9a, 9c, 9d, 9e, 82 to 95")
	}
}

// Words that people read.
func TestStrings(t *testing.T) {
	for got, want := range map[string]string{
		Version{5, 7, 4}.String():                         "5.7.4",
		FormFactor(0).String():                            "unknown",
		FormFactor(3).String():                            "USB-C Keychain",
		FormFactor(0x81).String():                         "USB-A Keychain FIPS",
		FormFactor(0x3f).String():                         "unknown",
		PINAlways.String() + PINMatchAlways.String():      "alwaysmatch-always",
		PINPolicy(77).String() + TouchPolicy(77).String(): "unknownunknown",
		TouchNever.String() + TouchCached.String():        "nevercached",
		Generated.String() + Origin(-1).String():          "generatedunknown",
		Empty.String() + Hidden.String() + Used.String():  "emptyunknownused",
		ByCard.String() + ByAttestation.String():          "cardattestation",
		ByCertificate.String() + ByNobody.String():        "certificatenobody",
		Yes.String() + No.String() + Untold.String():      "yesnounknown",
		Deleted.String() + Overwritten.String():           "deletedoverwritten",
		NotErased.String() + Imported.String():            "not erasedimported",
		CardInfo{}.Slot(Signature).State.String():         "unknown",
		tries(1) + ", " + tries(2) + ", " + tries(0):      "1 try, 2 tries, 0 tries",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if !(Version{5, 7, 0}).AtLeast(Version{5, 3, 9}) || (Version{4, 9, 9}).AtLeast(Version{5, 0, 0}) || (Version{5, 3, 1}).AtLeast(Version{5, 3, 2}) {
		t.Error("versions are compared wrongly")
	}
}

func TestChosen(t *testing.T) {
	for _, text := range []string{"", "12345", "123456789"} {
		_, err := NewPIN([]byte(text))
		if !errors.As(err, new(*LengthError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"123456", "12345678"} {
		_, asPIN := NewPIN([]byte(text))
		_, asPUK := NewPUK([]byte(text))
		if !errors.As(asPIN, new(*FactoryError)) || !errors.As(asPUK, new(*FactoryError)) {
			t.Errorf("%q: %v, %v", text, asPIN, asPUK)
		}
	}
	text := []byte("654321")
	pin, err := NewPIN(text)
	if err != nil || pin.Factory() {
		t.Fatal(err)
	}
	pin.Wipe()
	if string(text) != "\x00\x00\x00\x00\x00\x00" {
		t.Errorf("left in memory: %q", text)
	}
}
