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
// any.
func checkMeta(meta *listing, limit int) error {
	if err := meta.object.object(); err != nil {
		return err
	}
	if err := checkCount("files in a snapshot", meta.entries, limit); err != nil {
		return err
	}
	if meta.metas == meta.entries {
		return nil // seen when they were scanned
	}
	for c := meta.cursor(); c.next(); {
		if c.usual.isMeta() {
			continue
		}
		if err := checkMetaFile(c.value()); err != nil {
			return within(c.name, err)
		}
	}
	return nil
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

// version is 0 when the entry does not say, which checkMetaFile refuses.
func (m metaFile) version() int64 {
	v := m.member("version")
	if v == nil {
		return 0
	}
	n, _ := v.integer()
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
	// SPEC 4.4: hashes are optional. An object without any is as good as none.
	if hashes == nil || string(hashes) == "{}" {
		return nil
	}
	return checkContent(what, hashes, raw)
}

// checkNotOlder holds a new `meta` to an older one: no file may be missing, and
// none may have a lower version (SPEC 5.5.5). Both are in order, so one pass
// over both is enough, however many files there are.
func checkNotOlder(older, newer *listing) error {
	o, n := older.cursor(), newer.cursor()
	for {
		passNotOlder(older, newer, &o, &n)
		if !o.next() {
			return nil
		}
		order := -1
		for order < 0 && n.next() {
			order = compareNames(n.name, o.name)
		}
		trusted := metaVersion(&o)
		// SPEC 5.5.5: the file is gone.
		if order != 0 {
			return &VersionError{Role: metaRole(o.name), Trusted: trusted}
		}
		// SPEC 5.5.5: the file went back.
		if found := metaVersion(&n); found < trusted {
			return &VersionError{Role: metaRole(o.name), Trusted: trusted, Found: found}
		}
	}
}

// passNotOlder moves two cursors past entries that differ in nothing but a version,
// and in that not backwards: nearly all, and most not even in that. So it goes from
// one difference to the next, with a look at nothing between.
func passNotOlder(older, newer *listing, o, n *entryCursor) {
	// SPEC 5.5.5: only where all entries are usual, with plain names, does nothing
	// else look like the version of a file.
	if !older.usualOnly() || !newer.usualOnly() {
		return
	}
	for {
		same := commonRun(o.object[o.end:], n.object[n.end:])
		digits := same
		for digits > 0 && isDigit(o.object[o.end+digits-1]) {
			digits--
		}
		trusted, oldEnd, ok := readUsualVersion(o.object, o.end+digits)
		found, newEnd, alike := readUsualVersion(n.object, n.end+digits)
		if !ok || !alike {
			passSame(o, n, same)
			return
		}
		// SPEC 5.5.5: the file went back, and is left to be looked at.
		if found < trusted {
			passSame(o, n, same)
			return
		}
		o.end, n.end = oldEnd, newEnd
	}
}

// metaVersion is the version of an entry of a `meta` that checkMeta has passed.
func metaVersion(c *entryCursor) int64 {
	if c.usual.isMeta() {
		return c.usual.version
	}
	return metaFile(c.value()).version()
}

// metaRole is the role of a file in a snapshot.
func metaRole(file []byte) string {
	role, _ := strings.CutSuffix(plain(file), ".json")
	return role
}
