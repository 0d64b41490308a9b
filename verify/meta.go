package verify

import "strings"

// MetaFile is what a timestamp says of the snapshot, or a snapshot of one
// targets file (SPEC 4.4, METAFILES).
type MetaFile struct {
	Version int64
	Length  int64             // bytes; -1 when the document does not say
	Hashes  map[string]string // algorithm → lower-case hex; nil when the document does not say
}

// metaFile is one entry of `meta`, in canonical form, that checkMetaFile has
// passed.
type metaFile value

// checkMeta checks the form of every entry of a `meta` object without keeping
// any, and returns how many there are.
func checkMeta(meta value, limit int) (int, error) {
	if err := meta.object(); err != nil {
		return 0, err
	}
	n := 0
	for name, v := range meta.members() {
		if n++; n > limit {
			continue // counts the rest
		}
		if err := checkMetaFile(v); err != nil {
			return n, within(name, err)
		}
	}
	return n, checkCount("files in a snapshot", n, limit)
}

func checkMetaFile(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	var version, length, hashes value
	for name, m := range v.members() {
		switch string(name) {
		case "version":
			version = m
		case "length":
			length = m
		case "hashes":
			hashes = m
		}
	}
	if version == nil {
		return misfit("version", "missing")
	}
	n, err := version.integer()
	if err != nil {
		return within("version", err)
	}
	// SPEC 4.4: an integer that is greater than 0.
	if n < 1 {
		return misfit("version", "must be above zero, found %d", n)
	}
	if length != nil {
		if n, err = length.integer(); err != nil {
			return within("length", err)
		}
		if n < 0 {
			return misfit("length", "must not be negative, found %d", n)
		}
	}
	if hashes != nil {
		return within("hashes", checkHashes(hashes))
	}
	return nil
}

// member returns a member of the entry, nil if it is absent.
func (m metaFile) member(want string) value {
	for name, v := range value(m).members() {
		if string(name) == want {
			return v
		}
	}
	return nil
}

func (m metaFile) version() int64 {
	n, _ := m.member("version").integer()
	return n
}

// length is -1 when the entry does not say.
func (m metaFile) length() int64 {
	v := m.member("length")
	if v == nil {
		return -1
	}
	n, _ := v.integer()
	return n
}

func (m metaFile) read() MetaFile {
	f := MetaFile{Version: m.version(), Length: m.length()}
	if hashes := m.member("hashes"); hashes != nil {
		f.Hashes = readHashes(hashes)
	}
	return f
}

// check holds received bytes to what the entry says of them (SPEC 5.5.2,
// 5.6.2). That comes before any signature is looked at.
func (m metaFile) check(what string, raw []byte) error {
	if want := m.length(); want >= 0 && int64(len(raw)) != want {
		return &ContentError{What: what, Reason: lengthReason(want, int64(len(raw)))}
	}
	hashes := m.member("hashes")
	if hashes == nil {
		return nil
	}
	return checkContent(what, hashes, raw)
}

// find returns the entry of one file. Members are in order, so it stops where
// the name would stand.
func find(meta value, name string) (metaFile, bool) {
	want := canonicalName(name)
	for have, v := range meta.members() {
		switch order := compareNames(have, want); {
		case order == 0:
			return metaFile(v), true
		case order > 0:
			return nil, false
		}
	}
	return nil, false
}

// canonicalName is a member's name as it stands between its quotes.
func canonicalName(name string) []byte {
	b := make([]byte, 0, len(name)+2)
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, name[i])
	}
	return b
}

// memberCursor steps through the members of an object one by one, for two objects
// that are read side by side.
type memberCursor struct {
	object value
	i      int
	name   []byte
	value  value
}

// next moves to the following member; false behind the last.
func (c *memberCursor) next() bool {
	if c.i == 0 {
		c.i = 1
	}
	if c.object[c.i] == '}' {
		return false
	}
	if c.object[c.i] == ',' {
		c.i++
	}
	colon := skipText(c.object, c.i)
	end := skipValue(c.object, colon+1)
	c.name, c.value = c.object[c.i+1:colon-1], c.object[colon+1:end:end]
	c.i = end
	return true
}

// checkNotOlder holds a new `meta` to an older one: no file may be missing, and
// none may have a lower version (SPEC 5.5.5). Both are in order, so one pass
// over both is enough, however many files there are.
func checkNotOlder(older, newer value) error {
	o, n := memberCursor{object: older}, memberCursor{object: newer}
	for o.next() {
		order := -1
		for order < 0 && n.next() {
			order = compareNames(n.name, o.name)
		}
		role := metaRole(plain(o.name))
		trusted := metaFile(o.value).version()
		switch {
		case order != 0:
			return &VersionError{Role: role, Trusted: trusted}
		case metaFile(n.value).version() < trusted:
			return &VersionError{Role: role, Trusted: trusted, Found: metaFile(n.value).version()}
		}
	}
	return nil
}

// metaRole is the role of a file in a snapshot.
func metaRole(file string) string {
	role, _ := strings.CutSuffix(file, ".json")
	return role
}
