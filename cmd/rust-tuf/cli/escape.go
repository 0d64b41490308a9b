package cli

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/terminal"
)

// maxFenced bounds the difference that a report shows: forges cut a comment at
// 64 kB. Whoever signs sees all of it.
const maxFenced = 16 << 10

// fenced is a text between fences that are longer than any in it.
func fenced(text string) string {
	if len(text) > maxFenced {
		text = text[:maxFenced] + "\n… cut here; `rust-tuf check` or `rust-tuf review` shows all of it\n"
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	var b strings.Builder
	b.WriteString(fence + "\n")
	for line := range strings.Lines(text) {
		b.WriteString(terminal.Printable(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String() + fence + "\n"
}

// escapeMarkdown makes a text say what it says and do nothing: no markup, no
// mention of anybody, no link, no line of its own.
func escapeMarkdown(text string) string {
	var b strings.Builder
	runes := []rune(terminal.Printable(text))
	for i, c := range runes {
		switch {
		case c == '@':
			b.WriteString("@\u200b") // no mention
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == ':' && (i+1 == len(runes) || unicode.IsSpace(runes[i+1])):
			b.WriteRune(c) // it ends a word, so it begins no address and no symbol
		case c == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString("\\.") // an address without a scheme
		case strings.ContainsRune("\\`*_{}[]#+|~:$", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// ownCommand is a command of this tool between backquotes, of letters that are
// nothing but text even where no code begins.
var ownCommand = regexp.MustCompile("`rust-tuf [a-z0-9 -]+`")

// withCommands is escapeMarkdown, but that commands of this tool stay between
// their backquotes, to be copied.
func withCommands(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range ownCommand.FindAllStringIndex(text, -1) {
		b.WriteString(escapeMarkdown(text[last:at[0]]) + text[at[0]:at[1]])
		last = at[1]
	}
	return b.String() + escapeMarkdown(text[last:])
}
