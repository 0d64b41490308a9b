package roles

import (
	"slices"
	"strings"
)

// explainTargets tells of files that a document lists by itself.
func (x *comparison) explainTargets() {
	old, new := x.before.files(), x.after.files()
	for _, path := range union(old, new) {
		was, had := old.byName[path]
		is, has := new.byName[path]
		switch {
		case had && has:
			x.explainFile(path, was, is)
		case has:
			x.sayFile(TargetAdded, " is listed: ", path, after, is)
		default:
			x.sayFile(TargetRemoved, " is no longer listed; it was listed with ", path, before, was)
		}
	}
}

// files are the entries of an edition by path.
func (e *edition) files() namedList {
	list := namedList{byName: make(map[string]spot)}
	targets := e.to("targets")
	if targets.node == nil {
		return list
	}
	for _, m := range targets.node.members {
		list.names = append(list.names, m.name)
		list.byName[m.name] = spot{m.node, pointer(targets.at, m.name)}
	}
	return list
}

func (x *comparison) sayFile(kind ChangeKind, words, path string, at side, is spot) {
	s := x.say(kind)
	s.Subject = shownName(path)
	s.keep = true
	s.Text = "file " + s.Subject + words + lengthWords(is)
	if _, ok := is.node.member("length").number(); ok {
		s.claimWhole(at, is.to("length"))
	}
	s.claimHashes("", at, is)
}

func lengthWords(file spot) string {
	if words, ok := readNumber(file.node.member("length")); ok {
		return words + " bytes"
	}
	return "no length that can be read"
}

// claimHashes tells every hash of a file in a line of its own.
func (s *sentence) claimHashes(prefix string, at side, file spot) {
	hashes := file.to("hashes")
	if hashes.node == nil {
		return
	}
	for _, m := range hashes.node.members {
		if hash, ok := readDigest(m.node); ok {
			s.detail(prefix + hashName(m.name) + ": " + hash)
			s.claimWhole(at, hashes.to(m.name))
		}
	}
}

func hashName(algorithm string) string {
	if algorithm == "sha256" {
		return "SHA-256"
	}
	return shownName(algorithm)
}

// explainFile tells how a listed file differs. An entry that differs in no
// length or hash is none of its concern.
func (x *comparison) explainFile(path string, was, is spot) {
	s := x.say(TargetChanged)
	s.Subject = shownName(path)
	old, new := lengthWords(was), lengthWords(is)
	s.Text = "file " + s.Subject + " is another one, of the same length: " + new
	if old != new {
		s.Text = "file " + s.Subject + " changes from " + old + " to " + new
	}
	for at, file := range [2]spot{was, is} {
		if _, ok := file.node.member("length").number(); ok {
			s.claimWhole(side(at), file.to("length"))
		}
		s.claimHashes([2]string{"before, ", "now, "}[at], side(at), file)
	}
	if slices.Equal(s.hashLines("before, "), s.hashLines("now, ")) {
		s.Text += ", with the same hashes"
	}
}

func (s *sentence) hashLines(prefix string) []string {
	var lines []string
	for _, line := range s.Details {
		if hash, ok := strings.CutPrefix(line, prefix); ok {
			lines = append(lines, hash)
		}
	}
	return lines
}
