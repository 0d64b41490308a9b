package git

import (
	"strings"
	"testing"
)

// FuzzParseOffers: whatever a remote answers, a ref has an id, the names are
// parts of the answer, and there are no more than were asked for.
func FuzzParseOffers(f *testing.F) {
	id := strings.Repeat("a7", 20)
	f.Add(id + "\trefs/heads/main\n" + id + "\trefs/pull/1/head\n")
	f.Add(id + "\n" + id + "\t\n\t" + id + "\n" + strings.ToUpper(id) + "\tx")
	f.Add("warning: redirecting\n" + id + "\trefs/heads/a\tb\r\n")
	f.Fuzz(func(t *testing.T, out string) {
		refs := formatSHA1.parseOffers(out, 3)
		if len(refs) > 3 {
			t.Errorf("%d refs", len(refs))
		}
		for _, r := range refs {
			if !formatSHA1.isID(r.id) || strings.Contains(r.name, "\n") || !strings.Contains(out, r.id+"\t"+r.name) {
				t.Errorf("%q gives %+v", out, r)
			}
		}
	})
}

// FuzzParseHead: a branch that is taken from an answer stands in it as HEAD's.
func FuzzParseHead(f *testing.F) {
	f.Add("ref: refs/heads/main\tHEAD\n" + strings.Repeat("a7", 20) + "\tHEAD\n")
	f.Add("ref: refs/tags/v1\tHEAD\nref: refs/heads/\tHEAD")
	f.Add("ref: refs/heads/main\tORIG_HEAD\n")
	f.Fuzz(func(t *testing.T, out string) {
		branch, ok := parseHead(out)
		if ok && !strings.Contains("\n"+out+"\n", "\nref: refs/heads/"+branch+"\tHEAD\n") || strings.ContainsAny(branch, "\n\t") {
			t.Errorf("%q gives %q", out, branch)
		}
	})
}
