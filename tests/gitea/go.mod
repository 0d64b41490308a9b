// What `make test-gitea` builds: Gitea itself, held to its checksum in go.sum. Its own go.sum, which
// is part of what that checksum covers, holds everything that it is built of.
module github.com/rust-lang/rust-tuf/tests/gitea

go 1.26.2

require code.gitea.io/gitea v1.26.0
