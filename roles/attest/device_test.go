package attest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/roles/attest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// A card is looked at before a key is made in it: one that nobody made honestly
// is refused by the errors that its first attestation would meet.
func TestCheckDevice(t *testing.T) {
	for _, f := range []*factory{short(t), long(t)} {
		if err := f.verifier(t).CheckDevice(f.last().device(t).Raw, 5, at); err != nil {
			t.Error(err)
		}
		err := yubico(t).CheckDevice(f.last().device(t).Raw, 5, at)
		chainError(t, err, attest.DeviceCertificate, "that issuer's key did not sign it; whoever made it only used the name", "do not accept this key")
	}
	f := long(t)
	v := f.verifier(t)
	device := f.last().device(t)
	slot := device.attest(t, newKey(t).Public())
	for name, der := range map[string][]byte{
		"a slot certificate": slot.Raw, "an intermediate": f.last().Raw, "a root": f.root.Raw,
		"no CA": f.last().device(t, aCA(false), pathLength(-1)).Raw, "room below": f.last().device(t, pathLength(1)).Raw,
	} {
		t.Run(name, func(t *testing.T) {
			certificateError(t, v.CheckDevice(der, 5, at), attest.DeviceCertificate, "")
		})
	}
	certificateError(t, v.CheckDevice([]byte("forged"), 5, at), attest.DeviceCertificate, "is no X.509 certificate")
	err := v.CheckDevice(f.last().device(t, with(3, 5, 7)).Raw, 5, at)
	if !errors.As(err, new(*attest.ExtensionError)) {
		t.Error(err)
	}
	refusaltest.Says(t, err, "device certificate: the firmware")
	err = v.CheckDevice(f.last().device(t, valid(begin, at.Add(-time.Second))).Raw, 5, at)
	var ended *attest.ValidityError
	if !errors.As(err, &ended) || ended.Part != attest.DeviceCertificate {
		t.Error(err)
	}
	chainError(t, v.CheckDevice(f.between[0].device(t).Raw, 5, at), attest.DeviceCertificate, "is 1, must be 0 or 2", "")
	if err := v.CheckDevice(device.Raw, 5, time.Time{}); !errors.Is(err, attest.ErrNoInstant) {
		t.Error(err)
	}
}
