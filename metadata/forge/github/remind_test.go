package github_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/tests/forgetest"
)

// close is what a person does to every issue.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range h.issues {
		i.fields["state"] = "closed"
	}
}

// A step is said once, also where somebody has closed the issue since; the next
// step opens another one.
func TestRemindOnce(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	i := forge.Issue{Key: "event/key--swap", Title: "Signatures are wanted", Body: "5 are missing"}
	remind := func(step string) int {
		t.Helper()
		n, err := c.Remind(t.Context(), i, step, "@alice, sign: "+i.Body)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := remind("age-3")
	i.Body = "4 are missing"
	if n := remind("age-3"); n != first || len(h.bodies(first)) != 1 || !strings.Contains(h.bodies(first)[0], "5 are missing") || !strings.HasSuffix(h.issues[0].fields["body"].(string), i.Body) {
		t.Errorf("#%d, then #%d: %q", first, n, h.bodies(first))
	}
	if n := remind("age-7"); n != first || len(h.bodies(first)) != 2 {
		t.Errorf("the next step is in #%d: %q", n, h.bodies(first))
	}
	h.close()
	for range 3 {
		for _, step := range []string{"age-3", "age-7"} {
			if n := remind(step); n != first || len(h.issues) != 1 || len(h.bodies(first)) != 2 {
				t.Fatalf("somebody closed it, and step %s is said again, in #%d of %d issues", step, n, len(h.issues))
			}
		}
	}
	if n := remind("age-14"); n == first || len(h.bodies(n)) != 1 {
		t.Errorf("the next step stays in #%d: %q", n, h.bodies(n))
	}
}

// A kill after the issue was opened loses no step, and what a stranger wrote in
// the same words is not taken for it.
func TestRemindAfterAKill(t *testing.T) {
	h := newHub(t)
	c, _ := client(t, h)
	h.addIssue("mallory", "Signatures are wanted", "<!-- rust-tuf: event/x -->\nclosed")
	h.addComment(1000, "alice", "<!-- rust-tuf: remind/age-3 -->\nof something else")
	h.close()
	i := forge.Issue{Key: "event/x", Title: "Signatures are wanted", Body: "5 are missing"}
	if _, err := c.Raise(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Remind(t.Context(), i, "age-3", "@alice, sign"); err != nil || n != 1001 || len(h.bodies(n)) != 1 {
		t.Errorf("#%d, %v: %q", n, err, h.bodies(n))
	}
	for _, wrong := range []forge.Issue{{Key: "Not a key"}, {Key: ""}} {
		_, err := c.Remind(t.Context(), wrong, "age-3", "")
		forgetest.Refused[*forge.KeyError](t, err, "is no key of a report")
	}
	_, err := c.Remind(t.Context(), i, "age 3", "")
	forgetest.Refused[*forge.KeyError](t, err, "remind/age 3")
}

// The keys of open issues are read from their markers, on all pages.
func TestRaised(t *testing.T) {
	h := newHub(t)
	h.perPage = 2
	c, _ := client(t, h)
	h.addIssue("mallory", "x", "<!-- rust-tuf: event/of-a-stranger -->\n")
	h.addIssue("alice", "x", "no marker")
	for _, key := range []string{"job/due", "event/b", "event/a"} {
		if _, err := c.Raise(t.Context(), forge.Issue{Key: key, Title: key}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Settle(t.Context(), "event/b", "over"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Raised(t.Context()); err != nil || !slices.Equal(got, []string{"event/a", "job/due"}) {
		t.Errorf("%q, %v", got, err)
	}
}
