package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// Whoever has a clone proves the whole log, and reads of each event who was
// there, with what, and what came of it.
func TestLog(t *testing.T) {
	t.Parallel()
	s := play(t, "second-done", "alice")
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	m := s.maintainer
	out := s.exits(t, m, exit.Done, []string{"log", "verify"})
	s.golden(t, "log-verify.golden", out)
	one := s.exits(t, m, exit.Done, []string{"log", "show", secondEvent})
	if !strings.Contains(out, one) {
		t.Errorf("show says\n%s\nand verify\n%s", one, out)
	}
	var list logResult
	if err := json.Unmarshal([]byte(s.exits(t, m, exit.Done, []string{"log", "verify", "--json"})), &list); err != nil || len(list.Events) != 2 || len(list.Events[1].Payloads[0].Signatures) != 7 {
		t.Errorf("%+v, %v", list, err)
	}
	s.exits(t, m, exit.Rejected, []string{"log", "show", "third"}, `the log holds no event "third"`)

	// One letter changed in what a member stated.
	path := "log/" + secondEvent + "/transcript.json"
	raw, err := s.head(t).Tree().Read(path)
	if err != nil {
		t.Fatal(err)
	}
	s.pull(t, "edited", put(path, []byte(strings.Replace(string(raw), "hand over", "hand-over", 1))))
	if _, err := s.git("maintainer", s.remote(), "update-ref", "refs/heads/main", "refs/heads/edited"); err != nil { // no gate lets it in
		t.Fatal(err)
	}
	if err := s.fetch(); err != nil {
		t.Fatal(err)
	}
	s.exits(t, m, exit.Rejected, []string{"log", "verify", "refs/remotes/origin/main"}, "transcript.json: is not what the event yields; nobody edits a transcript")
}
