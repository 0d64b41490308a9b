package verify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rust-lang/rust-tuf/verify"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`},
		{`[]`, `[]`},
		{" \t\r\n{ \"b\" : [ 1 , -2 , true , false , null ] , \"a\" : { } } \n", `{"a":{},"b":[1,-2,true,false,null]}`},
		{`0`, `0`},
		{`9223372036854775807`, `9223372036854775807`},
		{`-9223372036854775808`, `-9223372036854775808`},
		{`9007199254740993`, `9007199254740993`}, // not a float64
		{`"a\"b\\c\/d"`, `"a\"b\\c/d"`},
		{`"\b\f\n\r\t"`, "\"\b\f\n\r\t\""},
		{`"\u0022\u005c\u002f"`, `"\"\\/"`},
		{`"\u00e9\u20AC\ud83d\ude00"`, `"é€😀"`},
		{`"é€😀"`, `"é€😀"`},
		{`"\u0000"`, "\"\x00\""},
		{"\"\x7f\u2028\ufffd\"", "\"\x7f\u2028\ufffd\""},
		// Members are ordered by their decoded bytes: '"' is 0x22, '#' 0x23,
		// '[' 0x5b, '\' 0x5c, ']' 0x5d.
		{`{"]":1,"\\":2,"[":3,"#":4,"\"":5}`, `{"\"":5,"#":4,"[":3,"\\":2,"]":1}`},
		{`{"a\\":1,"a\"":2,"a":3}`, `{"a":3,"a\"":2,"a\\":1}`},
		{`{"é":1,"z":2,"":3,"😀":4,"\uffff":5}`, "{\"\":3,\"z\":2,\"é\":1,\"\uffff\":5,\"😀\":4}"},
		{`{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{`{"\u0062z":1,"bc":2}`, `{"bc":2,"bz":1}`},
		{`{"\u0062x":1,"\u0062a":2,"c\u0062x":3}`, `{"ba":2,"bx":1,"cbx":3}`},
		{`{"a":1,"A":2}`, `{"A":2,"a":1}`},
		{`{"c":{"z":1,"y":[{"b":1,"a":2}]},"a":0,"b":{"b":"}","a":"{\""}}`, `{"a":0,"b":{"a":"{\"","b":"}"},"c":{"y":[{"a":2,"b":1}],"z":1}}`},
	} {
		got, err := verify.Canonical([]byte(c.in), verify.Limits{})
		if err != nil || string(got) != c.want {
			t.Errorf("Canonical(%q): %q %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for _, c := range []struct {
		in     string
		offset int
		words  string
	}{
		{``, 0, "ends where a value should stand"},
		{"\ufeff{}", 0, "where a value should stand"},
		{`nul`, 0, "where a value should stand"},
		{`True`, 0, "where a value should stand"},
		{`NaN`, 0, "where a value should stand"},
		{`{`, 1, "ends where a member name should stand"},
		{`{"a"`, 4, "ends where ':' should stand"},
		{`{"a":1`, 6, "ends where ',' or '}' should stand"},
		{`{"a":1,}`, 7, `"}" where a member name should stand`},
		{`{a:1}`, 1, "where a member name should stand"},
		{`{"a" 1}`, 5, "where ':' should stand"},
		{`[1,]`, 3, "where a value should stand"},
		{`[1 2]`, 3, "where ',' or ']' should stand"},
		{`[1}`, 2, "where ',' or ']' should stand"},
		{`{} {}`, 3, "data after the end"},
		{"{}\x00", 2, "data after the end"},
		{`/* */{}`, 0, "where a value should stand"},

		{`{"a":1,"a":2}`, 7, `member "a" stands twice`},
		{`{"a":1,"\u0061":2}`, 7, `member "a" stands twice`},
		{`{"\u0061z":1,"az":2}`, 13, `member "az" stands twice`},
		{`{"b":1,"a":2,"b":3}`, 0, `member "b" stands twice`},
		{`[{"b":1,"\"":2,"a":3,"\u0022":4}]`, 1, `member "\"" stands twice`},

		{"\"\xff\"", 1, "invalid utf-8"},
		{"\"\xed\xa0\x80\"", 1, "invalid utf-8"}, // a surrogate in utf-8
		{"\"\xc0\xaf\"", 1, "invalid utf-8"},     // overlong
		{"\"a\nb\"", 2, "raw control character 0x0a"},
		{`"`, 0, "string without an end"},
		{`"\`, 1, "string without an end"},
		{`"\"`, 0, "string without an end"},
		{`"\x41"`, 1, "unknown escape"},
		{`"\u12"`, 1, "four hex digits"},
		{`"\u12g4"`, 1, "four hex digits"},
		{`"\ud83d"`, 1, "lone surrogate"},
		{`"\ude00"`, 1, "lone surrogate"},
		{`"\ud83dx"`, 1, "lone surrogate"},
		{`"\ude00\ude00"`, 1, "lone surrogate"},
		{`"\ud83d\ud83d"`, 1, "lone surrogate"},
		{`"\ud83d\u0041"`, 1, "lone surrogate"},

		{`-`, 0, "without digits"},
		{`-a`, 0, "without digits"},
		{`+1`, 0, "where a value should stand"},
		{`-0`, 0, "-0"},
		{`01`, 0, "leading zero"},
		{`-01`, 0, "leading zero"},
		{`00`, 0, "leading zero"},
		{`1.0`, 0, "not written as an integer"},
		{`1e3`, 0, "not written as an integer"},
		{`1E3`, 0, "not written as an integer"},
		{`9223372036854775808`, 0, "beyond 64 bits"},
		{`-9223372036854775809`, 0, "beyond 64 bits"},
		{`18446744073709551617`, 0, "beyond 64 bits"},
		{strings.Repeat("9", 1000), 0, "beyond 64 bits"},
	} {
		got, err := verify.Canonical([]byte(c.in), verify.Limits{})
		if got != nil {
			t.Errorf("Canonical(%q): %q", c.in, got)
		}
		f := refused[*verify.FormatError](t, err, fmt.Sprintf("byte %d: ", c.offset), c.words)
		if f.Offset != c.offset {
			t.Errorf("Canonical(%q): offset %d, want %d", c.in, f.Offset, c.offset)
		}
	}
}

// What is canonical already is returned as it is, without a copy.
func TestCanonicalDoesNotCopy(t *testing.T) {
	src := []byte(`{"a":[1,{"b":"x\"y\\z","c":"é"}],"b":null}`)
	out, err := verify.Canonical(src, verify.Limits{})
	if err != nil || &out[0] != &src[0] || len(out) != len(src) || cap(out) != len(src) {
		t.Errorf("copied: %q %v", out, err)
	}
	spaced := append([]byte("\n "), append(src, '\n')...)
	out, err = verify.Canonical(spaced, verify.Limits{})
	if err != nil || &out[0] != &spaced[2] || len(out) != len(src) {
		t.Errorf("copied: %q %v", out, err)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = verify.Canonical(src, verify.Limits{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCanonicalDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat(`{"a":[`, n/2) + strings.Repeat(`]}`, n/2))
	}
	if _, err := verify.Canonical(nested(32), verify.Limits{}); err != nil {
		t.Error(err)
	}
	_, err := verify.Canonical(nested(34), verify.Limits{})
	if l := refused[*verify.LimitError](t, err, "nesting: 33, above the limit of 32"); l.Limit != 32 {
		t.Errorf("limit %d", l.Limit)
	}
	if _, err := verify.Canonical(nested(512), verify.Limits{Depth: 1 << 30}); err != nil {
		t.Error(err)
	}
	// No caller can ask for unbounded recursion.
	_, err = verify.Canonical([]byte(strings.Repeat("[", 10_000_000)), verify.Limits{Depth: 1 << 30})
	refused[*verify.LimitError](t, err, "nesting: 513, above the limit of 512")
}

// The time grows with the input and no faster: with its square, two million
// bytes would take minutes.
func TestCanonicalWorstCases(t *testing.T) {
	reversed := func(n int) string {
		var s strings.Builder
		s.WriteByte('{')
		for i := n; i > 0; i-- {
			fmt.Fprintf(&s, `"%08d":[],`, i)
		}
		return s.String() + `"0":0}`
	}
	for name, build := range map[string]func(n int) string{
		"quotes":      func(n int) string { return `"` + strings.Repeat(`\"`, n) + `"` },
		"backslashes": func(n int) string { return `{"b":"` + strings.Repeat(`\\`, n) + `","a":1}` },
		"escapes":     func(n int) string { return `"` + strings.Repeat(`\u0041`, n/3) + `"` },
		"reversed":    func(n int) string { return reversed(n / 6) },
		"deep reversed": func(n int) string {
			return strings.Repeat(`{"b":0,"a":`, 30) + reversed(n/6) + strings.Repeat("}", 30)
		},
		"equal beginnings": func(n int) string {
			long := strings.Repeat("x", 1000)
			var s strings.Builder
			for i := n / 500; i > 0; i-- {
				fmt.Fprintf(&s, `"%s%08d":0,`, long, i)
			}
			return `{` + s.String() + `"":0}`
		},
		"spaces": func(n int) string { return "[" + strings.Repeat(" 1 ,", n/2) + "1]" },
	} {
		src := []byte(build(2_000_000))
		out, err := verify.Canonical(src, verify.Limits{Depth: 40})
		if err != nil || len(out) > len(src) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// agreesWithOracle compares with an independent implementation on input that
// both must treat alike.
func agreesWithOracle(t *testing.T, src []byte) {
	t.Helper()
	got, err := verify.Canonical(src, verify.Limits{})
	if err != nil {
		var format *verify.FormatError
		var limit *verify.LimitError
		if !errors.As(err, &format) && !errors.As(err, &limit) {
			t.Fatalf("%q: error of type %T", src, err)
		}
		return
	}
	if !utf8.Valid(src) || !json.Valid(src) {
		t.Fatalf("%q: accepted", src)
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: accepted, the oracle says %v", src, err)
	}
	if want := canonical(t, v); !bytes.Equal(got, want) {
		t.Fatalf("%q:\n got %q\nwant %q", src, got, want)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{
		`{"b":[1,-2,true,false,null],"a":{"é":"\u00e9\n\"\\","😀":"\ud83d\ude00"}}`,
		`{"signatures":[],"signed":{"_type":"root","version":9007199254740993}}`,
		`{"a\\":1,"a\"":2,"a":3}`, `[-0]`, `[1.0]`, `{"a":1,"a":2}`, `"\ud83d"`, "\"\xff\"", ` [ ] `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		keep := bytes.Clone(src)
		agreesWithOracle(t, src)
		if !bytes.Equal(src, keep) {
			t.Fatal("input was changed")
		}
	})
}
