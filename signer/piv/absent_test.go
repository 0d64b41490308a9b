//go:build nopiv || (!windows && (!cgo || !(linux || darwin || freebsd || openbsd)))

package piv

import (
	"errors"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
)

// Where PIV is not built in, a card asked for is answered with one clear
// sentence.
func TestNotBuiltIn(t *testing.T) {
	_, listing := Source{}.Keys(t.Context(), signer.UI{})
	_, telling := Cards(t.Context())
	_, finding := FindCard(t.Context(), 1)
	for _, err := range []error{listing, telling, finding} {
		var absent *NotBuiltInError
		if !errors.As(err, &absent) {
			t.Errorf("error %#v", err)
		}
		refusaltest.Says(t, err, "this build of rust-tuf cannot use a YubiKey: PIV is not built in")
		refusaltest.Hints(t, err, "CGO_ENABLED=1")
	}
}
