//go:build race

package metadata

// raced says that the race detector runs, which makes these tests ten times
// slower and finds nothing in a package that starts no goroutine. Tests that
// judge the same thing in several ways then take the shortest.
const raced = true
