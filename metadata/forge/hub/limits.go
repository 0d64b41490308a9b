package hub

import "time"

const (
	// maxPages is the most pages of one list: a thousand open pull requests, or
	// comments on one, are past what anybody could have judged. GitHub gives a
	// hundred in one page, Gitea fifty.
	maxPages = 20
	// maxLookBack is how many pages of closed issues are searched for a step that was
	// said before: GitHub lists pull requests among them, of which an event has up
	// to fifty. Of what lies further back a step may come once more.
	maxLookBack = 5
	// maxAnswer is the most bytes of one answer. A page of a hundred pull
	// requests has about two million; their texts, which strangers write, are
	// below 66,000 each.
	maxAnswer = 16 << 20
	// maxHeader is the most bytes of the headers of an answer.
	maxHeader = 64 << 10
	// maxTries is how often a step is taken when no answer comes: with the pauses
	// below, half a minute of an outage is waited out.
	maxTries = 5
	// firstPause is before the second try; each one after it is twice as long.
	firstPause = 2 * time.Second
	// maxEarly is how often a merge is asked for that is refused because something
	// was merged a moment ago: Gitea looks at every open pull request again after
	// each merge, which takes seconds where many are open. A minute is waited out.
	maxEarly = 20
	// firstEarly is before the second try; each one after it is twice as long, up to
	// longestEarly.
	firstEarly   = 125 * time.Millisecond
	longestEarly = 4 * time.Second
	// patience is the longest that one operation waits in all, because the forge
	// says when to come back. A primary limit is reset each hour: that is nothing
	// to wait for while a person looks on.
	patience = 2 * time.Minute
	// maxAfter is the longest time that a forge can name: a day, which is many times
	// its longest, so that no number makes a clock go round.
	maxAfter = 24 * time.Hour
	// maxRedirects is how many answers may point elsewhere at the same origin.
	maxRedirects = 3
	// connectTimeout is for a connection, and for TLS on it.
	connectTimeout = 10 * time.Second
	// answerTimeout is for one request with the whole of its answer. GitHub itself
	// ends what takes ten seconds.
	answerTimeout = 30 * time.Second
	// maxSummary is the most characters that GitHub shows of a commit status.
	maxSummary = 140
	// MaxTitle is the most characters of a title.
	MaxTitle = 255
)
