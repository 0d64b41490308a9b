package roles

import "strconv"

// A spot is a value and the pointer at which it stands, or would stand.
type spot struct {
	node *jsonNode // nil when there is none
	at   string
}

// to follows names down through objects.
func (s spot) to(names ...string) spot { return spot{s.node.at(names...), pointer(s.at, names...)} }

// elements are the elements of a list by name; ok is false when they have no
// names of their own.
func (s spot) elements(identity ...part) (list namedList, ok bool) {
	list.byName = make(map[string]spot)
	if s.node == nil || s.node.kind != '[' || len(s.node.items) == 0 {
		return list, s.node == nil || s.node.kind == '['
	}
	list.names, ok = identified(s.node.items, identity)
	for i, name := range list.names {
		list.byName[name] = spot{s.node.items[i], pointer(s.at, strconv.Itoa(i))}
	}
	return list, ok
}

// A namedList is a list whose elements have names.
type namedList struct {
	names  []string // in the order of the list
	byName map[string]spot
}

// union lists the names of both lists, those of the new one first.
func union(old, new namedList) []string {
	return append(append([]string{}, new.names...), without(old.names, new.names)...)
}

// without returns the elements of a list that are not in another.
func without(list, other []string) []string {
	known := make(map[string]bool, len(other))
	for _, element := range other {
		known[element] = true
	}
	var rest []string
	for _, element := range list {
		if !known[element] {
			rest = append(rest, element)
		}
	}
	return rest
}
