package roles

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Basis is what a payload follows from besides its charter.
type Basis struct {
	// Base is the newest trusted version of the role; nil for version 1.
	Base *verify.Document
	// Opened is the instant at which the event opened; the lifetime counts
	// from it. Fractions of a second are dropped.
	Opened time.Time
	// Supersedes are the digests of payloads for the same version that this
	// one replaces.
	Supersedes []verify.Digest
}

// Payload writes the next version of the charter's role: a TUF document as
// indented JSON, without signatures, ending with a newline. It is a pure
// function of charter and basis: the version is the base's plus one (or 1),
// the expiry is the opening instant plus the lifetime, key ids are sorted.
// What go-tuf's types wrote has been read back by verify before it is
// returned. Errors: *[BasisError], *[DuplicateKeyError], *[SyntaxError] for a
// charter that no declaration yields, and those of verify.
func (c *Charter) Payload(b Basis) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	version, err := c.version(b)
	if err != nil {
		return nil, err
	}
	expires := c.Lifetime.From(b.Opened)
	if expires.Year() > 9999 {
		return nil, &BasisError{c.Role, version - 1, fmt.Sprintf("it would expire in the year %d", expires.Year())}
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	extension := map[string]any{verify.ExtensionName: c.extension(b)}
	var raw []byte
	if c.Role == Root {
		raw, err = json.Marshal(metadata.Metadata[metadata.RootType]{
			Signatures: []metadata.Signature{},
			Signed: metadata.RootType{
				Type: metadata.ROOT, SpecVersion: metadata.SPECIFICATION_VERSION,
				Version: version, Expires: expires, ConsistentSnapshot: *c.ConsistentSnapshot,
				Keys: keys, Roles: c.topLevelRoles(), UnrecognizedFields: extension,
			},
		})
	} else {
		raw, err = json.Marshal(metadata.Metadata[metadata.TargetsType]{
			Signatures: []metadata.Signature{},
			Signed: metadata.TargetsType{
				Type: metadata.TARGETS, SpecVersion: metadata.SPECIFICATION_VERSION,
				Version: version, Expires: expires, Targets: c.files(),
				Delegations: c.delegations(keys), UnrecognizedFields: extension,
			},
		})
	}
	if err != nil {
		return nil, fmt.Errorf("payload for %s: %w", c.Role, err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("payload for %s: %w", c.Role, err)
	}
	out.WriteByte('\n')
	if err := c.readBack(out.Bytes()); err != nil {
		return nil, fmt.Errorf("payload for %s: what was written cannot be read: %w", c.Role, err)
	}
	return out.Bytes(), nil
}

// version is the base's plus one, after checking that the base is one.
func (c *Charter) version(b Basis) (int64, error) {
	if b.Opened.IsZero() {
		return 0, &BasisError{Role: c.Role, Reason: "the opening instant is missing"}
	}
	if b.Base == nil {
		return 1, nil
	}
	version := b.Base.Version()
	refuse := func(format string, args ...any) error {
		return &BasisError{c.Role, version, fmt.Sprintf(format, args...)}
	}
	if want := c.documentType(); b.Base.Type() != want {
		return 0, refuse("the base is of type %s, not %s", b.Base.Type(), want)
	}
	if x, ok := b.Base.Extension(); ok {
		if x.Repository != c.Repository {
			return 0, refuse("the base belongs to the repository %s, not %s", x.Repository, c.Repository)
		}
		if x.Role != c.Role {
			return 0, refuse("the base is a document of the role %s", x.Role)
		}
	}
	if version >= maxInteger {
		return 0, refuse("there is no version after it that every reader keeps")
	}
	return version + 1, nil
}

func (c *Charter) documentType() string {
	if c.Role == Root {
		return metadata.ROOT
	}
	return metadata.TARGETS
}

// keys are the key objects that the document needs, by id.
func (c *Charter) keys() (map[string]*metadata.Key, error) {
	keys := map[string]*metadata.Key{}
	owner := map[string]string{}
	for _, r := range c.Roles {
		for _, h := range c.Holders(r.Name) {
			if first, ok := owner[h.KeyID]; ok && first != h.String() {
				return nil, &DuplicateKeyError{r.Name, h.KeyID, first, h.String()}
			}
			owner[h.KeyID] = h.String()
			key, err := tufKey(h.Key)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", h, err)
			}
			keys[h.KeyID] = key
		}
	}
	return keys, nil
}

func (c *Charter) keyIDs(role string) []string {
	ids := []string{}
	for _, h := range c.Holders(role) {
		ids = append(ids, h.KeyID)
	}
	slices.Sort(ids)
	return ids
}

func (c *Charter) topLevelRoles() map[string]*metadata.Role {
	roles := map[string]*metadata.Role{}
	for _, r := range c.Roles {
		roles[r.Name] = &metadata.Role{KeyIDs: c.keyIDs(r.Name), Threshold: r.Threshold}
	}
	return roles
}

// delegations is nil without delegated roles, so that the member is absent.
func (c *Charter) delegations(keys map[string]*metadata.Key) *metadata.Delegations {
	if len(c.Roles) == 0 {
		return nil
	}
	d := &metadata.Delegations{Keys: keys}
	for _, r := range c.Roles {
		d.Roles = append(d.Roles, metadata.DelegatedRole{
			Name: r.Name, KeyIDs: c.keyIDs(r.Name), Threshold: r.Threshold,
			Paths: r.Paths, Terminating: r.Terminating,
		})
	}
	return d
}

func (c *Charter) files() map[string]*metadata.TargetFiles {
	files := map[string]*metadata.TargetFiles{}
	for _, t := range c.Targets {
		sum, _ := hex.DecodeString(t.SHA256) // its form was checked
		files[t.Path] = &metadata.TargetFiles{Length: t.Length, Hashes: metadata.Hashes{"sha256": sum}}
	}
	return files
}

// extension is x-rust-tuf: at the top of signed, never within key or role
// objects, which some readers hash.
func (c *Charter) extension(b Basis) map[string]any {
	owners := map[string]string{}
	lifetimes := map[string]string{c.Role: c.Lifetime.String()}
	for _, r := range c.Roles {
		lifetimes[r.Name] = r.Lifetime.String()
		for _, h := range c.Holders(r.Name) {
			owners[h.KeyID] = h.Owner()
		}
	}
	x := map[string]any{
		"format":     1,
		"repository": c.Repository,
		"role":       c.Role,
		"owners":     owners,
		"lifetimes":  lifetimes,
		"policy":     c.Digest().String(),
	}
	if c.Rehearsal {
		x["rehearsal"] = true
	}
	if len(b.Supersedes) > 0 {
		digests := []string{}
		for _, d := range b.Supersedes {
			digests = append(digests, d.String())
		}
		slices.Sort(digests)
		x["supersedes"] = slices.Compact(digests)
	}
	return x
}

// readBack is the second implementation's opinion of what go-tuf wrote.
func (c *Charter) readBack(raw []byte) error {
	d, err := verify.Read(raw, verify.DefaultLimits())
	if err != nil {
		return err
	}
	if c.Role == Root {
		_, err = d.Root()
	} else {
		_, err = d.Targets(c.Role)
	}
	if err != nil {
		return err
	}
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r > '~' }); i >= 0 {
		return fmt.Errorf("byte %d is not ascii", i)
	}
	return nil
}
