package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// holders are the people whose Ed25519 keys the vectors have, by public key.
var holders = func() map[string]ed25519.PrivateKey {
	keys := map[string]ed25519.PrivateKey{}
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin", "frank", "mallory"} {
		seed := sha256.Sum256([]byte(name))
		private := ed25519.NewKeyFromSeed(seed[:])
		keys[hex.EncodeToString(private.Public().(ed25519.PublicKey))] = private
	}
	return keys
}()

// owned finds the private keys of the key ids that any of the files lists.
func owned(files map[string][]byte) map[string]ed25519.PrivateKey {
	found := map[string]ed25519.PrivateKey{}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for id, m := range v {
				if key, ok := m.(map[string]any); ok {
					if val, ok := key["keyval"].(map[string]any); ok {
						if public, ok := val["public"].(string); ok && holders[public] != nil {
							found[id] = holders[public]
						}
					}
				}
				look(m)
			}
		case []any:
			for _, m := range v {
				look(m)
			}
		}
	}
	for _, raw := range files {
		if d, err := decode(raw); err == nil {
			look(d)
		}
	}
	return found
}

func decode(raw []byte) (map[string]any, error) {
	var d map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&d); err != nil {
		return nil, err
	}
	return d, nil
}

// resign signs what a document says now with the keys that its signatures name.
func resign(d map[string]any, keys map[string]ed25519.PrivateKey) ([]byte, error) {
	signed, ok := d["signed"].(map[string]any)
	list, isList := d["signatures"].([]any)
	if !ok || !isList {
		return nil, errors.New("no envelope")
	}
	message, err := canonicalOf(signed)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if s, ok := s.(map[string]any); ok {
			if id, ok := s["keyid"].(string); ok && keys[id] != nil {
				s["sig"] = hex.EncodeToString(ed25519.Sign(keys[id], message))
			}
		}
	}
	return json.Marshal(d)
}

// canonicalOf is the canonical form as go-securesystemslib writes it.
func canonicalOf(v any) ([]byte, error) { return cjson.EncodeCanonical(v) }

// values are what a mutation puts in the place of another value.
var values = []any{
	nil, true, false, "", "x", "a/*", "1.0", "2.0.0", "2030-01-01T00:00:00.5Z", "2026-12-01T00:00:00Z", "2020-01-01T00:00:00Z", "root", "snapshot",
	json.Number("0"), json.Number("1"), json.Number("2"), json.Number("3"), json.Number("-1"), json.Number("9007199254740993"), json.Number("18446744073709551616"),
	map[string]any{}, []any{}, []any{nil}, []any{"a/*"}, []any{"[a]/*"}, map[string]any{"sha256": "00"}, map[string]any{"version": json.Number("1")},
}

// mutate changes one place of a document for each three numbers: which place,
// what is done there, and with what.
func mutate(signed map[string]any, edits []byte) {
	for ; len(edits) >= 3; edits = edits[3:] {
		places := placesOf(signed)
		if len(places) == 0 {
			return
		}
		p := places[int(edits[0])%len(places)]
		v := values[int(edits[2])%len(values)]
		switch edits[1] % 5 {
		case 0:
			p.set(v)
		case 1:
			p.remove()
		case 2: // what stands somewhere else
			p.set(places[int(edits[2])%len(places)].get())
		case 3: // a member of another name
			p.rename(strings.ToUpper(p.name))
		case 4:
			p.add("x-note", v)
		}
	}
}

// place is a member of an object or an element of an array.
type place struct {
	object map[string]any
	name   string
	array  []any
	index  int
}

func placesOf(v any) (found []place) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			found = append(append(found, place{object: v, name: name}), placesOf(v[name])...)
		}
	case []any:
		for i := range v {
			found = append(append(found, place{array: v, index: i}), placesOf(v[i])...)
		}
	}
	return found
}

func (p place) get() any {
	if p.object != nil {
		return clone(p.object[p.name])
	}
	return clone(p.array[p.index])
}

func (p place) set(v any) {
	if p.object != nil {
		p.object[p.name] = clone(v)
	} else {
		p.array[p.index] = clone(v)
	}
}

func (p place) remove() {
	if p.object != nil {
		delete(p.object, p.name)
	}
}

func (p place) rename(name string) {
	if p.object != nil {
		v := p.object[p.name]
		delete(p.object, p.name)
		p.object[name] = v
	}
}

func (p place) add(name string, v any) {
	if o, ok := p.get().(map[string]any); ok {
		o[name] = clone(v)
		p.set(o)
	}
}

// clone copies a value, so that no place stands in another.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, m := range v {
			c[name] = clone(m)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = clone(v[i])
		}
		return c
	}
	return v
}
