package main

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// draw delegates as a picture says: "A>C!:*.py" is a terminating delegation of
// *.py from A to C, which is for every path of one segment where none is given.
// T is the top-level role.
func (r *repository) draw(picture string) {
	r.t.Helper()
	for _, arrow := range strings.Fields(picture) {
		arrow, paths, given := strings.Cut(arrow, ":")
		if !given {
			paths = "*"
		}
		by, role, ok := strings.Cut(arrow, ">")
		if !ok {
			r.t.Fatalf("%q is no delegation", arrow)
		}
		if by == "T" {
			by = "targets"
		}
		role, terminating := strings.CutSuffix(role, "!")
		r.delegate(by, role, terminating, strings.Split(paths, ",")...)
	}
}

// visits are the requests for delegated roles, in their first version.
func visits(roles string) (want []string) {
	for _, role := range strings.Fields(roles) {
		want = append(want, "metadata/1."+role+".json")
	}
	return want
}

var topLevelRequests = []string{"metadata/2.root.json", "metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json"}

// Each graph, and which roles are asked for a target that nobody lists.
func TestDelegationGraphs(t *testing.T) {
	for name, test := range map[string]struct{ picture, visits string }{
		"one role":                                   {"T>A", "A"},
		"two roles":                                  {"T>A T>B", "A B"},
		"the second delegates":                       {"T>A T>B B>C", "A B C"},
		"the first delegates to two":                 {"T>A T>B A>C A>D", "A C D B"},
		"three levels":                               {"T>A T>B A>C C>D", "A C D B"},
		"terminating below the first":                {"T>A T>B A>C! A>D", "A C"},
		"what a terminating role delegates":          {"T>A T>B A>C! C>D", "A C D"},
		"a branch of other paths":                    {"T>A:*.py T>B A>C", "B"},
		"a branch of other paths, a level down":      {"T>A T>B A>C:*.py C>D", "A B"},
		"a circle":                                   {"T>A T>B B>C C>D D>B", "A B C D"},
		"a circle of one":                            {"T>A A>A T>B", "A B"},
		"two roles that delegate to a third":         {"T>A T>B B>C A>C", "A C B"},
		"the same, of which one for other paths":     {"T>A T>B B>C A>C:*.py", "A B C"},
		"a terminating role of other paths":          {"T>A!:*.py T>B", "B"},
		"the order of the document, not of the name": {"T>Z T>M T>A", "Z M A"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			r.draw(test.picture)
			r.publish()
			c := r.fresh()
			ok, stderr := c.download("missing")
			c.fails("no role vouches for missing", ok, stderr)
			c.asked(append(append([]string(nil), topLevelRequests...), visits(test.visits)...)...)

			ok, stderr = c.download("missing") // and once more, from DIR
			c.fails("no role vouches for missing", ok, stderr)
			c.asked("metadata/2.root.json", "metadata/timestamp.json")
		})
	}
}

// Where artifacts are found: which roles are asked on the way, and that it is
// the content of the right one.
func TestTargetSearch(t *testing.T) {
	for name, test := range map[string]struct {
		target, visits string
		found          string // its content; "" if nobody vouches
	}{
		"in the top-level role":                      {"plain", "", "by T"},
		"a wildcard":                                 {"README.md", "A", "readme by A"},
		"a wildcard that matches in another way":     {"notes.doc", "A", "notes by A"},
		"in folders":                                 {"releases/x/1", "B C", "x by C"},
		"in folders, with an ending":                 {"releases/y/1.zip", "B D", "y by D"},
		"listed, and not delegated by all above":     {"releases/z/1.zip", "B", ""},
		"listed, with an ending that nobody allows":  {"releases/y/1.tar", "B", ""},
		"the first of two":                           {"both.md", "A", "both by A"},
		"listed by a role that delegates it":         {"releases/x/own", "B", "own by B"},
		"by its hash":                                {"hashed/file", "E", "hashed by E"},
		"a wildcard does not cross a slash":          {"releases/x/deep/1", "", ""},
		"listed by a role that is for other folders": {"elsewhere", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t)
			r.draw("T>A:*.doc,*.md T>B:releases/*/* T>F:*.md B>C:releases/x/* B>D:releases/y/*.zip")
			r.delegate("targets", "E", false, "-")
			last := r.targets["targets"]["delegations"].(object)["roles"].([]any)[3].(object)
			delete(last, "paths")
			sum := sha256.Sum256([]byte("hashed/file"))
			last["path_hash_prefixes"] = []any{hex.EncodeToString(sum[:])[:5]}
			for _, file := range []struct{ role, path, content string }{
				{"targets", "plain", "by T"}, {"A", "README.md", "readme by A"}, {"A", "notes.doc", "notes by A"}, {"C", "releases/x/1", "x by C"},
				{"D", "releases/y/1.zip", "y by D"}, {"D", "releases/z/1.zip", "z by D"}, {"D", "releases/y/1.tar", "tar by D"},
				{"A", "both.md", "both by A"}, {"F", "both.md", "both by F"}, {"B", "releases/x/own", "own by B"}, {"C", "releases/x/own", "own by C"},
				{"E", "hashed/file", "hashed by E"}, {"C", "releases/x/deep/1", "deep by C"}, {"A", "elsewhere", "elsewhere by A"},
			} {
				r.place(file.role, file.path, file.content)
			}
			r.publish()
			c := r.fresh()
			ok, stderr := c.download(test.target)
			want := append(append([]string(nil), topLevelRequests...), visits(test.visits)...)
			if test.found == "" {
				c.fails("no role vouches for "+test.target, ok, stderr)
				c.asked(want...)
				c.holds(nil)
				return
			}
			c.ok(ok, stderr)
			c.asked(append(want, r.placed(test.target, test.found))...)
			c.holds(map[string]string{strings.ReplaceAll(test.target, "/", "%2F"): test.found})
		})
	}
}

// place lists an artifact and serves it, in folders too.
func (r *repository) place(role, path, content string) {
	r.t.Helper()
	r.drop(r.add(role, path, content))
	r.put(r.placed(path, content), []byte(content))
}

// placed is where it is served.
func (r *repository) placed(path, content string) string {
	sum := sha256.Sum256([]byte(content))
	folder, name := "", path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		folder, name = path[:i+1], path[i+1:]
	}
	return "targets/" + folder + hex.EncodeToString(sum[:]) + "." + name
}

// A delegated role that is kept is verified again, against the role through
// which it is reached now.
func TestKeptRoleThroughAnother(t *testing.T) {
	r := serve(t)
	r.draw("T>A:a/* T>B:b/* A>S:a/*,b/* B>S:a/*,b/*")
	r.place("S", "a/1", "by S")
	r.place("S", "b/1", "by S")
	stranger := ed25519Key("stranger")
	rules := r.targets["B"]["delegations"].(object)
	rules["keys"].(object)[stranger.id()] = stranger.object()
	rules["roles"].([]any)[0].(object)["keyids"] = []any{stranger.id()}
	r.publish()
	c := r.fresh()
	c.ok(c.download("a/1"))
	c.trusts("root 1", "timestamp 1", "snapshot 1", "targets 1", "A 1", "S 1")
	ok, stderr := c.download("b/1")
	c.fails("S 1: threshold of B 1 not met", ok, stderr)
	c.holds(map[string]string{"a%2F1": "by S"})
	c.ok(c.download("a/1"))
}
