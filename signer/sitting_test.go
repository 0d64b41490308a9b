package signer

import (
	"context"
	"errors"
	"testing"
)

// A secret that has worked is given once more without a question, and one that
// has not is never given again.
func TestSitting(t *testing.T) {
	var asked []string
	answers := []string{"wrong", "right", "other"}
	ui := UI{Secret: func(_ context.Context, prompt string) ([]byte, error) {
		if len(answers) == 0 {
			return nil, ErrNobody
		}
		asked = append(asked, prompt)
		answer := answers[0]
		answers = answers[1:]
		return []byte(answer), nil
	}}
	s := NewSitting(ui)
	ask := func(want string) {
		t.Helper()
		got, err := s.UI().Secret(context.Background(), "PIN")
		if err != nil || string(got) != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		clear(got) // as its user does
	}
	ask("wrong")
	ask("right")
	s.Worked()
	ask("right")
	if len(asked) != 2 {
		t.Errorf("asked %d times", len(asked))
	}
	ask("other") // the card was not content
	kept := s.typed
	s.End()
	if string(kept) != "\x00\x00\x00\x00\x00" {
		t.Errorf("left behind: %q", kept)
	}
	if _, err := s.UI().Secret(context.Background(), "PIN"); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	s.Worked()
	if _, err := s.UI().Secret(context.Background(), "PIN"); !errors.Is(err, ErrNobody) {
		t.Errorf("nothing was typed, and it worked: %v", err)
	}
}

// While a person is asked whether they want to try again, nothing of what they
// typed is kept.
func TestSittingForgetsOnFailure(t *testing.T) {
	s := NewSitting(UI{Secret: func(context.Context, string) ([]byte, error) { return []byte("right"), nil }})
	for _, worked := range []bool{false, true} {
		if _, err := s.UI().Secret(context.Background(), "PIN"); err != nil {
			t.Fatal(err)
		}
		if worked {
			s.Worked()
		}
		kept := s.typed
		s.Failed()
		if string(kept) != "\x00\x00\x00\x00\x00" || s.typed != nil || s.works {
			t.Errorf("worked before: %t: left behind: %q, %q", worked, kept, s.typed)
		}
	}
}
