package main

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// What writes the vectors shares nothing with what reads them.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"tests/vectors"})
}
