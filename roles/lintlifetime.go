package roles

// lifetimeBound is one end of what a lifetime may be.
type lifetimeBound struct {
	key        string    // in [lint]
	usual      Lifetime  // without configuration
	configured *Lifetime // replaces it
}

func (b lifetimeBound) value() Lifetime {
	if b.configured != nil {
		return *b.configured
	}
	return b.usual
}

// lifetime holds every lifetime to its bounds.
func (l *linter) lifetime() {
	for _, c := range l.charters {
		l.lifetimeOf(c, c.Role, true, c.Lifetime)
		for _, r := range c.Roles {
			if r.Name != c.Role {
				l.lifetimeOf(c, r.Name, len(r.Members) > 0, r.Lifetime)
			}
		}
	}
}

func (l *linter) lifetimeOf(c *Charter, role string, people bool, life Lifetime) {
	// A machine signs at any time; a month bridges any outage of it.
	most := lifetimeBound{"max-online-lifetime", Lifetime{30, 'd'}, c.Lint.MaxOnlineLifetime}
	switch {
	case role == Root:
		// Seven years is the longest that was asked for a root.
		most = lifetimeBound{"max-root-lifetime", Lifetime{7, 'y'}, c.Lint.MaxRootLifetime}
	case people:
		// The terms of members are two to three years.
		most = lifetimeBound{"max-people-lifetime", Lifetime{3, 'y'}, c.Lint.MaxPeopleLifetime}
	}
	if l.compare(most.value(), most.usual) > 0 {
		l.sayLooser(role, most)
	}
	if l.compare(life, most.value()) > 0 {
		l.refuse(role, "shorten roles."+role+".lifetime, or set [lint] "+most.key, "the lifetime of %s is %s, at most %s is allowed", role, life, most.value())
	}
	if !people {
		return
	}
	// A signing event has taken up to 18 days; a month leaves time for one.
	least := lifetimeBound{"min-people-lifetime", Lifetime{30, 'd'}, c.Lint.MinPeopleLifetime}
	if l.compare(least.value(), least.usual) < 0 {
		l.sayLooser(role, least)
	}
	if l.compare(life, least.value()) < 0 {
		l.refuse(role, "lengthen roles."+role+".lifetime, or set [lint] "+least.key, "the lifetime of %s is %s, at least %s is wanted for a role that people sign", role, life, least.value())
	}
}

func (l *linter) sayLooser(role string, b lifetimeBound) {
	l.say(Warning, role, "", "the policy sets %s to %s, which concerns %s; the usual bound is %s", b.key, b.value(), role, b.usual)
}

// compare says which of two lifetimes that begin now ends first.
func (l *linter) compare(a, b Lifetime) int {
	return a.From(l.instant()).Compare(b.From(l.instant()))
}
