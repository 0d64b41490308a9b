package forge

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/rust-lang/rust-tuf/metadata/git"
)

// Call is what was asked of a forge, for errors.
type Call struct {
	Where  string // "github.com/rust-lang/tuf-root"
	Action string // "open a pull request for branch x of alice/tuf-root"
}

func (c Call) String() string { return c.Where + ": " + c.Action }

// CredentialError is a token that a forge does not accept, or one that is missing
// where it is needed.
type CredentialError struct {
	Call
	Token  Token
	Reason string // of the forge, safe to show
	Obtain string // how to come by a token there
}

func (e *CredentialError) Error() string {
	if e.Token.Absent() {
		return fmt.Sprintf("%s: this needs a token, and there is none%s", e.Call, because(e.Reason))
	}
	return fmt.Sprintf("%s: %s is not accepted%s", e.Call, e.Token, because(e.Reason))
}

// Hint names the next step.
func (e *CredentialError) Hint() string {
	if e.Token.Absent() {
		return e.Obtain
	}
	return "it has expired or was revoked: make a new one; " + e.Obtain
}

// PermissionError is a token that may not do what was asked.
type PermissionError struct {
	Call
	Token  Token
	Needs  string // "pull requests: write"
	Reason string
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("%s: %s may not do this%s", e.Call, e.Token, because(e.Reason))
}

// Hint names the next step.
func (e *PermissionError) Hint() string {
	return "give the token the permission “" + e.Needs + "” for this repository, or do this step by hand"
}

// AbsentError is something that a forge does not have, or hides from this token.
type AbsentError struct {
	Call
	Token  Token
	Needs  string
	Reason string
}

func (e *AbsentError) Error() string {
	return fmt.Sprintf("%s: not found, or hidden from %s%s", e.Call, withToken(e.Token), because(e.Reason))
}

// Hint names the next step.
func (e *AbsentError) Hint() string {
	return "look at it in a browser; where it is there, the token needs the permission “" + e.Needs + "” for this repository"
}

func withToken(t Token) string {
	if t.Absent() {
		return "whoever has no token"
	}
	return t.String()
}

// InvalidError is a request that a forge understands and refuses.
type InvalidError struct {
	Call
	Status int // of HTTP
	Reason string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s: refused%s", e.Call, because(e.Reason))
}

// Hint names the next step.
func (e *InvalidError) Hint() string {
	return "do this step by hand in a browser, which says more about why"
}

// BaseError is a pull request for a branch that the repository does not have any
// more, as after a change of its default branch.
type BaseError struct {
	Call
	Base    string
	Default string // of the repository, now
}

func (e *BaseError) Error() string {
	return fmt.Sprintf("%s: there is no branch %s; the default branch is %s now", e.Call, e.Base, shown(e.Default))
}

// Hint names the next step.
func (e *BaseError) Hint() string { return "run it again: the default branch is looked up each time" }

// MovedError is a pull request that is not any more what was judged: nothing was
// merged.
type MovedError struct {
	Call
	Want, Found         git.Commit // its head
	WantBase, FoundBase string     // what it is to be merged into
}

func (e *MovedError) Error() string {
	if e.WantBase != e.FoundBase {
		return fmt.Sprintf("%s: it was judged for branch %s and is for %s now; nothing was merged", e.Call, e.WantBase, shown(e.FoundBase))
	}
	return fmt.Sprintf("%s: its head moved from %s, which was judged, to %s; nothing was merged", e.Call, e.Want.Short(), e.Found.Short())
}

// Hint names the next step.
func (e *MovedError) Hint() string { return "judge it again as it is now" }

// StrayError is a pull request that was merged as something else than what was
// judged: by somebody else, or because it changed while it was merged.
type StrayError struct {
	Call
	Want, Found         git.Commit
	WantBase, FoundBase string
	Commit              git.Commit // that the merge made
}

func (e *StrayError) Error() string {
	return fmt.Sprintf("%s: merged as commit %s is head %s into %s; judged was head %s for %s", e.Call, e.Commit.Short(), e.Found.Short(), shown(e.FoundBase), e.Want.Short(), e.WantBase)
}

// Hint names the next step.
func (e *StrayError) Hint() string {
	return "run `rust-tuf check` over what was merged, and take it back if that refuses it"
}

// UnmergeableError is a pull request that a forge will not merge as it is.
type UnmergeableError struct {
	Call
	Closed bool
	Reason string
}

func (e *UnmergeableError) Error() string {
	if e.Closed {
		return fmt.Sprintf("%s: it is closed", e.Call)
	}
	return fmt.Sprintf("%s: the forge does not merge it%s", e.Call, because(e.Reason))
}

// Hint names the next step.
func (e *UnmergeableError) Hint() string {
	if e.Closed {
		return "open it again, or send the change as a new pull request"
	}
	return "allow squash merging, and look which rule of the base branch is not met"
}

// ClosedError is a proposal that was made before, and that somebody has closed
// without merging it.
type ClosedError struct {
	Call
	Number int
	URL    string
	Branch string
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("%s: the same was proposed before, and somebody closed it without merging it: pull request #%d", e.Call, e.Number)
}

// Hint names the next step.
func (e *ClosedError) Hint() string {
	return "open " + e.URL + " again, or, to have it proposed anew, delete branch " + shown(e.Branch)
}

// RateError is a forge that answers no more for now.
type RateError struct {
	Call
	Until  time.Time
	Reason string
}

func (e *RateError) Error() string {
	return fmt.Sprintf("%s: too many requests; none is answered before %s%s", e.Call, e.Until.UTC().Format(time.RFC3339), because(e.Reason))
}

// Hint names the next step.
func (e *RateError) Hint() string { return "run it again then; what was done is found again" }

// OutageError is a forge that did not answer, or not fully, however often it was
// asked.
type OutageError struct {
	Call
	Tries  int
	Status int // of HTTP; 0 when no answer came
	Reason string

	Err error // of the last try, without an address; may be nil
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("%s: the forge does not answer, asked %s%s", e.Call, times(e.Tries), because(e.Reason))
}

// Unwrap returns the error of the last try.
func (e *OutageError) Unwrap() error { return e.Err }

// Hint names the next step.
func (e *OutageError) Hint() string { return "run it again later; what was done is found again" }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// RedirectError is a forge that points to another place, where no token is sent.
type RedirectError struct {
	Call
	To string // origin, or path at the same origin
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s: the forge points to %s, which was not followed", e.Call, e.To)
}

// Hint names the next step.
func (e *RedirectError) Hint() string {
	return "if the repository was renamed, `git remote set-url` to its new address"
}

// AnswerError is an answer that is not what the forge's interface promises.
type AnswerError struct {
	Call
	Reason string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s: the answer is not one of this forge's interface: %s", e.Call, shown(e.Reason))
}

// Hint names the next step.
func (e *AnswerError) Hint() string {
	return "look whether something between here and the forge answers in its place, such as a proxy that asks to log in"
}

// LimitError is more than a client reads.
type LimitError struct {
	Call
	What  string // "bytes in one answer", "pages of open pull requests"
	Limit int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: more than %d %s, which is the limit", e.Call, e.Limit, e.What)
}

// Hint names the next step.
func (e *LimitError) Hint() string { return "close what is not needed any more, and run it again" }

// IdentityError is a comment or an issue that the forge shows under another name
// than expected. Found again are only those of the name that is expected, so it was
// taken back.
type IdentityError struct {
	Call
	Want, Found string
}

func (e *IdentityError) Error() string {
	return fmt.Sprintf("%s: this token writes as %s, not as %s, so what it wrote would not be found again; it was taken back", e.Call, shown(e.Found), e.Want)
}

// Hint names the next step.
func (e *IdentityError) Hint() string {
	return "use a token of " + e.Want + ", or set " + LoginVariable + " to " + shown(e.Found)
}

// because adds the words of a forge, if it said any.
func because(reason string) string {
	if reason = shown(reason); reason != "" {
		return ": " + reason
	}
	return ""
}

// shown makes what a forge or a stranger wrote safe for a line on a terminal.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	runes := []rune(strings.TrimSpace(text))
	if len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return string(runes)
}
