package main

import (
	"bytes"
	"strings"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

func remove(name string) vectors.Event { return vectors.Event{Remove: name} }

// snapshots are about SPEC 5.5.
func snapshots(b *book) {
	second := func(name, spec, about, kind string, change func(v *vector)) {
		b.add("snapshot-"+name, spec, about, func(v *vector) {
			bump(v.targets())
			v.begin()
			v.refresh(before, "accepted")
			bump(v.timestamp, v.snapshot)
			change(v)
			if kind == "" {
				v.accepted(5, 1, 2, 2, 2)
			} else {
				v.refused(kind, 1, 2, 1, 2)
			}
		})
	}
	second("newer", "5.5", "a newer snapshot without length and hashes", "", func(v *vector) { v.publish() })
	second("with-hashes", "5.5.2", "a newer snapshot with length and hashes", "", func(v *vector) { v.promises = true; v.publish() })
	second("capital-hash", "5.5.2", "hex digits of a hash may be capitals", "", func(v *vector) {
		v.promises = true
		v.publish()
		sum := sha256Hex(string(sign(v.snapshot, erin)))
		v.timestamp.set(strings.ToUpper(sum), "meta", "snapshot.json", "hashes", "sha256")
		v.publishTimestamp()
	})
	second("of-other-bytes", "5.5.2", "a signed snapshot that has not the promised hash", "content", func(v *vector) {
		v.promises = true
		v.publish()
		file := sign(v.snapshot, erin)
		v.serve("2.snapshot.json", bytes.Replace(file, []byte(":"), []byte(": "), 1)[:len(file)])
	})
	second("of-another-length", "5.5.2", "a signed snapshot that has not the promised length", "content", func(v *vector) {
		v.promises = true
		v.publish()
		v.timestamp.set(len(sign(v.snapshot, erin))+1, "meta", "snapshot.json", "length")
		v.publishTimestamp()
	})
	second("by-a-stranger", "5.5.3", "a snapshot that the key of a stranger signed", "threshold", func(v *vector) {
		v.publish()
		v.serve("2.snapshot.json", sign(v.snapshot, mallory))
	})
	second("of-another-version", "5.5.4", "the snapshot before in the place of the promised one: mix and match", "version", func(v *vector) {
		v.publish()
		v.snapshot.set(1, "version")
		v.serve("2.snapshot.json", sign(v.snapshot, erin))
	})
	second("targets-go-back", "5.5.5", "a newer snapshot that lists older targets", "version", func(v *vector) {
		v.targets().set(1, "version")
		v.publish()
	})
	second("targets-vanish", "5.5.5", "a newer snapshot that does not list the targets any more", "version", func(v *vector) {
		v.roles = nil
		v.publish()
	})
	second("expired", "5.5.6", "a snapshot that has expired", "expired", func(v *vector) {
		v.snapshot.set("2026-11-30T00:00:00Z", "expires")
		v.publish()
	})
	second("absent", "5.5.1", "there is no such snapshot", "missing", func(v *vector) {
		v.publish()
		v.Events = append(v.Events, remove("2.snapshot.json"))
	})
	broken := func(name, about string, meta any) {
		second(name, "4.4", about, "format", func(v *vector) {
			v.snapshot.set(meta, "meta")
			v.publishSnapshot()
		})
	}
	broken("with-meta-null", "null in the place of what a snapshot lists", nil)
	broken("with-targets-null", "null in the place of what a snapshot says of the targets", obj("targets.json", nil))
	broken("with-version-zero", "a snapshot that lists version 0", obj("targets.json", obj("version", 0)))
	broken("with-version-absent", "a snapshot that lists no version", obj("targets.json", obj("length", 5)))
	broken("with-negative-length", "a snapshot that lists a negative length", obj("targets.json", obj("version", 2, "length", -1)))
	broken("with-hashes-null", "null in the place of hashes", obj("targets.json", obj("version", 2, "hashes", obj("sha256", nil))))
	b.add("snapshot-without-targets", "5.6", "the first snapshot that a client sees lists no targets", func(v *vector) {
		v.begin()
		v.snapshot.set(obj("other.json", obj("version", 1)), "meta")
		v.publishSnapshot()
		v.refused("delegation", 1, 1, 1, 0)
	})
	b.add("snapshot-delegated-role-goes-back", "5.5.5", "a newer snapshot that lists an older version of a delegated role", func(v *vector) {
		v.seen("CVE-2025-2887 tough")
		d := v.delegate("targets", "release", false, []any{"a/*"}, frank)
		d.set(2, "version")
		v.begin()
		v.refresh(before, "accepted")
		d.set(1, "version")
		bump(v.timestamp, v.snapshot)
		v.publish()
		v.refused("version", 1, 2, 1, 1)
	})
}
