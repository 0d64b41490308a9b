package cli

import (
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
)

// judgement is how repositories are read here. Nothing that a user can set
// takes part in it: the shipped program's Env has no Attestation.
func (env *Env) judgement() []metadata.Option {
	if env.Attestation == nil {
		return nil
	}
	return []metadata.Option{metadata.Attestation(env.Attestation)}
}

// writeTestRoots says, before anything else is said, that a verdict rests on
// roots which are not Yubico's.
func writeTestRoots(w *words.Lines, roots []string) {
	for _, root := range roots {
		w.Printf("A TEST ROOT is trusted, so this proves nothing about a real card: %s\n", root)
	}
}

// recordTestRoots is the same for a commit message: one paragraph, or nothing.
func recordTestRoots(roots []string) string {
	if len(roots) == 0 {
		return ""
	}
	return "\nIn a rehearsal, which trusts test roots:\n" + strings.Join(roots, "\n") + "\n"
}
