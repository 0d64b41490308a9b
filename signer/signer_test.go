package signer_test

import (
	"context"
	"crypto"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/signertest"
	"github.com/rust-lang/rust-tuf/tests/importtest"
	"github.com/rust-lang/rust-tuf/tests/refusaltest"
	"github.com/rust-lang/rust-tuf/verify"
)

func TestImports(t *testing.T) {
	importtest.Check(t, []string{"verify"}, "os", "net", "log", "net/http")
}

var message = []byte(`{"_type":"root","version":2}`)

func TestSign(t *testing.T) {
	for name, key := range map[string]crypto.Signer{
		"Ed25519": signertest.Ed25519("alice"),
		"P-256":   signertest.P256(t, "alice"),
	} {
		t.Run(name, func(t *testing.T) {
			want := signertest.Public(t, key)
			card := signertest.NewCard(t, "card 1", key, signertest.Signs)
			sig, err := signer.Sign(t.Context(), card, want, message, signer.UI{})
			if err != nil {
				t.Fatal(err)
			}
			if err := want.Verify(message, sig); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whoever holds the wrong card in hand is told so before a PIN is asked.
func TestSignRefusesWrongKeyUnasked(t *testing.T) {
	want := signertest.Public(t, signertest.Ed25519("alice"))
	found := signertest.Public(t, signertest.Ed25519("bob"))
	card := signertest.NewCard(t, "card 2", signertest.Ed25519("bob")) // answers nothing
	person := signertest.NewPerson(t)                                  // is asked nothing
	_, err := signer.Sign(t.Context(), card, want, message, person.UI())
	var wrong *signer.WrongKeyError
	if !errors.As(err, &wrong) || wrong.Key != "card 2" || wrong.Want != want.Fingerprint() || wrong.Found != found.Fingerprint() {
		t.Fatalf("error %#v", err)
	}
	refusaltest.Says(t, err, "card 2 is the wrong key: its fingerprint is "+found.Fingerprint().String()+", wanted is "+want.Fingerprint().String())
	refusaltest.Hints(t, err, "use the card or key file that the metadata lists")

	card = signertest.NewCard(t, "card 2", signertest.Ed25519("bob"))
	if _, err := signer.Sign(t.Context(), card, verify.PublicKey{}, message, person.UI()); !errors.As(err, &wrong) {
		t.Errorf("no key wanted: error %v", err)
	}
}

// A key that signs something else, or with something else, or badly, yields
// nothing.
func TestSignReturnsNoBadSignature(t *testing.T) {
	key := signertest.Ed25519("alice")
	want := signertest.Public(t, key)
	for name, answer := range map[string]signertest.Answer{
		"corrupt":        signertest.SignsCorruptly,
		"other message":  signertest.SignsOther,
		"other key":      signertest.SignsWith(signertest.Ed25519("mallory")),
		"nothing at all": signertest.Fails(nil),
		"message changed": func(ctx context.Context, card *signertest.Card, given []byte, ui signer.UI) ([]byte, error) {
			given[0] = '[' // a key that writes into what it was given changes its own copy
			return signertest.Signs(ctx, card, given, ui)
		},
	} {
		t.Run(name, func(t *testing.T) {
			message := slices.Clone(message)
			card := signertest.NewCard(t, "card 1", key, answer)
			sig, err := signer.Sign(t.Context(), card, want, message, signer.UI{})
			var bad *signer.BadSignatureError
			if sig != nil || !errors.As(err, &bad) || bad.Key != "card 1" || bad.Fingerprint != want.Fingerprint() || bad.Unwrap() == nil {
				t.Fatalf("signature %x, error %#v", sig, err)
			}
			refusaltest.Says(t, err, "card 1 made a signature that does not verify with key "+want.Fingerprint().String()+": ")
			refusaltest.Hints(t, err, "nothing was written; sign again")
			if message[0] != '{' {
				t.Error("the caller's message was changed")
			}
		})
	}
}

func TestSignNamesTheKey(t *testing.T) {
	key := signertest.Ed25519("alice")
	other := errors.New("reader went away")
	for _, test := range []struct {
		answer signertest.Answer
		is     error
		words  string
		hint   string
	}{
		{signertest.WrongPIN(2), nil, "card 1: wrong PIN, 2 tries left", "try again with the right PIN; it gives back all tries"},
		{signertest.WrongPIN(1), nil, "card 1: wrong PIN, 1 try left", "make sure of the PIN first"},
		{signertest.WrongPIN(0), nil, "card 1: wrong PIN, no tries left", "its PUK unblocks it"},
		{signertest.Fails(&signer.WrongSecretError{What: "passphrase", Left: -1}), nil, "card 1: wrong passphrase", "nobody can reset it"},
		{signertest.Fails(signer.ErrNoTouch), signer.ErrNoTouch, "card 1: the card was not touched in time", "touch the card when it blinks"},
		{signertest.Fails(signer.ErrRemoved), signer.ErrRemoved, "card 1: the card was removed", "plug the card in"},
		{signertest.Fails(signer.ErrDeclined), signer.ErrDeclined, "card 1: declined", "when you agree"},
		{signertest.AsksPIN("123456", signertest.Signs), signer.ErrNobody, "card 1: nobody can be asked here", "in a terminal"},
		{signertest.Fails(other), other, "card 1: reader went away", ""},
	} {
		card := signertest.NewCard(t, "card 1", key, test.answer)
		_, err := signer.Sign(t.Context(), card, card.Public(), message, signer.UI{})
		var from *signer.KeyError
		if !errors.As(err, &from) || from.Key != "card 1" || err.Error() != test.words {
			t.Errorf("error %v, want %s", err, test.words)
		}
		if test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%v is not %v", err, test.is)
		}
		var secret *signer.WrongSecretError
		if strings.Contains(test.words, "wrong") != errors.As(err, &secret) {
			t.Errorf("%v: type %T", err, from.Err)
		}
		if test.hint != "" {
			refusaltest.Hints(t, err, test.hint)
		}
	}
}

func TestSignAsks(t *testing.T) {
	person := signertest.NewPerson(t, signertest.Types("PIN of card 1", "123456"))
	card := signertest.NewCard(t, "card 1", signertest.Ed25519("alice"), signertest.AsksPIN("123456", signertest.Signs))
	if _, err := signer.Sign(t.Context(), card, card.Public(), message, person.UI()); err != nil {
		t.Fatal(err)
	}
}

func TestSignCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	card := signertest.NewCard(t, "card 1", signertest.Ed25519("alice"), signertest.Blocks(cancel))
	for _, when := range []string{"while the card waits", "before the card is asked"} {
		_, err := signer.Sign(ctx, card, card.Public(), message, signer.UI{})
		var cancelled *signer.CancelledError
		if !errors.As(err, &cancelled) || !errors.Is(err, context.Canceled) || err.Error() != "card 1: cancelled" {
			t.Errorf("%s: error %v", when, err)
		}
		refusaltest.Hints(t, err, "nothing was signed; run the command again")
	}
}

// A touch is not asked for twice because somebody pressed a key meanwhile.
func TestSignKeepsGoodSignature(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	card := signertest.NewCard(t, "card 1", signertest.Ed25519("alice"),
		func(ctx context.Context, card *signertest.Card, message []byte, ui signer.UI) ([]byte, error) {
			cancel()
			return signertest.Signs(ctx, card, message, ui)
		})
	if sig, err := signer.Sign(ctx, card, card.Public(), message, signer.UI{}); err != nil || len(sig) == 0 {
		t.Errorf("signature %x, error %v", sig, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	gone := errors.New("reader went away")
	err := signer.Cancelled(ctx, gone)
	if !errors.Is(err, gone) || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
	refusaltest.Says(t, err, "cancelled: io: read/write on closed pipe\nreader went away")
	if again := signer.Cancelled(ctx, err); again != err {
		t.Errorf("wrapped twice: %v", again)
	}
	refusaltest.Says(t, &signer.CancelledError{Cause: io.EOF}, "cancelled: the input ended")
}

func TestFind(t *testing.T) {
	card := func(name string) *signertest.Card {
		return signertest.NewCard(t, "card of "+name, signertest.Ed25519(name))
	}
	public := func(name string) verify.PublicKey { return signertest.Public(t, signertest.Ed25519(name)) }
	sources := []signer.Source{
		signertest.Cards{card("alice"), card("bob")},
		signertest.Cards{card("alice"), card("carol")},
	}
	keys, err := signer.Find(t.Context(), sources, []verify.PublicKey{public("carol"), public("alice"), public("dave")}, signer.UI{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, key := range keys {
		names = append(names, key.Describe())
	}
	if got := strings.Join(names, ", "); got != "card of alice, card of carol" {
		t.Errorf("found %s", got)
	}

	var missing *signer.NoKeyError
	_, err = signer.Find(t.Context(), sources[:1], []verify.PublicKey{public("dave"), public("erin")}, signer.UI{})
	if !errors.As(err, &missing) || len(missing.Found) != 2 || len(missing.Want) != 2 {
		t.Fatalf("error %#v", err)
	}
	refusaltest.Says(t, err, "no key at hand that is asked for: found card of alice; card of bob, wanted is "+
		public("dave").Fingerprint().String()+" or "+public("erin").Fingerprint().String())
	refusaltest.Hints(t, err, "plug in your card, or put your key file")
	_, err = signer.Find(t.Context(), nil, nil, signer.UI{})
	refusaltest.Says(t, err, "no key at hand, wanted is none")

	broken := errors.New("no card service")
	if _, err := signer.Find(t.Context(), []signer.Source{failing{broken}}, nil, signer.UI{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Keys(context.Context, signer.UI) ([]signer.Key, error) { return nil, f.err }

func TestCompleteUI(t *testing.T) {
	ui := signer.UI{}.Complete()
	if err := ui.Message("x"); err != nil {
		t.Error(err)
	}
	if _, err := ui.Secret(t.Context(), "x"); !errors.Is(err, signer.ErrNobody) {
		t.Error(err)
	}
	if yes, err := ui.Confirm(t.Context(), "x"); yes || !errors.Is(err, signer.ErrNobody) {
		t.Error(yes, err)
	}
	ui.Waiting("x")()
}

// Quick hands are told nothing; the others once, and never after the wait.
func TestAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		waiting := signer.Announce(func(text string) error {
			said = append(said, text)
			return errors.New("the terminal is gone")
		})
		elapse := func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
		}

		stop := waiting("a touch of card 1")
		elapse(signer.Patience - 1)
		stop()
		elapse(time.Hour)
		if len(said) != 0 {
			t.Errorf("said %q to quick hands", said)
		}

		stop = waiting("a touch of card 1")
		elapse(signer.Patience + 1)
		if len(said) != 1 || said[0] != "waiting for a touch of card 1" {
			t.Errorf("said %q", said)
		}
		stop()
		stop()
		elapse(time.Hour)
		if len(said) != 1 {
			t.Errorf("said %q after the wait", said)
		}
	})
}

func TestPermissionError(t *testing.T) {
	err := error(&signer.PermissionError{Path: "/keys/alice/it's mine", Mode: 0o644, Want: 0o600})
	refusaltest.Says(t, err, "other people can use /keys/alice/it's mine: its mode is 0644, at most 0600 is allowed")
	refusaltest.Hints(t, err, `run: chmod 600 '/keys/alice/it'\''s mine'`)
	if !errors.Is(err, fs.ErrPermission) {
		t.Error("not fs.ErrPermission")
	}
}
