"""State machines as the daemons' own logs tell them, in the state names of RFC 4271 and RFC 5880.

A transition is {time, protocol, speaker, peer, from, to, log}. Where a log has whole seconds only,
the transition also carries `precision_s`.
"""
import datetime
import json
import os
import re
import socket
import struct

BFD_STATES = {"down": "Down", "init": "Init", "up": "Up", "admindown": "AdminDown",
              "adm-down": "AdminDown", "shutdown": "AdminDown"}


def utc(text, pattern):
    moment = datetime.datetime.strptime(text, pattern)
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as text:
        return text.read().splitlines()


def transition(time, protocol, speaker, peer, old, new, log, **more):
    return {"time": round(time, 6), "protocol": protocol, "speaker": speaker, "peer": peer,
            "from": old, "to": new, "log": log, **more}


FRR_STAMP = r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) "
FRR_FORMAT = "%Y/%m/%d %H:%M:%S.%f"
FRR_BGP = re.compile(FRR_STAMP + r"BGP: \[\S+\] (\S+?)(?:\(\S*\))? went from (\w+) to (\w+)")
FRR_BFD = re.compile(FRR_STAMP + r"BFD: \[\S+\] state-change: \[mhop:\w+ peer:(\S+?) .*\] "
                     r"(\S+) -> (\S+)")
FRR_BFD_GONE = re.compile(FRR_STAMP + r"BFD: \[\S+\] session-delete: .*peer:(\S+)")


def frr_bgp(path, speaker):
    """FRR names its two connections to a peer alike; `Clearing` and `Deleted` are its own, and Idle to us."""
    own = {"Clearing": "Idle", "Deleted": "Idle"}
    found = []
    for line in lines(path):
        match = FRR_BGP.match(line)
        if match:
            stamp, peer, old, new = match.groups()
            old, new = own.get(old, old), own.get(new, new)
            if old != new:
                found.append(transition(utc(stamp, FRR_FORMAT), "bgp", speaker, peer, old, new,
                                        os.path.basename(path)))
    return found


def frr_bfd(path, speaker):
    found = []
    for line in lines(path):
        match = FRR_BFD.match(line)
        if match:
            stamp, peer, old, new = match.groups()
            found.append(transition(utc(stamp, FRR_FORMAT), "bfd", speaker, peer, BFD_STATES[old],
                                    BFD_STATES[new], os.path.basename(path)))
    return found


FRR_SENT = re.compile(FRR_STAMP + r"BGP: .*%NOTIFICATION(\(.*?\))?: sent to neighbor \S+ (\d+)/(\d+) ")


def frr_notifications_sent(path):
    """Of a hard reset FRR logs the code inside; on the wire that is 6/9 (RFC 8538)."""
    found = []
    for line in lines(path):
        match = FRR_SENT.match(line)
        if match:
            stamp, hard, *inner = match.groups()
            code, subcode = (6, 9) if hard else map(int, inner)
            found.append({"time": utc(stamp, FRR_FORMAT), "code": code, "subcode": subcode})
    return found


BIRD_LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) <\w+> (\S+): (.*)")
BIRD_FORMAT = "%Y-%m-%d %H:%M:%S.%f"
BIRD_BFD = re.compile(r"Session to (\S+) changed state from (\w+) to (\w+)")
# What BIRD logs when a connection enters a state.
BIRD_SIGNS = (
    ("Connect", re.compile(r"Connecting to ")),
    ("Active", re.compile(r"Connect delayed by ")),
    ("OpenSent", re.compile(r"Sending OPEN")),
    ("OpenConfirm", re.compile(r"Got OPEN")),
    ("Established", re.compile(r"BGP session established")),
    ("Idle", re.compile(r"Connection (closed|lost)|Error: |Received: |Incoming connection |"
                        r"Shutdown|Shutting down|BFD session down|Neighbor (lost|graceful)|State changed to "
                        r"(stop|down|flush)|Connect(ion)? timed out|Another socket|Got NOTIFICATION|"
                        r"Sending NOTIFICATION|Restart|Reconfigur|Closing|Deactivating|Startup delayed")),
)


def mrt_states(path):
    """(second, peer, from, to) of the BGP4MP state changes in an MRT file (RFC 6396 4.4.1)."""
    names = ("?", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established")
    found = []
    if not os.path.exists(path):
        return found
    with open(path, "rb") as source:
        data = source.read()
    at = 0
    while at + 12 <= len(data):
        second, kind, subtype, length = struct.unpack_from(">IHHI", data, at)
        body = data[at + 12:at + 12 + length]
        at += 12 + length
        if kind != 16 or subtype not in (0, 5):
            continue
        skip = 8 if subtype == 5 else 4
        _, afi = struct.unpack_from(">HH", body, skip)
        size = 4 if afi == 1 else 16
        family = socket.AF_INET if afi == 1 else socket.AF_INET6
        peer = socket.inet_ntop(family, body[skip + 4:skip + 4 + size])
        old, new = struct.unpack_from(">HH", body, skip + 4 + 2 * size)
        found.append((second, peer, names[old], names[new]))
    return found


def bird_bgp(log, mrt, speaker, only_peer):
    """The MRT file has every transition but whole seconds; the log line beside each has the microsecond.

    BIRD keeps one state machine for each connection, outgoing and incoming, and names neither here.
    Without a connection its MRT records have no peer's address: it is the only one configured.
    """
    signs = []
    for line in lines(log):
        match = BIRD_LINE.match(line)
        if not match:
            continue
        time = utc(match.group(1), BIRD_FORMAT)
        for state, pattern in BIRD_SIGNS:
            if pattern.match(match.group(3)):
                signs.append([time, state])
    found = []
    for second, peer, old, new in mrt_states(mrt):
        if old == new:
            continue
        if peer in ("0.0.0.0", "::"):
            peer = only_peer
        near = [sign for sign in signs if sign[1] == new and second - 0.02 <= sign[0] < second + 1.02]
        if near:
            found.append(transition(near[0][0], "bgp", speaker, peer, old, new, "bird.log"))
            signs.remove(near[0])
        else:
            found.append(transition(second, "bgp", speaker, peer, old, new, "bird.mrt", precision_s=1))
    return found


def bird_bfd(path, speaker):
    found = []
    for line in lines(path):
        match = BIRD_LINE.match(line)
        change = match and BIRD_BFD.match(match.group(3))
        if change:
            peer, old, new = change.groups()
            found.append(transition(utc(match.group(1), BIRD_FORMAT), "bfd", speaker, peer,
                                    BFD_STATES[old.lower()], BFD_STATES[new.lower()],
                                    os.path.basename(path)))
    return found


def stamped(path):
    """(time, text) of the lines of a log that was stamped on arrival."""
    for line in lines(path):
        stamp, _, text = line.partition(" ")
        yield float(stamp), text


GOBGP_STATES = {"IDLE": "Idle", "CONNECT": "Connect", "ACTIVE": "Active", "OPENSENT": "OpenSent",
                "OPENCONFIRM": "OpenConfirm", "ESTABLISHED": "Established"}


def gobgp(path, speaker):
    found = []
    for time, text in stamped(path):
        if '"state changed"' in text:
            entry = json.loads(text)
            old, new = (GOBGP_STATES[entry[key].replace("BGP_FSM_", "")] for key in ("old", "new"))
            found.append(transition(time, "bgp", speaker, entry["Key"], old, new, "gobgpd.log"))
    return found


OPENBGPD_CHANGE = re.compile(r"neighbor (\S+?)(?: \(.*\))?: state change (\w+) -> (\w+)")


def openbgpd(path, speaker):
    found = []
    for time, text in stamped(path):
        match = OPENBGPD_CHANGE.match(text)
        if match and match.group(2) != "None":
            found.append(transition(time, "bgp", speaker, *match.groups(), "openbgpd.log"))
    return found


EXABGP_SIGNS = (("Connect", re.compile(r"attempting connection to (\S+):")),
                ("OpenSent", re.compile(r">> OPEN version")),
                ("OpenConfirm", re.compile(r">> KEEPALIVE \(OPENCONFIRM\)")),
                ("Established", re.compile(r"connected to peer-\d+ with ")),
                ("Idle", re.compile(r"outgoing-\d+ \S+, closing connection|.*closing connection")))


def exabgp(path, speaker):
    """Made from the messages it logs: it enters OpenSent with the OPEN it sends, and so on."""
    found, state, peer = [], "Idle", None
    for time, text in stamped(path):
        text = text.split("|")[-1].strip()
        for new, pattern in EXABGP_SIGNS:
            match = pattern.match(text)
            if match and new != state:
                peer = match.group(1) if match.groups() else peer
                found.append(transition(time, "bgp", speaker, peer, state, new, "exabgp.log"))
                state = new
    return found
