package cli

import (
	"fmt"
	"regexp"
	"strings"
)

// mapping is a mapping of a YAML file, in the order of the file.
type mapping []struct {
	key   string
	value any // string, []any or mapping
}

func (m mapping) get(key string) any {
	for _, f := range m {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

func (m mapping) text(key string) string {
	s, _ := m.get(key).(string)
	return s
}

func (m mapping) under(key string) mapping {
	sub, _ := m.get(key).(mapping)
	return sub
}

// yamlReader reads as much of YAML as the template is written in, and panics at
// anything else: mappings, lists, words, flow lists of words, blocks of text.
type yamlReader struct {
	lines []string
	at    int
}

func readYAML(text string) mapping {
	r := &yamlReader{lines: strings.Split(strings.TrimRight(text, "\n"), "\n")}
	return r.block(0).(mapping)
}

// next is the indent and the content of the next line that says something.
func (r *yamlReader) next() (indent int, content string, ok bool) {
	for ; r.at < len(r.lines); r.at++ {
		content = strings.TrimLeft(r.lines[r.at], " ")
		if content != "" && content[0] != '#' {
			return len(r.lines[r.at]) - len(content), content, true
		}
	}
	return 0, "", false
}

var (
	yamlField   = regexp.MustCompile(`^([A-Za-z_-]+):(?: +(.*))?$`)
	yamlComment = regexp.MustCompile(`(^|\s)#.*$`)
)

// block reads what is indented by exactly so much.
func (r *yamlReader) block(indent int) any {
	var list []any
	var fields mapping
	for {
		at, content, ok := r.next()
		if !ok || at < indent {
			break
		}
		if at > indent {
			panic("odd indent: " + content)
		}
		if item, isItem := strings.CutPrefix(content, "- "); isItem {
			if yamlField.MatchString(item) { // its fields stand below its first one
				r.lines[r.at] = strings.Repeat(" ", indent+2) + item
				list = append(list, r.block(indent+2))
			} else {
				r.at++
				list = append(list, word(item))
			}
			continue
		}
		m := yamlField.FindStringSubmatch(content)
		if m == nil {
			panic("no field: " + content)
		}
		r.at++
		fields = append(fields, struct {
			key   string
			value any
		}{m[1], r.value(indent, m[2])})
	}
	if list != nil {
		return list
	}
	return fields
}

// value reads what stands behind a field's name.
func (r *yamlReader) value(indent int, text string) any {
	switch {
	case text == "|":
		return r.literal(indent)
	case strings.TrimSpace(yamlComment.ReplaceAllString(text, "")) == "":
		if at, content, ok := r.next(); ok && (at > indent || at == indent && strings.HasPrefix(content, "- ")) {
			return r.block(at)
		}
		return ""
	}
	return word(text)
}

// literal reads a block of text as it stands.
func (r *yamlReader) literal(indent int) string {
	var out []string
	deep := -1
	for ; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		at := len(line) - len(strings.TrimLeft(line, " "))
		if strings.TrimSpace(line) != "" && at <= indent {
			break
		}
		if deep < 0 {
			deep = at
		}
		out = append(out, line[min(deep, len(line)):])
	}
	return strings.Join(out, "\n") + "\n"
}

// word reads a value of one line.
func word(text string) any {
	if strings.HasPrefix(text, `"`) {
		inner, rest, ok := strings.Cut(text[1:], `"`)
		if !ok || strings.TrimSpace(yamlComment.ReplaceAllString(rest, "")) != "" || strings.Contains(inner, `\`) {
			panic("odd quotes: " + text)
		}
		return inner
	}
	text = strings.TrimSpace(yamlComment.ReplaceAllString(text, ""))
	switch {
	case text == "{}":
		return mapping(nil)
	case strings.HasPrefix(text, "["):
		var list []any
		for _, one := range strings.Split(strings.Trim(text, "[]"), ",") {
			list = append(list, word(strings.TrimSpace(one)))
		}
		return list
	case strings.ContainsAny(text[:1], "'&*!|>%@`"):
		panic(fmt.Sprintf("not read here: %s", text))
	}
	return text
}
