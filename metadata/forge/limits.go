package forge

const (
	// MaxText is the most bytes of one comment or issue. GitHub takes 65,536
	// characters, and the others more.
	MaxText = 65_000
	// maxKey is the longest key: an event's name with a word before it fits.
	maxKey = 100
	// maxToken is the longest token: the longest of a forge, a signed one of
	// GitHub's Actions, has below 1,500.
	maxToken = 4096
	// maxShown is the most characters shown of what a forge said.
	maxShown = 300
)
