package main

import (
	"slices"
	"strings"
)

// spellings are about JSON: what it leaves open, and what must not matter.
// Each changes the targets, which are correctly signed.
func spellings(b *book) {
	accepted := func(name, about string, write func(signed *object) []byte) {
		b.add("json-"+name, "4.2", about, func(v *vector) {
			v.begin()
			v.serve("1.targets.json", write(v.targets()))
			v.found()
		})
	}
	refused := func(name, about string, write func(signed *object) []byte) {
		b.add("json-"+name, "4.2", about, func(v *vector) {
			v.begin()
			v.serve("1.targets.json", write(v.targets()))
			v.refused("format", 1, 1, 1, 0)
		})
	}
	signed := func(d *object) []byte { return sign(d, dave) }

	accepted("indented", "white space does not matter", func(d *object) []byte {
		return envelope(signatures(canonical(d), dave), indented(d))
	})
	accepted("members-turned-round", "the order of members does not matter", func(d *object) []byte {
		sigs := signatures(canonical(d), dave)
		slices.Reverse(d.members)
		return envelope(sigs, compact(d))
	})
	accepted("escapes", "escapes stand for what they mean", func(d *object) []byte {
		d.set(spelled{`"\u0066oo\/\u00e9\ud83d\ude00"`, `"foo/é😀"`}, "x-note")
		return signed(d)
	})
	accepted("control-characters", "control characters are escaped in the file and stand raw in what is signed", func(d *object) []byte {
		d.set("a\nb\tc\x01d\x7f", "x-note")
		return signed(d)
	})
	accepted("names-beyond-the-first-plane", "names are ordered by code point: U+FF5E comes before U+1F600", func(d *object) []byte {
		d.set(obj("😀", 1, "～", 2), "x-note")
		return signed(d)
	})
	accepted("names-by-case", "names that differ in case are two names", func(d *object) []byte {
		d.add("Version", 9)
		d.add("VERSION", "nine")
		d.add("Targets", nil)
		return signed(d)
	})
	accepted("unknown-members", "unknown members of any kind are covered by the signature and mean nothing", func(d *object) []byte {
		d.set(obj("a", []any{nil, true, false, -5, "", obj(), []any{}}), "x-note")
		return signed(d)
	})
	accepted("large-integers", "integers up to 64 bits are not rounded", func(d *object) []byte {
		d.set([]any{int64(9007199254740993), int64(9223372036854775807), raw("-9223372036854775808")}, "x-note")
		return signed(d)
	})
	accepted("beside-signed", "members beside signed and signatures mean nothing", func(d *object) []byte {
		file := string(signed(d))
		return []byte(`{"x-note":{"version":9},` + file[1:])
	})
	accepted("white-space-around", "white space before and after the document", func(d *object) []byte {
		return []byte("\r\n\t " + string(signed(d)) + "\r\n\t ")
	})

	refused("member-twice", "a member that stands twice, signed with both", func(d *object) []byte {
		d.add("version", 1)
		return signed(d)
	})
	refused("member-twice-last-counts", "a member that stands twice, signed as one reader takes it", func(d *object) []byte {
		sigs := signatures(canonical(d), dave)
		d.members = append([]member{{"version", 9}}, d.members...)
		return envelope(sigs, compact(d))
	})
	refused("signed-twice", "two documents behind one signature", func(d *object) []byte {
		file := string(signed(d))
		return []byte(`{"signed":{"_type":"targets"},` + file[1:])
	})
	refused("invalid-utf-8", "a string that is no UTF-8", func(d *object) []byte {
		d.set("a\xffb", "x-note")
		return signed(d)
	})
	refused("lone-surrogate", "half of a pair", func(d *object) []byte {
		d.set(spelled{`"\ud83d"`, "\"\xef\xbf\xbd\""}, "x-note")
		return signed(d)
	})
	for _, n := range []struct{ name, about, text string }{
		{"fraction", "a number with a fraction", "1.0"},
		{"exponent", "a number with an exponent", "1e0"},
		{"minus-zero", "the number -0", "-0"},
		{"leading-zero", "a number that begins with 0", "01"},
		{"nan", "a number that is none", "NaN"},
		{"beyond-64-bits", "an integer beyond 64 bits", "18446744073709551616"},
	} {
		refused(n.name, n.about, func(d *object) []byte {
			d.set(raw(n.text), "x-note")
			return signed(d)
		})
	}
	refused("raw-newline", "a control character that is not escaped", func(d *object) []byte {
		d.set(spelled{"\"a\nb\"", "\"a\nb\""}, "x-note")
		return signed(d)
	})
	refused("trailing-comma", "a comma behind the last member", func(d *object) []byte {
		return []byte(strings.TrimSuffix(string(signed(d)), "}") + ",}")
	})
	refused("two-documents", "something behind the document", func(d *object) []byte { return append(signed(d), "{}"...) })
	refused("byte-order-mark", "a byte order mark before the document", func(d *object) []byte {
		return append([]byte("\xef\xbb\xbf"), signed(d)...)
	})
	refused("cut", "half of a document", func(d *object) []byte { file := signed(d); return file[:len(file)/2] })
	refused("empty", "an empty file", func(*object) []byte { return nil })
	refused("null", "null in the place of a document", func(*object) []byte { return []byte("null") })
	refused("array", "an array in the place of a document", func(*object) []byte { return []byte("[]") })
	b.add("json-deep", "4.2", "arrays inside of each other, ten thousand times", func(v *vector) {
		v.begin()
		v.targets().set(raw(strings.Repeat("[", 10000)+strings.Repeat("]", 10000)), "x-note")
		v.serve("1.targets.json", sign(v.targets(), dave))
		v.refused("limit", 1, 1, 1, 0)
	})
	b.add("json-signed-as-written", "4.2", "a signature over the bytes of the file, which are not canonical", func(v *vector) {
		v.begin()
		text := indented(v.targets())
		v.serve("1.targets.json", envelope(signatures(text, dave), text))
		v.refused("threshold", 1, 1, 1, 0)
	})
}
