// Package github asks GitHub's interface for what package forge names, and a GitHub
// of one's own too. It offers [forge.Opener], [forge.Reviewer], [forge.Merger] and
// [forge.Caretaker].
//
// # Asking again
//
// Each operation is a step that looks first and acts only on what is missing. A step
// whose answer was lost, late, cut off, or a failure of the server is taken again, all
// of it, so what a lost answer has made is found. How often, and for how long, is in
// limits.go; whatever is left is an error of package forge.
//
// # Its own comments
//
// A report is found again by a hidden marker on the first line and by its author:
// anybody may write a comment with the same marker, and nobody else's is ever edited.
// Who the token writes as is asked of GitHub; the token of GitHub's own runners may not
// ask, and is known to write as github-actions[bot].
//
// # Where requests go
//
// All go to one origin, which follows from the host of the remote. What points
// elsewhere is refused before a connection is made, and so is a redirect that would
// turn one request into another.
package github
