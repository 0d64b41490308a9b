package main

// paths are about patterns (SPEC 4.5). The target is asked for under another
// name in most.
func paths(b *book) {
	covers := func(name, about, pattern, path string, covered bool) {
		b.add("path-"+name, "4.5", about, func(v *vector) {
			v.Target = path
			v.targets().set(obj(), "targets")
			d := v.delegate("targets", "release", false, []any{pattern}, frank)
			d.set(entry("covered"), "targets", path)
			v.begin()
			if covered {
				v.accepted(7, 1, 1, 1, 1)
			} else {
				v.refused("target", 1, 1, 1, 1)
			}
		})
	}
	covers("literal", "a pattern without wildcards", "a/b.txt", "a/b.txt", true)
	covers("star", "a star stands for any characters of one segment", "a/*.txt", "a/b.c.txt", true)
	covers("star-is-empty", "a star may stand for nothing", "a/b*.txt", "a/b.txt", true)
	covers("star-and-dot", "a star stands for a dot in front, too", "a/*", "a/.b", true)
	covers("star-and-slash", "a star does not cross a slash", "a/*", "a/b/c", false)
	covers("star-alone", "a star alone covers one segment only", "*", "a/b", false)
	covers("question-mark", "a question mark stands for one character", "a/?", "a/b", true)
	covers("question-mark-and-slash", "a question mark does not cross a slash", "a?b", "a/b", false)
	covers("question-mark-is-not-empty", "a question mark does not stand for nothing", "a/b?", "a/b", false)
	covers("question-mark-and-accent", "a question mark stands for one character, not for one byte", "a/?", "a/é", true)
	covers("case", "patterns differ in case", "A/*", "a/b", false)
	covers("prefix-is-no-match", "a folder does not cover what is in it", "a", "a/b", false)
	covers("brackets", "brackets have no meaning", "a/[b]", "a/b", false)
	covers("brackets-as-they-are", "brackets stand for themselves", "a/[b]", "a/[b]", true)
	covers("backslash", "a backslash stands for itself", `a/\*`, `a/\b`, true)
	covers("dots", "dots have no meaning", "a/*", "a/../b", false)
}

// bins are about delegations by hash (SPEC 4.5, TAP 15).
func bins(b *book) {
	digits := sha256Hex(target)
	prefix := func(name, about, prefix string, covered bool) {
		b.add("bin-"+name, "4.5", about, func(v *vector) {
			v.targets().set(obj(), "targets")
			v.rule("targets", obj("name", "bin", "keyids", ids([]key{frank}), "threshold", 1, "terminating", false, "path_hash_prefixes", []any{"ffffffff", prefix}), frank)
			lists(v.new("bin", frank), "covered")
			v.begin()
			if covered {
				v.accepted(7, 1, 1, 1, 1)
			} else {
				v.refused("target", 1, 1, 1, 1)
			}
		})
	}
	prefix("of-one-digit", "a prefix of the hex SHA-256 of the path", digits[:1], true)
	prefix("of-three-digits", "a prefix of an odd number of digits", digits[:3], true)
	prefix("of-all-digits", "the whole hash is a prefix of itself", digits, true)
	prefix("of-another-path", "a prefix that is not the path's", sha256Hex("b/file")[:4], false)
	prefix("that-is-no-prefix", "digits from the middle of the hash", digits[1:9], false)

	succinct := func(name, about string, fill func(v *vector, rule *object)) {
		b.add("succinct-"+name, "TAP 15", about, func(v *vector) {
			v.targets().set(obj(), "targets")
			rule := obj("keyids", ids([]key{frank}), "threshold", 1, "bit_length", 10, "name_prefix", "bin")
			v.targets().set(obj("keys", obj(frank.id, frank.listed), "succinct_roles", rule), "delegations")
			fill(v, rule)
		})
	}
	bin := succinctBin(digits)
	succinct("found", "the first ten bits of the hash choose one of 1024 bins", func(v *vector, _ *object) {
		lists(v.new(bin, frank), "binned")
		v.begin()
		v.accepted(6, 1, 1, 1, 1)
	})
	succinct("in-another-bin", "no other bin is asked", func(v *vector, _ *object) {
		v.new(bin, frank)
		lists(v.new("bin-000", frank), "binned")
		v.begin()
		v.refused("target", 1, 1, 1, 1)
	})
	succinct("by-a-stranger", "a bin that the key of a stranger signed", func(v *vector, _ *object) {
		lists(v.new(bin, mallory), "binned")
		v.begin()
		v.refused("threshold", 1, 1, 1, 1)
	})
	for _, c := range []struct {
		name, about, member string
		value               any
	}{
		{"of-0-bits", "bins of 0 bits", "bit_length", 0},
		{"of-33-bits", "bins of more bits than TAP 15 allows", "bit_length", 33},
		{"null", "null in the place of the number of bits", "bit_length", nil},
		{"threshold-zero", "bins with a threshold of 0", "threshold", 0},
	} {
		succinct(c.name, c.about, func(v *vector, rule *object) {
			rule.set(c.value, c.member)
			v.begin()
			v.refused("format", 1, 1, 1, 0)
		})
	}
	succinct("and-roles", "bins beside delegated roles", func(v *vector, _ *object) {
		v.targets().set([]any{obj("name", "release", "keyids", ids([]key{frank}), "threshold", 1, "terminating", false, "paths", below)}, "delegations", "roles")
		v.begin()
		v.refused("format", 1, 1, 1, 0)
	})
}

// succinctBin is the bin of ten bits for a hash.
func succinctBin(digits string) string {
	var bits string
	for _, d := range digits[:3] {
		bits += map[rune]string{'0': "0000", '1': "0001", '2': "0010", '3': "0011", '4': "0100", '5': "0101", '6': "0110", '7': "0111",
			'8': "1000", '9': "1001", 'a': "1010", 'b': "1011", 'c': "1100", 'd': "1101", 'e': "1110", 'f': "1111"}[d]
	}
	number := 0
	for _, bit := range bits[:10] {
		number = 2*number + int(bit-'0')
	}
	const hexDigits = "0123456789abcdef"
	return "bin-" + string([]byte{hexDigits[number>>8], hexDigits[number>>4&15], hexDigits[number&15]})
}
