package carried

// Bounds of what is read before anything of it is judged.
const (
	// MaxBundleBytes bounds a bundle: a repository of hundreds of versions of the
	// documents that people sign, with its log, has a tenth of that, and it has
	// to fit into memory.
	MaxBundleBytes = 256 << 20
	// MaxAnswerBytes bounds an answer: two hundred signature files.
	MaxAnswerBytes = 1 << 20
	// maxFiles bounds the files in either: a hundred members with five cards each,
	// and a thousand events with their policies.
	maxFiles = 64 << 10
	// maxPath bounds one path: five segments, the longest names.
	maxPath = 512
	// maxLine bounds a line, so that a file that has none is refused at once.
	maxLine = maxPath + 32
)
