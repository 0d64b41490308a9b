package roles

// readerNames are the clients that a policy may list.
func readerNames() []string {
	return []string{"rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"}
}
