// Package vpcd plugs virtual YubiKeys into a real pcscd, for clients that are not under our control:
// yubico-piv-tool, PKCS#11 modules, OpenSC. It is for Linux and root.
//
// # How a card gets into pcscd
//
// Debian's vsmartcard-vpcd is a driver that waits for a card on a TCP port. Each loaded copy of it has two
// readers, on two ports in a row. pcscd tells copies apart by path alone, so that nine cards take
// five copies of the library under five names, each with a section of its own in a reader.conf:
//
//	FRIENDLYNAME "Yubico YubiKey OTP+FIDO+CCID 0"
//	DEVICENAME   /dev/null:0x8C7B
//	LIBPATH      …/vpcd-0.so
//	CHANNELID    0x8C7B
//
// Its readers are "Yubico YubiKey OTP+FIDO+CCID 0 00 00" and "… 00 01".
//
// # The cable
//
// Both directions carry messages of a length in two bytes, big-endian, and that many bytes. A message of one
// byte to the card is control: 0 power off, 1 power on, 2 reset, none of them answered, and 4, answered
// by the answer to reset; pcscd sends that one every 400 ms to see whether the card is still there. Every other
// message is a command and answered by its response. The driver writes length and content apart, so the card's
// side sets TCP_QUICKACK before each read; without that, delayed acknowledgement adds 44 ms to each command.
//
// # The walls
//
// pcscd has fixed places, and the driver listens on every address. So pcscd runs in a mount namespace of its
// own, where /run/pcscd is a directory of this test, and in a network namespace of its own, where only a
// loopback device exists; a card's connection is made from within it. A pcscd of the machine is neither
// needed nor disturbed. Stop ends the process by its id.
package vpcd
