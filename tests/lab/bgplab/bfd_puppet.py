#!/usr/bin/python3
"""A BFD end that misbehaves on command (single-hop, UDP 3784), for what no daemon does of its own accord.

    bfd_puppet.py ADDRESS PEER MANNER

MANNER is `faithful` or one of the ways below in which it departs from RFC 5880.
"""
import random
import select
import socket
import struct
import sys
import time

PORT = 3784
ADMIN_DOWN, DOWN, INIT, UP = range(4)
POLL, FINAL = 0x20, 0x10
TX_US = RX_US = 300_000


class End:
    """Section 6.8: one session, from Down, with the other end's packets as events."""

    mult = 3
    hears_when_up = True   # … and what it hears has an effect
    answers_polls = True
    every_s = None         # instead of the negotiated interval

    def __init__(self, address, peer):
        self.peer = peer
        self.mine, self.yours = random.randrange(1, 1 << 32), 0
        self.state, self.diag = DOWN, 0
        self.their_rx_us, self.detect_s, self.heard = 1_000_000, None, None
        self.inward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.inward.bind((address, PORT))
        self.outward = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outward.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        self.outward.bind((address, 49152 + random.randrange(1000)))

    def say(self, flags=0):
        tx = TX_US if self.state == UP else 1_000_000
        self.outward.sendto(struct.pack(">BBBBIIIII", 1 << 5 | self.diag, self.state << 6 | flags, self.mult, 24,
                                        self.mine, self.yours, tx, RX_US, 0), (self.peer, PORT))

    def interval_s(self):
        if self.every_s:
            return self.every_s
        least = TX_US if self.state == UP else 1_000_000
        return max(least, self.their_rx_us) / 1e6 * random.uniform(0.75, 1)

    def hear(self, data):
        _, flags, mult, _, theirs, mine, tx, rx, _ = struct.unpack(">BBBBIIIII", data[:24])
        their_state = flags >> 6
        if (mine and mine != self.mine) or mult == 0:
            return
        if self.state == UP and not self.hears_when_up:
            if flags & POLL:
                self.say(FINAL)
            return
        before = self.state
        self.yours, self.their_rx_us, self.heard = theirs, rx, time.monotonic()
        self.detect_s = mult * max(RX_US, tx) / 1e6
        if self.state == DOWN:
            self.state = {DOWN: INIT, INIT: UP}.get(their_state, DOWN)
        elif self.state == INIT:
            self.state = UP if their_state in (INIT, UP) else INIT
        elif their_state in (DOWN, ADMIN_DOWN):
            self.state, self.diag = DOWN, 3
        if flags & POLL and self.answers_polls:
            self.say(FINAL)
        elif self.state != before:
            self.say()

    def expire(self):
        if self.hears_when_up and self.state in (INIT, UP) and time.monotonic() > self.heard + self.detect_s:
            self.state, self.diag, self.yours = DOWN, 1, 0

    def run(self):
        due = time.monotonic()
        while True:
            ready, _, _ = select.select([self.inward], [], [], max(0.0, due - time.monotonic()))
            if ready:
                before = self.state
                self.hear(self.inward.recv(1500))
                if self.state != before:
                    due = time.monotonic() + self.interval_s()
            self.expire()
            if time.monotonic() >= due:
                self.say()
                due = time.monotonic() + self.interval_s()


class Hasty(End):
    """Sends twenty times a second, whatever the other end asks for (section 6.8.7)."""
    every_s = 0.05


class Deaf(End):
    """Once Up it looks at nothing any more, and says Up for ever (sections 6.8.4, 6.8.6)."""
    hears_when_up = False


class Zero(End):
    """Detect Mult is 0, which a receiver discards (section 6.8.6)."""
    mult = 0


class NoFinal(End):
    """Never answers a Poll (section 6.5)."""
    answers_polls = False


class PathDown(End):
    """Eight seconds after it came Up it says Down for two seconds, with diagnostic 5, Path Down."""
    up_since = None

    def say(self, flags=0):
        if self.state == UP and self.up_since is None:
            self.up_since = time.monotonic()
        since = time.monotonic() - self.up_since if self.up_since else 0
        if self.state == UP and 8 < since < 10:
            self.state, self.diag = DOWN, 5
        super().say(flags)

    def hear(self, data):
        if not (self.diag == 5 and time.monotonic() - self.up_since < 10):
            super().hear(data)


MANNERS = {"path-down": PathDown, "faithful": End, "hasty": Hasty, "deaf": Deaf, "zero": Zero, "no-final": NoFinal}

if __name__ == "__main__":
    MANNERS[sys.argv[3]](sys.argv[1], sys.argv[2]).run()
