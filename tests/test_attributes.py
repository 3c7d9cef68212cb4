#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Path attributes that an encoder made (attributes.py) are read as they were made, and as tshark shows them."""
import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import attributes
import packets
from support import Tap, bgpwhy, need_program

UPDATES = 400


def make(width):
    """[[Attribute]] of UPDATEs between internal peers, and their capture."""
    maker = attributes.Maker(random.Random(4271 + width), width)
    talk = packets.Conversation()
    talk.establish(client_as=65001, server_as=65001, four_octets=width == 4)
    made = [maker.update() for _ in range(UPDATES)]
    for several in made:
        field = b"".join(one.octets for one in several)
        body = b"\0\0" + len(field).to_bytes(2, "big") + field + bytes.fromhex("18c63364")
        talk.say(packets.CLIENT, packets.message(2, body))
    return made, talk.pcap()


def compare(made, found, asked):
    """{type: [problems]} of what was found, where `asked` says that it can be."""
    problems = collections.defaultdict(list)
    for number, (several, ours) in enumerate(zip(made, found)):
        if [one.kind for one in several] != [kind for kind, _ in ours]:
            problems[0].append(f"UPDATE {number}: made {[one.kind for one in several]}, found {[k for k, _ in ours]}")
            continue
        for one, (kind, values) in zip(several, ours):
            if asked(one) and one.values != values:
                problems[kind].append(f"UPDATE {number}: made {one.values}, found {values}")
    return problems


def check(tap, width, folder):
    made, capture = make(width)
    path = os.path.join(folder, f"{width}.pcap")
    with open(path, "wb") as file:
        file.write(capture)
    events = bgpwhy("-r", path, "--json", "-vv").events()
    updates = [one for one in events if one["event"] == "message" and one["type"] == "UPDATE"]
    tap.equal(len(updates), len(made), f"AS numbers of {width} octets: every UPDATE")
    # RFC 4271 section 5.1.5: LOCAL_PREF lacks in some of those to an internal peer; nothing else is wrong.
    wrong = [one for one in events if one["event"] == "fault"]
    lacks = sum(attributes.LOCAL_PREF not in [one.kind for one in several] for several in made)
    other = [one for one in wrong if one["detail"] != "LOCAL_PREF is missing"]
    tap.none([f"frame {one['frame']}: {one['code']} {one['detail']}" for one in other], f"{width}: no fault", limit=5)
    tap.equal(len(wrong) - len(other), lacks, f"{width}: LOCAL_PREF is missed where it lacks")
    kinds = sorted({one.kind for several in made for one in several})
    ours = compare(made, [attributes.of_ours(one) for one in updates], lambda one: one.values is not None)
    for kind in [0] * bool(ours[0]) + kinds:
        tap.none(ours[kind], f"{width}: attribute {kind} is read as it was made", limit=4)
    if shutil.which("tshark") is None:
        tap.skip(f"{width}: tshark", "it is not installed")
        return
    # It guesses the width of each AS number (RFC 6793); here it is told.
    shown = subprocess.run(["tshark", "-r", path, "-n", "-o", f"bgp.asn_len:{width} octet", "-Y", "bgp.type == 2",
                            "-T", "pdml", "-J", "bgp"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, check=True)
    theirs = [attributes.of_shark(one) for one in ElementTree.fromstring(shown.stdout).iter("packet")]
    tap.equal(len(theirs), len(made), f"{width}: tshark has every UPDATE")
    problems = compare(made, theirs, lambda one: one.shark and one.values is not None)
    for kind in [0] * bool(problems[0]) + kinds:
        tap.none(problems[kind], f"{width}: attribute {kind} is as tshark shows it", limit=4)


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for width in (4, 2):
            tap.attempt(f"AS numbers of {width} octets", check, width, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
