package cli

import (
	"context"
	"fmt"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/frame"
	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/spf13/cobra"
)

func (c *command) logCommand() *cobra.Command {
	return frame.Group("log", "what closed events left behind",
		&cobra.Command{
			Use:   "verify [revision]",
			Short: "prove every closed event again, from what the log keeps",
			Long: `verify makes everything that the log says again, and compares: the documents that
were signed, from the policies under which they were made; the published versions,
from the signatures; the statements that members signed beside them; and the
transcripts, from all of it. It needs no key and no network, and trusts nobody but
the keys of the repository's first root.

Times are what the members' and the proposers' clocks said.`,
			Args: frame.Args(0, 1),
			RunE: func(cmd *cobra.Command, args []string) error { return c.runLogVerify(cmd.Context(), args) },
		},
		&cobra.Command{
			Use:   "show EVENT",
			Short: "read the transcript of one event aloud",
			Args:  frame.Args(1, 1),
			RunE:  func(cmd *cobra.Command, args []string) error { return c.runLogShow(cmd.Context(), args[0]) },
		})
}

// logResult is what the log of a repository proves.
type logResult struct {
	Commit   string                 `json:"commit"`
	Problems []string               `json:"problems"`
	Events   []*metadata.Transcript `json:"events"`

	TestRoots []string `json:"test_roots,omitempty"`
}

func (c *command) runLogVerify(ctx context.Context, args []string) error {
	w, err := c.openClone(ctx)
	if err != nil {
		return err
	}
	at, err := w.git.Resolve(ctx, append(args, "HEAD")[0])
	if err != nil {
		return err
	}
	tree, err := w.git.Tree(ctx, at)
	if err != nil {
		return err
	}
	report := metadata.AuditLog(tree, c.env.judgement()...)
	out := &logResult{Commit: string(at), Problems: []string{}, Events: append([]*metadata.Transcript{}, report.Transcripts...), TestRoots: report.TestRoots}
	for _, p := range report.Problems {
		out.Problems = append(out.Problems, p.Error())
	}
	if err := c.show(out); err != nil {
		return err
	}
	if len(out.Problems) > 0 {
		return rejected(fmt.Errorf("the log has %s", words.Counted(len(out.Problems), "problem")))
	}
	return nil
}

func (c *command) runLogShow(ctx context.Context, name string) error {
	w, err := c.openClone(ctx)
	if err != nil {
		return err
	}
	at, err := w.git.Resolve(ctx, "HEAD")
	if err != nil {
		return err
	}
	repo, err := w.read(ctx, at)
	if err != nil {
		return err
	}
	for _, e := range repo.Closed {
		if e.Name != name {
			continue
		}
		t, err := repo.Transcript(e)
		if err != nil {
			return rejected(err)
		}
		return c.show((*transcriptResult)(t))
	}
	return rejected(fmt.Errorf("the log holds no event %q", name))
}

func (r *logResult) text(w *words.Lines) {
	writeTestRoots(w, r.TestRoots)
	w.Printf("Judged: commit %s\n", r.Commit)
	for _, t := range r.Events {
		writeTranscript(w, t)
	}
	for _, p := range r.Problems {
		w.Printf("wrong: %s\n", p)
	}
	if len(r.Problems) == 0 {
		w.Printf("Verdict: %s; each was derived again from what the log keeps, and is identical.\n", words.Counted(len(r.Events), "completed event"))
	}
}

type transcriptResult metadata.Transcript

func (r *transcriptResult) text(w *words.Lines) { writeTranscript(w, (*metadata.Transcript)(r)) }

// writeTranscript is a transcript as it is read aloud.
func writeTranscript(w *words.Lines, t *metadata.Transcript) {
	w.Printf("Event %s: %s\n", t.Event, t.Why)
	w.Printf("  opened %s, last signed %s (as their clocks said)\n", words.Date(t.Began), words.Date(t.Ended))
	for _, p := range t.Payloads {
		w.Printf("  %s version %d, expires %s, digest of what was signed:\n", p.Role, p.Version, words.Date(p.Expires))
		w.Digest(p.SHA256)
		for _, k := range p.Keys {
			w.Printf("    key %s: %s, %s\n", k.Change, k.Owner, keyWords(k))
		}
		for _, s := range p.Signatures {
			w.Printf("    signed by %s, %s, %s, as named in %s\n", s.Owner, deviceWords(s.Device, s.KeyID), words.Date(s.SignedAt), words.Join(s.CountsFor))
		}
	}
}

func keyWords(k metadata.TranscriptKey) string {
	where := "key " + words.ShortID(k.KeyID)
	if k.Device != nil {
		where = deviceWords(*k.Device, k.KeyID)
	}
	return where + ", for " + words.Join(k.Roles)
}

// deviceWords names a device and what proves it.
func deviceWords(d metadata.TranscriptDevice, keyID string) string {
	switch {
	case d.Serial == 0:
		return "key file " + words.ShortID(keyID)
	case d.SlotSHA256 == "":
		return fmt.Sprintf("YubiKey %d (no attestation)", d.Serial)
	}
	return fmt.Sprintf("YubiKey %d (attested)", d.Serial)
}
