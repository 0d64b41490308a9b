package git

import (
	"context"
	"slices"
	"strings"
)

// Dirty lists the files of the user's checkout that differ from its HEAD, or
// are not known to git, sorted by path. Paths are relative to the top of the
// checkout; when some are given, only those files, or files in those folders,
// are looked at. It is empty for a bare repository. Files are only read, and
// the index is not even refreshed.
func (r *Repo) Dirty(ctx context.Context, paths ...string) ([]string, error) {
	if r.checkout == "" {
		return nil, nil
	}
	inside := r.program
	inside.global = []string{"--git-dir=" + r.gitDir, "--work-tree=" + r.checkout}
	inside.dir = r.checkout
	c := command{args: append([]string{"status", "--porcelain=v1", "-z", "--no-renames", "--no-ahead-behind",
		"--untracked-files=all", "--ignore-submodules=all", "--"}, paths...)}
	for _, name := range r.filters {
		// Comparing a file would run its filter, which is a program that
		// .gitattributes chooses.
		for _, kind := range []string{"clean=", "smudge=", "process=", "required=false"} {
			c.set = append(c.set, "filter."+name+"."+kind)
		}
	}
	out, err := inside.run(ctx, c)
	if err != nil {
		return nil, err
	}
	var dirty []string
	for entry := range strings.SplitSeq(string(out), "\x00") {
		if len(entry) > 3 {
			dirty = append(dirty, entry[3:])
		}
	}
	slices.Sort(dirty)
	return slices.Compact(dirty), nil
}
