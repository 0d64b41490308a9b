package attest

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// pivIssuer begins the name of the intermediates that certify PIV devices, and
// nothing but those.
const pivIssuer = "Yubico PIV Attestation "

// newerIntermediate is for a card that may be younger than this program.
const newerIntermediate = "if the card is new, Yubico may have published another intermediate: take the file at https://developers.yubico.com/PKI/ and add it as members/intermediates.pem, in the same pull request; otherwise the card is not Yubico's"

// route leads from a device certificate to a root.
type route struct {
	between []*x509.Certificate // intermediates, the one nearest to the device first
	root    anchor
}

// all are the certificates of the route, from those below it to the root.
func (r route) all(below ...*x509.Certificate) []*x509.Certificate {
	return slices.Concat(below, r.between, []*x509.Certificate{r.root.cert})
}

// route finds the way from a device certificate to a root by names and
// signatures (step 5). Where several certificates have one name, each that
// signed is tried; the built-in ones come first, so that a file of further
// intermediates cannot hide them.
func (v *Verifier) route(device *x509.Certificate) (route, error) {
	var dead error // the end of the first way that leads nowhere
	var climb func(c *x509.Certificate, below []*x509.Certificate) (route, bool)
	climb = func(c *x509.Certificate, below []*x509.Certificate) (route, bool) {
		roots, between, named := v.issuers(c)
		for _, root := range roots {
			r := route{below, root}
			err := r.shape(device)
			if err == nil {
				return r, true
			}
			dead = first(dead, err)
		}
		for _, ca := range between {
			if len(below) == maxBetween {
				break
			}
			if r, ok := climb(ca, slices.Concat(below, []*x509.Certificate{ca})); ok {
				return r, true
			}
		}
		dead = first(dead, deadEnd(c, len(below), named, len(between) > 0))
		return route{}, false
	}
	if r, ok := climb(device, nil); ok {
		return r, nil
	}
	return route{}, dead
}

// issuers are the certificates known here whose keys signed c. named reports
// whether any is called like c's issuer, however that is encoded.
func (v *Verifier) issuers(c *x509.Certificate) (roots []anchor, between []*x509.Certificate, named bool) {
	for _, a := range v.anchors {
		named = named || c.Issuer.CommonName == a.cert.Subject.CommonName
		if sameIssuer(c, a.cert) && c.CheckSignatureFrom(a.cert) == nil {
			roots = append(roots, a)
		}
	}
	for _, ca := range v.intermediates {
		named = named || c.Issuer.CommonName == ca.Subject.CommonName
		if sameIssuer(c, ca) && c.CheckSignatureFrom(ca) == nil {
			between = append(between, ca)
		}
	}
	return roots, between, named
}

// deadEnd says why nothing leads on from c, which stands above so many
// intermediates. named and signed report whether its issuer's name, and its
// issuer's key, are known.
func deadEnd(c *x509.Certificate, below int, named, signed bool) error {
	e := &ChainError{Part: DeviceCertificate, Subject: c.Subject.CommonName, Issuer: c.Issuer.CommonName}
	if below > 0 {
		e.Part = Intermediate
	}
	switch {
	case signed:
		e.Reason = fmt.Sprintf("there is no root above %d intermediates", below)
	case named:
		e.Reason = "that issuer's key did not sign it; whoever made it only used the name"
	default:
		e.Reason, e.next = "that issuer is not known here", newerIntermediate
	}
	return e
}

// shape refuses a route that is longer or shorter than those below its root,
// and one that does not run through an intermediate for PIV.
func (r route) shape(device *x509.Certificate) error {
	refuse := func(format string, args ...any) error {
		return &ChainError{Part: DeviceCertificate, Subject: device.Subject.CommonName, Issuer: device.Issuer.CommonName, Reason: fmt.Sprintf(format, args...)}
	}
	if n := len(r.between); !slices.Contains(r.root.between, n) {
		return refuse("the number of intermediates between it and the root %s is %d, must be %s", shown(r.root.cert.Subject.CommonName), n, either(r.root.between))
	}
	if len(r.between) > 0 && !strings.HasPrefix(r.between[0].Subject.CommonName, pivIssuer) {
		return refuse("that issuer does not certify PIV devices, only those whose names begin with %q do", pivIssuer)
	}
	return nil
}

// judge refuses a route with a certificate that is not valid at the instant
// (step 6), and one that crypto/x509 does not accept by itself (step 7). Below it
// are the slot and the device certificate, or the latter alone.
func (r route) judge(at time.Time, below ...*x509.Certificate) error {
	parts := []Part{SlotCertificate, DeviceCertificate}[2-len(below):]
	for i, c := range r.all(below...) {
		if !at.Before(c.NotBefore) && !at.After(c.NotAfter) {
			continue
		}
		part := Intermediate
		switch {
		case i < len(parts):
			part = parts[i]
		case c.Equal(r.root.cert):
			part = Root
		}
		return &ValidityError{part, c.Subject.CommonName, c.NotBefore, c.NotAfter, at}
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(r.root.cert)
	for _, c := range slices.Concat(below[1:], r.between) {
		intermediates.AddCert(c)
	}
	_, err := below[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return &ChainError{Part: parts[0], Subject: below[0].Subject.CommonName, Issuer: below[0].Issuer.CommonName,
			Reason: "the path to the root breaks a rule of X.509: " + err.Error(), Err: err}
	}
	return nil
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
