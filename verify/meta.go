package verify

import (
	"bytes"
	"strings"
)

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
	for c := (metaCursor{meta: meta}); c.next(); {
		if n++; n > limit || c.plain && c.version > 0 {
			continue // counts the rest
		}
		if err := checkMetaFile(c.value()); err != nil {
			return n, within(c.name(), err)
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

// find returns the member of a name. Members are in order, so it stops where
// the name would stand.
func find(object value, name string) (value, bool) {
	want := canonicalName(name)
	for have, v := range object.members() {
		switch order := compareNames(have, want); {
		case order == 0:
			return v, true
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

// metaCursor steps through a `meta` object. Snapshots have tens of thousands of
// entries, and nearly all of them are a version and nothing else: such a plain
// one is read while its end is looked for.
type metaCursor struct {
	meta       value
	start, end int // of the member, its name first
	colon      int
	plain      bool  // whether the entry is {"version":N}
	version    int64 // of a plain entry
}

var plainEntry = []byte(`{"version":`)

// next moves to the following member; false behind the last.
func (c *metaCursor) next() bool {
	c.start = max(c.end, 1)
	if c.meta[c.start] == '}' {
		return false
	}
	if c.meta[c.start] == ',' {
		c.start++
	}
	c.colon = skipText(c.meta, c.start)
	if c.plain = c.readPlain(); !c.plain {
		c.end = skipValue(c.meta, c.colon+1)
	}
	return true
}

// readPlain reads an entry that is a version of up to 18 digits.
func (c *metaCursor) readPlain() bool {
	rest := c.meta[c.colon+1:]
	if !bytes.HasPrefix(rest, plainEntry) {
		return false
	}
	c.version = 0
	i := len(plainEntry)
	for ; i < len(plainEntry)+18 && '0' <= rest[i] && rest[i] <= '9'; i++ {
		c.version = c.version*10 + int64(rest[i]-'0')
	}
	if rest[i] != '}' {
		return false
	}
	c.end = c.colon + 1 + i + 1
	return true
}

func (c *metaCursor) name() []byte { return c.meta[c.start+1 : c.colon-1] }

func (c *metaCursor) value() value { return c.meta[c.colon+1 : c.end : c.end] }

// number is the version of an entry that checkMetaFile has passed.
func (c *metaCursor) number() int64 {
	if c.plain {
		return c.version
	}
	return metaFile(c.value()).version()
}

// checkNotOlder holds a new `meta` to an older one: no file may be missing, and
// none may have a lower version (SPEC 5.5.5). Both are in order, so one pass
// over both is enough, however many files there are.
func checkNotOlder(older, newer value) error {
	o, n := metaCursor{meta: older}, metaCursor{meta: newer}
	for o.next() {
		order := -1
		for order < 0 && n.next() {
			order = compareNames(n.name(), o.name())
		}
		switch trusted := o.number(); {
		case order != 0:
			return &VersionError{Role: metaRole(o.name()), Trusted: trusted}
		case n.number() < trusted:
			return &VersionError{Role: metaRole(o.name()), Trusted: trusted, Found: n.number()}
		}
	}
	return nil
}

// metaRole is the role of a file in a snapshot.
func metaRole(file []byte) string {
	role, _ := strings.CutSuffix(plain(file), ".json")
	return role
}
