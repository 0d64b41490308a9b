package verify_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
		if !strings.Contains(err.Error(), "0 of 3 signatures valid; can never be met: threshold 3, 0 keys; rejected: key ") ||
			!strings.Contains(err.Error(), "(its key cannot be used: not a PEM block of type PUBLIC KEY)") {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

// Version 9 has ten signatures, of old and new keys, in two spellings of the
// keytype; version 12 has empty ones.
func TestSigstoreTallies(t *testing.T) {
	next := sigstoreRoots(t)
	for _, c := range []struct {
		by, version                                  int64
		valid, missing, rejected, unknown, duplicate int
	}{
		{8, 9, 5, 0, 0, 5, 0},
		{9, 9, 5, 0, 0, 5, 0},
		{11, 12, 3, 2, 2, 0, 0},
		{12, 12, 3, 2, 2, 0, 0},
	} {
		rawBy, err := next(c.by)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := next(c.version)
		if err != nil {
			t.Fatal(err)
		}
		q, _ := mustTrust(t, rawBy).Quorum("root")
		tally := q.Tally(mustRead(t, raw))
		if !tally.Met() || len(tally.Valid) != c.valid || len(tally.Missing) != c.missing || len(tally.Rejected) != c.rejected ||
			len(tally.Unknown) != c.unknown || len(tally.Duplicate) != c.duplicate {
			t.Errorf("version %d by %d: %s", c.version, c.by, tally)
		}
		for _, r := range tally.Rejected {
			if r.Reason.Error() != "signature is empty" {
				t.Errorf("version %d: %v", c.version, r.Reason)
			}
		}
	}
}
