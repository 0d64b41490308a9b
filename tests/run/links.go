package main

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// deadLinks finds links in Markdown files that lead to no file of the repository, or to no heading of
// it. Links to other places are not followed: the tests need no network.
func deadLinks(root string) ([]string, error) {
	all, err := files(root)
	if err != nil {
		return nil, err
	}
	site := newSite(all)
	var lines []string
	for _, f := range all {
		if path.Ext(f.path) != ".md" || strings.Contains("/"+f.path, "/testdata/") {
			continue
		}
		for _, l := range links(string(f.data)) {
			if wrong := site.judge(f.path, l.target); wrong != "" {
				lines = append(lines, fmt.Sprintf("%s:%d: link to %s: %s", f.path, l.line, l.target, wrong))
			}
		}
	}
	return lines, nil
}

// A site is what links may lead to.
type site struct {
	known   map[string]bool            // files and folders
	anchors map[string]map[string]bool // of each Markdown file
}

func newSite(all []file) site {
	s := site{known: map[string]bool{".": true}, anchors: make(map[string]map[string]bool)}
	for _, f := range all {
		for p := f.path; p != "."; p = path.Dir(p) {
			s.known[p] = true
		}
		if path.Ext(f.path) == ".md" {
			s.anchors[f.path] = anchors(string(f.data))
		}
	}
	return s
}

var scheme = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:|//)`)

// judge says what is wrong with a link in the file from, or "".
func (s site) judge(from, target string) string {
	if scheme.MatchString(target) {
		return ""
	}
	name, anchor, _ := strings.Cut(target, "#")
	name, err := url.PathUnescape(name)
	if err != nil {
		return err.Error()
	}
	to := from
	switch {
	case strings.HasPrefix(name, "/"):
		to = path.Clean("." + name)
	case name != "":
		to = path.Join(path.Dir(from), name)
	}
	if strings.HasPrefix(to, "..") {
		return "leads out of the repository"
	}
	if !s.known[to] {
		return "no such file"
	}
	if headings, ok := s.anchors[to]; ok && anchor != "" && !headings[anchor] {
		return "no such heading"
	}
	return ""
}

type link struct {
	line   int
	target string
}

var (
	inlineLink = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+["'(][^)]*)?\)`)
	definition = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)`)
	code       = regexp.MustCompile("``[^`]*``|`[^`]*`")
)

// links returns the links of a Markdown text that are not part of code.
func links(text string) (found []link) {
	for number, line := range prose(text) {
		line = code.ReplaceAllString(line, "")
		for _, m := range inlineLink.FindAllStringSubmatch(line, -1) {
			found = append(found, link{number, m[1]})
		}
		if m := definition.FindStringSubmatch(line); m != nil {
			found = append(found, link{number, m[1]})
		}
	}
	return found
}

// prose yields the lines outside of fenced code, counted from 1.
func prose(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		fence, number := "", 0
		for line := range strings.Lines(text) {
			number++
			line = strings.TrimRight(line, "\r\n")
			mark := strings.TrimLeft(line, " ")
			switch {
			case fence != "":
				if strings.HasPrefix(mark, fence) {
					fence = ""
				}
			case strings.HasPrefix(mark, "```"), strings.HasPrefix(mark, "~~~"):
				fence = mark[:3]
			default:
				if !yield(number, line) {
					return
				}
			}
		}
	}
}

var (
	heading  = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*\s*$`)
	linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	htmlName = regexp.MustCompile(`<a\s[^>]*(?:id|name)="([^"]+)"`)
)

// anchors returns what may stand after # in a link to this Markdown text, as GitHub makes it: of each
// heading the letters, digits, hyphens and underscores in lower case, blanks as hyphens; the second
// of the same name ends with -1, and so on.
func anchors(text string) map[string]bool {
	found := make(map[string]bool)
	used := make(map[string]int)
	for _, line := range prose(text) {
		for _, m := range htmlName.FindAllStringSubmatch(line, -1) {
			found[m[1]] = true
		}
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := slug(linkText.ReplaceAllString(m[1], "$1"))
		if n := used[name]; n > 0 {
			found[fmt.Sprintf("%s-%d", name, n)] = true
		} else {
			found[name] = true
		}
		used[name]++
	}
	return found
}

func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
