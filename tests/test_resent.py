#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was sent again: every capture's retransmissions are those that tshark finds, in the JSON and in the ladder.

tshark calls a segment out of order where it comes within some milliseconds and fills a hole, and a keep-alive where
it repeats the last octet; here these are none. A probe of a closed window is none there.
"""
import collections
import os
import shutil
import subprocess
import sys

from support import PCAPS, Tap, bgpwhy, captures, need_program, short, skip_all, use_released
from test_screens import SCREENS, run

AGAIN = "(tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission)"
# Capture -> why tshark counts others. Every row needs its reason.
DIFFERENCES = {
    "drop-at-router-exabgp-gobgp-6-node.pcap": "a SYN after the RST that refused it begins a connection here, whatever its number",
    "bfd-acl-multihop-frr-frr-path.pcap": "each packet stands twice, as the router took it and as it sent it: tshark counts the second",
    "firewall-one-direction-frr-bird-path.pcap": "the same, and what the wall drops stands once",
    "wall-forgets-icmp-path.pcap": "the same",
    "two-hops-quiet-bird-gobgp-path.pcap": "the same, and what has TTL 1 stands once",
    "same-address-twice-node.pcap": "a SYN after the RST that refused it, as above",
}


def tshark(path):
    """{source: [frame]} of what was sent again."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-Y", f"{AGAIN} && !icmp && !icmpv6 && (tcp.port == 179)", "-T", "fields",
                           "-e", "frame.number", "-e", "ip.src", "-e", "ipv6.src"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          timeout=120, check=False)
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        frame, v4, v6 = (line.split("\t") + ["", ""])[:3]
        found[(v4 or v6).split(",")[-1]].append(int(frame))
    return dict(found)


def check_counts(tap, wanted):
    for path in captures():
        name = short(path)
        if wanted and name not in wanted:
            continue
        events = bgpwhy("-r", path, "--json").events("retransmission")
        got = collections.Counter()
        wrong = []
        again = tshark(path)
        for one in events:
            got[one["src"]] += one["segments"]
            frames = again.get(one["src"], [])
            between = [frame for frame in frames if one["frame"] <= frame <= one["last_frame"]]
            if one["frame"] not in frames or one["last_frame"] not in frames or one["segments"] > len(between):
                wrong.append(f"{one} where tshark has {between}")
        counted = {src: len(frames) for src, frames in again.items()}
        if "duplicates" in name:  # of a mirror: tshark cannot tell a copy; the ladder says what it is
            tap.ok(not events and counted, f"{name}: a copy was not sent again", events)
            continue
        if name in DIFFERENCES:
            tap.skip(f"{name}: as tshark counts", DIFFERENCES[name])
            continue
        tap.ok(counted == dict(got), f"{name}: {sum(got.values())} segments, as tshark counts", counted, dict(got))
        tap.none(wrong, f"{name}: at the frames that it names")


def check_ladder(tap):
    for name, wanted in (("firewall-drop", ("╌ SYN retransmission ×4", "over 4 s up to #11 ╌", "╌→│")),
                         ("mtu-black-hole", ("╌ (1) retransmission ×6, 8,688 octets",)),
                         ("hold-timer-expired", ("retransmission",)),
                         ("capture-duplicates", ("packets stand twice: a mirror",))):
        _, text, _ = run(os.path.join(PCAPS, name + ".pcap"), (100, 90), "Enter", "Home", "=ladder")
        tap.ok(all(one in text for one in wanted), f"{name}: the ladder marks it where it was", text)
        _, text, _ = run(os.path.join(PCAPS, name + ".pcap"), (100, 90), "ascii", "Enter", "=ladder")
        tap.ok(text.isascii() and (name == "capture-duplicates" or "== " in text), f"{name}: in ASCII, too", text)


def main():
    need_program()
    use_released()
    if shutil.which("tshark") is None:
        skip_all("tshark is not installed")
    tap = Tap()
    check_counts(tap, sys.argv[1:])
    if os.access(SCREENS, os.X_OK):
        check_ladder(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
