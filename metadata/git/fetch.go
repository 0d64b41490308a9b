package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Ref is a branch or a pull request of a remote.
type Ref struct {
	Name   string // as the remote names it: "refs/heads/main", "refs/pull/7/head"
	Commit Commit // empty when Err is set
	Err    error  // why it could not be fetched, for this ref alone
}

// Fetch fetches one branch of a remote and returns where it is. What was
// fetched stays reachable through a ref below refs/rust-tuf/remotes/; nothing
// else in the clone changes. Errors: *BranchError, *RemoteError, *NameError.
func (r *Repo) Fetch(ctx context.Context, remote, branch string) (Commit, error) {
	if err := checkRemote(remote); err != nil {
		return "", err
	}
	if err := checkBranch(branch); err != nil {
		return "", err
	}
	want := "refs/heads/" + branch
	err := r.fetch(ctx, remote, []string{want})
	var failed *RemoteError
	if errors.As(err, &failed) && strings.Contains(failed.Output, "couldn't find remote ref") {
		return "", &BranchError{Remote: withoutSecret(remote), Branch: branch}
	}
	if err != nil {
		return "", err
	}
	return r.Resolve(ctx, localRef(remote, want))
}

// FetchAll fetches every branch of a remote, and every pull request or merge
// request that it offers as a ref. Refs that cannot be fetched, or are no
// commits, are listed with their error and do not stop the others. The result
// is sorted by name. Errors: *RemoteError, *LimitError, *NameError.
func (r *Repo) FetchAll(ctx context.Context, remote string) ([]Ref, error) {
	return r.fetchOffered(ctx, remote, "refs/", "refs/heads/*", "refs/pull/*/head", "refs/merge-requests/*/head")
}

// FetchBranches is FetchAll for the branches below a folder, such as "event", and
// fetches nothing of any pull request.
func (r *Repo) FetchBranches(ctx context.Context, remote, folder string) ([]Ref, error) {
	if err := checkBranch(folder); err != nil {
		return nil, err
	}
	below := "refs/heads/" + folder + "/"
	return r.fetchOffered(ctx, remote, below, below+"*")
}

// fetchOffered fetches what a remote offers that fits one of the patterns and begins
// so: what else it lists in spite of them is left out.
func (r *Repo) fetchOffered(ctx context.Context, remote, begins string, patterns ...string) ([]Ref, error) {
	offers, err := r.offers(ctx, address{name: remote, url: remote}, patterns...)
	if err != nil {
		return nil, err
	}
	refs := make([]Ref, 0, len(offers))
	var wanted []string
	for _, o := range offers {
		if !isWork(o.name) || !strings.HasPrefix(o.name, begins) {
			continue
		}
		ref := Ref{Name: o.name}
		if reason := refReason(strings.TrimPrefix(o.name, "refs/")); reason != "" {
			ref.Err = &NameError{Kind: "ref", Name: o.name, Reason: reason}
		} else {
			wanted = append(wanted, o.name)
		}
		refs = append(refs, ref)
	}
	if err := r.fetchInto(ctx, &apart{repo: r, remote: remote, attempts: r.limits.attempts}, wanted, refs); err != nil {
		return nil, err
	}
	slices.SortFunc(refs, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, nil
}

// fetchInto fetches what is wanted, and fills in where those of the refs are that
// have no error yet.
func (r *Repo) fetchInto(ctx context.Context, a *apart, wanted []string, refs []Ref) error {
	a.odd = map[string]error{}
	if err := a.fetch(ctx, wanted); err != nil {
		return err
	}
	here, err := r.fetched(ctx)
	if err != nil {
		return err
	}
	for i := range refs {
		ref := &refs[i]
		switch at := here[localRef(a.remote, ref.Name)]; {
		case ref.Err != nil:
		case a.odd[ref.Name] != nil:
			ref.Err = a.odd[ref.Name]
		case at.kind != "commit":
			ref.Err = &ObjectError{ID: at.id, Reason: fmt.Sprintf("is no commit but %q", at.kind)}
		default:
			ref.Commit = Commit(at.id)
		}
	}
	return nil
}

// isWork tells whether a ref of a remote is one that people put work on.
func isWork(name string) bool {
	if strings.HasPrefix(name, "refs/heads/") {
		return true
	}
	for _, forge := range []string{"refs/pull/", "refs/merge-requests/"} {
		rest, ok := strings.CutPrefix(name, forge)
		number, ok2 := strings.CutSuffix(rest, "/head")
		if ok && ok2 && number != "" && strings.Trim(number, "0123456789") == "" {
			return true
		}
	}
	return false
}

// fetch fetches refs, each to its place below refs/rust-tuf/.
func (r *Repo) fetch(ctx context.Context, remote string, refs []string) error {
	var specs strings.Builder
	for _, ref := range refs {
		// The plus sign: the remote may rewind, and it is not judged here.
		fmt.Fprintf(&specs, "+%s:%s\n", ref, localRef(remote, ref))
	}
	c := command{
		args: []string{"fetch", "--quiet", "--stdin", "--no-tags", "--no-prune", "--no-write-fetch-head",
			"--no-auto-maintenance", "--no-recurse-submodules",
			"--refmap=", // leaves the clone's own remote-tracking branches alone
			"--", remote},
		stdin: []byte(specs.String()),
		dir:   r.checkout,
		asks:  true,
	}
	for try := 1; ; try++ {
		_, err := r.run(ctx, c)
		if err = remoteFailure(remote, "fetch", err); err == nil || try == tries || !lost(err) {
			return err
		}
		// Another fetch into this clone moved the ref meanwhile.
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// localObject is what a ref of this clone points to.
type localObject struct{ kind, id string }

// fetched lists the refs below refs/rust-tuf/.
func (r *Repo) fetched(ctx context.Context) (map[string]localObject, error) {
	out, err := r.run(ctx, command{args: []string{"for-each-ref", "--format=%(refname) %(objecttype) %(objectname)", "refs/rust-tuf/"}})
	if err != nil {
		return nil, err
	}
	refs := map[string]localObject{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 {
			refs[f[0]] = localObject{f[1], f[2]}
		}
	}
	return refs, nil
}

// localRef is where a ref of a remote is kept: refs/rust-tuf/remotes/origin/main
// for a branch, refs/rust-tuf/pull/origin/7 for a pull request. Whatever git
// or a file system could take for something else is escaped, so that no two
// refs get in each other's way: not "a" and "a/b", not "A" and "a", not "con"
// and a device of Windows.
func localRef(remote, ref string) string {
	place := segment(remote)
	if strings.ContainsAny(remote, `:/\`) { // an address: it may hold a password
		sum := sha256.Sum256([]byte(remote))
		place = "%url-" + hex.EncodeToString(sum[:8])
	}
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return "refs/rust-tuf/remotes/" + place + "/" + segment(branch)
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(ref, "refs/"), "/")
	return "refs/rust-tuf/" + segment(kind) + "/" + place + "/" + segment(strings.TrimSuffix(rest, "/head"))
}

// segment writes a name as one segment of a ref. Letters, digits, dash,
// underscore and dots inside stay; every other byte becomes % and two
// upper-case hex digits.
func segment(name string) string {
	var out strings.Builder
	for i := range len(name) {
		c := name[i]
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' ||
			c == '.' && i > 0 && i < len(name)-1 && name[i-1] != '.'
		if plain && i == 0 && windowsDevice.MatchString(name) {
			plain = false
		}
		if plain {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	s := out.String()
	if base, ok := strings.CutSuffix(s, ".lock"); ok {
		s = base + "%2Elock"
	}
	if len(s) > 200 { // file systems hold 255 bytes, and git adds some
		sum := sha256.Sum256([]byte(name))
		s = "%long-" + hex.EncodeToString(sum[:])
	}
	return s
}
