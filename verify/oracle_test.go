package verify_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"
)

// goTUFRefresh is what a client on go-tuf says of the same files, with the same
// store and at the same instant.
func goTUFRefresh(r *served, store shelf) error {
	kept := func(role string) []byte { return store[verify.Slot{Role: role}] }
	tm, err := trustedmetadata.New(kept("root"))
	if err != nil {
		return err
	}
	tm.RefTime = now
	for {
		name := fmt.Sprintf("%d.root.json", tm.Root.Signed.Version+1)
		if r.fails[name] != nil {
			return r.fails[name]
		}
		raw, ok := r.files[name]
		if !ok {
			break
		}
		if _, err := tm.UpdateRoot(raw); err != nil {
			return err
		}
	}
	if raw := kept("timestamp"); raw != nil {
		_, _ = tm.UpdateTimestamp(raw) // as its updater does
	}
	var equal *metadata.ErrEqualVersionNumber
	if _, err := tm.UpdateTimestamp(r.files["timestamp.json"]); err != nil && !errors.As(err, &equal) {
		return err
	}
	current := false
	if raw := kept("snapshot"); raw != nil {
		_, err := tm.UpdateSnapshot(raw, true)
		current = err == nil
	}
	if !current {
		if _, err := tm.UpdateSnapshot(r.files[r.name("snapshot", tm.Timestamp.Signed.Meta["snapshot.json"].Version)], false); err != nil {
			return err
		}
	}
	if raw := kept("targets"); raw != nil {
		if _, err := tm.UpdateTargets(raw); err == nil {
			return nil
		}
	}
	promised := tm.Snapshot.Signed.Meta["targets.json"]
	if promised == nil {
		return errors.New("the snapshot lists no targets")
	}
	_, err = tm.UpdateTargets(r.files[r.name("targets", promised.Version)])
	return err
}

// Where go-tuf v2.4.2 says something else, and why.
var goTUFDiffers = map[string]string{
	"a timestamp of another repository": "x-rust-tuf is ours; others ignore it",
	"an expired snapshot":               "at the very instant of expiry it still accepts; SPEC 5.5.6 does not",
	"expired targets":                   "at the very instant of expiry it still accepts; SPEC 5.6.5 does not",
}

// Two readers that share no code say the same of every attack, and of what is
// in order.
func TestGoTUFAgrees(t *testing.T) {
	for name, test := range attacks(t) {
		t.Run(name, func(t *testing.T) {
			r, _, store := attacked(t)
			if err := goTUFRefresh(r, store); err != nil {
				t.Fatalf("before the attack: %v", err)
			}
			test.spoil(r)
			err := func() (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = fmt.Errorf("panic: %v", p)
					}
				}()
				return goTUFRefresh(r, store)
			}()
			if why, differs := goTUFDiffers[name]; differs == (err != nil) {
				t.Errorf("go-tuf says %v; a difference is known: %q", err, why)
			}
		})
	}
}
