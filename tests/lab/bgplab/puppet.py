#!/usr/bin/python3
"""A BGP speaker that misbehaves on command, for what no daemon does of its own accord.

    puppet.py ADDRESS ASN BGP-ID MANNER [PEER]

It listens on port 179, and calls PEER where that is given; the methods of Speaker below "The manners" are
what it does with a connection.
"""
import select
import socket
import struct
import sys
import threading
import time

MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4


def message(kind, body=b""):
    return MARKER + struct.pack(">HB", 19 + len(body), kind) + body


def open_message(asn, bgp_id, hold_time=15, more=b""):
    capabilities = struct.pack(">BBHBB", 1, 4, 1, 0, 1) + struct.pack(">BBI", 65, 4, asn) + more
    parameters = struct.pack(">BB", 2, len(capabilities)) + capabilities
    return message(OPEN, struct.pack(">BHH", 4, asn if asn < 65536 else 23456, hold_time) +
                   socket.inet_aton(bgp_id) + struct.pack(">B", len(parameters)) + parameters)


def receive(sock):
    head = sock.recv(19, socket.MSG_WAITALL)
    length, kind = struct.unpack(">HB", head[16:19])
    sock.recv(length - 19, socket.MSG_WAITALL)
    return kind


def update(attributes, prefix=b"\x18\xcb\x00\x71", attribute_length=None):
    length = len(attributes) if attribute_length is None else attribute_length
    return message(UPDATE, struct.pack(">HH", 0, length) + attributes + prefix)


def path_attributes(asn, address, origin=0, origin_first=True):
    first = struct.pack(">BBBB", 0x40, 1, 1, origin)
    rest = (struct.pack(">BBBBBI", 0x40, 2, 6, 2, 1, asn) +
            struct.pack(">BBB", 0x40, 3, 4) + socket.inet_aton(address))
    return first + rest if origin_first else rest + first


class Speaker:
    """One connection."""

    def __init__(self, sock, address, asn, bgp_id):
        self.sock, self.address, self.asn, self.bgp_id = sock, address, asn, bgp_id

    def send(self, octets):
        self.sock.sendall(octets)

    def await_kind(self, kind):
        while receive(self.sock) != kind:
            pass

    def exchange_opens(self, more=b""):
        self.send(open_message(self.asn, self.bgp_id, more=more))
        self.await_kind(OPEN)

    def establish(self):
        self.exchange_opens()
        self.send(message(KEEPALIVE))
        self.await_kind(KEEPALIVE)

    def keep_alive(self, reading=True):
        """Sends KEEPALIVEs until the connection is gone; whoever does not read only learns of a reset."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN if reading else 0)
        due = time.monotonic() + 5
        while True:
            events = poll.poll(max(0, due - time.monotonic()) * 1000)
            if not events:
                self.send(message(KEEPALIVE))
                due += 5
            elif not reading or not self.sock.recv(4096):
                return

    def await_close(self):
        while self.sock.recv(4096):
            pass

    # The manners

    def stop_reading(self):
        self.establish()
        self.keep_alive(reading=False)

    def close_after_open(self):
        self.exchange_opens()
        time.sleep(0.005)

    def malformed_update(self):
        self.establish()
        time.sleep(3)
        self.send(update(path_attributes(self.asn, self.address), attribute_length=200))
        self.keep_alive()

    def bad_origin(self, first=False):
        self.establish()
        time.sleep(3)
        self.send(update(path_attributes(self.asn, self.address, origin=7, origin_first=first)))
        self.keep_alive()

    def bad_origin_first(self):
        self.bad_origin(first=True)

    def bad_marker(self):
        self.establish()
        time.sleep(3)
        self.send(b"\xff" * 7 + b"\x00" + b"\xff" * 8 + message(KEEPALIVE)[16:])
        self.keep_alive()

    def early_update(self):
        self.exchange_opens()
        self.send(update(path_attributes(self.asn, self.address)))
        self.keep_alive()

    def version_3(self):
        octets = bytearray(open_message(self.asn, self.bgp_id))
        octets[19] = 3
        self.send(octets)
        self.await_close()

    def as_trans(self):
        octets = bytearray(open_message(self.asn, self.bgp_id))
        octets[20:22] = struct.pack(">H", 23456)
        at = octets.index(struct.pack(">BB", 65, 4))
        octets[at + 2:at + 6] = bytes(4)
        self.send(octets)
        self.await_close()

    def rejects(self, subcode=5):
        self.await_kind(OPEN)
        self.send(message(NOTIFICATION, bytes((6, subcode))))

    def out_of_resources(self):
        self.establish()
        time.sleep(3)
        self.send(message(NOTIFICATION, bytes((6, 8))))

    def unknown_parameter(self):
        octets = open_message(self.asn, self.bgp_id)
        body = octets[19:28] + bytes((len(octets) - 29 + 4,)) + bytes((9, 2, 0, 0)) + octets[29:]
        self.send(message(OPEN, body))
        self.await_close()

    def refuses_refresh(self):
        self.establish()
        time.sleep(3)
        self.send(message(NOTIFICATION, bytes((7, 1))))

    def no_open(self):
        self.await_close()

    def no_keepalive(self):
        self.exchange_opens()
        self.await_close()

    def collides(self):
        """Every connection is given up for another one, and so none stays (RFC 4271 section 6.8 has one stay)."""
        self.exchange_opens()
        time.sleep(3)
        self.send(message(NOTIFICATION, bytes((6, 7))))

    def strict(self, confirms_after=None):
        """BFD strict mode (capability 74): no KEEPALIVE before BFD is Up; after 20 s it gives up with 6/10."""
        self.exchange_opens(bytes((74, 0)))
        if confirms_after is None:
            time.sleep(20)
            self.send(message(NOTIFICATION, bytes((6, 10))))
            return
        time.sleep(confirms_after)
        self.send(message(KEEPALIVE))
        self.keep_alive()

    def strict_and_up(self):
        self.strict(confirms_after=4)

    def strict_and_expired(self):
        self.exchange_opens(bytes((74, 0)))
        time.sleep(15)
        self.send(message(NOTIFICATION, bytes((4, 0))))

    def healthy(self):
        self.establish()
        self.keep_alive()


def serve(sock, words):
    address, asn, bgp_id, manner = words
    with sock:
        try:
            getattr(Speaker(sock, address, int(asn), bgp_id), manner.replace("-", "_"))()
        except (OSError, struct.error) as error:
            print(error, flush=True)


def call(words, peer):
    while True:
        try:
            serve(socket.create_connection((peer, 179), timeout=30, source_address=(words[0], 0)), words)
        except OSError as error:
            print(error, flush=True)
        time.sleep(1)


def main():
    words, peer = sys.argv[1:5], sys.argv[5:]
    with socket.create_server((words[0], 179)) as server:
        if peer:
            threading.Thread(target=call, args=(words, *peer), daemon=True).start()
        while True:
            sock, _ = server.accept()
            if peer:  # two at once
                threading.Thread(target=serve, args=(sock, words), daemon=True).start()
            else:
                serve(sock, words)


main()
