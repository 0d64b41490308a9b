package bundle

// Of is a bundle of whatever an attacker puts into one.
func Of(files map[string][]byte) *Bundle { return &Bundle{files: files, newest: 3} }
