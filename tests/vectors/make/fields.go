package main

// fields are about what every document has. Each changes the targets or an
// expiry.
func fields(b *book) {
	field := func(name, about string, change func(d *object), trusted bool) {
		b.add("field-"+name, "4.3", about, func(v *vector) {
			change(v.targets())
			v.begin()
			if trusted {
				v.found()
			} else {
				v.refused("format", 1, 1, 1, 0)
			}
		})
	}
	value := func(v any, name string) func(d *object) { return func(d *object) { d.set(v, name) } }
	without := func(name string) func(d *object) { return func(d *object) { d.del(name) } }
	field("type-absent", "a document without its type", without("_type"), false)
	field("spec-absent", "a document without the version of the specification", without("spec_version"), false)
	field("spec-2", "a document of another major version of the specification", value("2.0.0", "spec_version"), false)
	field("spec-short", "a version of the specification with two numbers, as real files have it", value("1.0", "spec_version"), true)
	field("spec-newer", "a minor version of the specification that is not known yet", value("1.99.0", "spec_version"), true)
	field("expires-absent", "a document without an expiry", without("expires"), false)
	field("expires-date", "an expiry without a time", value("2030-01-01", "expires"), false)
	field("expires-no-zone", "an expiry without a zone", value("2030-01-01T00:00:00", "expires"), false)
	field("expires-number", "an expiry that is a number", value(1893456000, "expires"), false)
	field("expires-february-30", "an expiry on a day that does not exist", value("2030-02-30T00:00:00Z", "expires"), false)
	field("expires-fraction", "an expiry with a fraction of a second", value("2030-01-01T00:00:00.000Z", "expires"), true)
	b.add("field-version-zero", "4.3", "versions are above 0", func(v *vector) {
		v.targets().set(0, "version")
		v.begin()
		v.snapshot.set(obj("targets.json", obj("version", 1)), "meta")
		v.publishSnapshot()
		v.serve("1.targets.json", sign(v.targets(), dave))
		v.refused("format", 1, 1, 1, 0)
	})
	b.add("field-version-text", "4.3", "a version that is a string", func(v *vector) {
		v.begin()
		v.targets().set("1", "version")
		v.serve("1.targets.json", sign(v.targets(), dave))
		v.refused("format", 1, 1, 1, 0)
	})
	expiries(b)
}

// expiries are about the instant: valid is strictly before.
func expiries(b *book) {
	trusts := map[string][4]int64{"root": {1, 0, 0, 0}, "timestamp": {1, 0, 0, 0}, "snapshot": {1, 1, 0, 0}, "targets": {1, 1, 1, 0}}
	for _, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		document := func(v *vector) *object {
			return map[string]*object{"root": v.root, "timestamp": v.timestamp, "snapshot": v.snapshot, "targets": v.targets()}[role]
		}
		b.add("expiry-"+role+"-at-the-instant", "5.3.10, 5.4.4, 5.5.6, 5.6.5", "judged at the instant at which the "+role+" expires", func(v *vector) {
			document(v).set(now, "expires")
			v.begin()
			t := trusts[role]
			v.refused("expired", t[0], t[1], t[2], t[3])
		})
		b.add("expiry-"+role+"-a-second-before", "5.3.10, 5.4.4, 5.5.6, 5.6.5", "judged a second before the "+role+" expires", func(v *vector) {
			document(v).set("2026-12-01T00:00:01Z", "expires")
			v.begin()
			v.found()
		})
	}
}
