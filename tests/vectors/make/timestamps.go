package main

// timestamps are about SPEC 5.4 and, as far as keys are rotated, 5.3.11.
func timestamps(b *book) {
	second := func(name, spec, about, kind string, change func(v *vector)) {
		b.add("timestamp-"+name, spec, about, func(v *vector) {
			bump(v.timestamp)
			v.begin()
			v.refresh(before, "accepted")
			change(v)
			if kind == "" {
				v.accepted(5, 1, 2, 1, 1)
			} else {
				v.refused(kind, 1, 2, 1, 1)
			}
		})
	}
	second("unchanged", "5.4.3", "the timestamp that is trusted already", "", func(*vector) {})
	second("goes-back", "5.4.3.1", "an older timestamp", "version", func(v *vector) {
		v.seen("CVE-2022-29173 go-tuf")
		v.timestamp.set(1, "version")
		v.publishTimestamp()
	})
	second("of-the-same-version", "5.4.3.1", "another timestamp of the same version: the one that was trusted first stays", "", func(v *vector) {
		v.timestamp.set("another", "x-note")
		v.publishTimestamp()
	})
	second("by-a-stranger", "5.4.2", "a timestamp that the key of a stranger signed", "threshold", func(v *vector) {
		bump(v.timestamp)
		v.serve("timestamp.json", sign(v.timestamp, mallory))
	})
	second("by-the-targets-key", "5.4.2", "a timestamp that the key of another role signed", "threshold", func(v *vector) {
		bump(v.timestamp)
		v.serve("timestamp.json", sign(v.timestamp, dave))
	})
	second("expired", "5.4.4", "a timestamp that has expired is not kept", "expired", func(v *vector) {
		v.seen("CVE-2025-2888 tough")
		bump(v.timestamp)
		v.timestamp.set("2026-11-30T00:00:00Z", "expires")
		v.publishTimestamp()
	})
	second("absent", "5.4.1", "there is no timestamp", "missing", func(v *vector) { v.Events = append(v.Events, remove("timestamp.json")) })
	second("without-meta", "4.6", "a timestamp that lists nothing", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		bump(v.timestamp)
		v.timestamp.del("meta")
		v.publishTimestamp()
	})
	second("without-snapshot", "4.6", "a timestamp that does not list the snapshot", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		bump(v.timestamp)
		v.timestamp.set(obj(), "meta")
		v.publishTimestamp()
	})
	second("with-snapshot-null", "4.6", "null in the place of what a timestamp says of the snapshot", "format", func(v *vector) {
		v.seen("CVE-2026-23991 go-tuf")
		bump(v.timestamp)
		v.timestamp.set(obj("snapshot.json", nil), "meta")
		v.publishTimestamp()
	})
	second("with-meta-null", "4.6", "null in the place of what a timestamp lists", "format", func(v *vector) {
		bump(v.timestamp)
		v.timestamp.set(nil, "meta")
		v.publishTimestamp()
	})
	second("is-a-snapshot", "4.6", "another type of document in a timestamp's place", "role", func(v *vector) {
		bump(v.snapshot)
		v.serve("timestamp.json", sign(v.snapshot, erin))
	})
	b.add("timestamp-snapshot-goes-back", "5.4.3.2", "a newer timestamp that lists an older snapshot", func(v *vector) {
		bump(v.snapshot)
		v.begin()
		v.refresh(before, "accepted")
		bump(v.timestamp)
		v.snapshot.set(1, "version")
		v.publishSnapshot()
		v.refused("version", 1, 1, 2, 1)
	})
	b.add("timestamp-floor-outlives-expiry", "5.4.3.1", "a timestamp that has expired since still says which version was seen", func(v *vector) {
		v.seen("sigstore-rust")
		bump(v.timestamp)
		v.timestamp.set("2026-11-15T00:00:00Z", "expires")
		v.begin()
		v.refresh(before, "accepted")
		v.timestamp.set(1, "version")
		v.timestamp.set(forever, "expires")
		v.publishTimestamp()
		v.refused("version", 1, 2, 1, 1)
	})
	b.add("timestamp-kept-one-expired", "5.4.4", "a timestamp that has expired since stops no update", func(v *vector) {
		v.timestamp.set("2026-11-15T00:00:00Z", "expires")
		v.begin()
		v.refresh(before, "accepted")
		bump(v.timestamp)
		v.timestamp.set(forever, "expires")
		v.publishTimestamp()
		v.accepted(5, 1, 2, 1, 1)
	})
	recoveries(b)
}

// recoveries are about versions that a thief of online keys made too high.
func recoveries(b *book) {
	for _, rotated := range []string{"timestamp", "snapshot"} {
		b.add("recovery-by-new-keys-of-"+rotated, "5.3.11", "new keys of the "+rotated+" make versions void that a thief of the old ones made too high", func(v *vector) {
			v.seen("Notary: fast-forward by the largest integer")
			v.timestamp.set(int64(1)<<53-1, "version")
			v.snapshot.set(int64(1)<<53-1, "version")
			v.begin()
			v.refresh(before, "accepted")
			v.may(rotated, 1, frank)
			v.nextRoot(alice, bob)
			v.timestamp.set(2, "version")
			v.snapshot.set(2, "version")
			v.recover(rotated)
			v.accepted(5, 2, 2, 2, 1)
		})
	}
	b.add("recovery-needs-new-keys", "5.3.11", "a new root with the same keys makes no version void", func(v *vector) {
		v.timestamp.set(9, "version")
		v.begin()
		v.refresh(before, "accepted")
		v.nextRoot(alice, bob)
		v.timestamp.set(2, "version")
		v.publishTimestamp()
		v.refused("version", 2, 9, 1, 1)
	})
}

// recover publishes snapshot and timestamp, one of the two with frank's key.
func (v *vector) recover(rotated string) {
	by := map[string]key{"timestamp": erin, "snapshot": erin, rotated: frank}
	snapshot := sign(v.snapshot, by["snapshot"])
	v.serve(v.file("snapshot", v.snapshot), snapshot)
	v.timestamp.set(obj("snapshot.json", v.promise(v.snapshot, snapshot)), "meta")
	v.serve("timestamp.json", sign(v.timestamp, by["timestamp"]))
}
