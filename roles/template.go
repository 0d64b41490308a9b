package roles

import "strings"

// Template is a rust-tuf.toml for a new repository, with comments that teach.
// It is complete but for the members and the keys of machines, which only
// people can name; [ParsePolicy] accepts it once they are filled in. name is a
// label of the repository, repository its id of 32 hex digits; the result is
// empty when one of them is not what [ParsePolicy] accepts.
func Template(name, repository string) string {
	if checkName("name", name) != nil || !repositoryForm.MatchString(repository) {
		return ""
	}
	return strings.NewReplacer("@name@", name, "@repository@", repository).Replace(template)
}

const template = `# What the quorum of this repository decides.
#
# Edit this file and the files below members/, open a pull request, and turn
# it into an event with: rust-tuf propose
# Until enough members have signed that event, the old policy stays in force.

format = 1

# A label for people. The id is random, and every signed document carries it,
# so that a signature for one repository never counts in another. Never edit it.
name = "@name@"
repository = "@repository@"

# How key ids are made: "spec" (the specification's hash, which every reader
# accepts) or "spki" (SHA-256 of the public key).
keyid = "spec"

# The clients that must be able to read what is signed. Keys and key ids that
# one of them cannot read are refused; take out those that you do not need.
readers = ["rust-tuf", "go-tuf", "python-tuf", "tuf-js", "tough"]

consistent-snapshot = true

# What every key of kind "piv" must be. The card itself attests it, in the two
# certificates beside the member's file, so that anyone can check it. Without a
# value the strict one applies. A key that falls short needs an exception from
# device-policy, with a reason; firmware before 5.7.0 needs one from advisory
# too, for its keys can be copied in a laboratory (YSA-2024-03).
[devices]
# min-firmware = "5.7.0"  # the oldest; no card can be updated
# slots = ["9c"]          # 9c is made for signatures; log-in programs use 9a
# pin = "always"          # before each signature; or "once" while plugged in
# touch = "always"        # before each signature; or "cached" for 15 seconds
# fips = false            # true: cards of the FIPS series only

# Bounds of the rules. What stands here is shown to every signer when it is
# looser than usual.
[lint]
# max-affiliation = 3   # members of a quorum that share an affiliation; usual: threshold - 2
# max-country = 3       # the same for countries
# min-spares = 2        # keys beyond the threshold

# An exception from a rule, with the reason that every signer reads. With
# member, with serial, or with both it holds for that member, that card alone;
# without them for the role, whoever is in it, now and later. What it excuses
# for the first time, such as another key, is marked as new for the signers.
# [[exception]]
# rule = "advisory"
# role = "root"
# member = "alice"
# serial = 12345678
# reason = "until her new card arrives"

# Who decides about everything else, rarely and together. A member is named
# as in members/<name>/member.toml; one with several active keys as
# "name/label". quorum = true bounds how many may share an affiliation or a
# country. Lifetimes: y (calendar years), w, d, h.
[roles.root]
quorum = true
members = []      # nine people, for example
threshold = 5
lifetime = "2y"

# Who names the delegated roles below.
[roles.targets]
quorum = true
members = []
threshold = 5
lifetime = "1y"

# Machines say which versions are current.
[roles.snapshot]
online = ["snapshot"]
threshold = 1
lifetime = "7d"

[roles.timestamp]
online = ["timestamp"]
threshold = 1
lifetime = "1d"

# A delegated role: its own members, for some paths. In a pattern, * and ?
# stand for characters within one segment. Clients search delegated roles in
# the order of this file.
# [roles.release]
# delegator = "targets"
# members = ["alice", "bob", "carol", "dave", "erin"]
# threshold = 3
# lifetime = "1y"
# paths = ["channels/*"]
# terminating = true

# A file that a role lists:
# [[target]]
# role = "release"
# path = "channels/stable.toml"
# length = 123          # bytes
# sha256 = "…"          # 64 hex digits
# root-of = "crates"    # only where the file is the root of another repository:
#                       # its roots are put into handover/crates/ as 1.root.json,
#                       # 2.root.json …, and each must follow from the one before

# When people are told that a version is about to end, counted back from its
# expiry. Usual are a quarter and an eighth of the lifetime, at most 120 and 45
# days. Nobody signs this table.
# [schedule.root]
# opens = "120d"        # the next version is proposed, and its members can sign
# alert = "45d"         # everybody is told that it is late

# What runs where pull requests are opened, if its address does not tell:
# "github", "gitlab", "gitea", "forgejo" or "plain". Nobody signs this table.
# [forge]
# kind = "forgejo"

# The public keys of the machines, as PEM.
[online.snapshot]
public = """
"""

[online.timestamp]
public = """
"""
`
