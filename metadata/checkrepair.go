package metadata

import (
	"errors"
	"strings"
)

// repair judges a pull request against a target branch that holds two events
// for one version: two proposals that were each in order when they were
// checked, and were merged one after the other. Nothing can be judged there
// any more, so nobody has signed what came second. The way out is to take one
// of them back whole, provided that it holds no signature: a signed event must
// end in the log. repairs is false for anything else.
func repair(base, head Tree, broken error) (v *Verdict, repairs bool) {
	var conflict *ConflictError
	if !errors.As(broken, &conflict) {
		return nil, false
	}
	changes, err := diffTrees(base, head)
	if err != nil || len(changes) == 0 {
		return nil, false
	}
	event, _, _ := eventOf(changes[0].Path)
	if event != conflict.Events[0] && event != conflict.Events[1] {
		return nil, false
	}
	folder := EventPath(event) + "/"
	for _, ch := range changes {
		_, _, _, isSignature := parseSignaturePath(ch.Path)
		if ch.Kind != deleted || isSignature || !strings.HasPrefix(ch.Path, folder) {
			return nil, false
		}
	}
	if _, err := Read(head); err != nil {
		return nil, false
	}
	return &Verdict{Kind: KindRepair, Event: event}, true
}
