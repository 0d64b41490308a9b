// Package cli is the command rust-tuf: one file a verb, each an options
// struct, a constructor and a run function. What a verb decides is decided in
// another room; here questions are asked, answers are shown, and the edges
// (terminal, git, clock, home folder) are tied together.
//
// # What goes where
//
// Prompts and what belongs to a conversation go to the person's terminal,
// data to standard output, everything else to standard error. With --json,
// standard output carries one object and nothing else; the text is made from
// the same value.
package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
	"github.com/rust-lang/rust-tuf/metadata/git"
	"github.com/rust-lang/rust-tuf/signer"
	"github.com/rust-lang/rust-tuf/signer/file"
)

// Env is the world as a command sees it. Tests and the demo give their own.
type Env struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time  // read once by each command
	Dir            string            // working directory
	Home           string            // folder of this machine's trust state and software keys
	Terminal       terminal.Terminal // of the person
	Git            []git.Option      // how git is called
	Sources        func(home string) []signer.Source
}

// System is the real world.
func System() *Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Dir: dir,
		Home: homeFolder(os.Getenv), Terminal: &terminal.Console{In: os.Stdin, Err: os.Stderr}, Git: []git.Option{git.Terminal()}, Sources: softwareKeys,
	}
}

// softwareKeys is where keys are looked for without a token.
func softwareKeys(home string) []signer.Source {
	return []signer.Source{file.Source{Dir: keyFolder(home)}}
}

func keyFolder(home string) string { return filepath.Join(home, "keys") }

// homeFolder is RUST_TUF_HOME, or rust-tuf in the system's folder for the
// state or configuration of programs.
func homeFolder(getenv func(string) string) string {
	if h := getenv("RUST_TUF_HOME"); h != "" {
		return h
	}
	if h := getenv("XDG_STATE_HOME"); h != "" {
		return filepath.Join(h, "rust-tuf")
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(config, "rust-tuf")
}

// keysInHand lists every key that this person can use now. It asks for no
// secret.
func (env *Env) keysInHand(ctx context.Context, ui signer.UI) ([]signer.Key, error) {
	var keys []signer.Key
	for _, s := range env.Sources(env.Home) {
		found, err := s.Keys(ctx, ui)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	return keys, nil
}
