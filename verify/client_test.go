package verify_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
)

// What is asked for, in order: cold, warm and unchanged, and after a change.
func TestRefreshAsksFor(t *testing.T) {
	r := serve(t)
	c, store := r.client()
	v, err := refresh(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("cold: %q", r.asked)
	}
	if v.Path != "channels/stable.toml" || v.Length != 5 || v.Hashes["sha256"] != strings.Repeat("ab", 32) || v.Role() != "targets" || !v.At.Equal(now) || v.Fork != nil {
		t.Errorf("%+v", v)
	}
	for i, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		if link := v.Chain[i]; link.Role != role || link.Version != 1 || !link.Tally().Met() || link.Threshold != link.Tally().Threshold {
			t.Errorf("%d: %+v", i, link)
		}
	}
	if got := store.newest(t, "root", "timestamp", "snapshot", "targets"); got != "root 1, timestamp 1, snapshot 1, targets 1" {
		t.Error(got)
	}
	if !bytes.Equal(store[verify.Slot{Role: "timestamp"}], r.files["timestamp.json"]) {
		t.Error("the timestamp is not kept as it was received")
	}

	r.asked = nil
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2.root.json", "timestamp.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("warm: %q", r.asked)
	}

	r.asked = nil
	r.nextRoot(func(object) {})
	r.bump("timestamp", "snapshot", "targets")
	if _, err = refresh(c); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("changed: %q", r.asked)
	}
	if got := store.newest(t, "root", "timestamp", "snapshot", "targets"); got != "root 2, timestamp 2, snapshot 2, targets 2" {
		t.Error(got)
	}
	if _, err := store.Load(verify.Slot{Role: "root", Version: 1}); err != nil {
		t.Error("the history lost root 1")
	}
}

// Without consistent snapshots only roots carry their version in the name.
func TestRefreshInconsistent(t *testing.T) {
	r := serve(t)
	r.consistent = false
	r.root["consistent_snapshot"] = false
	r.putRoot(r.quorum...)
	r.publish()
	c, _ := r.client()
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2.root.json", "timestamp.json", "snapshot.json", "targets.json"}; !slices.Equal(r.asked, want) {
		t.Errorf("asked %q", r.asked)
	}
}

// wants is a refusal to come, by its type and its words.
func wants[E error](words ...string) func(testing.TB, error) {
	return func(t testing.TB, err error) { t.Helper(); refused[E](t, err, words...) }
}

func isNotFound(word string) func(testing.TB, error) {
	return func(t testing.TB, err error) {
		t.Helper()
		if !errors.Is(err, verify.ErrNotFound) || !strings.Contains(err.Error(), word) {
			t.Errorf("%v", err)
		}
	}
}

// SPEC 5.4.3: a timestamp of the version that is trusted ends quietly, and the
// trusted one stays. If its content differs, both are kept as proof.
func TestEqualTimestamp(t *testing.T) {
	r := serve(t)
	c, store := r.refreshed()
	r.snapshot["version"] = 7
	r.publish()
	v, err := refresh(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := store.newest(t, "timestamp", "snapshot"); got != "timestamp 1, snapshot 1" {
		t.Error(got)
	}
	if v.Fork == nil || v.Fork.Role != "timestamp" || v.Fork.Version != 1 || !bytes.Equal(v.Fork.Trusted, store[verify.Slot{Role: "timestamp"}]) || !bytes.Equal(v.Fork.Found, r.files["timestamp.json"]) {
		t.Errorf("%+v", v.Fork)
	}
	refused[*verify.ForkError](t, v.Fork, "timestamp 1 was signed twice")

	// Signed again without a change is no fork.
	r = serve(t)
	c, _ = r.refreshed()
	r.files["timestamp.json"] = append([]byte(" "), r.files["timestamp.json"]...)
	if v, err = refresh(c); err != nil || v.Fork != nil {
		t.Errorf("%+v, %v", v, err)
	}
}

// What has expired in the store still says which versions have been seen, and
// stops no update (sigstore-rust lost its floors on expiry).
func TestExpiredStore(t *testing.T) {
	r := serve(t)
	for _, signed := range []object{r.timestamp, r.snapshot, r.targets["targets"]} {
		signed["version"], signed["expires"] = 2, "2026-12-02T00:00:00Z"
	}
	r.publish()
	c, store := r.refreshed()
	later := now.AddDate(0, 0, 2)
	_, err := c.Refresh(context.Background(), later)
	refused[*verify.ExpiredError](t, err, "timestamp 2: expired")

	for _, signed := range []object{r.timestamp, r.snapshot, r.targets["targets"]} {
		signed["version"], signed["expires"] = 1, "2030-01-01T00:00:00Z"
	}
	r.publish()
	_, err = c.Refresh(context.Background(), later)
	refused[*verify.VersionError](t, err, "timestamp 1 is not newer than the trusted version 2")
	for _, signed := range []object{r.timestamp, r.snapshot, r.targets["targets"]} {
		signed["version"] = 3
	}
	r.publish()
	if _, err = c.Refresh(context.Background(), later); err != nil {
		t.Fatal(err)
	}
	if got := store.newest(t, "timestamp", "snapshot"); got != "timestamp 3, snapshot 3" {
		t.Error(got)
	}
}

// SPEC 5.3.11: a thief of the online keys makes versions as high as they go
// (Notary: fast-forward by MAX_INT);
// new keys for either role let everybody come back.
func TestFastForwardRecovery(t *testing.T) {
	for _, rotated := range []string{"timestamp", "snapshot"} {
		t.Run(rotated, func(t *testing.T) {
			r := serve(t)
			r.timestamp["version"], r.snapshot["version"] = int64(1<<53), int64(1<<53)
			r.publish()
			c, store := r.refreshed()
			r.timestamp["version"], r.snapshot["version"] = 2, 2
			r.publish()
			_, err := refresh(c)
			refused[*verify.VersionError](t, err, "timestamp 2 is not newer")

			fresh := edPerson(t, "online-2")
			r.nextRoot(func(s object) {
				maps.Copy(s["keys"].(object), keyObjects(fresh))
				set(s, "roles."+rotated, roleObject(1, r.online, fresh))
			})
			if _, err := refresh(c); err != nil {
				t.Fatal(err)
			}
			if got := store.newest(t, "root", "timestamp", "snapshot"); got != "root 2, timestamp 2, snapshot 2" {
				t.Error(got)
			}
		})
	}
}

// A kill after the new root was kept and before the timestamp was judged must
// not make the client forget that the keys were rotated.
func TestFastForwardRecoveryAfterAKill(t *testing.T) {
	r := serve(t)
	r.timestamp["version"] = int64(1 << 53)
	r.publish()
	c, _ := r.refreshed()
	r.timestamp["version"] = 2
	r.publish()
	fresh := edPerson(t, "online-2")
	r.nextRoot(func(s object) {
		maps.Copy(s["keys"].(object), keyObjects(fresh))
		set(s, "roles.timestamp", roleObject(1, r.online, fresh))
	})
	r.fails["timestamp.json"] = errBroken
	if _, err := refresh(c); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	delete(r.fails, "timestamp.json")
	if _, err := refresh(c); err != nil {
		t.Error(err)
	}
}

// Keys that are as they were when the client last refreshed make nothing
// void, whatever was between.
func TestRotationThereAndBack(t *testing.T) {
	r := serve(t)
	r.timestamp["version"] = 9
	r.publish()
	c, _ := r.refreshed()
	before := r.root["roles"].(object)["timestamp"]
	fresh := edPerson(t, "online-2")
	r.nextRoot(func(s object) {
		maps.Copy(s["keys"].(object), keyObjects(fresh))
		set(s, "roles.timestamp", roleObject(1, fresh))
	})
	r.nextRoot(func(s object) { set(s, "roles.timestamp", before) })
	r.timestamp["version"] = 2
	r.publish()
	_, err := refresh(c)
	refused[*verify.VersionError](t, err, "timestamp 2 is not newer than the trusted version 9")
}

// A damaged store is repaired by a refresh, never a failure for good.
func TestDamagedStore(t *testing.T) {
	for _, role := range []string{"timestamp", "snapshot", "targets"} {
		for name, damage := range map[string]func(raw []byte) []byte{
			"cut":       func(raw []byte) []byte { return raw[:len(raw)/2] },
			"empty":     func([]byte) []byte { return []byte{} },
			"null":      func([]byte) []byte { return []byte("null") },
			"one digit": func(raw []byte) []byte { return bytes.Replace(raw, []byte("2030"), []byte("2031"), 1) },
		} {
			t.Run(role+" "+name, func(t *testing.T) {
				r := serve(t)
				c, store := r.client()
				if _, err := refresh(c); err != nil {
					t.Fatal(err)
				}
				slot := verify.Slot{Role: role}
				good := store[slot]
				store[slot] = damage(bytes.Clone(good))
				if _, err := refresh(c); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(store[slot], good) {
					t.Error("it was not replaced")
				}
			})
		}
	}
}

// A root that was trusted once is not replaced by the one that a program
// brings along.
func TestInitKeepsWhatIsTrusted(t *testing.T) {
	r := serve(t)
	first := r.files["1.root.json"]
	c, store := r.client()
	r.nextRoot(func(object) {})
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Init(first); err != nil {
		t.Fatal(err)
	}
	if got := store.newest(t, "root"); got != "root 2" {
		t.Error(got)
	}
	_, err := (&verify.Client{Metadata: r, Store: shelf{}}).Refresh(context.Background(), now)
	if !errors.Is(err, verify.ErrNotFound) || !strings.Contains(err.Error(), "Init makes one") {
		t.Error(err)
	}
	refused[*verify.ThresholdError](t, (&verify.Client{Store: shelf{}}).Init(envelope(t, r.root, r.quorum[0])))
}

// The verdict holds until the first of its documents expires.
func TestVerdictExpires(t *testing.T) {
	want := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		r := serve(t)
		for name, signed := range map[string]object{"root": r.root, "timestamp": r.timestamp, "snapshot": r.snapshot, "targets": r.targets["targets"]} {
			if name == role {
				signed["expires"] = "2027-01-01T00:00:00Z"
			}
		}
		r.putRoot(r.quorum...)
		r.publish()
		c, _ := r.client()
		if v, err := refresh(c); err != nil || !v.Expires.Equal(want) {
			t.Errorf("%s: %+v, %v", role, v, err)
		}
	}
}

// Where the timestamp was lost, the snapshot that is kept still says which
// versions have been seen.
func TestSnapshotGoesBackWithoutTimestamp(t *testing.T) {
	r := serve(t)
	r.snapshot["version"], r.timestamp["version"] = 5, 5
	r.publish()
	c, store := r.refreshed()
	delete(store, verify.Slot{Role: "timestamp"})
	r.snapshot["version"], r.timestamp["version"] = 4, 4
	r.publish()
	_, err := refresh(c)
	refused[*verify.VersionError](t, err, "snapshot 4 is not newer than the trusted version 5")
}

// A delegated role goes back no more than the top-level one (CVE-2025-2887).
func TestDelegatedRoleGoesBack(t *testing.T) {
	r := serve(t)
	r.delegate("targets", "a", false, []string{"x/*"}, edPerson(t, "dana"))
	r.targets["a"]["version"] = 3
	r.publish()
	c, _ := r.refreshed()
	r.targets["a"]["version"] = 2
	r.bump("timestamp", "snapshot")
	_, err := refresh(c)
	refused[*verify.VersionError](t, err, "a 2 is not newer than the trusted version 3")
}

// The name of a target is a path that no character of it can leave.
func TestTargetName(t *testing.T) {
	digits := strings.Repeat("ab", 32)
	for path, want := range map[string][2]string{
		"channels/stable.toml": {"channels/" + digits + ".stable.toml", "channels/stable.toml"},
		"stable":               {digits + ".stable", "stable"},
		"a b/c?#%é":            {"a%20b/" + digits + ".c%3F%23%25%C3%A9", "a%20b/c%3F%23%25%C3%A9"},
		"a/":                   {"a/" + digits + ".", "a/"},
	} {
		for i, consistent := range []bool{true, false} {
			r := serve(t)
			r.consistent = consistent
			r.root["consistent_snapshot"] = consistent
			r.putRoot(r.quorum...)
			r.lists("targets", path, 1)
			r.publish()
			c, _ := r.client()
			session, err := c.Refresh(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			v, err := session.Target(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if got := session.TargetName(v); got != want[i] {
				t.Errorf("%q is fetched as %q, want %q", path, got, want[i])
			}
		}
	}
}

// The top-level targets come by themselves where a client wants no target yet.
func TestTopLevel(t *testing.T) {
	r := serve(t)
	c, store := r.client()
	session, err := c.Refresh(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		targets, err := session.TopLevel(t.Context())
		if err != nil || targets.Version() != 1 {
			t.Fatalf("%+v, %v", targets, err)
		}
		if e, ok := targets.Entry("channels/stable.toml"); !ok || e.Length != 5 || e.Hashes["sha256"] != strings.Repeat("ab", 32) {
			t.Errorf("%+v", e)
		}
		if _, ok := targets.Entry("channels/nightly.toml"); ok {
			t.Error("it lists what it does not list")
		}
	}
	if got := strings.Join(r.asked, " "); !strings.HasSuffix(got, "1.snapshot.json 1.targets.json") {
		t.Errorf("asked for %q", r.asked)
	}
	if got := store.newest(t, "targets"); got != "targets 1" {
		t.Error(got)
	}
	_, err = verify.NewSession(session.Root(), now, verify.Limits{}).Targets(nil)
	refused[*verify.OrderError](t, err, "Targets was called out of order")
}
