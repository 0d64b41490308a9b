package rehearsal

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/verify"
)

// layout is a folder as clients fetch it, and what is to be found there.
type layout struct {
	files   map[string][]byte
	targets map[string]bool // every listed path
	empty   []string
	missing []string
	cut     []string
	root    *verify.Root

	versions map[string]any // the member `meta` of the snapshot
}

// layout puts together what is published on the stage, and has the machines
// sign the rest: the roles that are theirs, a snapshot and a timestamp of this
// version.
func (s *stage) layout(version int64) (*layout, error) {
	repo, trusted, err := s.read()
	if err != nil {
		return nil, err
	}
	if trusted.Root == nil {
		return nil, fmt.Errorf("no root is published on the stage: %w", verify.ErrNotFound)
	}
	l := &layout{files: map[string][]byte{}, targets: map[string]bool{}, root: trusted.Root, versions: map[string]any{}}
	for path, content := range s.files {
		if name, published := strings.CutPrefix(path, metadata.PublishedDir+"/"); published {
			l.files[name] = content
		}
	}
	if err := s.roles(l, repo, trusted, roles.Targets, trusted.Root, map[string]bool{}); err != nil {
		return nil, err
	}
	snapshot, err := s.machine(trusted.Root, roles.Snapshot, version, map[string]any{"meta": l.versions})
	if err != nil {
		return nil, err
	}
	l.put(roles.Snapshot, version, snapshot)
	digest := verify.DigestOf(snapshot)
	promise := map[string]any{"version": version, "length": len(snapshot), "hashes": map[string]string{"sha256": digest.String()}}
	timestamp, err := s.machine(trusted.Root, roles.Timestamp, version, map[string]any{"meta": map[string]any{"snapshot.json": promise}})
	if err != nil {
		return nil, err
	}
	l.files["timestamp.json"] = timestamp
	return l, nil
}

// put lays a document out under the name by which clients ask for it.
func (l *layout) put(role string, version int64, raw []byte) {
	if l.root.ConsistentSnapshot() {
		l.files[documentName(role, version)] = raw
		return
	}
	l.files[verify.EscapeRole(role)+".json"] = raw
}

// roles lists a role and what it delegates, in any depth, each once.
func (s *stage) roles(l *layout, repo *metadata.Repository, trusted *metadata.Trusted, role string, by verify.Delegator, seen map[string]bool) error {
	if seen[role] {
		return nil
	}
	seen[role] = true
	doc := trusted.Targets[role]
	if doc == nil {
		return s.notByPeople(l, role, by)
	}
	raw, err := repo.Published(role, doc.Version())
	if err != nil {
		return err
	}
	l.put(role, doc.Version(), raw)
	l.list(role, doc.Version(), doc.Entries())
	for _, d := range doc.Delegations() {
		if err := s.roles(l, repo, trusted, d.Name, doc, seen); err != nil {
			return err
		}
	}
	return nil
}

func (l *layout) list(role string, version int64, entries []verify.TargetEntry) {
	l.versions[role+".json"] = map[string]any{"version": version}
	for _, e := range entries {
		l.targets[e.Path] = true
	}
}

// notByPeople plays a role that no event makes: a machine's, with the files
// that the real one lists now. What the machine delegates further is left out:
// no frozen policy says whose those keys are, and no event changes them.
func (s *stage) notByPeople(l *layout, role string, by verify.Delegator) error {
	q, ok := by.Quorum(role)
	if !ok || slices.ContainsFunc(q.Keys(), func(h verify.Holder) bool { return !strings.HasPrefix(h.Owner, "online/") }) {
		l.missing = append(l.missing, role)
		return nil
	}
	version, files := int64(1), json.RawMessage("{}")
	var entries []verify.TargetEntry
	if real := s.trusted.Targets[role]; real != nil {
		if _, bins := real.Succinct(); bins || len(real.Delegations()) > 0 {
			l.cut = append(l.cut, role)
		}
		var signed struct {
			Targets json.RawMessage `json:"targets"`
		}
		if err := json.Unmarshal(real.Document().Signed(), &signed); err != nil {
			return err
		}
		version, files, entries = real.Version(), signed.Targets, real.Entries()
	} else {
		l.empty = append(l.empty, role)
	}
	raw, err := s.machine(by, role, version, map[string]any{"targets": files})
	if err != nil {
		return err
	}
	l.put(role, version, raw)
	l.list(role, version, entries)
	return nil
}

// machine has the throw-away keys of machines sign a document now.
func (s *stage) machine(by verify.Delegator, role string, version int64, body map[string]any) ([]byte, error) {
	lifetime, err := lifetimeOf(by, role)
	if err != nil {
		return nil, err
	}
	kind := roles.Targets
	if roles.TopLevel(role) {
		kind = role
	}
	body["_type"], body["spec_version"], body["version"] = kind, "1.0.34", version
	body["expires"] = lifetime.From(s.now).Format("2006-01-02T15:04:05Z")
	body[verify.ExtensionName] = map[string]any{"format": 1, "repository": s.id, "role": role, "rehearsal": true}
	signed, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	canonical, err := verify.Canonical(signed, verify.DefaultLimits())
	if err != nil {
		return nil, err
	}
	signatures := []map[string]string{}
	q, _ := by.Quorum(role)
	for _, h := range q.Keys() {
		if len(signatures) == q.Threshold() {
			break
		}
		sig, err := s.cast.signWith(h.Key, canonical)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, map[string]string{"keyid": h.KeyID, "sig": hex.EncodeToString(sig)})
	}
	return json.MarshalIndent(map[string]any{"signatures": signatures, "signed": json.RawMessage(signed)}, "", "  ")
}

// lifetimeOf is how long a version of role is valid, as its delegator says.
func lifetimeOf(by verify.Delegator, role string) (roles.Lifetime, error) {
	var doc *verify.Document
	switch by := by.(type) {
	case *verify.Root:
		doc = by.Document()
	case *verify.Targets:
		doc = by.Document()
	}
	x, _ := doc.Extension()
	return roles.ParseLifetime(x.Lifetimes[role])
}
