package main

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/rust-lang/rust-tuf/tests/vectors"
)

// repository is what a server publishes: root by two of alice, bob and carol,
// targets by dave, timestamp and snapshot by erin.
type repository struct {
	root, timestamp, snapshot *object
	roles                     []*role // targets first
	rootSigners               []key
	online                    key
	promises                  bool // of length and hash
	plain                     bool // without consistent snapshots
}

type role struct {
	name    string
	signed  *object
	signers []key
}

var (
	alice, bob, carol = ed25519Key("alice"), ed25519Key("bob"), ed25519Key("carol")
	dave, erin, frank = ed25519Key("dave"), ed25519Key("erin"), ed25519Key("frank")
	mallory           = ed25519Key("mallory")
)

const (
	forever = "2030-01-01T00:00:00Z"
	now     = "2026-12-01T00:00:00Z"
	before  = "2026-11-01T00:00:00Z"
	content = "hello"
	target  = "a/file"
)

func document(typ string) *object {
	return obj("_type", typ, "spec_version", "1.0.34", "version", 1, "expires", forever)
}

func newRepository() *repository {
	r := &repository{root: document("root"), timestamp: document("timestamp"), snapshot: document("snapshot"), rootSigners: []key{alice, bob}, online: erin}
	r.root.set(true, "consistent_snapshot")
	r.root.set(obj(), "keys")
	r.root.set(obj(), "roles")
	r.may("root", 2, alice, bob, carol)
	r.may("timestamp", 1, erin)
	r.may("snapshot", 1, erin)
	r.may("targets", 1, dave)
	r.roles = []*role{{"targets", document("targets"), []key{dave}}}
	r.targets().set(obj(target, entry(content)), "targets")
	return r
}

func (r *repository) targets() *object { return r.roles[0].signed }

// may says in the root who signs a role.
func (r *repository) may(role string, threshold any, keys ...key) {
	for _, k := range keys {
		r.root.set(k.listed.clone(), "keys", k.id)
	}
	r.root.set(obj("keyids", ids(keys), "threshold", threshold), "roles", role)
}

func ids(keys []key) []any {
	list := []any{}
	for _, k := range keys {
		list = append(list, k.id)
	}
	return list
}

// entry is what targets say of a file.
func entry(content string) *object {
	return obj("length", len(content), "hashes", obj("sha256", sha256Hex(content)))
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// sign signs a document and writes it.
func sign(signed *object, signers ...key) []byte {
	return envelope(signatures(canonical(signed), signers...), compact(signed))
}

func signatures(message string, signers ...key) []any {
	list := []any{}
	for _, k := range signers {
		list = append(list, obj("keyid", k.id, "sig", hex.EncodeToString(k.sign(message))))
	}
	return list
}

func envelope(signatures any, signed string) []byte {
	return []byte(compact(obj("signatures", signatures, "signed", raw(signed))))
}

// version of a document, for names of files.
func version(signed *object) string { return canonical(get(signed, "version")) }

func (r *repository) file(role string, signed *object) string {
	if r.plain {
		return role + ".json"
	}
	return version(signed) + "." + role + ".json"
}

func (r *repository) promise(signed *object, file []byte) *object {
	m := obj("version", get(signed, "version"))
	if r.promises {
		m.set(len(file), "length")
		m.set(obj("sha256", sha256Hex(string(file))), "hashes")
	}
	return m
}

// delegate delegates paths to a new role, behind those that are there.
func (r *repository) delegate(by, name string, terminating bool, paths []any, signers ...key) *object {
	r.rule(by, obj("name", name, "keyids", ids(signers), "threshold", 1, "terminating", terminating, "paths", paths), signers...)
	return r.new(name, signers...)
}

// rule adds a delegation as it is given.
func (r *repository) rule(by string, rule any, signers ...key) {
	signed := r.role(by).signed
	if !signed.has("delegations") {
		signed.set(obj("keys", obj(), "roles", []any{}), "delegations")
	}
	for _, k := range signers {
		signed.set(k.listed.clone(), "delegations", "keys", k.id)
	}
	roles := get(get(signed, "delegations"), "roles").([]any)
	signed.set(append(roles, rule), "delegations", "roles")
}

// new makes a role that lists nothing, unless it is there.
func (r *repository) new(name string, signers ...key) *object {
	if found := r.role(name); found != nil {
		return found.signed
	}
	signed := document("targets")
	signed.set(obj(), "targets")
	r.roles = append(r.roles, &role{name, signed, signers})
	return signed
}

func (r *repository) role(name string) *role {
	for _, found := range r.roles {
		if found.name == name {
			return found
		}
	}
	return nil
}

func (o *object) has(name string) bool {
	for _, m := range o.members {
		if m.name == name {
			return true
		}
	}
	return false
}

// lists makes a role list the target.
func lists(signed *object, content string) { signed.set(entry(content), "targets", target) }

// bump raises a version by one.
func bump(documents ...*object) {
	for _, d := range documents {
		d.set(get(d, "version").(int)+1, "version")
	}
}

// vector is a vector in the making, and the repository of its server.
type vector struct {
	*repository
	*vectors.Vector
}

func (v *vector) serve(name string, content []byte) {
	v.Events = append(v.Events, vectors.Event{Serve: name, Content: content})
}

// begin makes the root the one that the client is built with, and publishes
// the rest.
func (v *vector) begin() {
	v.Trusted = sign(v.root, v.rootSigners...)
	v.publish()
}

// nextRoot publishes the root as its next version.
func (v *vector) nextRoot(signers ...key) {
	bump(v.root)
	v.serve(version(v.root)+".root.json", sign(v.root, signers...))
}

func (v *vector) publish() {
	meta := obj()
	for _, r := range v.roles {
		file := sign(r.signed, r.signers...)
		v.serve(v.file(r.name, r.signed), file)
		meta.set(v.promise(r.signed, file), r.name+".json")
	}
	v.snapshot.set(meta, "meta")
	v.publishSnapshot()
}

func (v *vector) publishSnapshot() {
	file := sign(v.snapshot, v.online)
	v.serve(v.file("snapshot", v.snapshot), file)
	v.timestamp.set(obj("snapshot.json", v.promise(v.snapshot, file)), "meta")
	v.publishTimestamp()
}

func (v *vector) publishTimestamp() { v.serve("timestamp.json", sign(v.timestamp, v.online)) }

// refresh has the client refresh before the end.
func (v *vector) refresh(at, expect string) {
	v.Events = append(v.Events, vectors.Event{Refresh: instant(at), Expect: expect})
}

func (v *vector) seen(where string) { v.Seen = where }

func (v *vector) accepted(length int64, root, timestamp, snapshot, targets int64) {
	v.Expect, v.Trusts = vectors.Outcome{Length: length}, vectors.Versions(root, timestamp, snapshot, targets)
}

func (v *vector) refused(kind string, root, timestamp, snapshot, targets int64) {
	v.Expect, v.Trusts = vectors.Outcome{Refused: kind}, vectors.Versions(root, timestamp, snapshot, targets)
}

// found is accepted, where nothing but the first versions are published.
func (v *vector) found() { v.accepted(int64(len(content)), 1, 1, 1, 1) }
