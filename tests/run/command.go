package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// A command line is written as one would type it, NAME=value settings first; words are parted by
// blanks and no shell reads them. So a failed check shows the line to run again by hand.

// commands makes a check that runs each line, in order, until one fails.
func commands(lines ...string) func(io.Writer) error {
	return func(out io.Writer) error {
		for _, line := range lines {
			if err := execute(line, out, out); err != nil {
				return err
			}
		}
		return nil
	}
}

// builds makes a check that builds and vets everything, tests included, with these settings.
func builds(settings string) func(io.Writer) error {
	return commands(settings+" go build -buildvcs=false ./...", settings+" go vet ./...")
}

// silent makes a check that fails when the line prints anything.
func silent(line string) func(io.Writer) error {
	return func(out io.Writer) error {
		var printed bytes.Buffer
		if err := execute(line, &printed, &printed); err != nil {
			out.Write(printed.Bytes())
			return err
		}
		if printed.Len() > 0 {
			out.Write(printed.Bytes())
			return fmt.Errorf("%s: prints nothing when all is well", line)
		}
		return nil
	}
}

func execute(line string, stdout, stderr io.Writer) error {
	cmd := prepare(line)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return explain(line, cmd.Run())
}

func prepare(line string) *exec.Cmd {
	words := strings.Fields(line)
	env := append(os.Environ(), "GOWORK=off") // a workspace around the module must not decide what is tested
	for len(words) > 1 && strings.Contains(words[0], "=") {
		env, words = append(env, words[0]), words[1:]
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = env
	return cmd
}

// explain adds the line to an error of running it.
func explain(line string, err error) error {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fmt.Errorf("%s: %s", line, exit.ProcessState)
	case err != nil:
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}
