package roles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/verify"
)

// ReadCharter reads a charter file. It is strict: unknown, missing, repeated
// or reordered members are refused, as is any value that no declaration
// yields. The error is a *[SyntaxError] without a line.
func ReadCharter(raw []byte) (*Charter, error) {
	refuse := func(path, format string, args ...any) error {
		return &SyntaxError{File: "charter", Path: path, Reason: fmt.Sprintf(format, args...)}
	}
	if len(raw) > CharterBytes {
		return nil, refuse("", "it has %d bytes, at most %d", len(raw), CharterBytes)
	}
	canonical, err := verify.Canonical(raw, charterLimits())
	if err != nil {
		return nil, refuse("", "%s", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	c := new(Charter)
	if err := d.Decode(c); err != nil {
		return nil, refuse("", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	again, err := verify.Canonical(c.JSON(), charterLimits())
	if err != nil || c.hasNull() || !bytes.Equal(again, canonical) {
		return nil, refuse("", "it is not written as a charter is: members are missing, null, unsorted or spelled otherwise")
	}
	return c, nil
}

// check refuses a charter that no declaration yields. What the policy parser
// refuses in TOML is refused here too, for a charter may come from a stranger.
func (c *Charter) check() error {
	var first error
	refuse := func(path, format string, args ...any) {
		if first == nil {
			first = &SyntaxError{File: "charter", Path: path, Reason: fmt.Sprintf(format, args...)}
		}
	}
	check := func(path string, err error) {
		if err != nil {
			refuse(path, "%s", err)
		}
	}
	if c.Format != 1 {
		refuse("format", "this version reads format 1, the charter says %d", c.Format)
	}
	if !repositoryForm.MatchString(c.Repository) {
		refuse("repository", "%q is no repository id", c.Repository)
	}
	check("name", checkName("name", c.Name))
	check("role", checkName("role", c.Role))
	if c.KeyID != FormSpec && c.KeyID != FormSPKI {
		refuse("keyid", "unknown form %q", c.KeyID)
	}
	if c.Role == Snapshot || c.Role == Timestamp {
		refuse("role", "%s is signed by a machine and has no charter", c.Role)
	}
	if (c.ConsistentSnapshot != nil) != (c.Role == Root) {
		refuse("consistent-snapshot", "a root has it, other roles do not")
	}
	if c.Role == Root && len(c.Targets) > 0 {
		refuse("targets", "root lists no files")
	}
	for i, r := range c.Readers {
		if !slices.Contains(readerNames(), r) {
			refuse(entry("readers", i), "unknown reader %q", r)
		}
	}
	c.checkRoles(refuse, check)
	if first == nil {
		c.checkKeys(refuse, check)
	}
	c.checkDevices(refuse)
	for i, t := range c.Targets {
		at := entry("targets", i)
		check(at, checkPath(t.Path))
		if t.Length < 0 || t.Length > maxInteger || !sha256Form.MatchString(t.SHA256) {
			refuse(at, "the length or the hash is out of bounds")
		}
		if t.RootOf != "" {
			check(at, checkName("name", t.RootOf))
		}
	}
	for i, e := range c.Exceptions {
		e.check(func(_ string, err error) { check(entry("exceptions", i), err) })
	}
	if first == nil {
		first = c.checkSorted()
	}
	return first
}

func (c *Charter) checkKeys(refuse func(string, string, ...any), check func(string, error)) {
	for i, m := range c.Members {
		at := entry("members", i)
		check(at, checkName("member", m.Name))
		if !loginForm.MatchString(m.Login) {
			refuse(at, "%q is no login", m.Login)
		}
		for _, l := range append(sorted(m.Affiliations), m.Countries...) {
			check(at, checkLabel("label", l))
		}
		if len(m.Keys) == 0 {
			refuse(at, "%s has no key that a role uses", m.Name)
		}
		for _, k := range m.Keys {
			check(at, checkName("label", k.Label))
			switch {
			case k.Public.isZero():
				refuse(at, "the key %s has no public key", k.Label)
			case k.Kind == KindSoftware && k.Serial == 0 && k.Slot == "":
			case k.Kind == KindPIV && k.Serial > 0 && k.Serial <= maxSerial && slices.Contains(pivSlots(), k.Slot):
			default:
				refuse(at, "the key %s is of no known kind, or its serial or slot does not fit", k.Label)
			}
			c.checkProof(at, k, refuse)
			if !c.uses(m.Name+"/"+k.Label, func(r CharterRole) []string { return r.Members }) {
				refuse(at, "no role uses the key %s", k.Label)
			}
		}
	}
	for i, o := range c.Online {
		at := entry("online", i)
		check(at, checkName("online key", o.Name))
		if o.Public.isZero() {
			refuse(at, "the public key is missing")
		}
		if !c.uses(o.Name, func(r CharterRole) []string { return r.Online }) {
			refuse(at, "no role uses it")
		}
	}
}

// checkProof refuses what cannot prove anything about a key. Whether it does
// prove what it must is for the lint.
func (c *Charter) checkProof(at string, k CharterKey, refuse func(string, string, ...any)) {
	if _, ok := readSignature(k.Possession); !ok && k.Possession != "" {
		refuse(at, "the possession of the key %s is no signature in lower-case hex", k.Label)
	}
	if k.Attestation == nil {
		return
	}
	if k.Kind != KindPIV {
		refuse(at, "the key %s has an attestation and is on no card", k.Label)
	}
	if *k.Attestation == (Evidence{}) {
		refuse(at, "the attestation of the key %s is empty", k.Label)
	}
	for _, certificate := range []string{k.Attestation.Slot, k.Attestation.Device} {
		if certificate != "" && !isCertificate(certificate) {
			refuse(at, "the attestation of the key %s is no certificate in PEM, or is spelled otherwise", k.Label)
		}
	}
}

// checkDevices refuses demands on cards that are none. A charter made before
// there were any lists cards without them.
func (c *Charter) checkDevices(refuse func(string, string, ...any)) {
	if c.Devices == nil {
		return
	}
	if !c.hasCard() {
		refuse("devices", "no key of this charter is on a card")
	}
	c.Devices.check("devices", refuse)
}

func (c *Charter) uses(ref string, list func(CharterRole) []string) bool {
	return slices.ContainsFunc(c.Roles, func(r CharterRole) bool { return slices.Contains(list(r), ref) })
}

func (c *Charter) checkRoles(refuse func(string, string, ...any), check func(string, error)) {
	if c.Role == Root {
		four := topLevel()
		names := make([]string, len(c.Roles))
		for i, r := range c.Roles {
			names[i] = r.Name
		}
		if !slices.Equal(names, four[:]) {
			refuse("roles", "a root names root, targets, snapshot, timestamp, in this order")
		}
	}
	if len(c.Roles) > maxRoles {
		refuse("roles", "%d roles, at most %d", len(c.Roles), maxRoles)
		return
	}
	for i, r := range c.Roles {
		at := entry("roles", i)
		check(at, checkName("role", r.Name))
		n := len(r.Members) + len(r.Online)
		if r.Threshold < 1 || r.Threshold > n || n > maxRoleKeys {
			refuse(at, "the threshold is %d of %d keys", r.Threshold, n)
			return
		}
		if c.Role != Root && (TopLevel(r.Name) || len(r.Paths) == 0) {
			refuse(at, "%s cannot be delegated: it is a top-level role or has no paths", r.Name)
		}
		if c.Role == Root && (len(r.Paths) > 0 || r.Terminating) {
			refuse(at, "a top-level role has no paths")
		}
		for _, p := range r.Paths {
			check(at, checkPattern(p))
		}
		for _, ref := range r.Members {
			name, label, _ := strings.Cut(ref, "/")
			m, _ := c.member(name)
			if _, ok := m.key(label); !ok {
				refuse(at, "the key %s is not among the members", ref)
			}
		}
		for _, name := range r.Online {
			if _, ok := c.online(name); !ok {
				refuse(at, "the key %s is not among the online keys", name)
			}
		}
	}
}

// checkSorted refuses lists out of order and repeated entries.
func (c *Charter) checkSorted() error {
	lists := map[string][]string{"readers": c.Readers, "members": {}, "online": {}, "targets": {}, "exceptions": {}}
	for _, m := range c.Members {
		lists["members"] = append(lists["members"], m.Name)
		lists["keys of "+m.Name] = nil
		for _, k := range m.Keys {
			lists["keys of "+m.Name] = append(lists["keys of "+m.Name], k.Label)
		}
		lists["affiliations of "+m.Name] = m.Affiliations
		lists["countries of "+m.Name] = m.Countries
	}
	if c.Devices != nil {
		lists["slots of devices"] = c.Devices.Slots
	}
	for _, o := range c.Online {
		lists["online"] = append(lists["online"], o.Name)
	}
	for _, t := range c.Targets {
		lists["targets"] = append(lists["targets"], t.Path)
	}
	for _, e := range c.Exceptions {
		lists["exceptions"] = append(lists["exceptions"], e.identity())
	}
	names := map[string]bool{}
	for _, r := range c.Roles {
		if names[r.Name] {
			return &SyntaxError{File: "charter", Path: "roles", Reason: r.Name + " is named twice"}
		}
		names[r.Name] = true
		lists["members of "+r.Name] = r.Members
		lists["online keys of "+r.Name] = r.Online
		lists["paths of "+r.Name] = r.Paths
	}
	for _, what := range sortedKeys(lists) {
		list := lists[what]
		for i := 1; i < len(list); i++ {
			if list[i-1] >= list[i] {
				return &SyntaxError{File: "charter", Path: what, Reason: fmt.Sprintf("%q and %q are out of order or the same", list[i-1], list[i])}
			}
		}
	}
	return nil
}

// hasNull reports whether one of the lists that are always written is null.
func (c *Charter) hasNull() bool {
	null := c.Readers == nil || c.Roles == nil || c.Members == nil || c.Online == nil || c.Targets == nil || c.Exceptions == nil
	null = null || c.Devices != nil && c.Devices.Slots == nil
	for _, r := range c.Roles {
		null = null || r.Members == nil || r.Online == nil
	}
	for _, m := range c.Members {
		null = null || m.Affiliations == nil || m.Countries == nil
	}
	return null
}
