package card

import "github.com/rust-lang/rust-tuf/tests/vyubikey/ca"

// attestationKey returns the key of slot f9, made on first use, or nil when nobody certifies it.
func (c *Card) attestationKey() *ca.Device {
	if c.device == nil && c.config.Authority != nil {
		device, err := c.config.Authority.Device(ca.Identity{
			Serial: c.config.Serial, Firmware: c.config.Firmware, FormFactor: byte(c.config.FormFactor),
			FIPS: c.config.FIPS, CSPN: c.config.CSPN,
		}, c.config.DeviceFaults...)
		if err != nil {
			panic(err) // a fault of the test's own that leaves no certificate
		}
		c.device = device
	}
	return c.device
}

// attest is ATTEST: a certificate over a key that was generated here.
func (c *Card) attest(cmd command) ([]byte, Status) {
	slot := Slot(cmd.p1)
	if !slot.holdsKeys() || cmd.p2 != 0 {
		return nil, wrongParameters
	}
	k, ok := c.keys[slot]
	if !ok || k.imported {
		return nil, wrongData
	}
	device := c.attestationKey()
	if device == nil {
		return nil, wrongData
	}
	der, err := device.Attest(ca.Key{
		Slot: byte(slot), Public: k.private.Public(), PIN: byte(k.pin), Touch: byte(k.touch),
	}, c.config.SlotFaults...)
	if err != nil {
		return nil, wrongData
	}
	if c.config.Forge != nil {
		der = c.config.Forge(slot, der)
	}
	c.record.count(func(n *Counters) { n.Attested++ })
	return der, OK
}
