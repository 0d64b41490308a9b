package verify_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// attack is a change that must be refused, and what is trusted afterwards.
type attack struct {
	spoil func(r *served)
	want  func(t testing.TB, err error)
	kept  string
}

// attacks start from a client that has seen version 2 of everything but the
// root.
func attacks(t *testing.T) map[string]attack {
	t.Helper()
	mallory := edPerson(t, "mallory")
	const floor = "root 1, timestamp 2, snapshot 2, targets 2"
	return map[string]attack{
		// SPEC 5.3.3: only a 404 ends the walk.
		"the next root cannot be fetched": {func(r *served) { r.fails["2.root.json"] = errBroken }, func(t testing.TB, err error) {
			if !errors.Is(err, errBroken) {
				t.Error(err)
			}
		}, floor},
		// SPEC 5.3.4.
		"a root by too few of the old": {func(r *served) { r.nextRoot(func(object) {}); r.putRoot(r.quorum[:2]...) }, wants[*verify.ThresholdError]("2 of 3"), floor},
		// SPEC 5.3.5.
		"a root that skips a version": {func(r *served) {
			r.nextRoot(func(s object) { s["version"] = 3 })
			r.files["2.root.json"] = r.files["3.root.json"]
		}, wants[*verify.VersionError]("root 3 does not follow the trusted version 1"), floor},
		// SPEC 5.3.10; CVE-2015-9259. The expired root is kept all the same.
		"an expired root": {func(r *served) { r.nextRoot(func(s object) { s["expires"] = "2026-11-30T00:00:00Z" }) },
			wants[*verify.ExpiredError]("root 2: expired at 2026-11-30"), "root 2, timestamp 2, snapshot 2, targets 2"},
		"an endless root": {func(r *served) { r.files["2.root.json"] = bytes.Repeat([]byte(" "), 1<<20) }, wants[*verify.LimitError]("bytes of 2.root.json"), floor},

		// SPEC 5.4.2.
		"a timestamp by a stranger": {func(r *served) { r.online = mallory; r.bump("timestamp") }, wants[*verify.ThresholdError]("timestamp 3", "0 of 1"), floor},
		// SPEC 5.4.3.1; CVE-2022-29173.
		"a timestamp that goes back": {func(r *served) { r.timestamp["version"] = 1; r.publishTimestamp() }, wants[*verify.VersionError]("timestamp 1 is not newer than the trusted version 2"), floor},
		// SPEC 5.4.3.2.
		"a snapshot that goes back": {func(r *served) { r.snapshot["version"] = 1; r.timestamp["version"] = 3; r.publish() }, wants[*verify.VersionError]("snapshot 1 is not newer than the trusted version 2"), floor},
		// SPEC 5.4.4: freeze. A refused timestamp is never kept (CVE-2025-2888).
		"an expired timestamp": {func(r *served) { r.timestamp["expires"] = "2026-11-30T00:00:00Z"; r.bump("timestamp") }, wants[*verify.ExpiredError]("timestamp 3: expired at 2026-11-30"), floor},
		"no timestamp":         {func(r *served) { delete(r.files, "timestamp.json") }, isNotFound("timestamp.json"), floor},
		// CVE-2026-23991: a document without what it is about.
		"a timestamp without meta":     {func(r *served) { r.timestamp["version"] = 3; delete(r.timestamp, "meta"); r.publishTimestamp() }, wants[*verify.FormatError]("timestamp 3", "meta: missing"), floor},
		"a timestamp without snapshot": {func(r *served) { r.timestamp["version"] = 3; r.timestamp["meta"] = object{}; r.publishTimestamp() }, wants[*verify.FormatError]("snapshot.json"), floor},
		"a timestamp with null": {func(r *served) {
			r.timestamp["version"] = 3
			r.timestamp["meta"] = object{"snapshot.json": nil}
			r.publishTimestamp()
		}, wants[*verify.FormatError]("must be an object, found null"), floor},
		"a snapshot in its place": {func(r *served) { r.files["timestamp.json"] = r.files["2.snapshot.json"] }, wants[*verify.RoleError]("role snapshot where one of role timestamp"), floor},
		"a timestamp of another repository": {func(r *served) {
			r.timestamp["version"] = 3
			set(r.timestamp, "x-rust-tuf.repository", strings.Repeat("f", 32))
			r.publishTimestamp()
		}, wants[*verify.RepositoryError]("timestamp 3"), floor},

		// SPEC 5.5.2, and 5.5.4 where nothing but the version is promised.
		"another snapshot than the promised one": {func(r *served) {
			r.hashes = true
			r.bump("timestamp", "snapshot")
			r.files["3.snapshot.json"] = append(r.files["3.snapshot.json"], ' ')
		}, wants[*verify.LimitError]("3.snapshot.json"), "root 1, timestamp 3, snapshot 2, targets 2"},
		"a snapshot of the right length": {func(r *served) {
			r.hashes = true
			r.bump("timestamp", "snapshot")
			r.files["3.snapshot.json"] = bytes.Replace(r.files["3.snapshot.json"], []byte("2030"), []byte("2031"), 1)
		}, wants[*verify.ContentError]("snapshot: its sha256 is"), "root 1, timestamp 3, snapshot 2, targets 2"},
		"another version of the snapshot": {func(r *served) {
			r.bump("timestamp", "snapshot")
			r.files["3.snapshot.json"] = r.files["2.snapshot.json"]
		},
			wants[*verify.VersionError]("snapshot 2 is not the version 3 that is promised"), "root 1, timestamp 3, snapshot 2, targets 2"},
		// SPEC 5.5.3.
		"a snapshot by a stranger": {func(r *served) {
			r.bump("timestamp", "snapshot")
			r.files["3.snapshot.json"] = envelope(t, r.snapshot, mallory)
		}, wants[*verify.ThresholdError]("snapshot 3"), "root 1, timestamp 3, snapshot 2, targets 2"},
		// SPEC 5.5.5.
		"targets that go back": {func(r *served) { r.targets["targets"]["version"] = 1; r.bump("timestamp", "snapshot") }, wants[*verify.VersionError]("targets 1 is not newer than the trusted version 2"), "root 1, timestamp 3, snapshot 2, targets 2"},
		"targets that vanish":  {func(r *served) { delete(r.targets, "targets"); r.bump("timestamp", "snapshot") }, wants[*verify.VersionError]("targets is gone from the snapshot, where version 2 was trusted"), "root 1, timestamp 3, snapshot 2, targets 2"},
		// SPEC 5.5.6.
		"an expired snapshot": {func(r *served) { r.snapshot["expires"] = "2026-12-01T00:00:00Z"; r.bump("timestamp", "snapshot") }, wants[*verify.ExpiredError]("snapshot 3: expired"), "root 1, timestamp 3, snapshot 2, targets 2"},

		// SPEC 5.6.2 to 5.6.5.
		"other targets than the promised ones": {func(r *served) {
			r.hashes = true
			r.bump("timestamp", "snapshot", "targets")
			r.files["3.targets.json"] = bytes.Replace(r.files["3.targets.json"], []byte("2030"), []byte("2031"), 1)
		}, wants[*verify.ContentError]("targets: its sha256"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"targets by too few": {func(r *served) { r.signers["targets"] = r.quorum[:2]; r.bump("timestamp", "snapshot", "targets") }, wants[*verify.ThresholdError]("targets 3", "2 of 3"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"another version of the targets": {func(r *served) {
			r.bump("timestamp", "snapshot", "targets")
			r.files["3.targets.json"] = r.files["2.targets.json"]
		}, wants[*verify.VersionError]("targets 2 is not the version 3 that is promised"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"expired targets": {func(r *served) {
			r.targets["targets"]["expires"] = "2026-12-01T00:00:00Z"
			r.bump("timestamp", "snapshot", "targets")
		}, wants[*verify.ExpiredError]("targets 3: expired"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"targets that cannot be fetched": {func(r *served) { r.bump("timestamp", "snapshot", "targets"); delete(r.files, "3.targets.json") }, isNotFound("3.targets.json"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"a target that is null": {func(r *served) {
			set(r.targets["targets"], "targets.x", nil)
			r.bump("timestamp", "snapshot", "targets")
		}, wants[*verify.FormatError]("signed.targets.x", "found null"), "root 1, timestamp 3, snapshot 3, targets 2"},
		"a snapshot that lists null": {func(r *served) {
			r.bump("timestamp", "snapshot")
			set(r.snapshot, "meta", object{"targets.json": nil})
			r.publishSnapshot()
		}, wants[*verify.FormatError]("found null"), "root 1, timestamp 3, snapshot 2, targets 2"},
		"a snapshot that lists version 0": {func(r *served) {
			r.bump("timestamp", "snapshot")
			set(r.snapshot, "meta", object{"targets.json": object{"version": 0}})
			r.publishSnapshot()
		}, wants[*verify.FormatError]("version", "above zero"), "root 1, timestamp 3, snapshot 2, targets 2"},
	}
}

// attacked is the repository before an attack, and a client of it.
func attacked(t *testing.T) (*served, *verify.Client, shelf) {
	t.Helper()
	r := serve(t)
	r.bump("timestamp", "snapshot", "targets")
	c, store := r.client()
	if _, err := refresh(c); err != nil {
		t.Fatal(err)
	}
	return r, c, store
}

func TestRefreshRefuses(t *testing.T) {
	for name, test := range attacks(t) {
		t.Run(name, func(t *testing.T) {
			r, c, store := attacked(t)
			test.spoil(r)
			v, err := refresh(c)
			if v != nil || err == nil {
				t.Fatalf("%+v, %v", v, err)
			}
			test.want(t, err)
			if got := store.newest(t, "root", "timestamp", "snapshot", "targets"); got != test.kept {
				t.Errorf("kept: %s", got)
			}
		})
	}
}
