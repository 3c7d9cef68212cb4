#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""BFD sessions from packets made by hand, for what the lab's daemons never do.

Each story says what a person who knows RFC 5880 would say of it; for each cause there is one that looks
alike and must not be accused of it.
"""
import os
import random
import socket
import struct
import sys
import tempfile

import packets
from packets import CLIENT, SERVER, MACS
from support import SOURCE, Tap, bgpwhy, need_program

ADMIN_DOWN, DOWN, INIT, UP = range(4)
P, F, D = 0x20, 0x10, 0x02
SINGLE, MULTI, MICRO = 3784, 4784, 6784
LINK_LOCAL = {CLIENT: "fe80::10", SERVER: "fe80::1"}


class Story:
    """Packets by time; each end sends with its own values."""

    def __init__(self, seed=1):
        self.packets = []
        self.chance = random.Random(seed)

    def say(self, time, src, state, my, your, tx=300_000, rx=300_000, mult=3, flags=0, diag=0, port=SINGLE,
            ttl=255, vlan=None, link_local=False):
        dst = SERVER if src == CLIENT else CLIENT
        body = struct.pack(">BBBBIIIII", 1 << 5 | diag, state << 6 | flags, mult, 24, my, your, tx, rx, 0)
        if link_local:
            addresses = [socket.inet_pton(socket.AF_INET6, LINK_LOCAL[one]) for one in (src, dst)]
            udp = struct.pack(">HHHH", 49152, port, 8 + len(body), 0)
            pseudo = b"".join(addresses) + struct.pack(">II", len(udp) + len(body), 17)
            udp = udp[:6] + struct.pack(">H", packets.checksum(pseudo + udp + body))
            head = struct.pack(">IHBB", 6 << 28, len(udp) + len(body), 17, ttl)
            frame = MACS[dst] + MACS[src] + b"\x86\xdd" + head + b"".join(addresses) + udp + body
        else:
            udp = struct.pack(">HHHH", 49152, port, 8 + len(body), 0)
            frame = packets.ethernet(src, dst, 17, udp + body, ttl)
        if vlan is not None:
            frame = frame[:12] + struct.pack(">HH", 0x8100, vlan) + frame[12:]
        self.packets.append((time, frame))

    def stream(self, begin, end, src, state, my, your, interval=0.3, jitter=(0.75, 1.0), **more):
        time = begin
        while time < end:
            self.say(time, src, state, my, your, **more)
            time += interval * self.chance.uniform(*jitter)

    def come_up(self, begin=0.0, client=0x11, server=0x22, **more):
        """Both ends by RFC 5880 section 6.2; Up from begin + 2 s on."""
        self.say(begin, CLIENT, DOWN, client, 0, tx=1_000_000, **more)
        self.say(begin + 0.5, SERVER, INIT, server, client, tx=1_000_000, **more)
        self.say(begin + 1.0, CLIENT, UP, client, server, flags=P, **more)
        self.say(begin + 1.001, SERVER, UP, server, client, flags=F, **more)
        self.say(begin + 1.002, SERVER, UP, server, client, flags=P, **more)
        self.say(begin + 1.003, CLIENT, UP, client, server, flags=F, **more)

    def up(self, begin, end, client=0x11, server=0x22, **more):
        self.stream(begin, end, CLIENT, UP, client, server, **more)
        self.stream(begin - 0.02, end, SERVER, UP, server, client, **more)

    def run(self, folder):
        path = os.path.join(folder, "story.pcap")
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for time, frame in sorted(self.packets, key=lambda one: one[0]):
                us = packets.BEGIN + round(time * 1_000_000)
                file.write(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(frame), len(frame)) + frame)
        return bgpwhy("-r", path, "--json").events()


def causes(events):
    """Of BFD; what BFD says about a BGP that is not there is another matter."""
    return sorted({one["cause"] for one in events if one["event"] == "finding" and
                   (one["cause"].startswith("bfd") or one["cause"] == "two-daemons") and
                   one["cause"] not in ("bfd-up-bgp-down", "bfd-down-bgp-up")})


def sessions(events):
    return [one for one in events if one["event"] == "bfd_session"]


def healthy(folder):
    story = Story()
    story.come_up()
    story.up(1.3, 60)
    return story.run(folder)


def check_healthy(tap, folder):
    events = healthy(folder)
    tap.equal(causes(events), [], "a session as it should be: nothing to say")
    one, = sessions(events)
    tap.equal(one["detection_time_us"], {CLIENT: 900000, SERVER: 900000}, "3 × 300 ms (RFC 5880 section 6.8.4)")
    for end in (CLIENT, SERVER):
        interval = one["interval_us"][end]
        tap.ok(225_000 <= interval["min"] and interval["max"] <= 300_001 and
               255_000 < interval["mean"] < 270_000, f"intervals of {end} are those that were sent", interval)
        margin = one["detection_margin_us"][end]
        tap.ok(590_000 <= margin <= 680_000, f"the smallest margin of {end}: 900 ms less the longest interval", margin)


def check_margin(tap, folder):
    story = Story()
    story.come_up()
    story.stream(1.3, 60, SERVER, UP, 0x22, 0x11)
    story.stream(1.3, 20, CLIENT, UP, 0x11, 0x22, jitter=(1, 1))
    story.stream(20.2, 60, CLIENT, UP, 0x11, 0x22, jitter=(1, 1))
    last = max(time for time, frame in story.packets if time < 20 and MACS[CLIENT] == frame[6:12])
    events = story.run(folder)
    margin = sessions(events)[0]["detection_margin_us"][SERVER]
    tap.ok(abs(margin - (900_000 - (20.2 - last) * 1e6)) < 2, "the near miss is what was left", margin, last)


def check_two_sessions(tap, folder):
    story = Story()
    for first, port in ((0, SINGLE), (3, MULTI)):
        client, server = (0x11, 0x22) if port == SINGLE else (0x33, 0x44)
        story.come_up(first, client, server, port=port)
        story.up(first + 1.3, 40, client, server, port=port)
    events = story.run(folder)
    tap.equal([(one["mode"], one["flaps"], set(one["state"].values())) for one in sessions(events)],
              [("single-hop", 0, {"Up"}), ("multihop", 0, {"Up"})], "single-hop and multihop beside each other")
    tap.equal(causes(events), [], "… and nobody is accused")
    story = Story()
    for member in range(3):
        story.come_up(0.1 * member, 0x100 + member, 0x200 + member, port=MICRO)
        story.up(1.3 + 0.1 * member, 30, 0x100 + member, 0x200 + member, port=MICRO)
    events = story.run(folder)
    tap.equal([(one["mode"], one["flaps"], set(one["state"].values())) for one in sessions(events)],
              [("micro", 0, {"Up"})] * 3, "three members of a LAG (RFC 7130)")
    story = Story()
    for vlan in (10, 20):
        story.come_up(vlan / 100, 0x11 + vlan, 0x22 + vlan, vlan=vlan, link_local=True)
        story.up(1.3 + vlan / 100, 30, 0x11 + vlan, 0x22 + vlan, vlan=vlan, link_local=True)
    events = story.run(folder)
    tap.equal([(one["flaps"], set(one["state"].values())) for one in sessions(events)], [(0, {"Up"})] * 2,
              "the same link-local addresses in two VLANs")
    story = Story()
    story.come_up()
    story.up(1.3, 10)
    story.stream(12, 20, CLIENT, DOWN, 0x55, 0, interval=1, tx=1_000_000)
    story.come_up(20, 0x55, 0x22)
    story.up(21.3, 40, 0x55, 0x22)
    events = story.run(folder)
    tap.equal(len(sessions(events)), 1, "a new discriminator after a restart is the same session")


def check_hop_mismatch(tap, folder):
    story = Story()
    story.stream(0, 30, CLIENT, DOWN, 0x11, 0, interval=1, tx=1_000_000, port=MULTI)
    story.stream(0.4, 30, SERVER, DOWN, 0x22, 0, interval=1, tx=1_000_000)
    tap.equal(causes(story.run(folder)), ["bfd-hop-mismatch"], "3784 against 4784 from the start")
    story = Story()
    story.come_up()
    story.up(1.3, 20)
    story.stream(20.3, 60, CLIENT, DOWN, 0x33, 0, interval=1, tx=1_000_000, port=MULTI)
    story.say(21.2, SERVER, DOWN, 0x22, 0x11, diag=1, tx=1_000_000)
    story.stream(22, 60, SERVER, DOWN, 0x22, 0, interval=1, tx=1_000_000, diag=1)
    events = story.run(folder)
    tap.ok("bfd-hop-mismatch" in causes(events) and "bfd-one-sided" not in causes(events),
           "one end turns to multihop later", causes(events))


def check_intervals(tap, folder):
    story = Story()
    story.come_up()
    story.stream(1.3, 40, SERVER, UP, 0x22, 0x11)
    story.stream(1.3, 40, CLIENT, UP, 0x11, 0x22, interval=0.1, tx=100_000)
    events = story.run(folder)
    tap.equal(causes(events), ["bfd-interval"], "every 100 ms where the other asks for 300 ms")
    tap.equal({one["blame"] for one in events if one.get("cause") == "bfd-interval"}, {CLIENT}, "… by the client")
    story = Story()
    story.come_up()
    story.stream(1.3, 40, SERVER, UP, 0x22, 0x11, tx=300_000)
    story.stream(1.3, 40, CLIENT, UP, 0x11, 0x22, tx=100_000)
    tap.equal(causes(story.run(folder)), [], "a wish for 100 ms that yields to the other's 300 ms is right")
    story = Story()
    story.come_up()
    story.stream(1.3, 90, SERVER, UP, 0x22, 0x11)
    story.stream(1.3, 90, CLIENT, UP, 0x11, 0x22, jitter=(1, 1))
    events = story.run(folder)
    found = [one for one in events if one.get("cause") == "bfd-interval" and one["event"] == "finding"]
    tap.ok(len(found) == 1 and found[0]["severity"] == "info" and "jitter" in found[0]["summary"],
           "no jitter at all is worth a word, and no more", found)
    story = Story()
    story.stream(0, 20, CLIENT, DOWN, 0x11, 0, interval=0.2, tx=200_000)
    story.stream(0, 20, SERVER, DOWN, 0x22, 0, interval=1, tx=1_000_000)
    tap.ok("bfd-interval" in causes(story.run(folder)), "five a second while Down (RFC 5880 section 6.8.3)")


def check_discriminators(tap, folder):
    story = Story()
    story.come_up()
    story.up(1.3, 10)
    story.stream(10.1, 40, SERVER, DOWN, 0x77, 0, interval=1, tx=1_000_000)
    story.stream(10.2, 40, CLIENT, UP, 0x11, 0x22)
    tap.ok("bfd-discriminator" in causes(story.run(folder)), "one end answers the discriminator of before")
    story = Story()
    story.come_up()
    story.up(1.3, 10)
    story.stream(10.1, 40, SERVER, DOWN, 0x77, 0, interval=1, tx=1_000_000)
    story.stream(10.2, 11, CLIENT, UP, 0x11, 0x22)
    story.stream(11.1, 40, CLIENT, DOWN, 0x11, 0, interval=1, tx=1_000_000, diag=1)
    tap.ok("bfd-discriminator" not in causes(story.run(folder)), "… but not one that forgets it in time")
    story = Story()
    story.stream(0, 30, CLIENT, DOWN, 0x11, 0, interval=1, tx=1_000_000)
    story.stream(0.5, 30, CLIENT, DOWN, 0x12, 0, interval=1, tx=1_000_000)
    story.stream(0.2, 30, SERVER, DOWN, 0x22, 0, interval=1, tx=1_000_000)
    tap.ok("two-daemons" in causes(story.run(folder)), "two discriminators in turn are two daemons")


def check_zombie(tap, folder):
    story = Story()
    story.come_up()
    story.up(1.3, 20)
    story.stream(20, 40, CLIENT, UP, 0x11, 0x22)
    events = story.run(folder)
    found = [one for one in events if one.get("cause") == "bfd-zombie" and one["event"] == "finding"]
    tap.ok(found and found[0]["confidence"] == "possible", "Up for 20 s though nothing comes: possible", causes(events))
    story = Story()
    story.come_up()
    story.stream(1.3, 3, SERVER, UP, 0x22, 0x11, flags=D)
    story.stream(1.3, 3, CLIENT, UP, 0x11, 0x22, flags=D)
    story.stream(3, 40, CLIENT, UP, 0x11, 0x22, flags=D)
    tap.ok("bfd-zombie" not in causes(story.run(folder)), "in Demand mode silence is allowed (RFC 5880 section 6.6)")


def check_poll(tap, folder):
    story = Story()
    story.come_up()
    story.stream(1.3, 30, SERVER, UP, 0x22, 0x11)
    story.stream(1.3, 10, CLIENT, UP, 0x11, 0x22)
    story.stream(10, 30, CLIENT, UP, 0x11, 0x22, flags=P, tx=500_000)
    events = story.run(folder)
    found = [one for one in events if one.get("cause") == "bfd-invalid" and one["event"] == "finding"]
    tap.ok(found and found[0]["blame"] == SERVER and "Poll" in found[0]["summary"], "polls without a Final", found)


def check_calm(tap, folder):
    """A packet that only says again what its end has said is timed and nothing else. With -v each is an event, and
    goes through everything: what comes of them must be the same."""
    kinds = ("transition", "finding", "bfd_session", "session", "fault")
    names = sorted(one for one in os.listdir(os.path.join(SOURCE, "pcaps")) if "bfd" in one and one.endswith(".pcap"))
    found = 0
    for name in names:
        told = []
        for more in ([], ["-v"]):
            events = bgpwhy("-r", os.path.join(SOURCE, "pcaps", name), "--json", *more).events()
            found += sum(one["event"] == "bfd" for one in events) * (1 if more else -1)
            told.append([{key: value for key, value in one.items() if key != "seq"}
                         for one in events if one["event"] in kinds])
        tap.equal(told[0], told[1], f"{name}: the same whether each packet is an event or not")
    tap.ok(found > 1000, "most packets say nothing new", found)


def tagged(record, vlan):
    """A frame of a capture on a trunk; the callers' ports of the second VLAN are others, as they would be."""
    frame = bytearray(record[16:])
    if frame[12:14] == b"\x86\xdd" and frame[20] == 6 and vlan % 2:
        for at in (54, 56):
            port = struct.unpack_from(">H", frame, at)[0]
            struct.pack_into(">H", frame, at, port if port == 179 else port ^ 1)
    frame = bytes(frame[:12]) + struct.pack(">HH", 0x8100, vlan) + bytes(frame[12:])
    return record[:8] + struct.pack("<II", len(frame), len(frame)) + frame


def check_vlans(tap, folder):
    """The same link-local addresses in two VLANs are two sessions of BGP, too; other addresses are one."""
    for name, count in (("healthy-link-local", 2), ("healthy-ipv6", 1)):
        with open(os.path.join(SOURCE, "pcaps", f"{name}.pcap"), "rb") as file:
            data = file.read()
        records, at = [], 24
        while at < len(data):
            size = struct.unpack_from("<I", data, at + 8)[0]
            records.append(data[at:at + 16 + size])
            at += 16 + size
        path = os.path.join(folder, "vlans.pcap")
        with open(path, "wb") as file:
            file.write(data[:24] + b"".join(tagged(one, vlan) for one in records for vlan in (10, 21)))
        events = bgpwhy("-r", path, "--json").events()
        found = [one for one in events if one["event"] == "session"]
        tap.equal([one["verdict"] for one in found], ["healthy"] * count, f"{name} in two VLANs: {count}")
        if count == 2:
            tap.equal(sorted(one["session"] for one in sessions(events)), sorted(one["session"] for one in found),
                      f"{name}: each has its BFD session")
            tap.equal([one["established_count"] for one in found], [1, 1], f"{name}: each came up once")


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for name, check in (("healthy", check_healthy), ("margin", check_margin), ("two sessions", check_two_sessions),
                            ("hops", check_hop_mismatch), ("intervals", check_intervals),
                            ("discriminators", check_discriminators), ("zombie", check_zombie),
                            ("poll", check_poll), ("VLANs", check_vlans), ("calm", check_calm)):
            tap.attempt(name, check, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
