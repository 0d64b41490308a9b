package metadata

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Scenes are the repositories that tests start from. Each is played once; a
// test gets a copy that it may spoil.

var scenes struct {
	sync.Mutex
	played map[string]*world
}

func scene(t testing.TB, name string, play func() *world) *world {
	t.Helper()
	scenes.Lock()
	w := scenes.played[name]
	scenes.Unlock()
	if w == nil { // played twice at worst
		w = play()
		scenes.Lock()
		if scenes.played == nil {
			scenes.played = map[string]*world{}
		}
		scenes.played[name] = w.clone()
		scenes.Unlock()
	}
	w = w.clone()
	w.t = t
	return w
}

var team = []string{"olivia", "peggy", "quentin", "rupert", "sybil"}

// afterRotation are the members once carol and dave have left.
var afterRotation = append(except(nine, "carol", "dave"), "judy", "karl")

const rotationEvent = "2026-11-23-root-v2"

// genesis is a repository whose root version 1 five of nine have signed.
func genesis(t testing.TB) *world {
	t.Helper()
	return scene(t, "genesis", func() *world {
		w := newWorld(t, policy{root: nine, rootThreshold: 5}, nine...)
		e := w.propose("the first root")
		w.sign(e.Name, nine[:5]...)
		w.complete(e.Name)
		return w
	})
}

// rotation is genesis with an open event that makes root version 2 and, since
// two of those who signed it leave, targets version 2. Nobody has signed.
func rotation(t testing.TB) *world {
	t.Helper()
	return scene(t, "rotation", func() *world {
		w := genesis(t)
		w.join("judy", "karl")
		w.declare(policy{root: afterRotation, rootThreshold: 5})
		w.later()
		if e := w.propose("carol and dave leave"); e.Name != rotationEvent || len(e.Payloads) != 2 {
			t.Fatalf("opened %s with %v", e.Name, payloadNames(e))
		}
		return w
	})
}

// rotated is the repository after that event.
func rotated(t testing.TB) *world {
	t.Helper()
	return scene(t, "rotated", func() *world {
		w := rotation(t)
		w.sign(rotationEvent, "alice", "bob", "carol", "dave", "erin", "judy", "karl")
		w.complete(rotationEvent)
		return w
	})
}

const releaseEvent = "2026-11-24-targets-v3"

// delegated is rotated with a role release, which four of a team signed where
// three are needed.
func delegated(t testing.TB) *world {
	t.Helper()
	return scene(t, "delegated", func() *world {
		w := rotated(t)
		w.join(team...)
		w.declare(policy{root: afterRotation, rootThreshold: 5, release: team, releaseK: 3})
		w.later()
		if e := w.propose("a team signs releases"); e.Name != releaseEvent {
			t.Fatalf("opened %s with %v", e.Name, payloadNames(e))
		}
		w.sign(releaseEvent, append(slices.Clone(afterRotation[:5]), team[:4]...)...)
		w.complete(releaseEvent)
		return w
	})
}

// later moves the clock to the next day.
func (w *world) later() { w.now = w.now.Add(24 * time.Hour) }

// join merges a member's file for each name.
func (w *world) join(names ...string) {
	for _, name := range names {
		w.files[MemberPath(name)] = memberText(name, "")
	}
}

// event is an open event as it reads now.
func (w *world) event(name string) *Event {
	w.t.Helper()
	e, err := w.read().Event(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// standing is an open event as it counts now.
func (w *world) standing(name string) *Standing {
	w.t.Helper()
	s, err := w.judge(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// edit replaces the one occurrence of old in a file.
func (w *world) edit(path, old, now string) {
	w.t.Helper()
	text := string(w.files[path])
	if strings.Count(text, old) != 1 {
		w.t.Fatalf("%s holds %q %d times:\n%s", path, old, strings.Count(text, old), text)
	}
	w.files[path] = []byte(strings.Replace(text, old, now, 1))
}

// under are the files below a folder, with their paths relative to it.
func (w *world) under(folder string) map[string][]byte {
	out := map[string][]byte{}
	for p, content := range w.files {
		if rel, inside := strings.CutPrefix(p, folder+"/"); inside {
			out[rel] = content
		}
	}
	return out
}

// remove deletes a folder.
func (w *world) remove(folder string) {
	maps.DeleteFunc(w.files, func(p string, _ []byte) bool { return strings.HasPrefix(p, folder+"/") })
}
