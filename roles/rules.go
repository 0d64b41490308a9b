package roles

import "slices"

// Rule is one rule of the lint.
type Rule struct {
	// ID is its name in findings and exceptions.
	ID string
	// Reason says why the rule exists, in one sentence for whoever meets it.
	Reason string
	// Scope says which roles it looks at.
	Scope string
	// Bounds are the keys of [lint] that replace its bounds.
	Bounds []string
	// Excusable rules can be set aside for one role by an [[exception]].
	Excusable bool
	// Narrows are the keys of an [[exception]] that bind it to one member or
	// one card: "member", "serial". None where the rule is about the role.
	Narrows []string
	// Gate rules are about a key and its member alone: an edit of members'
	// files that one of them refuses is wrong at once, not only when a role
	// names the key.
	Gate bool

	check func(*linter)
}

// Rules returns the rules in the order in which findings of one severity are
// listed. The rule about exceptions is checked last, when their use is known.
func Rules() []Rule {
	return slices.Concat(eventRules(), peopleRules(), keyRules(), quorumRules())
}

// eventRules are about what an event would make.
func eventRules() []Rule {
	return []Rule{
		{
			ID:     "declaration",
			Scope:  "roles that people sign",
			Reason: "what is signed must follow from the policy and the members' files alone",
			check:  (*linter).declaration,
		}, {
			ID:     "exception",
			Scope:  "exceptions",
			Reason: "an exception that says nothing hides that the rule holds, and one that no rule knows hides a mistake",
		}, {
			ID:     "old-threshold",
			Scope:  "root",
			Reason: "clients accept a new root only with the threshold of the root they trust; without it they are stranded for good",
			check:  (*linter).oldThreshold,
		}, {
			ID:     "resign",
			Scope:  "roles that the event's roles name",
			Reason: "clients refuse a role whose newest version falls below the threshold that its delegator now sets",
			check:  (*linter).resign,
		}, {
			ID:     "key-twice",
			Scope:  "all declared keys, lost and retired ones included",
			Reason: "a threshold counts keys, and a key in two hands counts for people who never agreed",
			Gate:   true,
			check:  (*linter).keyTwice,
		},
	}
}

// peopleRules are about who signs a role, and who has to read it.
func peopleRules() []Rule {
	return []Rule{
		{
			ID:     "distinct-people",
			Scope:  "roles that people sign",
			Reason: "a threshold promises that so many people agreed, not that one person has so many keys",
			check:  (*linter).distinctPeople,
		}, {
			ID:     "majority",
			Scope:  "roles that people sign; refused for root, a warning elsewhere",
			Reason: "when twice the threshold is not above the number of keys, two groups without a common member can sign different versions, and neither notices",
			check:  (*linter).majority,
		}, {
			ID:     "online-root",
			Scope:  "root",
			Reason: "whoever takes over the machine would have a vote on who is trusted",
			check:  (*linter).onlineRoot,
		}, {
			ID:        "online-among-people",
			Scope:     "roles other than root that people sign",
			Reason:    "a machine signs whatever its intruder wants, so it lowers the number of people who must agree",
			Excusable: true,
			check:     (*linter).onlineAmongPeople,
		}, {
			ID:     "delegator-online",
			Scope:  "delegated roles that people sign",
			Reason: "a machine that names a role's keys can replace the people",
			check:  (*linter).delegatorOnline,
		}, {
			ID:        "delegated-twice",
			Scope:     "delegated roles",
			Reason:    "a signature that counts for two roles lets a mirror pass one role's document for the other's, in readers that do not compare the role's name",
			Excusable: true,
			Narrows:   []string{"member"},
			check:     (*linter).delegatedTwice,
		}, {
			ID:     "readers",
			Scope:  "documents that people sign",
			Reason: "a client that cannot read one root can never follow to the next",
			check:  (*linter).readers,
		},
	}
}

// keyRules are about keys and the cards that hold them.
func keyRules() []Rule {
	return []Rule{
		{
			ID:        "card-algorithm",
			Scope:     "keys on cards, of roles that people sign and of members who send them",
			Reason:    "a card signs ed25519 over the whole message, which ends at about 3 kB, and a root of nine keys is larger; of other keys, every card makes ECDSA",
			Excusable: true,
			Narrows:   []string{"member", "serial"},
			Gate:      true,
			check:     (*linter).cardAlgorithm,
		}, {
			ID:        "software-key",
			Scope:     "roles that people sign",
			Reason:    "a key in a file can be copied without a trace; a card never gives its key away",
			Excusable: true,
			Narrows:   []string{"member"},
			Gate:      true,
			check:     (*linter).softwareKey,
		}, {
			ID:     "attestation",
			Scope:  "keys on cards, of roles that people sign and of members who send them",
			Reason: "only the card's own attestation, up to its maker's root, tells a key that cannot leave it from one that somebody copied",
			Gate:   true,
			check:  (*linter).attestation,
		}, {
			ID:     "possession",
			Scope:  "keys on cards, and other keys that come with such a signature",
			Reason: "without the key's own signature anyone could declare a stranger's key, or one person's as another's",
			Gate:   true,
			check:  (*linter).possession,
		}, {
			ID:     "retirement",
			Scope:  "keys on cards that are said to be destroyed",
			Reason: "a key that is gone while a role still lists it is one that nobody counts on and everybody counts",
			Gate:   true,
			check:  (*linter).retirements,
		}, {
			ID:     "serial-twice",
			Scope:  "roles that people sign, and members who send keys",
			Reason: "a threshold promises that so many people agreed, and one card is in one hand",
			Gate:   true,
			check:  (*linter).serialTwice,
		}, {
			ID:        "device-policy",
			Scope:     "keys on cards, of roles that people sign and of members who send them",
			Reason:    "firmware, slot, PIN and touch decide what a thief or a program can sign with the card, and none of them can be mended later",
			Excusable: true,
			Narrows:   []string{"member", "serial"},
			Gate:      true,
			check:     (*linter).devicePolicy,
		}, {
			ID:        "advisory",
			Scope:     "keys on cards, of roles that people sign and of members who send them; ROCA and YSA-2019-02 allow no exception",
			Reason:    "the maker itself says that keys in such cards can be copied or computed",
			Excusable: true,
			Narrows:   []string{"member", "serial"},
			Gate:      true,
			check:     (*linter).cardFindings,
		},
	}
}

// quorumRules are about how a role stands time and losses.
func quorumRules() []Rule {
	return []Rule{
		{
			ID:     "affiliation",
			Scope:  "roles with quorum = true",
			Reason: "with at most k-2 members from one place, an order or an outage there neither makes a quorum nor is one short of it",
			Bounds: []string{"max-affiliation"},
			check:  (*linter).affiliation,
		}, {
			ID:     "country",
			Scope:  "roles with quorum = true",
			Reason: "with at most k-2 members from one country, its law neither makes a quorum nor is one short of it",
			Bounds: []string{"max-country"},
			check:  (*linter).country,
		}, {
			ID:        "spares",
			Scope:     "roles that people sign",
			Reason:    "keys get lost, and a role without spare keys ends with the first ones",
			Bounds:    []string{"min-spares"},
			Excusable: true,
			check:     (*linter).spares,
		}, {
			ID:     "losses-left",
			Scope:  "roles that people sign",
			Reason: "when fewer keys than the threshold are left, the role cannot be signed any more; for root that means a new start by hand for every client",
			check:  (*linter).lossesLeft,
		}, {
			ID:        "lifetime",
			Scope:     "all roles",
			Reason:    "too long, and a withdrawn key or file stays trusted; too short, and the people cannot meet in time",
			Bounds:    []string{"min-people-lifetime", "max-root-lifetime", "max-people-lifetime", "max-online-lifetime"},
			Excusable: true,
			check:     (*linter).lifetime,
		},
	}
}

// Gate reports whether the finding refuses an edit of the members' files at
// once: see [Rule].
func (f Finding) Gate() bool {
	r, _ := findRule(f.Rule)
	return r.Gate && f.Severity == Refused
}

func findRule(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}
