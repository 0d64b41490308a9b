package roles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Everything in this file is written to be read on a terminal or aloud. No
// string from a document reaches a sentence but through shownName, shownProse,
// shownRaw or shownPointer.

// shownLimit is how many characters of one value a sentence shows; a longer
// value is cut with its length and digest said, and stands in full in the
// change's Old and New. A PEM of an RSA 16384 key still fits.
const shownLimit = 4000

// shownName writes a name: bare when it is made of letters, digits and a few
// marks of ASCII, else in quotation marks with everything else escaped, so that
// a letter of another script, a direction mark or a blank never passes for
// something else. Words that these sentences use themselves are quoted too.
func shownName(s string) string {
	plain := s != "" && s != "none" && s != "and"
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		plain = plain && (letter || strings.IndexByte("-_./*?+@", c) >= 0)
	}
	if plain {
		return cut(s, canonicalString(s))
	}
	return cut(quoted(s, isASCII), canonicalString(s))
}

// shownProse writes free text in quotation marks. Letters of the Latin script
// stay, so that a reason in French can be read; the rest is escaped.
func shownProse(s string) string {
	return cut(quoted(s, func(r rune) bool {
		return isASCII(r) || unicode.IsLetter(r) && unicode.Is(unicode.Latin, r)
	}), canonicalString(s))
}

// shownPointer writes a JSON pointer, in quotation marks only when needed.
func shownPointer(p string) string {
	if p == "" {
		return "the whole document"
	}
	escaped := quoted(p, isASCII)
	if escaped == `"`+p+`"` && !strings.Contains(p, " ") {
		return p
	}
	return escaped
}

// shownRaw writes a leaf, given as canonical JSON, as ASCII JSON.
func shownRaw(raw string) string { return cut(asciiJSON(raw), raw) }

// asciiJSON writes a leaf, given as canonical JSON, as JSON that every reader
// takes and that holds ASCII alone.
func asciiJSON(raw string) string {
	node, err := readCanonical([]byte(raw))
	if err != nil {
		return quoted(raw, isASCII)
	}
	if s, ok := node.str(); ok {
		return quoted(s, isASCII)
	}
	return raw
}

// cut shortens what is longer than shownLimit and says so.
func cut(shown, raw string) string {
	if len(shown) <= shownLimit {
		return shown
	}
	end := shownLimit
	for !utf8.RuneStart(shown[end]) {
		end--
	}
	sum := sha256.Sum256([]byte(raw))
	return fmt.Sprintf("%s … %d more characters; SHA-256 of the whole value as canonical JSON: %s",
		shown[:end], utf8.RuneCountInString(shown[end:]), hex.EncodeToString(sum[:]))
}

func isASCII(r rune) bool { return r >= ' ' && r <= '~' }

// quoted writes a string as JSON in which every character that may not stay is
// escaped.
func quoted(s string, stays func(rune) bool) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case stays(r):
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// joined lists things for people: "alice, bob and carol".
func joined(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// named writes each name with shownName.
func named(names []string) []string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = shownName(name)
	}
	return shown
}

// counted writes a number with its noun: "1 key", "9 keys".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// grouped writes 64 lower-case hex digits as 16 groups of four, and anything
// else as a name: from the one form the other can always be had back.
func grouped(id string) string {
	if !isDigest(id) {
		return shownName(id)
	}
	groups := make([]string, 0, 16)
	for i := 0; i < len(id); i += 4 {
		groups = append(groups, id[i:i+4])
	}
	return strings.Join(groups, " ")
}

// brief writes the first two groups of a digest; anything else in full.
func brief(id string) string {
	if !isDigest(id) {
		return shownName(id)
	}
	return id[:4] + " " + id[4:8] + " …"
}

// isDigest reports whether s is 64 lower-case hex digits.
func isDigest(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 64 && strings.ToLower(s) == s
}

// moment writes an instant to the second, in UTC.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// distance writes how far it is from one instant to a later one, in whole
// calendar years and days.
func distance(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	years := to.Year() - from.Year()
	for years > 0 && from.AddDate(years, 0, 0).After(to) {
		years--
	}
	rest := to.Sub(from.AddDate(years, 0, 0))
	days := int(rest / (24 * time.Hour))
	hours := int(rest % (24 * time.Hour) / time.Hour)
	var parts []string
	if years > 0 {
		parts = append(parts, counted(years, "year"))
	}
	if days > 0 {
		parts = append(parts, counted(days, "day"))
	}
	if len(parts) == 0 && hours > 0 {
		parts = append(parts, counted(hours, "hour"))
	}
	if len(parts) == 0 {
		return "less than an hour"
	}
	return joined(parts)
}

// shownMessage writes an error's words with everything escaped that could
// disturb a terminal.
func shownMessage(s string) string {
	var out strings.Builder
	for _, r := range s {
		if isASCII(r) || r == '…' {
			out.WriteRune(r)
		} else {
			shown := quoted(string(r), isASCII)
			out.WriteString(shown[1 : len(shown)-1])
		}
	}
	return out.String()
}
