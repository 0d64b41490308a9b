package pcsc

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/rust-lang/rust-tuf/tests/vyubikey"
	"github.com/rust-lang/rust-tuf/tests/vyubikey/card"
)

// environment is the variable that names the socket to libpcsclite.
const environment = "PCSCLITE_CSOCK_NAME"

// maxSocketPath is what fits into a socket address, with its closing zero byte: 108.
const maxSocketPath = 107

// Server is a reader service for one World. It is safe for concurrent use.
type Server struct {
	world *vyubikey.World
	path  string
	dir   string

	mu          sync.Mutex
	listener    net.Listener // nil while down
	clients     map[*client]bool
	handles     map[uint32]*handle
	lastID      uint32
	events      map[*card.Card]uint32
	interrupted Code // answer to a command during which the card left
	gone        Code // answer to commands after that
	running     sync.WaitGroup
	stop        chan struct{}
}

// handle is a client's connection to a card.
type handle struct {
	owner     *client
	reader    string
	card      *card.Card
	exclusive bool
	locked    bool // in a transaction
}

// Start serves the world on a new socket and names it to libpcsclite through the environment. Call it once a
// process, in TestMain, before anything uses PC/SC: the library never looks again.
func Start(world *vyubikey.World) (*Server, error) {
	s := &Server{
		world: world, clients: make(map[*client]bool), handles: make(map[uint32]*handle),
		events: make(map[*card.Card]uint32), interrupted: NotTransacted, gone: ReaderUnavailable,
		stop: make(chan struct{}),
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "vyubikey"); err != nil {
		return nil, err
	}
	s.path = filepath.Join(s.dir, "pcscd.comm")
	if len(s.path) > maxSocketPath {
		os.Remove(s.dir)
		return nil, fmt.Errorf("socket path %s has %d bytes, and a socket address holds %d: set TMPDIR to a shorter one",
			s.path, len(s.path), maxSocketPath)
	}
	if err := os.Setenv(environment, s.path); err != nil {
		return nil, err
	}
	if err := s.Up(); err != nil {
		return nil, err
	}
	s.running.Add(1)
	go s.watch()
	return s, nil
}

// Path returns the socket, for other processes' PCSCLITE_CSOCK_NAME.
func (s *Server) Path() string { return s.path }

// Close ends the service for good.
func (s *Server) Close() error {
	close(s.stop)
	s.Down()
	s.running.Wait()
	return os.RemoveAll(s.dir)
}

// Down ends the service as a stopped pcscd would: no socket, all clients cut off. Clients see "the smart
// card resource manager is not running". Up brings it back.
func (s *Server) Down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		s.listener.Close() // removes the socket as well
		s.listener = nil
	}
	for c := range s.clients {
		c.conn.Close()
	}
}

// Up starts the service on its socket. It does nothing when it is up.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return nil
	}
	listener, err := net.Listen("unix", s.path)
	if err != nil {
		return err
	}
	s.listener = listener
	s.running.Add(1)
	go s.accept(listener)
	return nil
}

// OnRemoval sets the codes for commands to a card that leaves its port: the one under way, and later
// ones. NotTransacted and ReaderUnavailable at first; RemovedCard, NoSmartCard, InvalidHandle and
// InvalidValue are others that clients of pcscd may see.
func (s *Server) OnRemoval(interrupted, gone Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupted, s.gone = interrupted, gone
}

// Connections returns how many handles clients hold: 0 when all of them cleaned up.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.handles)
}

func (s *Server) accept(listener net.Listener) {
	defer s.running.Done()
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		c := &client{server: s, conn: conn}
		s.mu.Lock()
		if s.listener != listener {
			conn.Close()
		}
		s.clients[c] = true
		s.mu.Unlock()
		s.running.Add(1)
		go c.serve()
	}
}

// watch tells waiting clients when readers come and go.
func (s *Server) watch() {
	defer s.running.Done()
	known := make(map[string]*card.Card)
	for {
		changed := s.world.Changed()
		now := make(map[string]*card.Card)
		s.mu.Lock()
		for _, r := range s.world.Readers() {
			now[r.Name] = r.Card
			if before, ok := known[r.Name]; !ok || before != r.Card {
				s.events[r.Card]++
			}
		}
		known = now
		clients := make([]*client, 0, len(s.clients))
		for c := range s.clients {
			clients = append(clients, c)
		}
		s.mu.Unlock()
		for _, c := range clients {
			c.signal(Success)
		}
		select {
		case <-changed:
		case <-s.stop:
			return
		}
	}
}

// states returns the 16 reader states.
func (s *Server) states() message {
	all := make(message, 0, vyubikey.MaxReaders*readerState)
	readers := s.world.Readers()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range readers {
		sharing := int32(0)
		for _, h := range s.handles {
			if h.card == r.Card && h.exclusive {
				sharing = -1
			} else if h.card == r.Card {
				sharing++
			}
		}
		if r.Occupied {
			sharing = -1
		}
		all = append(all, state(r, s.events[r.Card], sharing)...)
	}
	return all[:vyubikey.MaxReaders*readerState]
}
