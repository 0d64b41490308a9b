package roles

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"slices"

	"github.com/rust-lang/rust-tuf/verify"
)

// ownersAt is where a document names the owner of each key.
var ownersAt = pointer("", verify.ExtensionName, "owners")

// An edition is one of the two documents with what it says about keys and the
// roles that list them.
type edition struct {
	side    side
	root    *jsonNode // nil when there is no such document
	keysAt  string
	keys    map[string]*carriedKey // by key id
	owners  map[string]string      // by key id
	rosters map[string]*roster
	roles   []string // names of the rosters, in the order of the document
}

// A carriedKey is a key as a document carries it, or an id that a role lists
// although the document has no key for it.
type carriedKey struct {
	id       string
	owner    string // empty when the document names none
	carried  bool
	readable bool
	public   verify.PublicKey // when readable
}

// A roster is the part of a role that says whose signatures count.
type roster struct {
	role      string
	at        string // pointer of the role
	threshold *jsonNode
	ids       []string
	places    map[string][]int         // of each id in ids
	owners    map[string]int           // how many keys each owner has
	listed    bool                     // the role lists strings as key ids
	holders   map[string][]*carriedKey // by identity: several when one key has several ids
	order     []string                 // identities in the order of the list
}

// readEdition reads what a root document, or the delegations of a targets
// document, say about keys. What has an unexpected form is left out; its leaves
// are then shown raw.
func readEdition(at side, root *jsonNode) *edition {
	e := &edition{
		side: at, root: root, keysAt: "/keys",
		keys:    make(map[string]*carriedKey),
		owners:  make(map[string]string),
		rosters: make(map[string]*roster),
	}
	kind, _ := root.member("_type").str()
	if owners := root.at(verify.ExtensionName, "owners"); owners != nil {
		for _, m := range owners.members {
			e.owners[m.name], _ = m.node.str()
		}
	}
	keys := root.at("keys")
	if kind == "targets" {
		e.keysAt = pointer("", "delegations", "keys")
		keys = root.at("delegations", "keys")
	}
	if keys != nil {
		for _, m := range keys.members {
			e.key(m.name).read(m.node)
		}
	}
	if kind == "targets" {
		e.delegatedRosters()
	} else {
		e.rootRosters(root.at("roles"))
	}
	return e
}

// to follows names down from the top of the document.
func (e *edition) to(names ...string) spot { return spot{node: e.root}.to(names...) }

func (e *edition) rootRosters(roles *jsonNode) {
	if roles == nil {
		return
	}
	for _, m := range roles.members {
		e.addRoster(m.name, pointer("/roles", m.name), m.node)
	}
	// A person reads about root first; names in a document stand in no order
	// that means anything.
	slices.SortStableFunc(e.roles, func(a, b string) int { return rank(a) - rank(b) })
}

func rank(role string) int {
	order := topLevel()
	if i := slices.Index(order[:], role); i >= 0 {
		return i
	}
	return len(order)
}

func (e *edition) delegatedRosters() {
	list, _ := e.to("delegations", "roles").elements(always("name")...)
	for _, name := range list.names {
		e.addRoster(name, list.byName[name].at, list.byName[name].node)
	}
}

func (e *edition) addRoster(role, at string, node *jsonNode) {
	r := &roster{
		role: role, at: at, threshold: node.member("threshold"),
		places: make(map[string][]int), owners: make(map[string]int), holders: make(map[string][]*carriedKey),
	}
	r.ids, r.listed = node.member("keyids").strings()
	for i, id := range r.ids {
		r.places[id] = append(r.places[id], i)
		if len(r.places[id]) > 1 {
			continue
		}
		k := e.key(id)
		identity := k.identity()
		if len(r.holders[identity]) == 0 {
			r.order = append(r.order, identity)
			r.owners[k.owner]++
		}
		r.holders[identity] = append(r.holders[identity], k)
	}
	e.rosters[role] = r
	e.roles = append(e.roles, role)
}

// key returns the key of an id, made up when the document carries none.
func (e *edition) key(id string) *carriedKey {
	k, ok := e.keys[id]
	if !ok {
		k = &carriedKey{id: id, owner: e.owners[id]}
		e.keys[id] = k
	}
	return k
}

func (k *carriedKey) read(node *jsonNode) {
	k.carried = true
	public, ok := node.at("keyval", "public").str()
	_, typed := node.member("keytype").str()
	_, schemed := node.member("scheme").str()
	if !ok || !typed || !schemed {
		return // what is absent leaves no trace in a list of values, so it is told here
	}
	if raw, err := hex.DecodeString(public); err == nil && len(raw) == ed25519.PublicKeySize {
		k.public, err = verify.NewPublicKey(ed25519.PublicKey(raw))
		k.readable = err == nil
		return
	}
	var err error
	k.public, err = verify.ParsePublicKeyPEM([]byte(public))
	k.readable = err == nil
}

// identity tells keys apart: by the public key, whatever its id, when it can be
// read.
func (k *carriedKey) identity() string {
	if k.readable {
		return k.public.Fingerprint().String()
	}
	return "id " + k.id
}

// publicText is how a document writes this public key: Ed25519 as 64 hex
// digits, everything else as PEM.
func (k *carriedKey) publicText() string {
	public, err := x509.ParsePKIXPublicKey(k.public.SPKI())
	if raw, ok := public.(ed25519.PublicKey); err == nil && ok {
		return hex.EncodeToString(raw)
	}
	return k.public.PEM()
}

// claimKey claims what follows from naming a key with its algorithm, id,
// fingerprint and owner: the usual spelling of its parts. Any other spelling
// and any further member is no part of these words and stays unexplained.
func (s *sentence) claimKey(e *edition, k *carriedKey) {
	at := pointer(e.keysAt, k.id)
	if k.readable {
		s.claim(e.side, pointer(at, "keytype"), canonicalString(k.public.KeyType()))
		s.claim(e.side, pointer(at, "scheme"), canonicalString(k.public.Scheme()))
		s.claim(e.side, pointer(at, "keyval", "public"), canonicalString(k.publicText()))
	}
	s.claimOwner(e, k)
}

func (s *sentence) claimOwner(e *edition, k *carriedKey) {
	if k.owner != "" {
		s.claim(e.side, pointer(ownersAt, k.id), canonicalString(k.owner))
	}
}

// describe names a key for people: "ECDSA P-256 key 9af3 11c0 …".
func (k *carriedKey) describe() string {
	switch {
	case k.readable:
		return k.public.Algorithm() + " key " + brief(k.id)
	case k.carried:
		return "a key of a form unknown here, id " + brief(k.id)
	default:
		return "key id " + brief(k.id) + ", for which the document carries no key, so that it can sign nothing"
	}
}

// detailKey adds the key's id and fingerprint in full.
func (s *sentence) detailKey(prefix string, k *carriedKey) {
	switch {
	case k.readable && k.public.Fingerprint().String() == k.id:
		s.detail(prefix + "key id and fingerprint: " + grouped(k.id))
	case k.readable:
		s.detail(prefix + "key id: " + grouped(k.id))
		s.detail(prefix + "fingerprint: " + k.public.Fingerprint().Groups())
	default:
		s.detail(prefix + "key id: " + grouped(k.id))
	}
}

// holder names a key by its owner, or by its id when it has none.
func (k *carriedKey) holder() string {
	if k.owner == "" {
		return nobodysKey + brief(k.id) + " without an owner"
	}
	return shownName(k.owner)
}

// nobodysKey is how the holder of a key without an owner begins.
const nobodysKey = "the key "
