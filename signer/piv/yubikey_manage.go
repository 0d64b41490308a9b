//go:build !nopiv && (windows || (cgo && (linux || darwin || freebsd || openbsd)))

package piv

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-piv/piv-go/v2/piv"
)

// isManagementKey uses that piv-go authenticates with the old key before it
// looks at the new one, and refuses one of no length before it sends it. (If
// ever it sent it, the card would refuse it.)
func (y *yubikey) isManagementKey(key []byte) (bool, error) {
	y.verified = true
	err := y.card.SetManagementKey(key, nil)
	if err == nil {
		return false, y.explain("trying a management key", errors.New("the card took an empty management key"))
	}
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "invalid new "):
		return true, nil
	case statusOf(err) == notSatisfied, errors.As(err, new(piv.AuthErr)),
		strings.HasSuffix(text, "challenge failed"), strings.Contains(text, "invalid management key length"):
		return false, nil
	}
	return false, y.explain("trying a management key", err)
}

func (y *yubikey) protectedKey(pin []byte) ([]byte, error) {
	data, err := y.protected(pin)
	if err != nil || data.ManagementKey == nil {
		return nil, err
	}
	return bytes.Clone(*data.ManagementKey), nil
}

// protected reads what the card keeps under its PIN.
func (y *yubikey) protected(pin []byte) (*piv.Metadata, error) {
	y.verified = true
	data, err := y.card.Metadata(string(pin))
	if err != nil {
		return nil, y.secret("PIN", "reading what the card keeps under its PIN", err)
	}
	return data, nil
}

// protectKey stores the new key first and has the card demand it second: when
// the card is pulled out in between, an old key that is the factory's still
// opens it.
func (y *yubikey) protectKey(pin, old, new []byte) error {
	before, err := y.protected(pin)
	if err != nil {
		return err
	}
	after := *before
	after.ManagementKey = &new
	if err := y.card.SetMetadata(old, &after); err != nil {
		return y.explain("storing the new management key", err)
	}
	if err := y.card.SetManagementKey(old, new); err != nil {
		_ = y.card.SetMetadata(old, before) // as far as possible: the first error is the one to tell
		return y.explain("changing the management key", err)
	}
	stored, err := y.protectedKey(pin)
	if err != nil {
		return err
	}
	defer clear(stored)
	switch is, err := y.isManagementKey(stored); {
	case err != nil:
		return err
	case !is:
		return y.explain("changing the management key", fmt.Errorf("what the card keeps under its PIN does not open it"))
	}
	return nil
}
