// Package git is the edge between a metadata repository and the user's own git
// program. It reads commits as values ([Repo.Tree]), writes commits from
// changes ([Repo.Commit]) and moves commits to and from remotes ([Repo.Fetch],
// [Repo.Push]).
//
// # What is never touched
//
// The user's checkout, index, HEAD, branches, remote-tracking branches and
// configuration. Every command on an open repository, but the one behind
// [Repo.Dirty], runs with --bare, so git itself knows of no checkout. Commits are made of objects
// alone: trees are computed here, handed to git as one pack, and named by `git
// commit-tree`. The only refs written locally are below refs/rust-tuf/, where
// they keep what was fetched from being collected as garbage.
//
// # What is believed
//
// Bytes come out of git as raw objects, and each object's name is recomputed
// from its bytes, so neither replace refs, grafts, filters, line endings nor a
// damaged object store can put other bytes in the place of those that a commit
// names. File names that a person or another system could misread are refused
// ([PathError]). After a commit is written it is read back and compared with
// what was asked ([ChangedBytesError]).
//
// # Which configuration applies
//
// Everything that says who the user is and how they reach a remote, wherever
// they wrote it (system, global, this clone's own .git/config, environment):
// identity, commit.gpgsign with its keys and programs (for commits that are
// pushed; judging makes none), credential helpers, ssh commands, proxies, URL
// rewriting. A clone's own configuration is the user's:
// it never travels with a clone or a fetch, git refuses a repository that
// belongs to somebody else (safe.directory), and [Open] refuses a bare
// repository that lies, as tracked files, inside another repository's checkout,
// which is the one way in which such a file can arrive from outside.
//
// Whatever would run a program on the content, or change it, does not apply,
// wherever it is configured: hooks, the file system monitor, attributes,
// filters, line-ending conversion, merge drivers, replace refs, grafts, the
// commit-graph, automatic maintenance, submodule recursion, tags that follow a
// push, the transports ext:: and fd::. (A remote that is a path on this machine
// runs its own hooks, as any remote does.)
//
// # Interruption
//
// Cancelling the context ends git and what it started: first it is asked, so
// that it removes its locks, then it is killed. Objects are written before the
// refs that name them, no temporary files are made here, and every operation
// can be run again: a push that had succeeded before the interruption succeeds
// again.
package git
