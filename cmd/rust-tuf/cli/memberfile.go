package cli

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/roles"
)

var (
	keyHeader  = regexp.MustCompile(`(?m)^\[\[key\]\][ \t]*(#.*)?\r?$`)
	statusLine = regexp.MustCompile(`(?m)^(status[ \t]*=[ \t]*)"active"`)
)

// withStatus is a member's file in which the active key with a label has
// another status, and in which nothing else, no comment either, is touched.
func withStatus(path string, text []byte, label string, status roles.Status) ([]byte, error) {
	before, err := roles.ParseMember(path, text)
	if err != nil {
		return nil, err
	}
	byHand := fmt.Errorf("%s is written in a way that cannot be edited here: write status = %q beside the key %s yourself, in a pull request", path, status, label)
	heads := keyHeader.FindAllIndex(text, -1)
	i := slices.IndexFunc(before.Keys, func(k roles.MemberKey) bool { return k.Label == label })
	if i < 0 || len(heads) != len(before.Keys) {
		return nil, byHand
	}
	end := len(text)
	if i+1 < len(heads) {
		end = heads[i+1][0]
	}
	block := string(text[heads[i][0]:end])
	at := statusLine.FindAllStringSubmatchIndex(block, -1)
	if len(at) != 1 {
		return nil, byHand
	}
	edited := string(text[:heads[i][0]]) + block[:at[0][3]] + fmt.Sprintf("%q", string(status)) + block[at[0][1]:] + string(text[end:])
	after, err := roles.ParseMember(path, []byte(edited))
	if err != nil {
		return nil, err
	}
	before.Keys[i].Status = status
	if string(after.TOML()) != string(before.TOML()) {
		return nil, byHand
	}
	return []byte(edited), nil
}

// UnnamedKeyError is a second active key of somebody whom the policy names
// without saying which key is meant.
type UnnamedKeyError struct {
	Member string
	Active []string // labels, the new one last
	Roles  []string // that name the member without a label
}

func (e *UnnamedKeyError) Error() string {
	return fmt.Sprintf("%s names %s in %s without a label, and with %d active keys (%s) nobody knows which one is meant; nothing was changed on the card",
		metadata.PolicyFile, e.Member, words.Join(e.Roles), len(e.Active), words.Join(e.Active))
}

// Hint names the two ways on.
func (e *UnnamedKeyError) Hint() string {
	return fmt.Sprintf("if the new key takes the place of the old one, add --replaces %s, or --lost %s if that card is gone; if both shall stay, write %s/%s there first, in a pull request",
		e.Active[0], e.Active[0], e.Member, e.Active[0])
}

// namedWithoutLabel are the roles of the declared policy that name a member
// without a label; none where there is no policy yet.
func (w *workspace) namedWithoutLabel(name string) []string {
	d, err := w.repo.Declaration()
	if err != nil {
		return nil
	}
	var list []string
	for _, role := range d.Policy.RoleNames() {
		if slices.Contains(d.Policy.Roles[role].Members, name) {
			list = append(list, role)
		}
	}
	return list
}

// succession is what becomes of the key whose place the new one takes.
type succession struct {
	label  string
	status roles.Status // "" where the new key takes nobody's place
}

// succeeds finds out whose place the new key takes.
func (e *enrolment) succeeds() (succession, error) {
	var s succession
	switch {
	case e.o.replaces != "" && e.o.lost != "":
		return s, usage(fmt.Errorf("--replaces %s and --lost %s: a new key takes the place of one key; enrol twice, or change the other one's status in %s", e.o.replaces, e.o.lost, metadata.MemberPath(e.member.Name)))
	case e.o.replaces != "":
		s = succession{e.o.replaces, roles.StatusRetired}
	case e.o.lost != "":
		s = succession{e.o.lost, roles.StatusLost}
	default:
		return s, e.named()
	}
	if k, ok := e.member.Key(s.label); !ok || k.Status != roles.StatusActive {
		return s, usage(fmt.Errorf("%s has no active key with the label %s; active are: %s", e.member.Name, s.label, words.Join(e.member.Active())))
	}
	for i := range e.member.Keys {
		if e.member.Keys[i].Label == s.label {
			e.member.Keys[i].Status = s.status
		}
	}
	return s, e.named()
}

// named refuses what would leave the policy without a meaning.
func (e *enrolment) named() error {
	active := append(e.member.Active(), e.o.label)
	if named := e.w.namedWithoutLabel(e.member.Name); len(active) > 1 && len(named) > 0 {
		return rejected(&UnnamedKeyError{e.member.Name, active, named})
	}
	return nil
}
