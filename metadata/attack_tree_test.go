package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// withModes is a tree in which some files are no plain files.
type withModes struct {
	Tree
	modes map[string]string
	sizes map[string]int64
}

func (t withModes) Entries() []Entry {
	entries := t.Tree.Entries()
	for i, e := range entries {
		if mode, ok := t.modes[e.Path]; ok {
			entries[i].Mode = mode
		}
		if size, ok := t.sizes[e.Path]; ok {
			entries[i].Size = size
		}
	}
	return entries
}

// neverMerged asserts that a tree is refused as it is, and that the gate
// refuses what would lead to it.
func neverMerged(t *testing.T, base, head Tree, want refusal) {
	t.Helper()
	_, err := Read(head)
	want(t, err)
	v, err := Check(base, head)
	if err != nil {
		t.Fatal(err)
	}
	if v.Accepted() || v.Machine() {
		t.Fatalf("the gate accepts it as %s", v.Kind)
	}
	want(t, v.Refusals[len(v.Refusals)-1])
	_, err = Check(head, head)
	want(t, err)
	expect[error](t, err, "the target branch itself is broken")
	if raced {
		return
	}
	if report := Audit(head); len(report.Problems) != 1 {
		t.Errorf("audit: %v", report.Problems)
	} else {
		want(t, report.Problems[0])
	}
}

func TestTreeModes(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	for mode, words := range map[string]string{
		"120000": "is a symbolic link; only plain files are read here",
		"160000": "is a submodule; only plain files are read here",
		"100755": "has mode 100755; a plain file has mode 100644",
		"100664": "has mode 100664; a plain file has mode 100644",
		"040000": "has mode 040000; a plain file has mode 100644",
	} {
		for _, path := range []string{
			PolicyFile, MemberPath("alice"), "metadata/1.root.json", "metadata/2.root.json", EventPath(rotationEvent, eventFile),
			SignaturePath(rotationEvent, "root", keyIDOf("alice")), "log/2026-11-22-root-v1/closed.toml", "events", "members/zed",
		} {
			t.Run(mode+" "+path, func(t *testing.T) {
				head := w.clone()
				if head.files[path] == nil {
					head.files[path] = []byte("../../secret")
				}
				neverMerged(t, w.tree(), withModes{Tree: head.tree(), modes: map[string]string{path: mode}}, refused[*TreeError](path, words))
			})
		}
	}
	// What rules do not decide is people's own.
	head := w.clone()
	head.files["ci/run"] = []byte("#!/bin/sh\n")
	if v, err := Check(w.tree(), withModes{Tree: head.tree(), modes: map[string]string{"ci/run": "100755", "README.md": "120000"}}); err != nil || !v.Accepted() || v.Machine() || v.Kind != KindOther {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestTreePaths(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	id := keyIDOf("alice")
	notPlain := "not a plain relative path"
	lower := "the names that rust-tuf reads are lower case"
	differs := "differs only in upper and lower case from "
	drops := "they drop dots and blanks at the end of a name, and what follows a colon or cannot be seen"
	short := "windows may take this for the short form of a name that rust-tuf reads"
	same := " to some computers, which drop dots and blanks at the end of a name"
	notFetched := "is not a document that clients fetch"
	noEvent := "an event is a folder with a lower-case name"
	for path, words := range map[string]string{
		"..":                                                notPlain,
		"../metadata/2.root.json":                           notPlain,
		"metadata/../../2.root.json":                        notPlain,
		"events/../metadata/2.root.json":                    notPlain,
		"metadata//2.root.json":                             notPlain,
		"./metadata/2.root.json":                            notPlain,
		"/metadata/2.root.json":                             notPlain,
		"metadata\\2.root.json":                             notPlain,
		"metadata/2.root.json/":                             notPlain,
		"":                                                  notPlain,
		"Metadata/2.root.json":                              lower,
		"METADATA/2.root.json":                              lower,
		"EVENTS/x/event.toml":                               lower,
		"Log/x/event.toml":                                  lower,
		"Members/zed/member.toml":                           lower,
		"Rust-Tuf.toml":                                     lower,
		"rust-tuf.TOML":                                     lower,
		"event\u017f/x/event.toml":                          lower,
		"Members/\u212alice/member.toml":                    lower, // a Kelvin sign
		".GitAttributes":                                    lower,
		"metadata./3.root.json":                             drops,
		"metadata /3.root.json":                             drops,
		"Metadata. ./3.root.json":                           drops,
		"metadata:x/3.root.json":                            drops,
		"metadata::$DATA":                                   drops,
		"meta\u200cdata/3.root.json":                        drops,
		"rust-tuf.toml:policy":                              same,
		"rust-tuf.toml.":                                    same,
		".gitattributes ":                                   drops,
		"METADA~1/3.root.json":                              short,
		"metada~12/3.root.json":                             short,
		"ME1A2B~1/3.root.json":                              short,
		"RUST-T~1.TOM":                                      short,
		"GITATT~1":                                          short,
		"HANDOV~1/crates/1.root.json":                       short,
		"metadata/1.root.json.":                             same,
		"members/alice /member.toml":                        same,
		"members/alice/member.toml:x":                       same,
		"metadata/1.Root.json":                              differs,
		"members/Alice/member.toml":                         differs,
		"members/alice/Member.toml":                         differs,
		"events/2026-11-23-Root-v2/x":                       noEvent,
		"events/-x/event.toml":                              noEvent,
		"events/x y/event.toml":                             noEvent,
		"events/caf\u00e9/event.toml":                       noEvent,
		"events/" + strings.Repeat("x", 64) + "/event.toml": noEvent,
		"events/README.md":                                  noEvent,
		"events":                                            noEvent,
		"log":                                               noEvent,
		"events/con/event.toml":                             "windows keeps this name",
		"members/lpt1/member.toml":                          "windows keeps this name",
		"log/README.md":                                     noEvent,
		"log/new/README.md":                                 "event.toml: is missing",
		"events/new/README.md":                              "event.toml: is missing",
		"metadata":                                          notFetched,
		"metadata/README.md":                                notFetched,
		"metadata/root.json":                                notFetched,
		"metadata/0.root.json":                              notFetched,
		"metadata/-1.root.json":                             notFetched,
		"metadata/+2.root.json":                             notFetched,
		"metadata/02.root.json":                             notFetched,
		"metadata/2.0.root.json":                            notFetched,
		"metadata/2.Root.json":                              notFetched,
		"metadata/2..json":                                  notFetched,
		"metadata/2.root.json.orig":                         notFetched,
		"metadata/2.root.JSON":                              notFetched,
		"metadata/2.root .json":                             notFetched,
		"metadata/2.r\u043eot.json":                         notFetched, // a Cyrillic o
		"metadata/99999999999999999999.root.json":           notFetched,
		"metadata/1.timestamp.json/x":                       notFetched,
		"metadata/sub/2.root.json":                          notFetched,
		"log/2026-11-22-root-v1/x":                          "does not belong into an event",
		"log/2026-11-22-root-v1/signatures/root/" + id[:63] + ".json": "does not belong into this event",
	} {
		t.Run(path, func(t *testing.T) {
			head := w.clone()
			head.files[path] = w.files["metadata/1.root.json"]
			if slices.Contains([]string{differs, notPlain, lower, drops, short, same}, words) {
				neverMerged(t, w.tree(), head.tree(), refused[*TreeError](words))
			} else {
				neverMerged(t, w.tree(), head.tree(), refused[*TreeError](strings.SplitN(path, "/", 2)[0], words))
			}
		})
	}
}

// Names of people's own files that are near those, and no computer's idea of them.
func TestTreePathsOfPeople(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	head := w.clone()
	for _, path := range []string{"notes~1.md", "m~1", "metadata~/x", "metadata.d/x", "docs/metadata./x", "docs/METADA~1", "docs/notes.", "README.md:x", "events-2027/x"} {
		head.files[path] = []byte("x")
	}
	v, err := Check(w.tree(), head.tree())
	if err != nil || !v.Accepted() || v.Kind != KindOther || len(v.Free) != 9 {
		t.Errorf("%v, %+v", err, v)
	}
}

// Attributes change what is signed in every checkout: the ones at the top are as
// init writes them, and folders that rules are about have none.
func TestAttributesAreFrozen(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	w.files[AttributesFile] = []byte(Attributes)
	frozen := func(t *testing.T, head Tree, words ...string) {
		t.Helper()
		v, err := Check(w.tree(), head)
		if err != nil || v.Accepted() || v.Machine() {
			t.Fatalf("%v, %+v", err, v)
		}
		refused[*FrozenError](words...)(t, v.Refusals[0])
	}
	stays, enough := "stays as `rust-tuf init` writes it", "the one at the top, which `rust-tuf init` writes, is enough"
	for name, test := range map[string]struct {
		path, content, words string
	}{
		"line endings":     {AttributesFile, "metadata/*.json text eol=crlf\n", stays},
		"one line more":    {AttributesFile, Attributes + "*.json filter=evil\n", stays},
		"none":             {AttributesFile, "", stays},
		"for what clients": {"metadata/.gitattributes", Attributes, enough},
		"for people":       {"members/alice/.gitattributes", "* text\n", enough},
		"for events":       {"events/.gitattributes", "* text\n", enough},
		"for one event":    {EventPath(rotationEvent, AttributesFile), "* text\n", enough},
		"for the log":      {"log/.gitattributes", "* text\n", enough},
		"for a hand-over":  {"handover/crates/.gitattributes", "* text\n", enough},
	} {
		t.Run(name, func(t *testing.T) {
			head := w.clone()
			head.files[test.path] = []byte(test.content)
			if test.content == "" {
				delete(head.files, test.path)
			}
			frozen(t, head.tree(), test.path, test.words)
		})
	}
	t.Run("a link", func(t *testing.T) {
		frozen(t, withModes{Tree: w.tree(), modes: map[string]string{AttributesFile: "120000"}}, stays)
	})
	// Who never had them may add them, and who has others may set them right.
	right := w.clone()
	for _, before := range []string{"", "* text=auto\n"} {
		base := w.clone()
		base.files[AttributesFile] = []byte(before)
		if before == "" {
			delete(base.files, AttributesFile)
		}
		v, err := Check(base.tree(), right.tree())
		if err != nil || !v.Accepted() || v.Kind != KindOther || !slices.Equal(v.Free, []string{AttributesFile}) {
			t.Errorf("%v, %+v", err, v)
		}
	}
	// People's own folders are their own.
	right.files["docs/.gitattributes"] = []byte("* text\n")
	if v, err := Check(w.tree(), right.tree()); err != nil || !v.Accepted() || !slices.Equal(v.Free, []string{"docs/.gitattributes"}) {
		t.Errorf("%v, %+v", err, v)
	}
}

// A file that the tool would have to hold in memory is refused by its size.
func TestTreeSizes(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	for _, path := range []string{"metadata/1.root.json", EventPath(rotationEvent, eventFile), MemberPath("alice")} {
		huge := withModes{Tree: w.tree(), sizes: map[string]int64{path: maxFileBytes + 1}}
		neverMerged(t, w.tree(), huge, refused[*TreeError](path, "is 67108865 bytes long; the limit is 67108864"))
	}
	path := SignaturePath(rotationEvent, "root", keyIDOf("alice"))
	head := w.clone()
	head.files[path] = w.signature(w.event(rotationEvent).Payload("root"), "alice").Bytes()
	v, err := Check(w.tree(), withModes{Tree: head.tree(), sizes: map[string]int64{path: maxSignatureFileBytes + 1}})
	if err != nil || v.Accepted() {
		t.Fatalf("%+v, %v", v, err)
	}
	expect[*verify.LimitError](t, v.Refusals[0], path, "signature file, bytes", "limit of 16384")
}

func TestTooManyEvents(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	for i := range maxEvents {
		for rel, content := range w.under(EventPath(rotationEvent)) {
			w.files[EventPath(fmt.Sprintf("event-%d", i), rel)] = content
		}
	}
	_, err := Read(w.tree())
	expect[*verify.LimitError](t, err, "open events", "65", "limit of 64")
}

// Members' files stand where their names say.
func TestMembersFolder(t *testing.T) {
	t.Parallel()
	w := rotation(t)
	for path, content := range map[string][]byte{
		"members":                  memberText("zed", ""),
		"members/zed.toml":         memberText("zed", ""),
		"members/alice/notes.md":   []byte("x"),
		"members/a/b/member.toml":  memberText("b", ""),
		"members/zed/MEMBER.toml":  memberText("zed", ""),
		"members/zed/member.toml/": memberText("zed", ""),
	} {
		t.Run(path, func(t *testing.T) {
			head := w.clone()
			head.files[path] = content
			v, err := Check(w.tree(), head.tree())
			if err != nil || v.Accepted() {
				t.Fatalf("%+v, %v", v, err)
			}
			if !strings.Contains(fmt.Sprint(v.Refusals), path) {
				t.Errorf("refusals: %v", v.Refusals)
			}
		})
	}
}

// rewrite replaces a published document by what edit makes of its signatures.
func (w *world) rewrite(role string, version int64, edit func([]verify.Signature) []verify.Signature) {
	w.t.Helper()
	path := PublishedPath(role, version)
	d, err := verify.Read(w.files[path], verify.DefaultLimits())
	if err != nil {
		w.t.Fatal(err)
	}
	if w.files[path], err = assemble(w.files[path], edit(d.UnverifiedSignatures())); err != nil {
		w.t.Fatal(err)
	}
}

// forgedNext is root version 3 by somebody who has every key of theirs.
func forgedNext(w *world, by ...string) []byte {
	doc := strings.Replace(string(w.files["metadata/2.root.json"]), `"version": 2`, `"version": 3`, 1)
	d, err := verify.Read([]byte(doc), verify.DefaultLimits())
	if err != nil {
		w.t.Fatal(err)
	}
	var sigs []verify.Signature
	for _, name := range by {
		sigs = append(sigs, verify.Signature{KeyID: keyIDOf(name), Sig: signBytes(w.t, name, d.Signed())})
	}
	raw, err := assemble([]byte(doc), sigs)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// What is published and what is in the log never changes. The gate sees every
// change; an audit finds it without knowing what was there before.
func TestHistoryAltered(t *testing.T) {
	t.Parallel()
	good := delegated(t)
	if report := Audit(good.tree()); len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	log := func(rest ...string) string { return LogPath(rotationEvent, rest...) }
	carol := log(signaturesDir, "root", keyIDOf("carol")+".json")
	history := func(words ...string) refusal { return refused[*HistoryError](words...) }
	for _, tt := range []struct {
		name  string
		spoil func(w *world)
		want  refusal
	}{
		{"a published signature altered", func(w *world) {
			w.rewrite("root", 2, func(s []verify.Signature) []verify.Signature { s[0].Sig[9] ^= 1; return s[:5] })
		}, history("root version 2", "metadata/2.root.json", "threshold")},
		{"a published document altered", func(w *world) { w.edit("metadata/2.root.json", `"expires": "2028-`, `"expires": "2038-`) },
			history("root version 2", "threshold of root 1 not met")},
		{"a published signature removed", func(w *world) {
			w.rewrite("root", 2, func(s []verify.Signature) []verify.Signature { return slices.Delete(s, 0, 1) })
		}, history("root version 2", "threshold")},
		{"a published signature that was not needed removed", func(w *world) {
			w.rewrite("release", 1, func(s []verify.Signature) []verify.Signature {
				return slices.DeleteFunc(s, func(s verify.Signature) bool { return s.KeyID == keyIDOf("olivia") })
			})
		}, history("release version 1", "holds the signature by key "+shortID(keyIDOf("olivia"))+" that the published document lacks")},
		{"a published signature that the log does not hold", func(w *world) {
			sybil := w.signature(w.read().Closed[2].Payload("release"), "sybil")
			w.rewrite("release", 1, func(s []verify.Signature) []verify.Signature {
				return append(s, verify.Signature{KeyID: sybil.KeyID, Sig: sybil.Sig})
			})
		}, history("release version 1", releaseEvent, "does not hold the signature by key "+shortID(keyIDOf("sybil"))+" that the published document carries")},
		{"a published signature twice", func(w *world) {
			w.rewrite("root", 2, func(s []verify.Signature) []verify.Signature { return append(s, s[0]) })
		}, history("root version 2", "stands twice")},
		{"published signatures in another order", func(w *world) {
			w.rewrite("root", 2, func(s []verify.Signature) []verify.Signature { slices.Reverse(s); return s })
		}, refused[*FileError]("metadata/2.root.json", "signatures or spelling", "never edited")},
		{"a published file in another spelling", func(w *world) { w.files["metadata/2.root.json"] = append(w.files["metadata/2.root.json"], '\n') },
			refused[*FileError]("metadata/2.root.json", "signatures or spelling", "never edited")},
		{"a published file with a member beside signed", func(w *world) { w.edit("metadata/2.root.json", `"signatures": [`, "\"x\": 1,\n  \"signatures\": [") },
			refused[*FileError]("metadata/2.root.json", "signatures or spelling")},
		{"the newest root deleted", func(w *world) { delete(w.files, "metadata/2.root.json") },
			history("targets version")},
		{"the first root deleted", func(w *world) { delete(w.files, "metadata/1.root.json") },
			history("root version 1", "not found")},
		{"all roots deleted", func(w *world) { delete(w.files, "metadata/1.root.json"); delete(w.files, "metadata/2.root.json") },
			history("no trusted root to judge it by")},
		{"the newest targets deleted", func(w *world) { delete(w.files, "metadata/3.targets.json") },
			history("targets version 3", releaseEvent, "closed as completed", "metadata/3.targets.json: not found")},
		{"old targets deleted", func(w *world) { delete(w.files, "metadata/1.targets.json") },
			history("targets version 1", "closed as completed", "metadata/1.targets.json: not found")},
		{"an old targets document altered", func(w *world) {
			w.rewrite("targets", 1, func(s []verify.Signature) []verify.Signature { s[0].Sig[9] ^= 1; return s })
		}, refused[*FileError]("metadata/1.targets.json")},
		{"a delegated document deleted", func(w *world) { delete(w.files, "metadata/1.release.json") },
			history("release version 1", "closed as completed")},
		{"a root after a gap", func(w *world) { w.files["metadata/4.root.json"] = forgedNext(w, nine...) },
			history("root version 4", "version 3 is missing before it")},
		{"a root that strangers signed", func(w *world) { w.files["metadata/3.root.json"] = forgedNext(w, "mallory") },
			history("root version 3", "threshold of root 2 not met", "0 of 5")},
		{"a root that too few signed", func(w *world) { w.files["metadata/3.root.json"] = forgedNext(w, afterRotation[:4]...) },
			history("root version 3", "4 of 5")},
		{"a root that nobody's event made", func(w *world) { w.files["metadata/3.root.json"] = forgedNext(w, afterRotation[:5]...) },
			refused[*TreeError]("metadata/3.root.json", "no closed event in the log made it")},
		{"an older root under a newer name", func(w *world) { w.files["metadata/3.root.json"] = w.files["metadata/1.root.json"] },
			history("root version 3", "not newer than the trusted version 2")},
		{"targets that nobody signed", func(w *world) {
			w.files["metadata/4.targets.json"] = []byte(strings.Replace(string(w.files["metadata/3.targets.json"]), `"version": 3`, `"version": 4`, 1))
		}, history("targets version 4", "threshold of root 2 not met")},
		{"targets replaced by a delegated role's", func(w *world) { w.files["metadata/4.targets.json"] = w.files["metadata/1.release.json"] },
			history("targets version 4", "document of role release where one of role targets is needed")},
		{"a role that nobody names", func(w *world) { w.files["metadata/1.nightly.json"] = w.files["metadata/1.release.json"] },
			refused[*TreeError]("metadata/1.nightly.json", "ever named this role", "remove the file")},
		{"a gap among targets", func(w *world) { delete(w.files, "metadata/2.targets.json") },
			history("targets version 2", "closed as completed")},
		{"a logged signature deleted", func(w *world) { delete(w.files, carol) },
			history("root version 2", rotationEvent)},
		{"a logged signature altered", func(w *world) {
			w.files[carol] = bytes.Replace(w.files[carol], []byte(`"sig": "30`), []byte(`"sig": "31`), 1)
		},
			history("root version 2", rotationEvent)},
		{"a logged payload altered", func(w *world) { w.edit(log("2.root.json"), `"expires": "2028-`, `"expires": "2038-`) },
			refused[*PayloadError](rotationEvent, "root version 2", "somebody edited it")},
		{"a logged payload in another spelling", func(w *world) { w.edit(log("2.root.json"), `"signatures": [],`, `"signatures":  [],`) },
			history("root version 2", rotationEvent, "has a payload that is not what its frozen policy yields")},
		{"the opening instant altered", func(w *world) { w.edit(log(eventFile), "2026-11-23T", "2026-11-13T") },
			history("root version 2", rotationEvent, "has a payload that is not what its frozen policy yields")},
		{"a closing removed", func(w *world) { delete(w.files, log(closedFile)) },
			refused[*TreeError](log(closedFile), "is missing; a closed event says how it ended")},
		{"a closing altered", func(w *world) {
			w.files[log(closedFile)] = []byte("format = 1\noutcome = 'superseded'\nby = 'nobody'\n")
		},
			refused[*TreeError](log(closedFile), "event nobody superseded it, but there is no such event")},
		{"a closing without sense", func(w *world) { w.files[log(closedFile)] = []byte("format = 1\noutcome = 'lost'\n") },
			refused[*FileError](log(closedFile), "not spelled")},
		{"a closing with an unknown key", func(w *world) { w.files[log(closedFile)] = []byte("format = 1\noutcome = 'completed'\nx = 1\n") },
			refused[*FileError](log(closedFile), "line 3, column 1", "unknown key x")},
		{"a closed event removed", func(w *world) { w.remove(log()) },
			refused[*TreeError]("no policy")},
		{"a closed event copied", func(w *world) {
			for rel, content := range w.under(log()) {
				w.files[LogPath("another", rel)] = content
			}
		}, refused[*TreeError]("log/another", "metadata/2.root.json", "and so does log/"+rotationEvent)},
		{"a closed event opened again", func(w *world) {
			for rel, content := range w.under(log()) {
				if rel != closedFile {
					w.files[EventPath(rotationEvent, rel)] = content
				}
			}
		}, refused[*LateError]("events/"+rotationEvent, "has ended, and its name is never used again")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := good.clone()
			w.t = t
			tt.spoil(w)
			report := Audit(w.tree())
			if len(report.Problems) == 0 {
				t.Fatal("an audit finds nothing")
			}
			tt.want(t, errors.Join(report.Problems...))
			if raced {
				return
			}
			v, err := Check(good.tree(), w.tree())
			if err != nil {
				t.Fatal(err)
			}
			if v.Accepted() || v.Machine() {
				t.Errorf("the gate accepts it as %s", v.Kind)
			}
		})
	}
}
