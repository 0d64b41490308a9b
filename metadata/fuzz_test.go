package metadata

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// What parses is spelled as it would be written: no two files say the same.
func FuzzParseSignatureFile(f *testing.F) {
	w := rotation(f)
	good := w.signature(w.event(rotationEvent).Payload("root"), "alice").Bytes()
	f.Add(good)
	f.Add(bytes.Replace(good, []byte("2026"), []byte("0000"), 1))
	f.Add(bytes.Replace(good, []byte(`"root"`), []byte(`"r\u006fot"`), 1))
	f.Add([]byte(`{"format": "rust-tuf signature v1"}`))
	f.Add([]byte("[[[["))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseSignatureFile(data)
		if err != nil {
			if s != nil {
				t.Error("a file and an error")
			}
			return
		}
		if !bytes.Equal(s.Bytes(), data) {
			t.Errorf("written again it is\n%s", s.Bytes())
		}
		if !isName(s.Role) || !isHex64(s.KeyID) || s.Version < 1 || len(s.Sig) == 0 || s.Digest.IsZero() && !bytes.Contains(data, []byte(strings.Repeat("0", 64))) {
			t.Errorf("%+v", s)
		}
	})
}

func FuzzParseEventFile(f *testing.F) {
	for _, w := range []*world{genesis(f), everything(f)} {
		for path, content := range w.files {
			if strings.HasSuffix(path, "/"+eventFile) {
				f.Add(content)
			}
		}
	}
	f.Add([]byte("format = 1\nwhy = 'x'\nopened_claimed = '2026-11-22T12:00:00Z'\n\n[[payload]]\nrole = 'root'\nversion = 1\n"))
	f.Add([]byte("[[payload]]\n[[payload]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseEventFile("x", data)
		if err != nil {
			return
		}
		if again, err := e.Bytes(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("written again it is\n%s", again)
		}
		if len(e.Payloads) == 0 || strings.ContainsAny(e.Why, "\n\r\x1b\u202e") || e.Opened.Nanosecond() != 0 {
			t.Errorf("%+v", e)
		}
		for _, p := range e.Payloads {
			if !isName(p.Role) || p.Version < 1 || (p.Version == 1) != p.Base.IsZero() || (p.Role == "root") != (p.Delegator == Delegator{}) || p.Delegator.Role == p.Role {
				t.Errorf("%+v", p)
			}
		}
	})
}

func FuzzParseNames(f *testing.F) {
	for _, s := range []string{"1.root.json", "01.root.json", "9223372036854775807.x.json", "9223372036854775808.x.json", "1.a.b.json", "1..json", ".json", "",
		SignaturePath("e", "root", strings.Repeat("0a", 32)), "events/../signatures/root/" + strings.Repeat("0a", 32) + ".json", "metadata/con.json", "\u212a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if role, version, ok := parseDocumentName(s); ok && (documentName(role, version) != s || !isName(role) || version < 1) {
			t.Errorf("%q is %d of %q", s, version, role)
		}
		if event, role, id, ok := parseSignaturePath(s); ok && (SignaturePath(event, role, id) != s || !Governed(s)) {
			t.Errorf("%q is by %q on %q of %q", s, id, role, event)
		}
		if isName(s) && (s != strings.ToLower(s) || strings.ContainsAny(s, "/.\\ ")) || isHex64(s) && len(s) != 64 {
			t.Errorf("%q passes for a name", s)
		}
		if folded := foldCase(s); foldCase(folded) != folded || !strings.EqualFold(s, folded) && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q folds to %q", s, folded)
		}
	})
}

// filesOf reads a set of files: a path, \x00 and its content, each followed by
// \x01 and the next.
func filesOf(text string) map[string][]byte {
	files := map[string][]byte{}
	for part := range strings.SplitSeq(text, "\x01") {
		path, content, _ := strings.Cut(part, "\x00")
		files[path] = []byte(content)
	}
	return files
}

func textOf(files map[string][]byte) string {
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(files)) {
		parts = append(parts, path+"\x00"+string(files[path]))
	}
	return strings.Join(parts, "\x01")
}

// Whatever the files are, they are read or refused; what is read can be judged
// without harm, and only what keeps its promises is.
func FuzzReadTree(f *testing.F) {
	f.Add("")
	f.Add("metadata/1.root.json\x00{}")
	f.Add("events/x/event.toml\x00format = 1\x01events/x/signatures/root/y.json\x00")
	f.Add("log/x/closed.toml\x00format = 1\noutcome = 'completed'\n")
	f.Add("members\x00\x01Members/x\x00")
	for _, w := range []*world{genesis(f), rotation(f)} {
		f.Add(textOf(w.files))
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree := MapTree(filesOf(text))
		r, err := Read(tree)
		report := Audit(tree)
		if err != nil {
			if r != nil || len(report.Problems) == 0 {
				t.Errorf("%v, and yet %+v", err, report)
			}
			return
		}
		for _, e := range append(slices.Clone(r.Open), r.Closed...) {
			for _, p := range e.Payloads {
				if p.Document.Digest() != p.Digest || p.Charter.Digest() != p.Policy || len(p.Files) > maxSignaturesPerPayload {
					t.Errorf("event %s: %+v", e.Name, p)
				}
			}
		}
		for _, s := range report.Events {
			for _, p := range s.Payloads {
				for _, rule := range p.Rules {
					if rule.Quorum.Threshold() < 1 || rule.Tally.Met() != (len(rule.Tally.Valid) >= rule.Quorum.Threshold()) {
						t.Errorf("event %s: %s by %s: %s", s.Event.Name, p.Payload, rule.By, rule.Tally)
					}
				}
			}
		}
	})
}

// A machine merges nothing but one signature that verifies, whatever a pull
// request does besides or instead.
func FuzzCheck(f *testing.F) {
	base := rotation(f)
	base.sign(rotationEvent, "alice", "bob")
	e := base.event(rotationEvent)
	payload := e.Payload("root")
	good := SignaturePath(rotationEvent, "root", keyIDOf("judy"))
	file := base.signature(payload, "judy").Bytes()
	paths := slices.Sorted(maps.Keys(base.files))
	tree := base.tree()

	f.Add(file, 0, 0, byte(0), "", []byte(nil))
	f.Add(file, 1, 100, byte(1), "", []byte(nil))
	f.Add(file, 2, 3, byte(0), "", []byte(nil))
	f.Add(file, 3, 0, byte(0), "README.md", []byte("x"))
	f.Add(file, 3, 0, byte(0), SignaturePath(rotationEvent, "root", keyIDOf("karl")), base.signature(payload, "karl").Bytes())
	f.Add(file, 4, 0, byte(0), SignaturePath(rotationEvent, "root", keyIDOf("karl")), []byte(nil))
	f.Add(file, 5, 0, byte(2), "", []byte(nil))
	f.Add(base.signature(payload, "mallory").Bytes(), 0, 0, byte(0), "", []byte(nil))
	rng := rand.New(rand.NewPCG(2026, 14))
	for range cases(60) {
		spoilt := bytes.Clone(file)
		if rng.IntN(2) == 0 {
			spoilt[rng.IntN(len(spoilt))] ^= byte(rng.IntN(256))
		}
		f.Add(spoilt, rng.IntN(6), rng.IntN(1<<16), byte(rng.IntN(256)), paths[rng.IntN(len(paths))]+[]string{"", "x", ".json"}[rng.IntN(3)], spoilt)
	}
	f.Fuzz(func(t *testing.T, content []byte, what, where int, now byte, path string, other []byte) {
		head := base.clone()
		head.files[good] = content
		modes := map[string]string{}
		at := func(n int) int { return int(uint(where) % uint(n)) }
		switch uint(what) % 6 {
		case 1: // one byte of any file is another
			p := paths[at(len(paths))]
			head.files[p] = bytes.Clone(head.files[p])
			if len(head.files[p]) > 0 {
				head.files[p][at(len(head.files[p]))] ^= now
			}
		case 2:
			delete(head.files, paths[at(len(paths))])
		case 3:
			head.files[path] = other
		case 4: // the signature lies elsewhere
			delete(head.files, good)
			head.files[path] = content
		case 5:
			modes[good] = []string{"100644", "100755", "120000", "160000"}[now%4]
		}
		v, err := Check(tree, withModes{Tree: head.tree(), modes: modes})
		if err != nil {
			t.Fatal(err)
		}
		if !v.Machine() {
			return
		}
		var changed []string
		for p, now := range head.files {
			if was, existed := base.files[p]; !existed || !bytes.Equal(was, now) {
				changed = append(changed, p)
			}
		}
		if len(changed) != 1 || base.files[changed[0]] != nil || len(head.files) != len(base.files)+1 || modes[changed[0]] != "" && modes[changed[0]] != "100644" {
			t.Fatalf("a machine may merge a change of %q, modes %v", changed, modes)
		}
		event, role, id, ok := parseSignaturePath(changed[0])
		p := e.Payload(role)
		if !ok || event != e.Name || p == nil || v.Signed == nil || v.Signed.KeyID != id || keyIDOf(v.Signed.Owner) != id {
			t.Fatalf("a machine may merge %s by %+v", changed[0], v.Signed)
		}
		sum := sha256.Sum256(p.Document.Signed())
		if !ecdsa.VerifyASN1(&keyPairOf(v.Signed.Owner).private.PublicKey, sum[:], v.Sign.Sig) || v.Sign.Digest != verify.DigestOf(p.Document.Signed()) {
			t.Fatal("a machine may merge a signature that does not verify")
		}
	})
}

// FuzzParseClosing: what is read is written again as the same bytes.
func FuzzParseClosing(f *testing.F) {
	for _, c := range []Closing{{Outcome: Completed}, {Outcome: Superseded, By: "better"}, {Outcome: Overtaken}} {
		data, err := c.bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("format = 1\noutcome = 'completed'\nby = 'x'\n"))
	f.Add([]byte("format = 1\noutcome = 'overtaken'\nby = '/'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseClosing(data)
		if err != nil {
			return
		}
		if again, err := c.bytes(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q became %q, %v", data, again, err)
		}
		if c.Outcome == Superseded && !isName(c.By) || c.Outcome != Superseded && c.By != "" {
			t.Errorf("%+v", c)
		}
	})
}
