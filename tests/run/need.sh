#!/bin/sh
# usage: sh tests/run/need.sh build|demo|test|peers|forge|gitea
#
# Says what this machine lacks before anything starts, and what to do about it.
#
#   build  Go
#   demo   Go and git
#   test   Go, git and the packages below. Debian and Ubuntu: shows the one command that installs
#          what is missing and asks; with CI=true runs it without asking. Elsewhere: names what is
#          missing. Where only single tests need it, goes on without: they are skipped, and `make test`
#          says so at its end; with CI=true that fails.
#   peers  Go, Python and python-tuf; the last is put in a folder of its own below the user's cache,
#          each file of it held to its hash, after the same question. Prints its interpreter, and
#          nothing where CI=true and the package registry cannot be reached.
#   forge  Go, Node.js, GitHub's description of its interface and the mock Prism; the last two as for
#          peers. Prints their folder.
#   gitea  Go, git, a C compiler and Gitea, which is built from the Go module of that name; as for
#          peers. Prints the folder that it is in.
set -eu

# What `make test` needs besides Go: Debian packages | succeeds when they are there | what for; and
# "| skip" where nothing but single tests need it, which skip themselves. To add a package, add a line.
packages='
git           | command -v git | git, for the repositories that the tests make
gcc libc6-dev | compiles_c     | a C compiler, for go test -race
openssh-client | command -v ssh-keygen | ssh keys, to sign commits in a test | skip
pkg-config libpcsclite-dev | has_pcsc | smart cards, to build signer/piv
pcscd         | (PATH=$PATH:/usr/sbin; command -v pcscd) | the smart card service, for nine virtual YubiKeys at once | skip
vsmartcard-vpcd | ls /usr/lib/pcsc/drivers/serial/libifdvpcd.so* | the driver that the virtual YubiKeys connect to | skip
yubico-piv-tool | command -v yubico-piv-tool | the tool that Yubico gives out, to compare the virtual YubiKeys with | skip
ykcs11        | ls /usr/lib/*/libykcs11.so* | the PKCS 11 module by Yubico, to compare them with | skip
openssl       | command -v openssl | OpenSSL, to verify signatures of theirs | skip
opensc        | command -v pkcs15-tool | the OpenSC tools, to compare them with | skip
'
peer_packages='
python3 python3-venv | python3 -c "import ensurepip, venv" | Python 3.11 or newer with venv, for python-tuf
'
forge_packages='
nodejs npm | command -v node && command -v npm | Node.js 18 or newer with npm, for a mock of GitHub
'
gitea_packages='
git           | command -v git | git, which Gitea runs
gcc libc6-dev | compiles_c     | a C compiler, for the database that Gitea keeps in a file
'
target=test # of make

oldest_go=1.21  # from here on Go fetches the newer Go that go.mod asks for
oldest_git=2.38 # from here on `git merge-tree --write-tree` merges without a checkout

os_release=${OS_RELEASE:-/etc/os-release}

say() { printf '%s\n' "$@" >&2; }
stop() {
	say "$@"
	exit 1
}

# at_least OLDEST FOUND: compares the first two numbers of two versions.
at_least() {
	awk -v oldest="$1" -v found="$2" 'BEGIN {
		split(oldest, o, "."); split(found, f, ".")
		exit !(f[1]+0 > o[1]+0 || (f[1]+0 == o[1]+0 && f[2]+0 >= o[2]+0))
	}'
}

need_go() {
	wanted=$(sed -n 's/^go //p' go.mod)
	command -v go >/dev/null ||
		stop "go is missing: install Go $wanted or newer from https://go.dev/dl/"
	found=$(go env GOVERSION)
	case $found in
	go[0-9]*) at_least "$oldest_go" "${found#go}" ||
		stop "$found is too old: install Go $wanted or newer from https://go.dev/dl/" ;;
	esac # a development build has another name and is new
}

need_git() {
	command -v git >/dev/null ||
		stop "git is missing: install git $oldest_git or newer, see https://git-scm.com/downloads"
	found=$(git version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')
	at_least "$oldest_git" "$found" ||
		stop "git $found is too old: install git $oldest_git or newer, see https://git-scm.com/downloads"
}

compiles_c() {
	compiler=$(go env CC)
	# shellcheck disable=SC2086 # CC may hold flags
	echo '#include <stdlib.h>' | $compiler -fsyntax-only -x c -
}

# has_pcsc: what signer/piv is linked with; macOS brings it.
has_pcsc() { [ "$(go env GOOS)" = darwin ] || pkg-config --exists libpcsclite; }

# missing COLUMN: that column of the table above, for what is not there; "needed" is the purpose of
# what not only single tests need.
missing() {
	echo "$packages" | while IFS='|' read -r names probe purpose skip; do
		[ -n "$probe" ] || continue
		(eval "$probe") </dev/null >/dev/null 2>&1 && continue
		purpose=${purpose# }
		case $1$skip in
		names*) echo "$names" ;;
		purpose*) echo "  ${purpose% }" ;;
		needed) echo "  ${purpose% }" ;;
		esac
	done
}

# give_up MESSAGE...: the end, unless nothing but single tests need what is missing.
give_up() {
	[ -z "$(missing needed)" ] || stop "$@"
	say "$@" "make $target goes on: the tests that need it are skipped, and counted at the end"
}

on_debian() {
	grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' "$os_release" && command -v apt-get >/dev/null
}

need_packages() {
	purposes=$(missing purpose)
	[ -n "$purposes" ] || return 0
	say "make $target needs what this machine lacks:"
	say "$purposes"
	if ! on_debian; then
		give_up "install it with this system's package manager, then run make $target again"
		return
	fi

	as_root=
	if [ "$(id -u)" != 0 ]; then as_root='sudo '; fi
	install="apt-get install --yes --no-install-recommends $(missing names | xargs)"
	command="${as_root}apt-get update && $as_root$install"
	say "one command installs it:"
	say "  $command"
	if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
		give_up "sudo is missing too: run the command as root, without sudo, then make $target again"
	elif [ "${CI:-}" != true ] && ! agreed; then
		give_up "nothing was installed: run the command, then make $target again"
	elif ! DEBIAN_FRONTEND=noninteractive sh -c "$command" >&2; then
		give_up "the command failed, see above"
	elif purposes=$(missing purpose) && [ -n "$purposes" ]; then
		give_up "still missing after the command:" "$purposes"
	fi
}

# pinned NAME FILE: a folder below the user's cache for what FILE pins; another one when it changes.
pinned() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/rust-tuf/$1-$(cksum <"$2" | sed 's/ .*//')"; }

need_python_tuf() {
	files=tests/peers/requirements.txt
	folder=$(pinned peers $files)
	if [ ! -e "$folder/complete" ]; then
		say "make $target needs python-tuf, in a folder of its own:"
		sed -n 's/^\([a-z0-9-]*==[0-9.]*\).*/  \1/p' $files >&2
		from_registry pip python-tuf "DO NOT MATCH THE HASHES" \
			"python3 -m venv --clear '$folder' && '$folder/bin/pip' install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $files"
	fi
	echo "$folder/bin/python"
}

need_prism() {
	files=tests/forge/package-lock.json
	folder=$(pinned forge $files)
	if [ ! -e "$folder/complete" ]; then
		say "make $target needs GitHub's description of its interface and Prism, a mock that holds requests to it,"
		say "in a folder of their own (half a gigabyte while it is unpacked, then a fifth of that):"
		sed -n 's/^    "\(@.*\)": "\([0-9.]*\)",*$/  \1 \2/p' tests/forge/package.json >&2
		from_registry npm "GitHub's description" EINTEGRITY \
			"mkdir -p '$folder' && cp tests/forge/package.json $files '$folder' && npm ci --prefix '$folder' --ignore-scripts --no-audit --no-fund --loglevel=error && find '$folder/node_modules/@octokit/openapi' -name 'gh*.json' -delete -o -name '*.deref.json' -delete"
	fi
	echo "$folder"
}

need_gitea() {
	files=tests/gitea/go.sum
	folder=$(pinned gitea $files)
	if [ ! -e "$folder/complete" ]; then
		say "make $target needs Gitea, a forge, built in a folder of its own (200 megabytes, and some minutes):"
		sed -n 's/^require \(.*\)/  \1/p' tests/gitea/go.mod >&2
		from_registry go Gitea "SECURITY ERROR" \
			"mkdir -p '$folder' && go -C tests/gitea mod download code.gitea.io/gitea && rm -rf '$folder/src' && cp -R \"\$(go -C tests/gitea list -m -f '{{.Dir}}' code.gitea.io/gitea)\" '$folder/src' && chmod -R u+w '$folder/src' && CGO_ENABLED=1 go -C '$folder/src' build -tags 'sqlite sqlite_unlock_notify' -o '$folder/gitea' ."
	fi
	echo "$folder"
}

# from_registry CLIENT WHAT SIGN COMMAND: runs the command that fills $folder, after the question.
# SIGN is what it says when a file is not the one that $files pins, which no machine may pass over;
# a registry that cannot be reached is passed over in CI.
from_registry() {
	say "one command installs it, from the package registry that $1 asks:" "  $4"
	[ "${CI:-}" = true ] || agreed || stop "nothing was installed: run make $target again when you want it"
	if ! said=$(sh -c "$4" 2>&1); then
		say "$said"
		case $said in
		*"$3"*) stop "a file is not the one that $files names, see above" ;;
		esac
		[ "${CI:-}" = true ] || stop "the command failed, see above"
		say "the command failed, see above: $2 is not asked"
		exit 0
	fi
	: >"$folder/complete"
}

agreed() {
	printf 'run it now? [y/N] ' >&2
	answer=
	read -r answer || say # no line to read: the answer is no
	case $answer in y | Y | yes) return 0 ;; esac
	return 1
}

cd "$(dirname "$0")/../.."
case ${1:-} in
build)
	need_go
	;;
demo)
	need_go
	need_git
	;;
test)
	need_go
	need_packages
	need_git
	;;
peers)
	target=test-peers
	packages=$peer_packages
	need_go
	need_packages
	need_python_tuf
	;;
forge)
	target=test-forge
	packages=$forge_packages
	need_go
	need_packages
	need_prism
	;;
gitea)
	target=test-gitea
	packages=$gitea_packages
	need_go
	need_packages
	need_git
	need_gitea
	;;
*)
	say "usage: sh tests/run/need.sh build|demo|test|peers|forge|gitea"
	exit 2
	;;
esac
