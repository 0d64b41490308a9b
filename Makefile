# Every target is one command; what stands behind `make test` is tests/run.

FUZZTIME ?= 30s
FUZZ     ?= .
BENCH    ?= .
CHECK    ?= .

.PHONY: help demo build test test-peers test-forge test-gitea bench fuzz mutants

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## a whole 5-of-9 root ceremony in a temporary directory, in seconds
	@sh tests/run/need.sh demo
	@CGO_ENABLED=0 go run ./cmd/rust-tuf demo

build: ## build bin/rust-tuf, and bin/rust-tuf-verify, which only checks
	@sh tests/run/need.sh build
	go build -o bin/ ./cmd/rust-tuf
	CGO_ENABLED=0 go build -o bin/ ./cmd/rust-tuf-verify

test: ## every check and every test; shows what the machine lacks first
	@sh tests/run/need.sh test
	@go run ./tests/run test

test-peers: ## python-tuf says of the test vectors what we say, or why not; asks before it installs it
	@python=$$(sh tests/run/need.sh peers) && go run ./tests/peers "$$python"

test-forge: ## every request to GitHub against its published description; asks before it installs that
	@folder=$$(sh tests/run/need.sh forge) && if [ -n "$$folder" ]; then \
		RUST_TUF_PRISM="$$folder" go test -tags prism -count=1 -run PublishedDescription ./metadata/forge/github; \
	else echo "GitHub's description: skipped, it is not on this machine"; fi

test-gitea: ## a real Gitea takes signatures by push and by pull request; asks before it builds it
	@folder=$$(sh tests/run/need.sh gitea) && if [ -n "$$folder" ]; then \
		RUST_TUF_GITEA="$$folder" go test -tags gitea -count=1 -p 1 -timeout 20m -run '^TestGitea' ./tests/giteatest ./metadata/forge/gitea ./cmd/rust-tuf/cli; \
	else echo "Gitea: skipped, it is not on this machine"; fi

bench: ## all benchmarks with allocations (BENCH=regexp picks some)
	@sh tests/run/need.sh build
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

mutants: ## removes each check of the verifier; a test must notice (CHECK=regexp picks some)
	@sh tests/run/need.sh build
	@go run ./tests/run -only '$(CHECK)' mutants

fuzz: ## each fuzz target for FUZZTIME=30s (FUZZ=regexp picks some)
	@sh tests/run/need.sh build
	@go run ./tests/run -time '$(FUZZTIME)' -only '$(FUZZ)' fuzz
