package roles

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzParsePolicy: a policy that is read can be judged without a panic, and
// what is refused says in which file.
func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(nine().policy))
	f.Add([]byte(Template("tuf-root", repositoryID)))
	f.Add([]byte("format = 1\n[roles.\"a.b\"]\n[[target]]\n[[target]]\nrole = 1"))
	f.Add([]byte("target = [{role = \"x\"}, {}]\nlint = { max-country = 1 }\nroles.root.members = [[]]"))
	f.Add([]byte("\xef\xbb\xbfformat = 1"))
	f.Add([]byte("a.b.c.d = [[[{x = [1]}]]]\n'' = 1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy("rust-tuf.toml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "rust-tuf.toml") {
				t.Errorf("%v", err)
			}
			return
		}
		d := &Declaration{Policy: p, Members: map[string]*Member{}}
		d.PeopleRoles()
		Lint(Proposal{Declaration: d, Opened: opened})
	})
}

// FuzzParseMember: what is read is written and read again as the same.
func FuzzParseMember(f *testing.F) {
	for _, text := range nine().members {
		f.Add([]byte(text))
	}
	f.Add([]byte("format = 1\nname = \"alice\"\nlogin = \"a\"\naffiliations = []\ncountries = []\n"))
	f.Add([]byte("key = [{label = \"a\"}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseMember("member.toml", data)
		if err != nil {
			return
		}
		again, err := ParseMember("member.toml", m.TOML())
		if err != nil {
			t.Fatalf("%v in\n%s", err, m.TOML())
		}
		if !bytes.Equal(again.TOML(), m.TOML()) {
			t.Errorf("%s became\n%s", m.TOML(), again.TOML())
		}
	})
}

// FuzzReadCharter: a charter that is read has one digest and can be judged.
func FuzzReadCharter(f *testing.F) {
	d := nine().declare(f)
	for _, role := range d.PeopleRoles() {
		c, err := d.Charter(role)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.JSON())
	}
	f.Add([]byte(`{"format":1,"repository":"` + repositoryID + `","role":"root","roles":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadCharter(data)
		if err != nil {
			return
		}
		again, err := ReadCharter(c.JSON())
		if err != nil || again.Digest() != c.Digest() || c.Digest().IsZero() {
			t.Fatalf("%v\n%s", err, c.JSON())
		}
		Lint(Proposal{Charters: map[string]*Charter{c.Role: c}, Opened: opened})
		raw, err := c.Payload(Basis{Opened: opened})
		if err != nil {
			return
		}
		read(t, raw)
	})
}

// FuzzParseLifetime: what is read is written as it was, and ends later than it
// begins.
func FuzzParseLifetime(f *testing.F) {
	for _, text := range []string{"2y", "104w", "365d", "12h", "0d", "1", "y", "007d", "-1y", "99999999999999999999h", "1 y"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLifetime(text)
		if err != nil {
			if !l.IsZero() {
				t.Errorf("%q gives %v beside an error", text, l)
			}
			return
		}
		if l.String() != text || !l.From(opened).After(opened) {
			t.Errorf("%q became %q, which ends at %v", text, l, l.From(opened))
		}
	})
}

// FuzzParseTerms: whatever is a policy has terms, and terms can be judged by.
func FuzzParseTerms(f *testing.F) {
	f.Add([]byte(nine().policy))
	f.Add([]byte(Template("tuf-root", repositoryID)))
	f.Add([]byte("format = 1\n[devices]\nmin-firmware = \"5.7\"\n[[exception]]\nrule = 1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		terms, err := ParseTerms("rust-tuf.toml", data)
		if err == nil {
			terms.UnreadableP384()
			terms.Judge(map[string]*Member{}, nil, nil)
			return
		}
		if !strings.HasPrefix(err.Error(), "rust-tuf.toml") {
			t.Errorf("%v", err)
		}
		if _, whole := ParsePolicy("rust-tuf.toml", data); whole == nil {
			t.Errorf("a policy without terms: %v", err)
		}
	})
}
