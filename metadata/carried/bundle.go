package carried

import (
	"fmt"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
)

const bundleWord = "bundle"

// Bundle is one commit's governed files, to judge one event by. All of it is
// unverified: Event, Commit and Made are what whoever wrote it says.
type Bundle struct {
	Event  string    // to be signed
	Commit string    // that the files are of, for people
	Made   time.Time // in whole seconds
	Tree   metadata.Tree
}

// EmptyError is a tree of which no rule decides a file.
type EmptyError struct{ Commit string }

func (e *EmptyError) Error() string {
	return fmt.Sprintf("commit %s holds no file of a metadata repository", e.Commit)
}

// Encode writes a bundle of the governed files of b.Tree. The same commit gives
// the same bytes but for Made. A file that is not an ordinary one, or whose
// name no bundle holds, is a *metadata.TreeError.
func (b *Bundle) Encode() ([]byte, error) {
	files := map[string][]byte{}
	for _, e := range b.Tree.Entries() {
		if !metadata.Governed(e.Path) {
			continue
		}
		if e.Mode != ordinary {
			return nil, &metadata.TreeError{Path: e.Path, Reason: "is not an ordinary file, so no bundle holds it"}
		}
		if !isPlain(e.Path) {
			return nil, &metadata.TreeError{Path: e.Path, Reason: "has a name that no bundle holds"}
		}
		content, err := b.Tree.Read(e.Path)
		if err != nil {
			return nil, err
		}
		files[e.Path] = content
	}
	if len(files) == 0 {
		return nil, &EmptyError{b.Commit}
	}
	raw := encode(bundleWord, b.lines(), files)
	if _, err := ReadBundle(raw); err != nil { // a bound, or a name that no event has
		return nil, err
	}
	return raw, nil
}

// ordinary is the mode of every file of a bundle, as git writes it.
const ordinary = "100644"

func (b *Bundle) lines() []string {
	return []string{"event " + b.Event, "commit " + b.Commit, "made " + b.Made.UTC().Format(time.RFC3339)}
}

// ReadBundle reads what Encode writes, and nothing else. Errors are a
// *FormatError, a *verify.LimitError, and a *metadata.TreeError for a file that
// no rule decides.
func ReadBundle(raw []byte) (*Bundle, error) {
	lines, files, err := decode(bundleWord, raw, MaxBundleBytes)
	if err != nil {
		return nil, err
	}
	b, err := readLines(lines)
	if err != nil {
		return nil, err
	}
	for p := range files {
		if !metadata.Governed(p) {
			return nil, &metadata.TreeError{Path: p, Reason: "is one file too many: a bundle holds what rules decide, and no rule is about this"}
		}
	}
	b.Tree = metadata.MapTree(files)
	return b, nil
}

// readLines reads the three lines that stand before the files.
func readLines(lines []string) (*Bundle, error) {
	bad := func(reason string) (*Bundle, error) { return nil, &FormatError{bundleWord, 0, reason} }
	b := &Bundle{}
	if len(lines) != 3 {
		return bad(fmt.Sprintf("%d lines stand before its files, wanted event, commit and made", len(lines)))
	}
	var found [3]string
	for i, word := range []string{"event ", "commit ", "made "} {
		var ok bool
		if found[i], ok = strings.CutPrefix(lines[i], word); !ok {
			return bad(fmt.Sprintf("line %d is %.60q, wanted %q", i+2, lines[i], word+"…"))
		}
	}
	b.Event, b.Commit = found[0], found[1]
	made, err := time.Parse(time.RFC3339, found[2])
	if err != nil || made.UTC().Format(time.RFC3339) != found[2] {
		return bad(fmt.Sprintf("was made at %.40q, which is no time like 2026-11-22T12:00:00Z", found[2]))
	}
	b.Made = made.UTC()
	if !isPlain(b.Event) || strings.Contains(b.Event, "/") || !isCommit(b.Commit) {
		return bad("the event or the commit is not of the form that rust-tuf writes")
	}
	return b, nil
}

// isCommit accepts the ids of git's two hashes.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
