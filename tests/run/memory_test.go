package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What tests write lies in memory, where there is room, and is gone afterwards.
func TestWithMemory(t *testing.T) {
	var folder string
	run := func(line string, _ *tally) func(io.Writer) error {
		return func(io.Writer) error {
			for _, word := range strings.Fields(line) {
				if value, ok := strings.CutPrefix(word, "TMPDIR="); ok {
					folder = value
				}
			}
			if folder == "" {
				return nil
			}
			return os.WriteFile(filepath.Join(folder, "left"), []byte("behind"), 0o600)
		}
	}
	if err := withMemory(run, "go test", nil)(io.Discard); err != nil {
		t.Fatal(err)
	}
	if folder == "" {
		t.Log("no file system in memory with room here: tests use the usual folder")
		return
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", folder, err)
	}
}
