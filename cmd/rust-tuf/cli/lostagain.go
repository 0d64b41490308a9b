package cli

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/metadata"
	"github.com/rust-lang/rust-tuf/metadata/git"
)

// lossNote is the comment that a report leaves in the member's file.
func lossNote(when, why string) string {
	return fmt.Sprintf("# Reported lost since %s (claimed): %s\n", when, why)
}

// reportBranch is where a report goes for which no event follows.
func (l *loss) reportBranch() string {
	return fmt.Sprintf("member/%s-lost-%s", l.member.Name, l.key.Label)
}

// reportedBefore takes the day of an earlier run with the same sentence, whose
// branch waits to be merged. A report that names no day means the day on which
// it is made, and two days would be two events with two digests.
func (l *loss) reportedBefore(ctx context.Context) error {
	path := metadata.MemberPath(l.member.Name)
	now, err := l.w.repo.Tree().Read(path)
	if err != nil {
		return err
	}
	form := regexp.MustCompile(`(?m)^# Reported lost since (\d{4}-\d{2}-\d{2}) \(claimed\): ` + regexp.QuoteMeta(l.o.why) + `$`)
	list, _, err := l.w.proposals(ctx, l.w.push)
	if err != nil {
		return err
	}
	heads := []git.Commit{}
	for _, p := range list {
		heads = append(heads, p.head)
	}
	switch at, err := l.w.git.Fetch(ctx, l.w.push, l.reportBranch()); {
	case err == nil:
		heads = append(heads, at)
	case !is[*git.BranchError](err):
		return err
	}
	for _, head := range heads {
		tree, err := l.w.git.Tree(ctx, head)
		if err != nil {
			return err
		}
		text, err := tree.Read(path)
		if err != nil {
			continue // of another branch, without this member
		}
		for _, found := range form.FindAllStringSubmatch(string(text), -1) {
			when, err := time.Parse(time.DateOnly, found[1])
			if err == nil && !when.After(l.w.now) && !strings.Contains(string(now), found[0]) {
				l.when = when
				return nil
			}
		}
	}
	return nil
}
