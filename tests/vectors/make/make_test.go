package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The folder holds exactly what this program writes.
func TestVectorsAreWhatIsWritten(t *testing.T) {
	written := map[string]bool{}
	for _, v := range all() {
		written[v.Name+".vector"] = true
		got, err := os.ReadFile(filepath.Join("..", "data", v.Name+".vector"))
		if err != nil || !bytes.Equal(got, v.Format()) {
			t.Errorf("%s is not what this program writes; run go run ./tests/vectors/make (%v)", v.Name, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join("..", "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !written[e.Name()] {
			t.Errorf("%s is written by nobody", e.Name())
		}
	}
}
