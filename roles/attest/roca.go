package attest

import "math/big"

// hasROCAMark reports whether an RSA modulus was made by the library of
// YSA-2017-01 (CVE-2017-15361): its primes are powers of 65537 modulo the
// product of the first primes, and so is the modulus, modulo each of them. A
// modulus of another origin has this mark once in two hundred million keys.
func hasROCAMark(n *big.Int) bool {
	for p := int64(3); p <= 167; p += 2 {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power := int64(1)
		for {
			if power == rest {
				break
			}
			if power = power * 65537 % p; power == 1 {
				return false
			}
		}
	}
	return true
}
