package git

import "time"

// limits bounds what one operation reads. They hold against a repository that
// was built to exhaust whoever looks at it; no honest one comes near.
type limits struct {
	// files is the most files and folders in one commit. A signing event adds
	// about twenty files, so this is a thousand events. Trees that share
	// subtrees name a billion files in a few objects: without a bound, listing
	// them never ends.
	files int
	// depth is the most folders above a file; the deepest path of the layout
	// (events/<event>/signatures/<role>/<keyid>.json) has four.
	depth int
	// fileBytes is the most bytes in one file: the targets of a quarter of a
	// million files, at 200 bytes each, fit.
	fileBytes int64
	// treeBytes is the most bytes in all files of one commit, since a Tree
	// holds them in memory.
	treeBytes int64
	// refs is the most branches and pull requests taken from one remote: ten
	// times what a busy forge repository of this kind collects in a decade.
	refs int
	// one is how long a fetch of one head may take, several one of many together,
	// and heads all that FetchHeads does. What is behind a signature comes in a
	// second or two; a job of a forge has some minutes.
	one, several, heads time.Duration
	// attempts is the most fetches that FetchAll makes to get past refs that
	// cannot be fetched; halving finds ten odd refs among thousands in this.
	attempts int
	// output is the most bytes that git may print where it prints data: as
	// many refs as above with the longest names that file systems hold.
	output int
	// words is the most bytes kept of what git says to people, the last ones;
	// a server writes part of it.
	words int
	// grace is how long a cancelled git may take to remove its lock files
	// before it is killed. It also bounds the wait for a background process
	// (a shared ssh connection) that holds git's output open.
	grace time.Duration
	// trial is how long a push that is only tried may take: several times what
	// a slow line needs to say who may write, and no longer than a person waits
	// for a diagnosis.
	trial time.Duration
}

func defaultLimits() limits {
	return limits{
		files:     20_000,
		depth:     16,
		fileBytes: 64 << 20,
		treeBytes: 256 << 20,
		refs:      20_000,
		one:       20 * time.Second,
		several:   time.Minute,
		heads:     5 * time.Minute,
		attempts:  300,
		output:    8 << 20,
		words:     8 << 10,
		grace:     2 * time.Second,
		trial:     30 * time.Second,
	}
}
