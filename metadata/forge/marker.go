package forge

import (
	"fmt"
	"regexp"
	"strings"
)

// keyForm is what can stand in a marker: names by the one rule that members, roles
// and events follow, with dots or slashes between them. It ends no comment of
// Markdown, which takes a ">".
var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*([./][a-z0-9][a-z0-9-]*)*$`)

// CheckKey refuses what cannot name a report or an issue.
func CheckKey(key string) error {
	if len(key) > maxKey || !keyForm.MatchString(key) {
		return &KeyError{Key: key}
	}
	return nil
}

// KeyError is a key that no report or issue can be kept under.
type KeyError struct {
	Key string
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("%q is no key of a report: 1 to %d characters: names of lower-case letters, digits and hyphens, with single dots or slashes between them", shown(e.Key), maxKey)
}

// Hint names the next step.
func (e *KeyError) Hint() string { return "name it after a job or an event" }

// Marked puts the marker of a key above a text, which it does not change but for
// its length: what is too long for a forge is cut at the end of a line, and says so.
func Marked(key, markdown string) string {
	head := marker(key) + "\n"
	if room := MaxText - len(head); len(markdown) > room {
		cut := markdown[:room-len(cutWords)]
		if end := strings.LastIndexByte(cut, '\n'); end >= 0 {
			cut = cut[:end]
		}
		markdown = strings.ToValidUTF8(cut, "") + cutWords
	}
	return head + markdown
}

const cutWords = "\n\n… this report is too long for the forge and was cut here; `rust-tuf check` shows all of it.\n"

// IsMarked tells whether a text is the one that is kept under a key. The marker
// counts on the first line alone, where no text that is reported can stand.
func IsMarked(text, key string) bool {
	first, _, _ := strings.Cut(text, "\n")
	return strings.TrimSuffix(first, "\r") == marker(key)
}

// KeyOf is the key that a text is kept under; empty for a text without a marker.
func KeyOf(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	key, ok := strings.CutPrefix(strings.TrimSuffix(first, "\r"), markerHead)
	if key, ended := strings.CutSuffix(key, markerEnd); ok && ended && CheckKey(key) == nil {
		return key
	}
	return ""
}

const (
	markerHead = "<!-- rust-tuf: "
	markerEnd  = " -->"
)

func marker(key string) string { return markerHead + key + markerEnd }
