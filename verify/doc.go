// Package verify decides which TUF metadata a client trusts.
package verify
