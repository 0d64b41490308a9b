package verify

import (
	"maps"
	"slices"
)

// ExtensionName is the member of `signed` that holds the [Extension].
const ExtensionName = "x-rust-tuf"

// Extension is the object x-rust-tuf at the top of `signed`. It binds a
// document to one repository and one role, so that a key that is listed in
// two places cannot be made to speak in the wrong one.
//
// Of its members `format` must be 1, `repository` and `role` must be
// non-empty strings; the others may be absent. Unknown members are ignored.
type Extension struct {
	Repository string            // id of the repository, random, never changes
	Role       string            // the role that this document is for
	Owners     map[string]string // key id → who holds the key
	Policy     Digest            // of the policy that decided this document; zero if absent
	Supersedes []Digest          // payloads of the same version that this one replaces
	Lifetimes  map[string]string // role → lifetime of its versions, for instance "2y"
}

func (e *Extension) clone() Extension {
	c := *e
	c.Owners = maps.Clone(e.Owners)
	c.Lifetimes = maps.Clone(e.Lifetimes)
	c.Supersedes = slices.Clone(e.Supersedes)
	return c
}

func readExtension(v value) (*Extension, error) {
	if err := v.object(); err != nil {
		return nil, err
	}
	e := &Extension{}
	format := int64(0)
	for name, m := range v.members() {
		var err error
		switch string(name) {
		case "format":
			format, err = m.integer()
		case "repository":
			e.Repository, err = m.text()
		case "role":
			e.Role, err = m.text()
		case "owners":
			e.Owners, err = readTexts(m)
		case "lifetimes":
			e.Lifetimes, err = readTexts(m)
		case "policy":
			e.Policy, err = readDigest(m)
		case "supersedes":
			e.Supersedes, err = readDigests(m)
		}
		if err != nil {
			return nil, within(name, err)
		}
	}
	switch {
	case format != 1:
		return nil, misfit("format", "must be 1, found %d; a newer client may be needed", format)
	case e.Repository == "":
		return nil, misfit("repository", "missing or empty")
	case e.Role == "":
		return nil, misfit("role", "missing or empty")
	}
	return e, nil
}

// readTexts reads an object whose values are strings.
func readTexts(v value) (map[string]string, error) {
	if err := v.object(); err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name, m := range v.members() {
		s, err := m.text()
		if err != nil {
			return nil, within(name, err)
		}
		texts[plain(name)] = s
	}
	return texts, nil
}

// readDigest reads 64 lower-case hex digits.
func readDigest(v value) (Digest, error) {
	s, err := v.text()
	if err != nil {
		return Digest{}, err
	}
	d, err := ParseDigest(s)
	if err != nil || d.String() != s {
		return Digest{}, misfit("", "must be 64 lower-case hex digits, found %s", shown(s))
	}
	return d, nil
}

func readDigests(v value) ([]Digest, error) {
	if err := v.array(); err != nil {
		return nil, err
	}
	var list []Digest
	for m := range v.elements() {
		d, err := readDigest(m)
		if err != nil {
			return nil, at(len(list), err)
		}
		list = append(list, d)
	}
	return list, nil
}
