#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NLRI of every family against three that know them too.

What an encoder of our own made (nlri.py) is read as it was made; tshark shows the same of it, field for field;
and of the captures whose truth has it, the routes are those that the table of the receiving daemon has.
"""
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import nlri
import packets
from support import Tap, bgpwhy, captures, need_program, short

ROUNDS = 20


def make():
    """[(AFI, SAFI, [Nlri])] and the capture of them, one UPDATE each."""
    maker = nlri.Maker(random.Random(8955))
    conversation = packets.Conversation()
    conversation.establish()
    made = []
    for afi, safi, next_hop, one in nlri.MAKERS:
        for _ in range(ROUNDS):
            # One that tshark is not asked about hides those beside it, and behind the label base of VPLS, which
            # has no S bit (RFC 4761 section 3.2.2), it goes on reading labels: there each is alone.
            alone = afi == 16388 or (afi == 2 and safi != 4) or safi == 65
            several = [one(maker) for _ in range(1 if alone else maker.random.choice([1, 1, 3]))]
            made.append((afi, safi, several))
            body = nlri.mp_reach(afi, safi, next_hop, b"".join(each.octets for each in several))
            conversation.say(packets.CLIENT, packets.message(2, body))
    return made, conversation.pcap()


def check_ours(tap, made, path):
    events = bgpwhy("-r", path, "--json", "-v").events()
    updates = [event["update"] for event in events if event["event"] == "message" and event["type"] == "UPDATE"]
    tap.ok(len(updates) == len(made), f"{len(made)} UPDATEs", f"there are {len(updates)}")
    faults = [event for event in events if event["event"] == "fault"]
    tap.none([f"{one['code']} in frame {one['frame']}" for one in faults], "what was made has no fault")
    problems = collections.defaultdict(list)
    for (afi, safi, several), update in zip(made, updates):
        expected = [one.text for one in several]
        if update["nlri"] != expected or update["announced"] != len(several):
            problems[afi, safi].append(f"made {expected}, read {update['nlri']}")
    for family in dict.fromkeys((afi, safi) for afi, safi, _ in made):
        tap.none(problems[family], f"AFI {family[0]} SAFI {family[1]} is read as it was made", limit=5)


def shark_fields(path):
    """For each UPDATE {field: [shown]} of what is in MP_REACH_NLRI."""
    shown = subprocess.run(["tshark", "-r", path, "-n", "-Y", "bgp.type == 2", "-T", "pdml", "-J", "bgp"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for field in ElementTree.fromstring(shown.stdout).iter("field"):
        if field.get("name") == "bgp.update.path_attribute.mp_reach_nlri":
            found = collections.defaultdict(list)
            for one in field.iter("field"):
                found[one.get("name")].append(one.get("show"))
            yield found


def check_shark(tap, made, path):
    problems, asked, skipped = collections.defaultdict(list), collections.Counter(), {}
    theirs = list(shark_fields(path))
    tap.ok(len(theirs) == len(made), "tshark finds every MP_REACH_NLRI", f"it finds {len(theirs)} of {len(made)}")
    for (afi, safi, several), fields in zip(made, theirs):
        reasons = [one.doubt for one in several if one.doubt]
        if reasons:
            skipped[afi, safi] = reasons[0]
            continue
        asked[afi, safi] += len(several)
        expected = collections.defaultdict(list)
        for name, value in (pair for one in several for pair in one.shark):
            expected[name].append(value)
        for name, values in expected.items():
            if fields[name] != values:
                problems[afi, safi].append(f"{name}: made {values}, tshark shows {fields[name]}: {several[0].text}")
    for family in dict.fromkeys((afi, safi) for afi, safi, _ in made):
        total = sum(len(several) for *one, several in made if tuple(one) == family)
        what = f"AFI {family[0]} SAFI {family[1]}: tshark reads {asked[family]} of {total} the same"
        if asked[family]:
            tap.none(problems[family], what, limit=5)
        else:
            tap.skip(what, skipped[family])


def gobgp_esi(text):
    if text == "single-homed":
        return "0"
    kind, _, rest = text.partition(" | ")
    if kind == "ESI_ARBITRARY":
        return "00:" + rest
    words = rest.replace(",", "").split()  # system mac aa:bb:cc:dd:ee:ff, port key 100
    key = int(words[-1])
    return f"01:{words[2]}:{key >> 8:02x}:{key & 255:02x}:00"


def gobgp_rd(rd):
    return f"{rd['admin']}:{rd['assigned']}"


def gobgp_evpn(one):
    value = one["value"]
    rd, tag = gobgp_rd(value["rd"]), f"etag {value.get('etag')}"

    def label(raw):
        return f"{raw >> 4} (vni {raw})"
    if one["type"] == 1:
        return f"ethernet-ad rd {rd} esi {gobgp_esi(value['esi'])} {tag} label {label(value['label'])}"
    if one["type"] == 2:
        ip = "" if value["ip"] == "<nil>" else f" ip {value['ip']}"
        return (f"mac-ip rd {rd} esi {gobgp_esi(value['esi'])} {tag} mac {value['mac']}{ip} "
                f"label {label(value['labels'][0])}")
    if one["type"] == 3:
        return f"multicast rd {rd} {tag} ip {value['ip']}"
    if one["type"] == 4:
        return f"ethernet-segment rd {rd} esi {gobgp_esi(value['esi'])} ip {value['ip']}"
    return (f"ip-prefix rd {rd} esi {gobgp_esi(value['esi'])} {tag} prefix {value['prefix']} gw {value['gateway']} "
            f"label {label(value['label'])}")


def gobgp_flowspec(one, version):
    names = {1: "dst", 2: "src", 3: "proto" if version == 4 else "next-header", 4: "port", 5: "dst-port", 9: "tcp-flags",
             10: "length", 11: "dscp", 12: "fragment", 13: "flow-label"}
    parts = [f"rd {gobgp_rd(one['rd'])}"] if "rd" in one else []
    for component in one["value"]:
        kind, value = component["type"], component["value"]
        if kind <= 2:
            parts.append(f"{names[kind]} {value['prefix']}")
            continue
        show = {9: nlri.TCP_FLAGS, 12: nlri.FRAGMENT}.get(kind, nlri.numeric)
        text = "".join(("" if i == 0 else "&" if item["op"] & 0x40 else "|") + show(item["op"] & 7, item["value"])
                       for i, item in enumerate(value))
        parts.append(f"{names[kind]} {text}")
    return ", ".join(parts)


def gobgp_text(family, one):
    """What we show of an NLRI that GoBGP's JSON has."""
    if family == "l2vpn-evpn":
        return gobgp_evpn(one)
    if family == "l2vpn-vpn-flowspec":  # not taken apart here: length, Route Distinguisher, component 16
        value = one["value"][0]["value"].replace(":", "")
        return f"10{0:04x}{one['rd']['admin']:04x}{one['rd']['assigned']:08x}1006{value}"
    if "flowspec" in family:
        return gobgp_flowspec(one, 4 if family.startswith("ipv4") else 6)
    return ((gobgp_rd(one["rd"]) + ":" if "rd" in one else "") + one["prefix"] +
            (f" label {'/'.join(map(str, one['labels']))}" if "labels" in one else ""))


def check_received(tap, path):
    """The routes that the router announced are those that the node's tables have of it."""
    with open(os.path.splitext(path)[0] + ".truth.json", encoding="utf-8") as file:
        truth = json.load(file)
    for speaker, said in truth.get("announced", {}).items():
        ours = [text for event in bgpwhy("-r", path, "--json", "-v").events("message")
                if event["type"] == "UPDATE" and event["src"] == speaker for text in event["update"]["nlri"]]
        own = [text for text in ours if text in said or text not in sum(truth["announced"].values(), [])]
        tap.equal(sorted(own), said, f"{short(path)}: {speaker} announces what it was told to")
    if "received" not in truth:
        return
    expected = sorted(gobgp_text(family, one["nlri"]) for family, ones in truth["received"].items() for one in ones)
    router = truth["sessions"][0]["b"]
    ours = sorted(text for event in bgpwhy("-r", path, "--json", "-v").events()
                  if event["event"] == "message" and event["type"] == "UPDATE" and event["src"] == router
                  for text in event["update"]["nlri"])
    tap.ok(len(expected) > 0, f"{short(path)}: the daemon has {len(expected)} routes", "none")
    tap.none([f"only the daemon: {one}" for one in expected if one not in ours] +
             [f"only we: {one}" for one in ours if one not in expected], f"{short(path)}: and they are ours")


def main():
    need_program()
    tap = Tap()
    made, capture = make()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "families.pcap")
        with open(path, "wb") as file:
            file.write(capture)
        check_ours(tap, made, path)
        if shutil.which("tshark") is None:
            tap.skip("tshark reads the same", "tshark is not installed")
        else:
            check_shark(tap, made, path)
    for path in captures():
        check_received(tap, path)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
