package verify

import (
	"context"
	"errors"
	"slices"
)

// TopLevel brings the top-level targets, which [Refreshed.Target] would bring
// for the first target that is looked up. Errors are those of [Session.Targets],
// of the Fetcher and of the Store.
func (r *Refreshed) TopLevel(ctx context.Context) (*Targets, error) {
	for left := repairs; ; left-- {
		l := lookup{r: r}
		t, err := r.Targets(l.load)
		l.fetch(ctx, func() {}, func(*roleFile) { t, err = r.Targets(l.load) })
		again, failure := r.repaired(ctx, err)
		if again && left > 0 {
			continue
		}
		if failure != nil {
			err = failure
		}
		r.keepRecords(0)
		return t, err
	}
}

// repairs is how often a lookup begins again: when targets turn out to be none, and when
// the snapshot does.
const repairs = 2

// repaired tells to begin again if what was believed by a record turns out to be
// none, and brings another snapshot if it was that. Nothing is refused before all was
// verified in full: else a record that lies would be in the way of every lookup for as
// long as that snapshot is promised. A root that is none is repaired by the next start.
func (r *Refreshed) repaired(ctx context.Context, refusal error) (again bool, err error) {
	if refusal == nil {
		return false, nil
	}
	if forged := r.client.unlessForged(r.began, nil); forged != nil {
		r.snapshot = nil
		r.forgetFound()
		return false, forged
	}
	again = r.recheck() != nil
	if r.reread() == nil && r.snapshot != nil {
		return again, refusal
	}
	r.records = &records{}
	err = r.snapshotNow(ctx)
	return r.snapshot != nil, err // one that was accepted and could not be kept is brought again by the next start
}

// Target finds what the repository says of a target (SPEC 5.6). path is the name
// of the target as the metadata have it: with "/" between its parts, and nothing
// percent-encoded. It is compared byte for byte. Errors are those of
// [Session.Resolve], of the Fetcher and of the Store.
func (r *Refreshed) Target(ctx context.Context, path string) (*Verdict, error) {
	verdicts, errs := r.search(ctx, []string{path})
	// One after the other would be written as often as there are targets, and ever longer.
	r.keepRecords(r.written / 8)
	return verdicts[0], errs[0]
}

// Verdicts finds what the repository says of several targets, each as
// [Refreshed.Target] does. A target that is refused has no verdict (nil), and
// its error is among those that are joined in err, in the order of the paths. An
// error need not name its path; the nil says which were refused.
func (r *Refreshed) Verdicts(ctx context.Context, paths ...string) ([]*Verdict, error) {
	search := r.search
	if r.client.Parallel < 2 {
		search = r.inTurn
	}
	verdicts, errs := search(ctx, paths)
	r.keepRecords(0)
	return verdicts, errors.Join(errs...)
}

// inTurn is search for one path after the other. It begins again when what some of
// them rest on turns out to be none.
func (r *Refreshed) inTurn(ctx context.Context, paths []string) ([]*Verdict, []error) {
	for left := repairs; ; left-- {
		doubts := r.doubts
		verdicts, errs := make([]*Verdict, len(paths)), make([]error, len(paths))
		for i := range paths {
			v, err := r.search(ctx, paths[i:i+1])
			verdicts[i], errs[i] = v[0], err[0]
		}
		if r.doubts == doubts || left == 0 {
			return verdicts, errs
		}
	}
}

// search finds what is said of all paths.
func (r *Refreshed) search(ctx context.Context, paths []string) ([]*Verdict, []error) {
	for left := repairs; ; left-- {
		verdicts, errs := r.searchOnce(ctx, paths)
		again, err := r.repaired(ctx, errors.Join(errs...))
		switch {
		case again && left > 0:
			continue
		case err != nil && r.snapshot == nil: // it could not be had
			clear(verdicts)
			for i := range errs {
				errs[i] = err
			}
		}
		return verdicts, errs
	}
}

// searchOnce goes through the delegations for all paths side by side: each goes as
// far as it can with the files that are at hand, then all that is missing is
// fetched together. So it waits as often as the deepest of them is delegated. A
// file is judged when it comes and held no longer, whatever it is.
func (r *Refreshed) searchOnce(ctx context.Context, paths []string) ([]*Verdict, []error) {
	verdicts, errs := make([]*Verdict, len(paths)), make([]error, len(paths))
	l := lookup{r: r, early: map[string]*early{}, hints: map[string]*hint{}}
	resolve := func(i int) {
		l.path = i
		verdicts[i], errs[i] = r.Resolve(paths[i], l.load)
	}
	for i := range paths {
		resolve(i)
	}
	for len(l.missing) > 0 {
		expected := l.guess(paths)
		l.fetch(ctx, func() { l.askEarly(ctx, expected) }, func(f *roleFile) {
			for _, i := range f.waiting {
				resolve(i)
			}
		})
	}
	for _, e := range l.early {
		e.giveUp()
	}
	return verdicts, errs
}

// lookup has the files of roles that a search waits for.
type lookup struct {
	r       *Refreshed
	path    int                  // that is looked up now
	files   map[string]*roleFile // by role
	missing []*roleFile          // of these, what has not been asked for
	early   map[string]*early    // by role: asked for without being needed yet
	hints   map[string]*hint     // by role: what the store had when it was first of use
}

// roleFile is the file of a role, in the version that the snapshot promises.
type roleFile struct {
	role    string
	name    string
	limit   int64
	kept    []byte // what the store has in its place
	waiting []int  // paths that need it
	came    bool
	large   bool   // holds room for a large file
	early   *early // nil if it is asked for now
	answer
}

// errMissing ends a search that needs a file that is not at hand yet.
var errMissing = errors.New("a file has to be fetched")

// load is a [Loader] that does not wait: it offers what the store has, or what
// was fetched, and takes note of what has to be.
func (l *lookup) load(role string, promised MetaFile, offer func([]byte) error) error {
	store, slot := l.r.client.Store, Slot{Role: role}
	switch f := l.files[role]; {
	case f == nil:
	case !f.came:
		f.waiting = append(f.waiting, l.path)
		return errMissing
	case f.err != nil:
		return f.err
	default:
		if err := offer(f.raw); err != nil {
			return err
		}
		// The snapshot is the floor; a copy that another process keeps is as good.
		if err := store.Swap(slot, f.kept, f.raw); !errors.Is(err, ErrSwapped) {
			return err
		}
		return nil
	}
	kept, err := store.Load(slot)
	if err == nil {
		if offer(kept) == nil {
			return nil
		}
		l.r.RestoreTargets(role, kept)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	f := &roleFile{role: role, waiting: []int{l.path}, name: l.r.promisedName(role, promised), limit: promised.atMost(l.r.lim.TargetsBytes), kept: kept, early: l.early[role]}
	delete(l.early, role)
	if l.files == nil {
		l.files = map[string]*roleFile{}
	}
	l.files[role] = f
	if f.early != nil { // on its way already, so its turn is before those that would come on top of it
		l.missing = slices.Insert(l.missing, 0, f)
	} else {
		l.missing = append(l.missing, f)
	}
	return errMissing
}

// fetch brings what is missing, does something else once all of that is asked for,
// and has each file judged when it comes. What is found to be missing by that is for
// the next time.
func (l *lookup) fetch(ctx context.Context, beside func(), judge func(*roleFile)) {
	wanted := l.missing
	l.missing = nil
	l.r.fetchRoles(ctx, wanted, beside, func(f *roleFile) {
		f.came = true
		judge(f)
		delete(l.files, f.role)
		delete(l.hints, f.role)
	})
}
