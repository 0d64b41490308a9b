// Package pcsc serves a World of virtual YubiKeys to libpcsclite, by speaking the socket protocol
// between that library and pcscd. The library is told the socket by PCSCLITE_CSOCK_NAME, which it
// reads once a process: hence one [Start] in TestMain.
//
// # The protocol
//
// It is 4:4 (pcsc-lite 1.8.24 to 2.2.3) or 4:5 (from 2.3.0), over a stream socket. All integers are 32 bits
// in the machine's byte order. A client sends
//
//	size, command, then size bytes of the command's structure
//
// and gets the same structure back without that head, with its last field rv, a PC/SC error code, and the
// results filled in. TRANSMIT's structure is followed by the command bytes, and its answer, when rv is 0,
// by the response bytes. A structure of the wrong size ends the connection.
//
//	01 ESTABLISH_CONTEXT    scope, context, rv
//	02 RELEASE_CONTEXT      context, rv
//	04 CONNECT              context, reader name [128], share mode, protocols, handle, protocol, rv
//	05 RECONNECT            handle, share mode, protocols, initialization, protocol, rv
//	06 DISCONNECT           handle, disposition, rv
//	07 BEGIN_TRANSACTION    handle, rv
//	08 END_TRANSACTION      handle, disposition, rv
//	09 TRANSMIT             handle, send protocol and length, bytes sent, receive protocol and length,
//	                        bytes that fit (or came), rv
//	0A CONTROL              handle, code, bytes sent, bytes that fit, bytes that came, rv
//	0B STATUS               handle, rv
//	0D CANCEL               context, rv
//	0F GET_ATTRIB           handle, attribute, value [264], length, rv
//	10 SET_ATTRIB           the same
//	11 VERSION              major, minor, rv
//	12 GET_READERS_STATE    nothing; the answer is 16 reader states
//	13 WAIT_STATE_CHANGE    nothing; 16 reader states at once, and, at the next change, timeout, rv
//	14 STOP_WAITING         nothing; timeout, rv, only if the client still waits
//	15 GET_READER_EVENTS    nothing; a counter and rv, which here are both always 0 (4:5 only)
//
// A reader state is 184 bytes: name [128], event counter, state bits, sharing (-1 exclusive, else the number
// of connections), answer to reset [33] and 3 bytes of padding, its length, protocol. Unused ones are zero.
//
// # What is like pcscd and what is not
//
// A connection is exclusive or shared as pcscd decides it; a transaction locks a card for one handle; a
// client that goes away while it has a card exclusively, or in a transaction, leaves it reset. A card that
// leaves its port takes its reader along; which code a client sees then depends on the moment, the
// driver and the version, so [Server.OnRemoval] sets it. There are no drivers: CONTROL and most
// attributes answer that they are not supported.
//
// Libpcsclite of Linux and the BSDs looks at the variable; macOS and Windows have services of their own.
package pcsc
