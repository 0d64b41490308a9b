package main

import (
	"testing"

	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// The judge of the peers knows the vectors, and no client.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"tests/vectors"})
}
