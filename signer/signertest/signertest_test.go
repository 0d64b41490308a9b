package signertest_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"signer", "signer/internal/scheme", "verify"}, "net", "os")
}

// What plays a card must not reach anybody who has none.
func TestImportedByTestsOnly(t *testing.T) {
	out, err := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, importtest.Module+"/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for path := range strings.FieldsSeq(imports) {
			if path == importtest.Module+"/signer/signertest" {
				t.Errorf("%s imports signertest outside its tests", pkg)
			}
		}
	}
}

// stage is a test in which another test plays, and which may fail.
type stage struct {
	testing.TB
	cleanup func()
	errors  []string
}

func (s *stage) Helper()          {}
func (s *stage) Failed() bool     { return len(s.errors) > 0 }
func (s *stage) Cleanup(f func()) { s.cleanup = f }
func (s *stage) Errorf(format string, args ...any) {
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

func (s *stage) want(t *testing.T, words string) {
	t.Helper()
	if s.cleanup != nil {
		s.cleanup()
	}
	got := strings.Join(s.errors, "\n")
	if words == "" && got != "" || !strings.Contains(got, words) {
		t.Errorf("the test failed with %q, want %q", got, words)
	}
}

func TestCardFollowsItsScript(t *testing.T) {
	key := signertest.Ed25519("alice")
	s := &stage{TB: t}
	card := signertest.NewCard(s, "card 1", key, signertest.Signs)
	if _, err := card.Sign(t.Context(), []byte("x"), signer.UI{}); err != nil {
		t.Error(err)
	}
	s.want(t, "")
	if got := card.Signed(); len(got) != 1 || string(got[0]) != "x" {
		t.Errorf("signed %q", got)
	}
	if _, err := card.Sign(t.Context(), []byte("x"), signer.UI{}); !errors.Is(err, signer.ErrRemoved) {
		t.Error(err)
	}
	s.want(t, "card 1: asked for a signature that the script does not foresee")

	s = &stage{TB: t}
	signertest.NewCard(s, "card 1", key, signertest.Signs, signertest.Signs)
	s.want(t, "card 1: 2 answers were never asked for")
}

func TestCardAsksPIN(t *testing.T) {
	answer := signertest.AsksPIN("123456", signertest.Signs)
	card := signertest.NewCard(t, "card 1", signertest.Ed25519("alice"), answer, answer, answer)
	refused := errors.New("refused")
	person := signertest.NewPerson(t,
		signertest.Types("PIN", "123456"), signertest.Types("PIN", "000000"), signertest.Ends("PIN", refused))
	if _, err := card.Sign(t.Context(), nil, person.UI()); err != nil {
		t.Error(err)
	}
	var wrong *signer.WrongSecretError
	if _, err := card.Sign(t.Context(), nil, person.UI()); !errors.As(err, &wrong) || wrong.Left != 2 {
		t.Error(err)
	}
	if _, err := card.Sign(t.Context(), nil, person.UI()); !errors.Is(err, refused) {
		t.Error(err)
	}
}

func TestPersonFollowsTheirScript(t *testing.T) {
	s := &stage{TB: t}
	person := signertest.NewPerson(s, signertest.Types("passphrase", "secret"), signertest.Says("name", "alice"),
		signertest.Agrees("go on"), signertest.Refuses("go on"))
	ui := person.UI()
	if err := ui.Message("hello"); err != nil {
		t.Error(err)
	}
	if got, err := ui.Secret(t.Context(), "passphrase for x"); err != nil || string(got) != "secret" {
		t.Error(got, err)
	}
	if got, err := person.ReadLine(t.Context(), "your name"); err != nil || got != "alice" {
		t.Error(got, err)
	}
	for _, want := range []bool{true, false} {
		if got, err := ui.Confirm(t.Context(), "go on"); err != nil || got != want {
			t.Error(got, err)
		}
	}
	ui.Waiting("a touch")()
	s.want(t, "")
	want := "message: hello, secret: passphrase for x, line: your name, confirm: go on, confirm: go on, waiting: a touch, waited: a touch"
	if got := strings.Join(person.Seen(), ", "); got != want {
		t.Errorf("seen %s", got)
	}

	if _, err := ui.Confirm(t.Context(), "really"); !errors.Is(err, signer.ErrNobody) {
		t.Error(err)
	}
	s.want(t, `the script does not foresee the question "really" (confirm)`)

	s = &stage{TB: t}
	person = signertest.NewPerson(s, signertest.Types("passphrase", "secret"), signertest.Agrees("go on"))
	if _, err := person.ReadLine(t.Context(), "passphrase"); !errors.Is(err, signer.ErrNobody) {
		t.Error(err)
	}
	s.want(t, `asked "passphrase" (line) where the script foresees "passphrase" (secret)`)

	s = &stage{TB: t}
	signertest.NewPerson(s, signertest.Agrees("go on"), signertest.Agrees("really"))
	s.want(t, `2 answers were never asked for, the first to "go on"`)
}

func TestPersonStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var cancelled *signer.CancelledError
	if _, err := signertest.NewPerson(t).UI().Secret(ctx, "PIN"); !errors.As(err, &cancelled) {
		t.Error(err)
	}
}
