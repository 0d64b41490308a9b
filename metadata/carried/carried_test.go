package carried

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/verify"
)

// What is carried is bytes in and values out: no files, no clock, no network.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata", "verify"}, "log", "net", "os", "syscall", "unsafe")
}

var dawn = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func bundle() *Bundle {
	return &Bundle{Event: "2026-11-22-root-v1", Commit: strings.Repeat("0a", 20), Made: dawn, Tree: metadata.MapTree(map[string][]byte{
		"README.md":            []byte("people's own"),
		"metadata/1.root.json": []byte("{}"),
		"members/alice/x":      {},
		"log/a/b":              []byte("file 3 log/z\nabc\nsha256 \r\n\x00"),
	})}
}

// sealed is a text with the last line that belongs to it.
func sealed(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return []byte(text + "sha256 " + hex.EncodeToString(sum[:]) + "\n")
}

const head = "rust-tuf signing bundle v1\nevent e\ncommit 0000000000000000000000000000000000000000\nmade 2026-11-22T12:00:00Z\n"

// A bundle is what rules decide, byte for byte, and nothing of the rest.
func TestBundle(t *testing.T) {
	raw, err := bundle().Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range b.Tree.Entries() {
		paths = append(paths, e.Path)
	}
	if want := []string{"log/a/b", "members/alice/x", "metadata/1.root.json"}; !reflect.DeepEqual(paths, want) {
		t.Errorf("it holds %q, want %q", paths, want)
	}
	for _, p := range paths {
		want, _ := bundle().Tree.Read(p)
		if got, err := b.Tree.Read(p); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", p, got, err)
		}
	}
	if b.Event != "2026-11-22-root-v1" || b.Commit != strings.Repeat("0a", 20) || !b.Made.Equal(dawn) {
		t.Errorf("%+v", b)
	}
	if again, err := b.Encode(); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("read and written again, it is another one: %v", err)
	}
	empty := &Bundle{Event: "e", Commit: strings.Repeat("0", 40), Made: dawn, Tree: metadata.MapTree(map[string][]byte{"README.md": nil})}
	if _, err := empty.Encode(); !is[*EmptyError](err) || !strings.Contains(err.Error(), "holds no file of a metadata repository") {
		t.Errorf("%T %[1]v", err)
	}
}

// No byte of it can be changed, left out or added.
func TestBundleSpoiled(t *testing.T) {
	raw, err := bundle().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if _, err := ReadBundle(changed); !is[*FormatError](err) && !is[*metadata.TreeError](err) {
			t.Errorf("byte %d changed: %T %[2]v", i, err)
		}
		if _, err := ReadBundle(raw[:i]); !is[*FormatError](err) {
			t.Errorf("cut at byte %d: %T %[2]v", i, err)
		}
	}
	if _, err := ReadBundle(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))); !is[*FormatError](err) {
		t.Errorf("other line ends: %T %[1]v", err)
	}
}

// What somebody might put into a bundle on purpose, with a good last line.
func TestBundleRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"another format", strings.Replace(head, "v1", "v2", 1), `begins with "rust-tuf signing bundle v2"`},
		{"an answer", "rust-tuf signing answer v1\n", `wanted "rust-tuf signing bundle v1"`},
		{"a line more", head + "note x\n", "4 lines stand before its files"},
		{"a line less", "rust-tuf signing bundle v1\nevent e\n", "1 lines stand before its files"},
		{"lines in another order", "rust-tuf signing bundle v1\nmade x\ncommit y\nevent z\n", `line 2 is "made x"`},
		{"no time", strings.Replace(head, "12:00", "25:00", 1), "which is no time"},
		{"a time in another spelling", strings.Replace(head, "12:00:00Z", "12:00:00+00:00", 1), "which is no time"},
		{"an event that is a path", strings.Replace(head, "event e", "event ../e", 1), "not of the form that rust-tuf writes"},
		{"no commit", strings.Replace(head, "commit 0", "commit g", 1), "not of the form that rust-tuf writes"},
		{"a name twice", head + "file 1 log/a\nx\nfile 1 log/a\ny\n", `"log/a" does not come after "log/a"`},
		{"names out of order", head + "file 1 log/b\nx\nfile 1 log/a\ny\n", `"log/a" does not come after "log/b"`},
		{"a path upwards", head + "file 1 log/../../x\nx\n", "no plain relative path"},
		{"a path from the root", head + "file 1 /etc/x\nx\n", "no plain relative path"},
		{"a drive", head + "file 1 c:x\nx\n", "no plain relative path"},
		{"a backslash", head + "file 1 log\\a\nx\n", "no plain relative path"},
		{"a path that is none", head + "file 1 \nx\n", "no plain relative path"},
		{"a path that hides", head + "file 1 log/a\x1b[2J\nx\n", "no plain relative path"},
		{"a folder", head + "file 1 log/\nx\n", "no plain relative path"},
		{"a dot", head + "file 1 log/./a\nx\n", "no plain relative path"},
		{"a long path", head + "file 1 log/" + strings.Repeat("a", maxPath) + "\nx\n", "no plain relative path"},
		{"an endless line", head + strings.Repeat("a", 10*maxLine), "no line within"},
		{"a negative length", head + "file -1 log/a\nx\n", "is no length"},
		{"a length with a sign", head + "file +1 log/a\nx\n", "is no length"},
		{"a length with a zero", head + "file 01 log/a\nx\n", "is no length"},
		{"a huge length", head + "file 9223372036854775807 log/a\nx\n", "the file ends before that"},
		{"a length beyond all numbers", head + "file 99999999999999999999 log/a\nx\n", "is no length"},
		{"a length too short", head + "file 1 log/a\nxy\n", "does not end after its 1 bytes"},
		{"text between files", head + "file 1 log/a\nx\nnote\n", `"note" stands between files`},
	} {
		_, err := ReadBundle(sealed(test.text))
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "this is no signing bundle: byte ") || format.Hint() == "" {
			t.Errorf("%s: %T %[2]v, want %s", test.name, err, test.want)
		}
	}
	if _, err := ReadBundle(append(sealed(head), 'x')); !is[*FormatError](err) || !strings.Contains(err.Error(), "something follows after its end") {
		t.Errorf("something more: %T %[1]v", err)
	}
	_, err := ReadBundle(sealed(head + "file 1 README.md\nx\n"))
	if !is[*metadata.TreeError](err) || !strings.Contains(err.Error(), "README.md: is one file too many") {
		t.Errorf("a file too many: %T %[1]v", err)
	}
}

func TestLimits(t *testing.T) {
	if _, _, err := decode("bundle", make([]byte, 101), 100); !is[*verify.LimitError](err) || !strings.Contains(err.Error(), "signing bundle, bytes") {
		t.Errorf("too long: %T %[1]v", err)
	}
	if _, err := ReadAnswer(make([]byte, MaxAnswerBytes+1)); !is[*verify.LimitError](err) {
		t.Errorf("too long: %T %[1]v", err)
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range maxFiles + 1 {
		fmt.Fprintf(&many, "file 0 log/%08d\n\n", i)
	}
	if _, err := ReadBundle(sealed(many.String())); !is[*verify.LimitError](err) || !strings.Contains(err.Error(), "files in a signing bundle") {
		t.Errorf("too many: %T %[1]v", err)
	}
}

// What is no ordinary file is no part of a bundle.
func TestBundleOfOrdinaryFiles(t *testing.T) {
	b := bundle()
	b.Tree = odd{b.Tree, metadata.Entry{Path: "log/link", Mode: "120000"}}
	if _, err := b.Encode(); !is[*metadata.TreeError](err) || !strings.Contains(err.Error(), "log/link: is not an ordinary file") {
		t.Errorf("%T %[1]v", err)
	}
	b.Tree = odd{bundle().Tree, metadata.Entry{Path: "members/a b", Mode: "100644"}}
	if _, err := b.Encode(); !is[*metadata.TreeError](err) || !strings.Contains(err.Error(), "has a name that no bundle holds") {
		t.Errorf("%T %[1]v", err)
	}
}

// odd is a tree with one entry more.
type odd struct {
	metadata.Tree
	more metadata.Entry
}

func (o odd) Entries() []metadata.Entry { return append(o.Tree.Entries(), o.more) }

func file(role string, key byte) *metadata.SignatureFile {
	return &metadata.SignatureFile{Repository: strings.Repeat("0", 32), Event: "e", Role: role, Version: 2, KeyID: strings.Repeat(fmt.Sprintf("%02x", key), 32), Sig: []byte{1},
		Device: metadata.Device{Kind: roles.KindSoftware}, Began: dawn, SignedAt: dawn, Tool: "rust-tuf test", StatementSig: []byte{2}}
}

// An answer holds signature files, each where it belongs, and nothing else.
func TestAnswer(t *testing.T) {
	a, b := file("root", 1), file("targets", 1)
	raw := EncodeAnswer([]*metadata.SignatureFile{b, a})
	if other := EncodeAnswer([]*metadata.SignatureFile{a, b}); !bytes.Equal(raw, other) {
		t.Error("the order of the signatures matters")
	}
	found, err := ReadAnswer(raw)
	if err != nil || len(found) != 2 || !reflect.DeepEqual(found[0].SignatureFile, a) || found[1].Path != metadata.SignaturePath("e", "targets", b.KeyID) {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, test := range []struct {
		name  string
		lines []string
		files map[string][]byte
		typed func(error) bool
		want  string
	}{
		{"nothing", nil, nil, is[*FormatError], "at least one"},
		{"a line", []string{"event e"}, map[string][]byte{found[0].Path: a.Bytes()}, is[*FormatError], "nothing else"},
		{"no signature", nil, map[string][]byte{found[0].Path: []byte("{}")}, is[*metadata.FileError], found[0].Path},
		{"a signature in the place of another one", nil, map[string][]byte{found[1].Path: a.Bytes()}, is[*PlaceError], "the signature in it belongs at " + found[0].Path},
		{"a signature of another key's name", nil, map[string][]byte{found[0].Path: file("root", 2).Bytes()}, is[*PlaceError], "belongs at"},
		{"another file", nil, map[string][]byte{"rust-tuf.toml": []byte("x"), found[0].Path: a.Bytes()}, is[*metadata.FileError], "rust-tuf.toml"},
	} {
		_, err := ReadAnswer(encode(answerWord, test.lines, test.files))
		if err == nil || !test.typed(err) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %T %[2]v, want %s", test.name, err, test.want)
		}
	}
}

// Whatever is read is written again as it was.
func FuzzReadBundle(f *testing.F) {
	raw, err := bundle().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw[:bytes.LastIndex(raw, []byte("sha256 "))]))
	f.Add(head + "file 1 log/a\nx\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ReadBundle(sealed(text))
		if err != nil || len(b.Tree.Entries()) == 0 {
			return
		}
		again, err := b.Encode()
		if err != nil || !bytes.Equal(again, sealed(text)) {
			t.Errorf("%q is read, and written as %q: %v", text, again, err)
		}
	})
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
