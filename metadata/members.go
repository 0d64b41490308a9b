package metadata

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/rust-lang/rust-tuf/roles"
)

// EvidencePath is where a file of the evidence for a key on a card stands:
// roles.SlotFile or roles.DeviceFile, below the card's serial number.
func EvidencePath(member string, serial int64, file string) string {
	return path.Join(MembersDir, member, strconv.FormatInt(serial, 10), file)
}

// Members reads the declared members by name, with the evidence for their
// keys and what was said of their end. They need no policy yet: people send
// their keys before anybody gives them a role. Anything else below members/ is
// refused.
func (r *Repository) Members() (map[string]*roles.Member, error) {
	members := map[string]*roles.Member{}
	var evidence, retired []Entry
	for _, e := range r.tree.Entries() {
		parts := strings.Split(e.Path, "/")
		switch {
		case parts[0] != MembersDir || e.Path == IntermediatesPath:
		case len(parts) == 4:
			evidence = append(evidence, e)
		case len(parts) == 3 && parts[2] == memberFile:
			m, err := r.member(e)
			if err != nil {
				return nil, err
			}
			members[m.Name] = m
		case len(parts) == 3 && isRetirement(parts[2]):
			retired = append(retired, e)
		default:
			return nil, strayMemberFile(e.Path)
		}
	}
	for _, e := range evidence {
		if err := r.attach(members, e); err != nil {
			return nil, err
		}
	}
	for _, e := range retired {
		if err := r.retire(members, e); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// RetirementPath is where it stands what the holder of a key said before
// destroying it.
func RetirementPath(member, label string) string {
	return path.Join(MembersDir, member, roles.RetirementFile(label))
}

func isRetirement(file string) bool {
	_, ok := roles.RetirementLabel(file)
	return ok
}

// retire gives a file members/<name>/retired-<label>.toml to the key it is
// about.
func (r *Repository) retire(members map[string]*roles.Member, e Entry) error {
	name := strings.Split(e.Path, "/")[1]
	m := members[name]
	if m == nil {
		return &TreeError{Path: e.Path, Reason: fmt.Sprintf("is about a key of %s, whom no %s declares", name, MemberPath(name))}
	}
	raw, err := r.readBounded(e, roles.RetirementBytes)
	if err != nil {
		return err
	}
	label, _ := roles.RetirementLabel(path.Base(e.Path))
	return m.Retire(label, raw)
}

func (r *Repository) member(e Entry) (*roles.Member, error) {
	raw, err := r.readBounded(e, roles.MemberBytes)
	if err != nil {
		return nil, err
	}
	return roles.ParseMember(e.Path, raw)
}

// attach gives a file below members/<name>/<serial>/ to the key it is about.
func (r *Repository) attach(members map[string]*roles.Member, e Entry) error {
	parts := strings.Split(e.Path, "/")
	name, file := parts[1], parts[3]
	serial, ok := parseSerial(parts[2])
	if !ok || file != roles.SlotFile && file != roles.DeviceFile {
		return strayMemberFile(e.Path)
	}
	m := members[name]
	if m == nil {
		return &TreeError{Path: e.Path, Reason: fmt.Sprintf("is evidence for a key of %s, whom no %s declares", name, MemberPath(name))}
	}
	raw, err := r.readBounded(e, roles.EvidenceBytes)
	if err != nil {
		return err
	}
	return m.Attach(serial, file, raw)
}

// readBounded reads a file unless it is longer than its reader would accept.
func (r *Repository) readBounded(e Entry, limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, &TreeError{Path: e.Path, Reason: fmt.Sprintf("is %d bytes long; the limit is %d", e.Size, limit)}
	}
	raw, err := r.tree.Read(e.Path)
	if err != nil {
		return nil, &FileError{Path: e.Path, Err: err}
	}
	return raw, nil
}

// parseSerial reads the serial number of a card in the one form of a folder's
// name: decimal digits without a leading zero.
func parseSerial(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

func strayMemberFile(p string) error {
	return &TreeError{Path: p, Reason: "does not belong here: a member is members/<name>/member.toml, the evidence for a key on a card members/<name>/<serial>/slot.pem and device.pem, what was said of a retired one members/<name>/retired-<label>.toml"}
}
