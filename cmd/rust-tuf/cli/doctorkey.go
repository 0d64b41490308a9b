package cli

import (
	"github.com/rust-lang/rust-tuf/roles"
	"github.com/rust-lang/rust-tuf/signer"
)

// keys compares the keys in hand with those that trusted versions list. Who has
// a trusted key is told nothing about the others.
func (d *diagnosis) keys(cards int) {
	if len(d.hand.keys) == 0 && cards > 0 {
		d.line(markWarning, "key", "if your key is on another YubiKey, plug that in; if you have none yet: `rust-tuf member enrol NAME`", "no key is in your hand: what is plugged in holds none")
		return
	}
	if len(d.hand.keys) == 0 {
		d.line(markWarning, "key", "plug in your YubiKey; if it has no key yet, `rust-tuf member enrol NAME` makes one", "no key is in your hand")
		return
	}
	trusted := 0
	for _, k := range d.hand.keys {
		if by := d.listed[k.Public().Fingerprint().String()]; by != "" {
			d.line(markOK, "key", "", "the %s is listed by %s", k.Describe(), by)
			trusted++
		}
	}
	if d.w == nil || trusted > 0 {
		return
	}
	for _, k := range d.hand.keys {
		d.unlisted(k)
	}
}

// unlisted says how far a key is on its way into a trusted version.
func (d *diagnosis) unlisted(k signer.Key) {
	by, err := d.w.listedBy(k.Public().Fingerprint())
	if err != nil {
		d.ails(markWarning, "key", correct, err)
		return
	}
	members, err := d.w.repo.Members()
	if err != nil {
		d.ails(markWarning, "key", correct, err)
		return
	}
	name := declaredAs(members, k)
	switch {
	case by != "":
		d.line(markOK, "key", "", "the %s is listed by %s; a trusted version does not list it yet; `rust-tuf status` shows what waits for whom", k.Describe(), by)
	case name != "":
		d.line(markWarning, "key", "a maintainer writes "+name+" into a role of rust-tuf.toml, and proposes that",
			"no role lists the %s yet: it is declared, as %s", k.Describe(), name)
	default:
		d.line(markWarning, "key", "if you enrolled it, its pull request waits to be merged; if not: `rust-tuf member enrol NAME`",
			"no role lists the %s, and no member declares it", k.Describe())
	}
}

// declaredAs is "member/label" of the key, empty if nobody declares it.
func declaredAs(members map[string]*roles.Member, key signer.Key) string {
	for name, m := range members {
		for _, k := range m.Keys {
			if k.Public.Equal(key.Public()) {
				return name + "/" + k.Label
			}
		}
	}
	return ""
}
