package verify_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// sigstoreRoots returns the public root history of a real quorum.
func sigstoreRoots(t *testing.T) func(version int64) ([]byte, error) {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", "sigstore-root")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("shared data absent")
	}
	return func(version int64) ([]byte, error) {
		raw, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.root.json", version)))
		if errors.Is(err, os.ErrNotExist) {
			return nil, verify.ErrNotFound
		}
		return raw, err
	}
}

func TestSigstoreEveryRootFrom5ReachesTheNewest(t *testing.T) {
	next := sigstoreRoots(t)
	for v := int64(5); v <= 15; v++ {
		raw, err := next(v)
		if err != nil {
			t.Fatal(err)
		}
		root, err := verify.TrustRoot(raw, verify.Limits{})
		if err != nil {
			t.Fatalf("version %d: %v", v, err)
		}
		newest, err := root.Walk(next, verify.Limits{})
		if err != nil || newest.Version() != 15 {
			t.Fatalf("from %d: reached %d: %v", v, newest.Version(), err)
		}
		if err := newest.CheckExpiry(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Error(err)
		}
		var expired *verify.ExpiredError
		if err := newest.CheckExpiry(newest.Expires()); !errors.As(err, &expired) {
			t.Errorf("at its expiry: %v", err)
		}
	}
}

// Versions 1 to 4 hold their keys as bare curve points.
func TestSigstoreOldRootsAreReadAndRefused(t *testing.T) {
	next := sigstoreRoots(t)
	for v := int64(1); v <= 4; v++ {
		raw, err := next(v)
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.TrustRoot(raw, verify.Limits{})
		var threshold *verify.ThresholdError
		if !errors.As(err, &threshold) {
			t.Fatalf("version %d: %v", v, err)
		}
		t.Log(err)
	}
}
