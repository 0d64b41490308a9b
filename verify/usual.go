package verify

// usual is an entry of `targets` or `meta` as nearly all of them look:
//
//	{"hashes":{"sha256":"<64 hex digits>"},"length":N}
//	{"hashes":{"sha256":"<64 hex digits>"},"length":N,"version":N}
//	{"version":N}
//
// in canonical form, with numbers from 0 on that have no more than 18 digits.
// Large documents are long lists of such entries, so these are recognised as a
// whole. That is a shorter way and no other rule: what differs in one byte is
// read in the general way, which alone says what is wrong with an entry.
type usual struct {
	size    int   // in bytes; 0 for everything else
	length  int64 // -1 if absent, and there are no hashes then
	version int64 // -1 if absent
}

// usualDepth is how deep a usual entry nests.
const usualDepth = 2

const (
	hashesHead  = `{"hashes":{"sha256":"`
	lengthHead  = `"},"length":`
	versionNext = `,"version":`
	versionHead = `{"version":`

	sha256Digits = 64
)

// readUsual looks for a usual entry at the beginning of b.
func readUsual(b []byte) usual {
	u := usual{length: -1, version: -1}
	i, ok := 0, true
	switch {
	case len(b) > len(versionHead) && string(b[:len(versionHead)]) == versionHead:
		u.version, i, ok = readUsualNumber(b, len(versionHead))
	case len(b) > len(hashesHead) && string(b[:len(hashesHead)]) == hashesHead:
		i = len(hashesHead) + sha256Digits
		if len(b) < i || !isHex(b[len(hashesHead):i]) || !startsWith(b[i:], lengthHead) {
			return usual{}
		}
		u.length, i, ok = readUsualNumber(b, i+len(lengthHead))
		if ok && startsWith(b[i:], versionNext) {
			u.version, i, ok = readUsualNumber(b, i+len(versionNext))
		}
	default:
		return usual{}
	}
	if !ok || i == len(b) || b[i] != '}' {
		return usual{}
	}
	u.size = i + 1
	return u
}

// readUsualMember looks for a usual entry and its name at the beginning of b,
// where a quote stands. The name has no escape and is ASCII.
func readUsualMember(b []byte) (name []byte, entry usual) {
	end := 1 + plainRun(b[1:])
	if len(b) < end+2 || b[end] != '"' || b[end+1] != ':' {
		return nil, usual{}
	}
	return b[1:end], readUsual(b[end+2:])
}

func startsWith(b []byte, head string) bool {
	return len(b) >= len(head) && string(b[:len(head)]) == head
}

// readUsualNumber reads digits from offset i on, and returns where they end.
func readUsualNumber(b []byte, i int) (n int64, end int, ok bool) {
	for end = i; end < len(b) && end < i+18 && '0' <= b[end] && b[end] <= '9'; end++ {
		n = n*10 + int64(b[end]-'0')
	}
	return n, end, end == i+1 || end > i && b[i] != '0'
}

// readUsualVersion reads the version, with which a usual entry ends, and returns
// the end of the entry. Its digits begin at offset i of a listing.
func readUsualVersion(b []byte, i int) (n int64, end int, ok bool) {
	const head = `"version":`
	if i < len(head) || string(b[i-len(head):i]) != head {
		return 0, 0, false
	}
	n, end, ok = readUsualNumber(b, i)
	return n, end + 1, ok && end < len(b) && b[end] == '}'
}

// isTarget reports whether the entry has all that an entry of `targets` needs.
func (u usual) isTarget() bool { return u.size > 0 && u.length >= 0 }

// isMeta reports whether the entry has all that an entry of `meta` needs.
func (u usual) isMeta() bool { return u.size > 0 && u.version > 0 }
