//go:build !linux

package main

// inMemory is "": only Linux has a file system in memory at a known place.
func inMemory() string { return "" }
