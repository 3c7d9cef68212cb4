# SPDX-License-Identifier: GPL-2.0-or-later
"""The same records in every file format: pcap and pcapng as the drafts of the IETF's opsawg describe them."""
import gzip
import struct

BYTES_UNKNOWN = 0xFFFFFFFFFFFFFFFF


def pcap(records, order="<", nano=False, kuznetzov=False, snaplen=262144, link=None, fcs=0):
    magic = 0xA1B2CD34 if kuznetzov else 0xA1B23C4D if nano else 0xA1B2C3D4
    link = records[0].link if link is None else link
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link | fcs)]
    for one in records:
        fraction = one.time % 10**9 // (1 if nano else 1000)
        out.append(struct.pack(order + "IIII", one.time // 10**9, fraction, len(one.data), one.wire))
        if kuznetzov:
            out.append(struct.pack(order + "IHBx", 2, 0x0800, 0))  # device, protocol, packet type
        out.append(one.data)
    return b"".join(out)


def padded(data):
    return data + bytes(-len(data) % 4)


class Pcapng:
    """Blocks of one file, in the byte order of the section that is being written."""

    def __init__(self, order="<"):
        self.out, self.order, self.interfaces = [], order, []

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def block(self, kind, body):
        size = self.pack("I", 12 + len(body))
        self.out.append(self.pack("I", kind) + size + body + size)

    def options(self, found):
        out = [self.pack("HH", code, len(value)) + padded(value) for code, value in found]
        return b"".join(out) + self.pack("HH", 0, 0) if out else b""

    def section(self, order=None, comment=None, known_size=False):
        self.order = order or self.order
        self.interfaces = []
        options = self.options([(1, comment)] if comment else [])
        size = BYTES_UNKNOWN if not known_size else 0
        self.block(0x0A0D0D0A, self.pack("IHHQ", 0x1A2B3C4D, 1, 0, size) + options)

    def interface(self, link, snaplen=0, tsresol=None, tsoffset=None, name=None):
        options = [(2, name)] if name else []
        if tsresol is not None:
            options.append((9, bytes([tsresol])))
        if tsoffset is not None:
            options.append((14, self.pack("q", tsoffset)))
        self.interfaces.append((tsresol, tsoffset or 0))
        self.block(1, self.pack("HHI", link, 0, snaplen) + self.options(options))
        return len(self.interfaces) - 1

    def stamp(self, time, interface):
        resol, offset = self.interfaces[interface]
        resol = 6 if resol is None else resol
        units = 2 ** (resol & 0x7F) if resol & 0x80 else 10 ** resol
        ticks = (time - offset * 10**9) * units // 10**9
        return ticks >> 32, ticks & 0xFFFFFFFF

    def packet(self, one, interface=0, comment=None, options=()):
        body = self.pack("IIIII", interface, *self.stamp(one.time, interface), len(one.data), one.wire)
        found = ([(1, comment)] if comment else []) + list(options)
        self.block(6, body + padded(one.data) + self.options(found))

    def old_packet(self, one, interface=0, drops=0):
        body = self.pack("HHIIII", interface, drops, *self.stamp(one.time, interface), len(one.data), one.wire)
        self.block(2, body + padded(one.data))

    def simple(self, one):
        self.block(3, self.pack("I", one.wire) + padded(one.data))

    def statistics(self, interface, time, received, dropped):
        counts = [(4, self.pack("Q", received)), (5, self.pack("Q", dropped))]
        self.block(5, self.pack("III", interface, *self.stamp(time, interface)) + self.options(counts))

    @property
    def data(self):
        return b"".join(self.out)


def pcapng(records, order="<", **interface):
    """One section, one interface."""
    file = Pcapng(order)
    file.section()
    file.interface(records[0].link, **interface)
    for one in records:
        file.packet(one)
    return file.data


def noisy(records, order="<"):
    """Comments, unknown blocks, name resolution and secrets, in all places. (A custom block would be a frame of
    its own, as Wireshark counts.)"""
    file = Pcapng(order)
    file.section(comment="a ticket, \u00e4 \u202e".encode())
    file.block(0x0F00D, b"")
    file.interface(records[0].link, snaplen=0, name=b"eth0")
    for i, one in enumerate(records):
        if i % 5 == 0:
            file.block(0x0000BEEF, b"what is this" * (i % 7))
        if i % 5 == 1:
            file.block(4, file.pack("HH", 0, 0))  # names
        if i % 5 == 2:
            file.block(10, file.pack("II", 0x544C534B, 5) + padded(b"CLIEN"))
        hash_and_flags = [(2, file.pack("I", 1)), (0x7FFF, b"unknown option")]
        file.packet(one, comment=b"look here" if i % 3 else None, options=hash_and_flags if i % 2 else ())
    file.statistics(0, records[-1].time, len(records), 0)
    return file.data


def sections(records):
    """Four sections in turn, big and little-endian, each interface with another resolution."""
    file = Pcapng()
    size = max(1, (len(records) + 3) // 4)
    for i, begin in enumerate(range(0, len(records), size)):
        file.section("<>"[i % 2], known_size=False)
        file.interface(113, snaplen=64)  # unused
        file.interface(records[0].link, tsresol=[6, 9, 0x80 | 30, 7][i % 4])
        for one in records[begin:begin + size]:
            file.packet(one, 1)
    return file.data


def mixed(found):
    """Interfaces whose link types and snaplens differ: `found` are lists of records, each of another link
    type; of the n-th packet the (n mod their number)-th record stands in the file."""
    file = Pcapng()
    file.section()
    for i, records in enumerate(found):
        file.interface(records[0].link, snaplen=[0, 65535, 9000][i % 3])
    for i in range(len(found[0])):
        which = i % len(found)
        file.packet(found[which][i], which)
    return file.data


def old_blocks(records, drops=0):
    file = Pcapng()
    file.section()
    file.interface(records[0].link)
    for one in records:
        file.old_packet(one, drops=drops)
    return file.data


def simple_blocks(records):
    """Simple packet blocks have no time."""
    file = Pcapng()
    file.section()
    file.interface(records[0].link)
    for one in records:
        file.simple(one)
    return file.data


def dropped(records, count):
    """As dumpcap writes it where the kernel dropped packets."""
    file = Pcapng()
    file.section()
    file.interface(records[0].link)
    for one in records:
        file.packet(one)
    file.statistics(0, records[-1].time, len(records) + count, count)
    return file.data


def gzip_members(data, count):
    """Several gzip members in a row, as `cat a.gz b.gz` makes them."""
    size = len(data) // count + 1
    return b"".join(gzip.compress(data[at:at + size], 6, mtime=0) for at in range(0, len(data), size))
