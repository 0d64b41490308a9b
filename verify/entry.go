package verify

import "strings"

// TargetEntry is one entry of `targets` (SPEC 4.5).
type TargetEntry struct {
	Path   string
	Length int64             // bytes
	Hashes map[string]string // algorithm → hex, in lower case whatever the document has; may be empty
}

// checkEntries checks the form of every entry without keeping any.
func checkEntries(targets *listing) error {
	if err := targets.object.object(); err != nil {
		return err
	}
	if targets.targets == targets.entries {
		return nil // seen when they were scanned
	}
	for c := targets.cursor(); c.next(); {
		if c.usual.isTarget() {
			continue
		}
		if err := checkEntry(c.value()); err != nil {
			return within(c.name, err)
		}
	}
	return nil
}

func checkEntry(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	var length, hashes value
	for name, m := range v.members() {
		switch string(name) {
		case "length":
			length = m
		case "hashes":
			hashes = m
		}
	}
	if length == nil {
		return misfit("length", "missing")
	}
	n, err := length.integer()
	if err != nil {
		return within("length", err)
	}
	if n < 0 {
		return misfit("length", "must not be negative, found %d", n)
	}
	if hashes == nil {
		return misfit("hashes", "missing")
	}
	return within("hashes", checkHashes(hashes))
}

// checkHashes holds the hashes that this client knows to their size. Others
// may have any form, so that writers can add new ones beside them.
func checkHashes(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	for name, m := range v.members() {
		if err := m.expect("a string"); err != nil {
			return within(name, err)
		}
		digits := 0
		switch string(name) {
		case "sha256":
			digits = 64
		case "sha512":
			digits = 128
		default:
			continue
		}
		// Compared as it stands: no hex digit has an escape.
		if s := m[1 : len(m)-1]; len(s) != digits || !isHex(s) {
			return within(name, misfit("", "must be %d hex digits, found %s", digits, shown(plain(s))))
		}
	}
	return nil
}

// readEntries reads entries that checkEntries has passed.
func readEntries(entries value) []TargetEntry {
	var list []TargetEntry
	for path, v := range entries.members() {
		list = append(list, readEntry(plain(path), v))
	}
	return list
}

func readEntry(path string, v value) TargetEntry {
	e := TargetEntry{Path: path}
	for name, m := range v.members() {
		switch string(name) {
		case "length":
			e.Length, _ = m.integer()
		case "hashes":
			e.Hashes = readHashes(m)
		}
	}
	return e
}

// readHashes reads hashes that checkHashes has passed.
func readHashes(v value) map[string]string {
	hashes := map[string]string{}
	for algorithm, digits := range v.members() {
		hashes[plain(algorithm)] = strings.ToLower(plain(digits[1 : len(digits)-1]))
	}
	return hashes
}
