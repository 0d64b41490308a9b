package roles

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A container is an object or array within a value, found by walking.
type container struct {
	at     string
	object object
	array  []any
	put    func(v any) // replaces the container in its parent
}

func containers(v any, at string, put func(any)) []container {
	var found []container
	switch v := v.(type) {
	case object:
		found = append(found, container{at: at, object: v, put: put})
		for _, name := range slices.Sorted(maps.Keys(v)) {
			found = append(found, containers(v[name], pointer(at, name), func(n any) { v[name] = n })...)
		}
	case []any:
		found = append(found, container{at: at, array: v, put: put})
		for i := range v {
			found = append(found, containers(v[i], pointer(at, strconv.Itoa(i)), func(n any) { v[i] = n })...)
		}
	}
	return found
}

// mutate makes one change somewhere in a value and says where and to what.
func mutate(random *rand.Rand, root object) (at string, now any, ok bool) {
	all := containers(root, "", func(any) {})
	c := all[random.IntN(len(all))]
	fresh := []any{
		"mallory", json.Number("7"), true, nil, "\u202egnp.exe", "al\u0456ce", "line\nbreak\x1b[2J", "", object{}, []any{},
		strings.Repeat("x", 9000), json.Number("-1"), "2031-02-03T04:05:06Z",
	}[random.IntN(13)]
	if c.object != nil {
		names := slices.Sorted(maps.Keys(c.object))
		if len(names) == 0 || random.IntN(3) == 0 {
			name := []string{"x-new", "threshold", "custom", "a/b~c", "\u202ename", "paths"}[random.IntN(6)]
			c.object[name] = fresh
			return pointer(c.at, name), fresh, true
		}
		name := names[random.IntN(len(names))]
		if random.IntN(3) == 0 {
			delete(c.object, name)
			return pointer(c.at, name), nil, false
		}
		c.object[name] = fresh
		return pointer(c.at, name), fresh, true
	}
	switch n := len(c.array); {
	case n == 0 || random.IntN(3) == 0:
		c.put(append(slices.Clone(c.array), fresh))
		return pointer(c.at, strconv.Itoa(n)), fresh, true
	case random.IntN(2) == 0:
		i := random.IntN(n)
		c.put(slices.Delete(slices.Clone(c.array), i, i+1))
		return c.at, nil, false
	default:
		i := random.IntN(n)
		c.array[i] = fresh
		return pointer(c.at, strconv.Itoa(i)), fresh, true
	}
}

// rearrange swaps two values, or changes a string in a way that is easily
// overlooked.
func rearrange(random *rand.Rand, root object) string {
	all := containers(root, "", func(any) {})
	c := all[random.IntN(len(all))]
	var names []any
	for _, name := range slices.Sorted(maps.Keys(c.object)) {
		names = append(names, name)
	}
	for i := range c.array {
		names = append(names, i)
	}
	if len(names) == 0 {
		return c.at
	}
	get := func(name any) any {
		if i, ok := name.(int); ok {
			return c.array[i]
		}
		return c.object[name.(string)]
	}
	set := func(name, v any) {
		if i, ok := name.(int); ok {
			c.array[i] = v
		} else {
			c.object[name.(string)] = v
		}
	}
	a, b := names[random.IntN(len(names))], names[random.IntN(len(names))]
	if s, ok := get(a).(string); ok && a == b {
		set(a, []string{s + " ", strings.ToUpper(s), s + "\n", " " + s, s + "\u200b", strings.TrimSpace(s)}[random.IntN(6)])
	} else if n, ok := get(a).(json.Number); ok && a == b {
		set(a, n.String())
	} else {
		va, vb := get(a), get(b)
		set(a, vb)
		set(b, va)
	}
	return fmt.Sprintf("%s, %v and %v", c.at, a, b)
}
