package main

import "bytes"

// targets are about SPEC 5.6 as far as the top-level role goes.
func targets(b *book) {
	second := func(name, spec, about, kind string, change func(v *vector)) {
		b.add("targets-"+name, spec, about, func(v *vector) {
			v.begin()
			v.refresh(before, "accepted")
			bump(v.timestamp, v.snapshot, v.targets())
			lists(v.targets(), "hello, world")
			change(v)
			if kind == "" {
				v.accepted(12, 1, 2, 2, 2)
			} else {
				v.refused(kind, 1, 2, 2, 1)
			}
		})
	}
	second("newer", "5.6", "newer targets", "", func(v *vector) { v.publish() })
	second("with-hashes", "5.6.2", "newer targets with length and hashes", "", func(v *vector) { v.promises = true; v.publish() })
	second("of-other-bytes", "5.6.2", "signed targets that have not the promised hash", "content", func(v *vector) {
		v.promises = true
		v.publish()
		v.targets().set("2031-01-01T00:00:00Z", "expires")
		v.serve("2.targets.json", sign(v.targets(), dave))
	})
	second("of-another-length", "5.6.2", "signed targets that have not the promised length", "content", func(v *vector) {
		v.promises = true
		v.publish()
		v.snapshot.set(len(sign(v.targets(), dave))+1, "meta", "targets.json", "length")
		v.publishSnapshot()
	})
	second("by-a-stranger", "5.6.3", "targets that the key of a stranger signed", "threshold", func(v *vector) {
		v.roles[0].signers = []key{mallory}
		v.publish()
	})
	second("changed", "5.6.3", "targets that were changed after they were signed", "threshold", func(v *vector) {
		v.publish()
		v.serve("2.targets.json", bytes.Replace(sign(v.targets(), dave), []byte("2030"), []byte("2031"), 1))
	})
	second("of-another-version", "5.6.4", "the targets before in the place of the promised ones: mix and match", "version", func(v *vector) {
		v.publish()
		v.targets().set(1, "version")
		v.serve("2.targets.json", sign(v.targets(), dave))
	})
	second("expired", "5.6.5", "targets that have expired", "expired", func(v *vector) {
		v.targets().set("2026-11-30T00:00:00Z", "expires")
		v.publish()
	})
	second("absent", "5.6.1", "there are no such targets", "missing", func(v *vector) {
		v.publish()
		v.Events = append(v.Events, remove("2.targets.json"))
	})
	second("are-a-snapshot", "4.5", "another type of document in the place of targets", "role", func(v *vector) {
		v.publish()
		v.serve("2.targets.json", sign(v.snapshot, dave))
	})
	broken := func(name, about string, change func(d *object)) {
		second(name, "4.5", about, "format", func(v *vector) {
			change(v.targets())
			v.publish()
		})
	}
	broken("with-target-null", "null in the place of a target", func(d *object) { d.set(nil, "targets", "x") })
	broken("with-targets-null", "null in the place of all targets", func(d *object) { d.set(nil, "targets") })
	broken("without-targets", "a document without targets", func(d *object) { d.del("targets") })
	broken("with-negative-length", "a target of a negative length", func(d *object) { d.set(-1, "targets", target, "length") })
	broken("with-length-absent", "a target without a length", func(d *object) { d.del("targets", target, "length") })
	broken("with-hashes-absent", "a target without hashes", func(d *object) { d.del("targets", target, "hashes") })
	broken("with-hash-null", "null in the place of a hash", func(d *object) { d.set(nil, "targets", target, "hashes", "sha256") })
	broken("with-delegations-null", "null in the place of delegations", func(d *object) { d.set(nil, "delegations") })

	b.add("targets-unlisted", "5.6.7", "no role lists the target", func(v *vector) {
		v.targets().set(obj(), "targets")
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	b.add("targets-empty-file", "4.5", "a target of length 0", func(v *vector) {
		lists(v.targets(), "")
		v.begin()
		v.accepted(0, 1, 1, 1, 1)
	})
	b.add("targets-custom", "4.5", "custom data of a target, with null in it", func(v *vector) {
		v.targets().set(obj("yanked", nil, "size", []any{1, obj("é", true)}), "targets", target, "custom")
		v.begin()
		v.found()
	})
	b.add("targets-other-has-no-hashes", "4.5", "another target with empty hashes spoils nothing", func(v *vector) {
		v.targets().set(obj("length", 1, "hashes", obj()), "targets", "b/file")
		v.begin()
		v.found()
	})
}
