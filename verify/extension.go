package verify

// ExtensionName is the member of `signed` that holds the [Extension].
const ExtensionName = "x-rust-tuf"

// Extension is the object x-rust-tuf at the top of `signed`. It binds a
// document to one repository and one role, so that a key that is listed in
// two places cannot be made to speak in the wrong one.
//
// Of its members `format` must be 1, `repository` and `role` must be
// non-empty strings; the others may be absent. Unknown members are ignored. There
// are no more owners than Limits.Keys says.
type Extension struct {
	Repository string            // id of the repository, random, never changes
	Role       string            // the role that this document is for
	Owners     map[string]string // key id → who holds the key
	Policy     Digest            // of the policy that decided this document; zero if absent
	Supersedes []Digest          // payloads of the same version that this one replaces
	Lifetimes  map[string]string // role → lifetime of its versions, for instance "2y"
}

// extension has the members of an Extension as they stand in the document, of good
// form; nil is one that is absent. A client asks few of them, so they are decoded
// when somebody asks.
type extension struct {
	repository, role, owners, lifetimes, policy, supersedes value
}

// exists tells whether the document has the extension.
func (e *extension) exists() bool { return e.role != nil }

// isFor tells whether the document says that it is for this role, or says nothing.
func (e *extension) isFor(role string) bool { return !e.exists() || e.role.is(role) }

func readExtension(v value, owners int) (e extension, err error) {
	if err := v.object(); err != nil {
		return e, err
	}
	format := int64(0)
	for name, m := range v.members() {
		var err error
		switch string(name) {
		case "format":
			format, err = m.integer()
		case "repository":
			e.repository, err = m, m.expect("a string")
		case "role":
			e.role, err = m, m.expect("a string")
		case "owners":
			if e.owners, err = m, checkTexts(m); err == nil {
				err = checkCount("owners", m.count(), owners)
			}
		case "lifetimes":
			e.lifetimes, err = m, checkTexts(m)
		case "policy":
			e.policy = m
			_, err = readDigest(m)
		case "supersedes":
			e.supersedes = m
			_, err = readDigests(m)
		}
		if err != nil {
			return e, within(name, err)
		}
	}
	switch {
	case format != 1:
		return e, misfit("format", "must be 1, found %d; a newer client may be needed", format)
	case e.repository.is(""):
		return e, misfit("repository", "missing or empty")
	case e.role.is(""):
		return e, misfit("role", "missing or empty")
	}
	return e, nil
}

// read decodes what readExtension has found to be of good form.
func (e *extension) read() Extension {
	read := Extension{Repository: e.repository.string(), Role: e.role.string(), Owners: e.owners.texts(), Lifetimes: e.lifetimes.texts()}
	if e.policy != nil {
		read.Policy, _ = readDigest(e.policy)
	}
	if e.supersedes != nil {
		read.Supersedes, _ = readDigests(e.supersedes)
	}
	return read
}

// checkTexts checks the form of an object whose values are strings.
func checkTexts(v value) error {
	if err := v.object(); err != nil {
		return err
	}
	for name, m := range v.members() {
		if err := m.expect("a string"); err != nil {
			return within(name, err)
		}
	}
	return nil
}

// count is the number of members of an object.
func (v value) count() (n int) {
	for range v.members() {
		n++
	}
	return n
}

// texts decodes what checkTexts has passed.
func (v value) texts() map[string]string {
	if v == nil {
		return nil
	}
	texts := map[string]string{}
	for name, m := range v.members() {
		texts[plain(name)] = m.string()
	}
	return texts
}

// textOf is the string of one name in what checkTexts has passed; "" if there is none.
func (v value) textOf(name string) string {
	if v == nil {
		return ""
	}
	for have, m := range v.members() {
		if isPlain(have, name) {
			return m.string()
		}
	}
	return ""
}

// readDigest reads 64 lower-case hex digits.
func readDigest(v value) (d Digest, err error) {
	digits, err := v.inside()
	if err != nil {
		return d, err
	}
	for i, c := range digits {
		n, ok := hexValue(c)
		if !ok || 'A' <= c && c <= 'F' || i >= 2*len(d) {
			digits = nil
			break
		}
		d[i/2] = d[i/2]<<4 | n
	}
	if len(digits) != 2*len(d) {
		return Digest{}, misfit("", "must be 64 lower-case hex digits, found %s", shown(v.string()))
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
