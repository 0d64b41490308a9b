package attest_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// pairs are attestations that people published: one of a member of the Rust
// team and three of holders of Sigstore's root keys.
var pairs = []struct {
	slot, device string
	facts        attest.Facts // Key apart
	key          string       // SHA-256 of its SubjectPublicKeyInfo
	line         string
}{
	{
		"36011225_attestation-9a.pem", "36011225_f9-intermediates.pem",
		attest.Facts{
			Serial: 36011225, Firmware: attest.Version{Major: 5, Minor: 7, Patch: 4}, Slot: attest.Slot9A,
			PIN: attest.PINOnce, Touch: attest.TouchAlways, FormFactor: 3, Trust: attest.YubicoRoots, Root: "Yubico Attestation Root 1",
			Chain: []string{"YubiKey PIV Attestation 9a", "YubiKey PIV Attestation", "Yubico PIV Attestation B 1", "Yubico Attestation Intermediate B 1", "Yubico Attestation Root 1"},
		},
		"d378d3945d1996106409dd83249861e6b9d8bc128d2a9cb6fb21cdf93f7f0d81",
		"YubiKey 36011225, firmware 5.7.4, slot 9a, ECDSA P-256, PIN once, touch always, USB-C keychain; proven by Yubico Attestation Root 1",
	}, {
		"10550341_key_cert.pem", "10550341_device_cert.pem",
		attest.Facts{
			Serial: 10550341, Firmware: attest.Version{Major: 4, Minor: 4, Patch: 5}, Slot: attest.Slot9C,
			PIN: attest.PINAlways, Touch: attest.TouchAlways, FIPS: true, Trust: attest.YubicoRoots, Root: "Yubico PIV Root CA Serial 263751",
			Chain: []string{"YubiKey PIV Attestation 9c", "Yubico PIV Attestation", "Yubico PIV Root CA Serial 263751"},
		},
		"b28803914d4b9114731a1bf0de32b2f3bf116266163df1ccbd4eaee100ed231f",
		"YubiKey 10550341, firmware 4.4.5, slot 9c, ECDSA P-256, PIN always, touch always, FIPS; proven by Yubico PIV Root CA Serial 263751",
	}, {
		"15724862_key_cert.pem", "15724862_device_cert.pem",
		attest.Facts{
			Serial: 15724862, Firmware: attest.Version{Major: 5, Minor: 2, Patch: 7}, Slot: attest.Slot9C,
			PIN: attest.PINAlways, Touch: attest.TouchAlways, FormFactor: 4, Trust: attest.YubicoRoots, Root: "Yubico PIV Root CA Serial 263751",
			Chain: []string{"YubiKey PIV Attestation 9c", "Yubico PIV Attestation", "Yubico PIV Root CA Serial 263751"},
		},
		"1b09e18f5f7c32d5597d7dd045a38088c6265aeb6c127e66252a998c6438fbd9",
		"YubiKey 15724862, firmware 5.2.7, slot 9c, ECDSA P-256, PIN always, touch always, USB-C nano; proven by Yubico PIV Root CA Serial 263751",
	}, {
		"18158855_key_cert.pem", "18158855_device_cert.pem",
		attest.Facts{
			Serial: 18158855, Firmware: attest.Version{Major: 5, Minor: 4, Patch: 3}, Slot: attest.Slot9C,
			PIN: attest.PINAlways, Touch: attest.TouchAlways, FormFactor: 1, Trust: attest.YubicoRoots, Root: "Yubico PIV Root CA Serial 263751",
			Chain: []string{"YubiKey PIV Attestation 9c", "Yubico PIV Attestation", "Yubico PIV Root CA Serial 263751"},
		},
		"982b189ef57e402bd5a68367ccfdcdb0b771460ee3db5c16c78f097f1df4e5ac",
		"YubiKey 18158855, firmware 5.4.3, slot 9c, ECDSA P-256, PIN always, touch always, USB-A keychain; proven by Yubico PIV Root CA Serial 263751",
	},
}

func TestRealPairs(t *testing.T) {
	v := yubico(t)
	for _, p := range pairs {
		a, err := attest.Parse(shared(t, p.slot), shared(t, p.device))
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.Verify(a, at)
		if err != nil {
			t.Errorf("%s: %v", p.slot, err)
			continue
		}
		want := p.facts
		want.At, want.Key = at, f.Key
		if !reflect.DeepEqual(f, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", p.slot, f, want)
		}
		if got := f.Key.Fingerprint().String(); got != p.key || f.Key.Algorithm() != "ECDSA P-256" {
			t.Errorf("%s: key %s, want %s", p.slot, got, p.key)
		}
		if f.String() != p.line {
			t.Errorf("%s:\ngot  %s\nwant %s", p.slot, f, p.line)
		}
		again, err := attest.Parse(a.SlotPEM(), a.DevicePEM())
		if err != nil {
			t.Fatal(err)
		}
		if g, err := v.Verify(again, at); err != nil || !reflect.DeepEqual(f, g) {
			t.Errorf("%s, as it would be kept: %v", p.slot, err)
		}
	}
}

func TestEvidence(t *testing.T) {
	p := pairs[0]
	a, err := attest.Parse(shared(t, p.slot), shared(t, p.device))
	if err != nil {
		t.Fatal(err)
	}
	f, err := yubico(t).Verify(a, at)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"serial":36011225,"firmware":"5.7.4","slot":"9a","pin":"once","touch":"always","form-factor":"USB-C keychain","fips":false,"cspn":false,` +
		`"trust":"Yubico roots","root":"Yubico Attestation Root 1",` +
		`"chain":["YubiKey PIV Attestation 9a","YubiKey PIV Attestation","Yubico PIV Attestation B 1","Yubico Attestation Intermediate B 1","Yubico Attestation Root 1"],` +
		`"at":"2026-06-01T12:00:00Z","key":"` + p.key + `","algorithm":"ECDSA P-256"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := json.Marshal(attest.Facts{}); err == nil {
		t.Error("facts of nothing are evidence")
	}
}

// Every byte of both certificates counts.
func TestEveryByte(t *testing.T) {
	v := yubico(t)
	for _, p := range pairs[:2] {
		slot, _ := pem.Decode(shared(t, p.slot))
		device, _ := pem.Decode(shared(t, p.device))
		for _, der := range [][]byte{slot.Bytes, device.Bytes} {
			for i := range der {
				der[i] ^= 1
				a, err := attest.ParseDER(slot.Bytes, device.Bytes)
				if err == nil {
					_, err = v.Verify(a, at)
				}
				if err == nil {
					t.Errorf("%s: accepted with byte %d of %d changed", p.slot, i, len(der))
				}
				der[i] ^= 1
			}
		}
	}
}

func TestRealPairsMixed(t *testing.T) {
	v := yubico(t)
	for i, p := range pairs {
		for j, q := range pairs {
			if i == j {
				continue
			}
			for _, files := range [][2]string{{p.slot, q.device}, {p.slot, p.slot}, {p.device, p.device}, {p.device, p.slot}} {
				a, err := attest.Parse(shared(t, files[0]), shared(t, files[1]))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := v.Verify(a, at); err == nil {
					t.Errorf("%v accepted as slot and device certificate", files)
				}
			}
		}
	}
}

// Old cards end in 2052, new ones never; all begin.
func TestInstant(t *testing.T) {
	v := yubico(t)
	verify := func(i int, at time.Time) error {
		a, err := attest.Parse(shared(t, pairs[i].slot), shared(t, pairs[i].device))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(a, at)
		return err
	}
	newEnd, oldEnd := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2052, 4, 17, 0, 0, 0, 0, time.UTC)
	newBegin, oldBegin := time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2016, 3, 14, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		pair  int
		at    time.Time
		words string // "" when it is valid
	}{
		{0, newBegin, ""},
		{0, newEnd, ""},
		{0, newBegin.Add(-1), "slot certificate \"YubiKey PIV Attestation 9a\" is valid from 2024-12-01T00:00:00Z to 9999-12-31T23:59:59Z, not at 2024-11-30T23:59:59Z"},
		{1, oldBegin, ""},
		{1, oldEnd, ""},
		{1, oldEnd.Add(1), "slot certificate \"YubiKey PIV Attestation 9c\" is valid from 2016-03-14T00:00:00Z to 2052-04-17T00:00:00Z, not at 2052-04-17T00:00:00Z"},
		{1, oldBegin.Add(-time.Second), "not at 2016-03-13T23:59:59Z"},
	} {
		err := verify(c.pair, c.at)
		if c.words == "" {
			if err != nil {
				t.Errorf("%v: %v", c.at, err)
			}
			continue
		}
		var e *attest.ValidityError
		if !errors.As(err, &e) || e.Part != attest.SlotCertificate || !e.At.Equal(c.at) {
			t.Errorf("%v: %#v", c.at, err)
		}
		refusaltest.Says(t, err, c.words)
		refusaltest.Hints(t, err, "check the instant")
	}
	err := verify(0, time.Time{})
	if !errors.Is(err, attest.ErrNoInstant) {
		t.Errorf("without an instant: %v", err)
	}
	refusaltest.Says(t, err, "no instant to judge the certificates at")
	refusaltest.Hints(t, err, "give the instant at which the key was brought in")
}
