#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The twenty questions of doc/questions.md, each asked of one database, each answer held against something
that is not this program: the daemons' logs (the truth files), tshark, sha256sum, arithmetic.

The database holds a run for each of some captures, and two captures made here, of which it is known by
arithmetic how near they came to the end of their hold time and of their detection time.
"""
import collections
import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile

import packets
from packets import CLIENT, KEEPALIVE, SERVER
from support import PCAPS, SOURCE, Tap, bgpwhy, epoch, need_program

NAMES = ("healthy", "bad-peer-as", "cease-admin-shutdown", "malformed-update", "bfd-detect-expired", "link-down",
         "large-table", "hold-timer-sigstop", "healthy-ipv6", "connection-refused", "capability-mismatch")
HOLD_S, SILENCE_S = 90, 70.5
BFD_US, BFD_SILENCE_US = 100000, 250000
NODE, ROUTER = "192.0.2.10", "192.0.2.1"


def near_hold():
    """A side that is silent for 70.5 of 90 s, and then goes on."""
    talk = packets.Conversation()
    talk.establish()
    for _ in range(3):
        talk.say(SERVER, KEEPALIVE, after=10)
        talk.say(CLIENT, KEEPALIVE, after=0.5)
    for _ in range(2):
        talk.say(CLIENT, KEEPALIVE, after=30)
    talk.say(SERVER, KEEPALIVE, after=SILENCE_S - 60.5)
    talk.say(CLIENT, KEEPALIVE, after=1)
    return talk.pcap()


def bfd_frame(src, dst, state, mine, yours):
    body = struct.pack(">BBBBIIIII", 1 << 5, state << 6, 3, 24, mine, yours, BFD_US, BFD_US, 0)
    return packets.ethernet(src, dst, 17, struct.pack(">HHHH", 49152, 3784, 8 + len(body), 0) + body)


def near_bfd():
    """A BFD session of 3 × 100 ms, in which one side is silent for 250 ms."""
    talk = packets.Conversation()
    for state in (1, 2, 3):
        talk.frame(bfd_frame(SERVER, CLIENT, state, 1, 2 if state > 1 else 0), 0.02)
        talk.frame(bfd_frame(CLIENT, SERVER, min(state + 1, 3), 2, 1), 0.02)
    for number in range(40):
        late = number == 20
        if late:
            talk.frame(bfd_frame(CLIENT, SERVER, 3, 2, 1), 0.09)
            talk.frame(bfd_frame(CLIENT, SERVER, 3, 2, 1), 0.09)
        talk.frame(bfd_frame(SERVER, CLIENT, 3, 1, 2), BFD_SILENCE_US / 1e6 - 0.18 - 0.01 if late else 0.08)
        talk.frame(bfd_frame(CLIENT, SERVER, 3, 2, 1), 0.01)
    return talk.pcap()


def questions():
    """Number -> (title, SQL)."""
    with open(os.path.join(SOURCE, "doc", "questions.md"), encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"^## (\d+)\. (.+?)\n(?:(?!^## ).)*?```sql\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    return {int(number): (title, sql) for number, title, sql in found}


def tshark(name, what, *fields):
    """A row of fields for each packet that passes."""
    command = ["tshark", "-n", "-r", os.path.join(PCAPS, name + ".pcap"), "-o", "tcp.desegment_tcp_streams:TRUE",
               "-o", "tcp.reassemble_out_of_order:TRUE", "-Y", what, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.decode()
    return [line.split("\t") for line in out.splitlines()]


class World:
    """The database, and what is known of it from elsewhere."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "history.db")
        self.runs = {}  # name -> run
        self.files = []
        for name in NAMES:
            self.add(name, os.path.join(PCAPS, name + ".pcap"))
        for name, content in (("near-hold", near_hold()), ("near-bfd", near_bfd())):
            path = os.path.join(folder, name + ".pcap")
            with open(path, "wb") as file:
                file.write(content)
            self.add(name, path)
        self.truth = {}
        for name in NAMES:
            with open(os.path.join(PCAPS, name + ".truth.json"), encoding="utf-8") as file:
                self.truth[name] = json.load(file)
        self.db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row
        self.named = {run: name for name, run in self.runs.items()}
        self.session = {row["session"]: self.named[row["run"]]
                        for row in self.db.execute("SELECT session, run FROM session")}

    def add(self, name, path):
        bgpwhy("-r", path, "--db", self.path, "--report")
        self.runs[name] = len(self.runs) + 1
        self.files.append(path)

    def ask(self, sql):
        return [dict(row) for row in self.db.execute(sql)]


def standing(world, rows):
    problems = []
    for row in rows:
        truth = world.truth.get(world.named[row["run"]])
        if truth is None:
            continue
        one = truth["sessions"][0]
        if row["verdict"] not in [one["verdict"], *one["also_verdicts"]] or \
                row["primary_cause"] not in [one["cause"], *one["also_primary"]]:
            problems.append(f"{truth['name']}: {row}")
        if {row["local"], row["remote"]} != {one["a"], one["b"]}:
            problems.append(f"{truth['name']}: {row}: other addresses")
    return problems or [] if len(rows) >= len(NAMES) else ["too few rows"]


def left(truth, speaker):
    return sum(one["from"] == "Established" and one["speaker"] == speaker and one["protocol"] == "bgp"
               for one in truth["transitions"])


def flaps(world, rows):
    """How often the logs of the node, which is FRR in all of them, say that it left Established."""
    problems = []
    expected = sum(left(truth, NODE) for truth in world.truth.values())
    got = sum(row["times"] for row in rows if row["speaker"] == NODE)
    if got != expected:
        problems.append(f"{NODE}: {got} times, its logs say {expected}")
    if [row["times"] for row in rows if row["after"] == "HoldTimer_Expires"] != [1]:
        problems.append("the hold timer ran out once: hold-timer-sigstop")
    return problems


def told(world):
    """name -> (src, code, subcode) of each NOTIFICATION in the logs and on the wire, in order."""
    return {name: [(one["src"], one["code"], one["subcode"]) for one in sorted(
        truth["notifications"], key=lambda one: one["time"])] for name, truth in world.truth.items()}


def last_notifications(world, rows):
    expected = {name: list_[-1] for name, list_ in told(world).items() if list_}
    got = {world.session[row["session"]]: (row["src"], row["code"], row["subcode"]) for row in rows}
    return [] if got == expected else [f"expected {expected}", f"got      {got}"]


def hold_misses(world, rows):
    near = [row for row in rows if not row["ran_out"]]
    expected = [{"silent": SERVER, "waiting": CLIENT, "hold_time_s": HOLD_S, "silence_s": SILENCE_S,
                 "margin_s": HOLD_S - SILENCE_S, "ran_out": 0, "frame": 16}]
    out = [(row["silent"], row["hold_time_s"], row["margin_s"]) for row in rows if row["ran_out"]]
    problems = [] if near == expected else [f"near: {near}", f"expected: {expected}"]
    return problems + ([] if out == [(ROUTER, 15, 0.0)] else [f"ran out: {out}"])


def bfd_misses(world, rows):
    expected = [{"silent": SERVER, "waiting": CLIENT, "detect_mult": 3, "detection_time_us": 3 * BFD_US,
                 "margin_us": 3 * BFD_US - BFD_SILENCE_US}]
    got = [{key: row[key] for key in expected[0]} for row in rows]
    return [] if got == expected else [f"expected {expected}", f"got      {got}"]


def convergence(world, rows):
    """The frame of each End-of-RIB of IPv4 is one in which tshark shows an UPDATE of 23 octets."""
    problems = []
    for row in rows:
        name = world.named[row["run"]]
        if row["family"] != "ipv4-unicast":
            continue
        found = {int(frame): (src, float(time)) for frame, src, time, lengths in
                 tshark(name, "bgp.type == 2", "frame.number", "ip.src", "frame.time_epoch", "bgp.length")
                 if "23" in lengths.split(",")}
        if row["frame"] not in found or found[row["frame"]][0] != row["speaker"]:
            problems.append(f"{name}: {row}: tshark has {found}")
            continue
        ups = [one["time"] for one in world.truth[name]["transitions"] if one["to"] == "Established"
               and one["protocol"] == "bgp" and one["time"] <= found[row["frame"]][1]]
        took = found[row["frame"]][1] - max(ups[-2:], default=0)
        if abs(took - row["converged_s"]) > 0.06:  # the daemons' logs are later than the packets
            problems.append(f"{name}: {row}: {took} s after the log says Established")
    return problems or ([] if len(rows) >= 10 else ["too few rows"])


def worst(world, rows):
    truths = [truth for name, truth in world.truth.items() if name != "healthy-ipv6"]
    first = rows[0]
    expected = {"flaps": sum(left(truth, NODE) for truth in truths),
                "notifications": sum(len(truth["notifications"]) for truth in truths),
                "peer_a": ROUTER, "peer_b": NODE}
    got = {key: first[key] for key in expected}
    return [] if got == expected else [f"expected {expected}", f"got      {got}"]


def offers(world):
    """(name, src) -> (capabilities, hold time, bgp id) of the last OPEN, by tshark."""
    found = {}
    for name in NAMES:
        if name == "healthy-ipv6":
            continue
        for src, codes, hold, bgp_id in tshark(name, "bgp.type == 1", "ip.src", "bgp.cap.type", "bgp.open.holdtime",
                                               "bgp.open.identifier"):
            found[name, src] = (codes, int(hold.split(",")[-1]), bgp_id.split(",")[-1])
    return found


def opens(world, rows):
    expected = offers(world)
    got = {(world.session[row["session"]], row["src"]): (row["capabilities"], row["hold_time_s"], row["bgp_id"])
           for row in rows if world.session[row["session"]] in NAMES and ":" not in row["src"]}
    wrong = [f"{key}: expected {expected.get(key)}, got {got.get(key)}" for key in set(expected) | set(got)
             if expected.get(key) != got.get(key)]
    asn = [f"{row}" for row in rows if world.session[row["session"]] in NAMES
           and row["asn"] != world.truth[world.session[row["session"]]]["sessions"][0]["asn"].get(row["src"])]
    return wrong + asn


def one_sided(world, rows):
    theirs = offers(world)
    expected = set()
    for (name, src), (codes, _, _) in theirs.items():
        other = theirs.get((name, NODE if src == ROUTER else ROUTER))
        if other is not None:
            expected |= {(name, src, int(code)) for code in set(codes.split(",")) - set(other[0].split(",")) if code}
    got = {(world.session[row["session"]], row["offers"], row["code"]) for row in rows
           if world.session[row["session"]] in NAMES and ":" not in row["offers"]}
    return [f"only there: {sorted(expected - got)}", f"only here: {sorted(got - expected)}"] if got != expected else []


def hold_times(world, rows):
    got = {world.session[row["session"]]: (row["hold_time_s"], row["keepalive_s"]) for row in rows}
    expected = {name: (one["sessions"][0]["hold_time_s"], one["sessions"][0]["keepalive_s"])
                for name, one in world.truth.items() if one["sessions"][0]["hold_time_s"]}
    expected["near-hold"] = (HOLD_S, HOLD_S // 3)
    return [] if got == expected else [f"expected {expected}", f"got      {got}"]


def enders(world, rows):
    expected = collections.Counter(one for list_ in told(world).values() for one in list_)
    got = {(row["src"], row["code"], row["subcode"]): row["times"] for row in rows}
    return [] if got == dict(expected) else [f"expected {dict(expected)}", f"got      {got}"]


def shutdown_texts(world, rows):
    expected = [tuple(row) for row in tshark("cease-admin-shutdown", "bgp.notify.communication_length",
                                             "ip.src", "bgp.notify.communication")]
    got = [(row["src"], row["text"]) for row in rows]
    return [] if got == expected else [f"expected {expected}", f"got      {got}"]


def updates(world, rows):
    """UPDATEs as tshark counts them, where nothing was sent twice and nothing is missing."""
    problems = []
    for name in ("healthy", "cease-admin-shutdown", "malformed-update"):
        expected = collections.Counter()
        for src, types in tshark(name, "bgp.type == 2 && !tcp.analysis.retransmission", "ip.src", "bgp.type"):
            expected[src] += types.split(",").count("2")
        got = {row["src"]: row["updates"] for row in rows if world.session[row["session"]] == name}
        if got != dict(expected):
            problems.append(f"{name}: expected {dict(expected)}, got {got}")
    return problems


def malformed(world, rows):
    with open(os.path.join(PCAPS, "malformed-update.pcap"), "rb") as file:
        octets = file.read()
    refused = [one for one in told(world)["malformed-update"] if one[1] == 3]
    problems = [] if len(rows) == len(refused) else [f"{len(rows)} malformed, {len(refused)} refused"]
    for row in rows:
        raw = bytes.fromhex(row["octets"])
        if len(raw) < 23 or raw not in octets or struct.unpack(">H", raw[16:18])[0] != len(raw):
            problems.append(f"{row}: not these octets")
        elif struct.unpack(">H", raw[21:23])[0] <= len(raw) - 23:
            problems.append(f"{row}: its attributes fit")
    return problems


def refusals(world, rows):
    """RSTs that answer a SYN, as tshark sees them."""
    expected = collections.Counter()
    for name in NAMES:
        if name == "healthy-ipv6":
            continue
        for (src,) in tshark(name, "tcp.flags.reset == 1 && tcp.seq_raw == 0 && tcp.ack == 1 && tcp.len == 0", "ip.src"):
            expected[src] += 1
    got = {row["server"]: row["calls"] for row in rows if row["state"] == "refused" and ":" not in row["server"]}
    return [] if got == dict(expected) else [f"expected {dict(expected)}", f"got      {got}"]


def before_flaps(world, rows):
    """What ended cease-admin-shutdown is among the messages before its flap, and all are in the window."""
    late = [row for row in rows if not 0 <= epoch(row["flap"]) - epoch(row["time"]) <= 10]
    first = [row for row in rows if world.session[row["session"]] == "cease-admin-shutdown" and row["speaker"] == NODE]
    frames = [int(frame) for (frame,) in tshark("cease-admin-shutdown", "bgp.type == 3", "frame.number")]
    wrong = [] if first and first[-1]["type"] == "NOTIFICATION" and first[-1]["frame"] == frames[0] else [first]
    return late + wrong


def established(world, rows):
    """From the logs; what still stood at the end lasts to the last segment, as tshark has it. A daemon
    made by hand has no log."""
    problems = []
    for name in ("healthy", "cease-admin-shutdown", "malformed-update", "bfd-detect-expired", "large-table"):
        end = float(tshark(name, "tcp", "frame.time_epoch")[-1][0])
        for speaker in (NODE, ROUTER):
            total, since, logged = 0.0, None, False
            for one in world.truth[name]["transitions"]:
                if one["protocol"] == "bgp" and one["speaker"] == speaker:
                    logged = True
                    if one["to"] == "Established":
                        since = one["time"]
                    elif one["from"] == "Established" and since is not None:
                        total, since = total + one["time"] - since, None
            total += end - since if since is not None else 0
            got = [row["established_s"] for row in rows if world.session[row["session"]] == name
                   and row["speaker"] == speaker]
            if logged and (len(got) != 1 or abs(got[0] - total) > 0.3):
                problems.append(f"{name}: {speaker}: {got}, the logs say {total:.3f}")
    return problems


def state_then(world, rows):
    """The last word of each log before that time."""
    then, problems = epoch("2026-11-22T03:20:10Z"), []
    for row in rows:
        name = world.session[row["session"]]
        if name not in ("healthy", "cease-admin-shutdown", "bfd-detect-expired", "large-table"):
            continue
        before = [one["to"] for one in world.truth[name]["transitions"] if one["protocol"] == "bgp"
                  and one["speaker"] == row["speaker"] and one["time"] <= then]
        if row["state"] != before[-1] and row["speaker"] == ROUTER:
            problems.append(f"{name}: {row}: the log says {before[-1]}")
    return problems


def contents(world, rows):
    problems = [] if len(rows) == len(world.files) else [f"{len(rows)} rows"]
    for row, path in zip(rows, world.files):
        with open(path, "rb") as file:
            octets = file.read()
        expected = {"host": socket.gethostname(), "live": 0, "input": path, "kind": "file", "octets": len(octets),
                    "hash": hashlib.sha256(octets).hexdigest(), "lost": 0, "trimmed": None, "filter": None}
        problems += [f"{path}: {key}: {row[key]!r}, expected {value!r}" for key, value in expected.items()
                     if row[key] != value]
    return problems


def errors(world, rows):
    found = collections.defaultdict(set)
    for row in rows:
        found[world.named[row["run"]]].add(row["cause"])
    problems = []
    for name, truth in world.truth.items():
        one = truth["sessions"][0]
        allowed = {one["cause"], *one["also_primary"], *one["also_allowed"]}
        if not found[name] <= allowed:
            problems.append(f"{name}: {found[name]} is more than {allowed}")
    certain = {row["cause"] for row in rows if row["confidence"] == "certain" and row["fix"]}
    return problems + [f"{cause} is missing" for cause in ("bad-peer-as", "malformed-update", "hold-timer-expired",
                                                           "connection-refused") if cause not in certain]


ANSWERS = {1: standing, 2: flaps, 3: last_notifications, 4: hold_misses, 5: bfd_misses, 6: convergence, 7: worst,
           8: opens, 9: one_sided, 10: hold_times, 11: enders, 12: shutdown_texts, 13: updates, 14: malformed,
           15: refusals, 16: before_flaps, 17: established, 18: state_then, 19: contents, 20: errors}
NEEDS_TSHARK = {6, 8, 9, 12, 13, 15, 16, 17}


def check(tap, world, number, title, sql):
    rows = world.ask(sql)
    tap.ok(bool(rows), f"question {number} has an answer")
    if number in NEEDS_TSHARK and shutil.which("tshark") is None:
        tap.skip(f"question {number}: {title}", "tshark is not installed")
        return
    tap.none(ANSWERS[number](world, rows), f"question {number}: {title}")


def main():
    need_program()
    tap = Tap()
    asked = questions()
    tap.equal(sorted(asked), list(range(1, 21)), "the page has twenty questions")
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        for number, (title, sql) in sorted(asked.items()):
            tap.attempt(title, check, world, number, title, sql)
        views = [name for name, in world.db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        tap.equal(sorted(views), sorted(["session_overview", "flap_history", "last_notification", "worst_peers",
                                         "hold_timer_near_misses", "bfd_near_misses", "convergence"]),
                  "the views have the names of their questions")
        plans = " ".join(row[3] for view in views for row in
                         world.db.execute(f'EXPLAIN QUERY PLAN SELECT * FROM "{view}"'))
        made = [name for name, in world.db.execute("SELECT name FROM sqlite_master WHERE type = 'index'"
                                                   " AND sql IS NOT NULL")]
        tap.none([name for name in made if f"INDEX {name}" not in plans], "there is no index that no view uses")
        text = " ".join(sql for _, sql in asked.values())
        tap.none([view for view in views if view not in text], "every view is used by a question")
        world.db.close()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
