package roles

import "testing"

// Nobody signs where pull requests are opened, so an edit of it changes no charter.
func TestForgeIsNotSigned(t *testing.T) {
	plain := nine()
	if got := plain.declare(t).Policy.Forge.Kind; got != "" {
		t.Errorf("nothing is declared, and yet %q", got)
	}
	for _, kind := range ForgeKinds() {
		declared := nine().with(t, "[roles.root]", "[forge]\nkind = \""+kind+"\"\n[roles.root]")
		if got := declared.declare(t).Policy.Forge.Kind; got != kind {
			t.Errorf("%q is %q", kind, got)
		}
		for _, role := range []string{Root, Targets, "release"} {
			if plain.charter(t, role).Digest() != declared.charter(t, role).Digest() {
				t.Errorf("%s: the charter of %s is another one", kind, role)
			}
		}
	}
}
