// Package github asks GitHub's interface for what package forge names, and a GitHub
// of one's own too. It offers [forge.Opener], [forge.Reviewer], [forge.Merger] and
// [forge.Caretaker] by package hub, which says how often is asked, whose comments are
// edited, and where requests go.
//
// Who the token writes as is asked of GitHub; the token of GitHub's own runners may not
// ask, and is known to write as github-actions[bot].
package github
