package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata/carried"
	"github.com/rust-lang/rust-tuf/signer/trust"
)

// answerPath is where the signatures go that are made from a bundle.
func (c *command) answerPath(o signOptions) string {
	if o.answer == "" && o.bundle != "" {
		return o.bundle + ".answer"
	}
	return o.answer
}

// sayWhatABundleCannotShow stands in place of the search on the remote.
func (s *signing) sayWhatABundleCannotShow() {
	b := s.w.carried
	s.say("This machine sees the bundle alone, which says that it is commit %s of %s: whether the repository has moved since, and what your key signed on another machine, cannot be seen from here.",
		s.w.head.Short(), b.Made.Format("2006-01-02 15:04 UTC"))
}

// mayAnswer refuses, before anything is asked, a file for the answer that is
// not one of this machine's own.
func (s *signing) mayAnswer(tasks []*signTask) error {
	if s.w.carried == nil || len(tasks) == 0 {
		return nil
	}
	raw, err := frame.ReadBounded(s.path(s.answerFile), carried.MaxAnswerBytes)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(raw) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	taken := &FileTakenError{s.answerFile, "answer", "--answer"}
	found, err := carried.ReadAnswer(raw)
	if err != nil {
		return rejected(taken)
	}
	for _, f := range found {
		if !slices.ContainsFunc(s.ledger.Find(f.Role, f.Version), func(e trust.Entry) bool { return bytes.Equal(e.File, f.Raw) }) {
			return rejected(taken)
		}
	}
	return nil
}

// writeAnswer writes the signatures of this run into one file. They are on
// record before that, so a rerun writes the same file without using the key.
func (s *signing) writeAnswer() error {
	if s.w.carried == nil || len(s.answer) == 0 {
		return nil
	}
	err := writeCarried(FileTakenError{s.path(s.answerFile), "answer", "--answer"}, carried.EncodeAnswer(s.answer))
	if err != nil {
		return fmt.Errorf("%w\nYour signature is kept on this machine; run the same command again and it is written without the key being used", err)
	}
	s.result.Answer = s.answerFile
	return nil
}

// writeAnswered says what to do with an answer.
func writeAnswered(w *words.Lines, file string) {
	w.Printf("Written to %s. It holds nothing secret.\n", file)
	w.Printf("Next: carry it to a machine with a network, and in a clone there:\n")
	w.Printf("    rust-tuf bundle import %s\n", quoted(file))
}
