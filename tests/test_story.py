#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""BGP stories from packets made by hand: which of two connections should stay, and graceful restart.

What is expected is arithmetic of the RFCs: 4271 section 6.8 and 6286 for collisions; 4724, 8538 and 9494 for
restarts. The lab's daemons do a part of it; what they do not is here.
"""
import os
import struct
import sys
import tempfile

import packets
from packets import ACK, BEGIN, CLIENT, KEEPALIVE, SERVER, Conversation, message, notification, open_message
from support import Tap, bgpwhy, epoch, need_program

END_OF_RIB = message(2, bytes(4))
GIVES_UP = notification(6, 7)


class Second(Conversation):
    """A connection that the server opens."""

    def __init__(self, begin):
        super().__init__()
        self.port = {SERVER: 41000, CLIENT: 179}
        self.begin = begin

    def frame(self, data, after=0.001):
        if not self.frames:
            self.frames.append((BEGIN + round(self.begin * 1_000_000), data))
        else:
            super().frame(data, after)

    def handshake(self):
        self.segment(SERVER, packets.SYN)
        self.segment(CLIENT, packets.SYN | ACK)
        self.segment(SERVER, ACK)


def read(folder, *conversations):
    """The events, of the frames of all in order of time."""
    every = Conversation()
    every.frames = sorted(frame for one in conversations for frame in one.frames)
    path = os.path.join(folder, "story.pcap")
    with open(path, "wb") as file:
        file.write(every.pcap())
    return bgpwhy("-r", path, "--json").events()


def collision(folder, ids, dropped, first_established=False):
    """Two connections with an OPEN each way on both; the server gives up number `dropped`."""
    opens = {CLIENT: open_message(65009, ids[0]), SERVER: open_message(65001, ids[1])}
    one, two = Conversation(), Second(0.5 if first_established else 0.0005)
    one.handshake()
    one.say(CLIENT, opens[CLIENT])
    one.say(SERVER, opens[SERVER])
    if first_established:
        one.say(CLIENT, KEEPALIVE)
        one.say(SERVER, KEEPALIVE)
        one.say(SERVER, KEEPALIVE, after=20)
        one.say(CLIENT, KEEPALIVE)
    two.handshake()
    two.say(SERVER, opens[SERVER])
    two.say(CLIENT, opens[CLIENT])
    (one, two)[dropped].say(SERVER, GIVES_UP, after=0.01)
    (one, two)[dropped].close(SERVER)
    events = read(folder, one, two)
    findings = [one for one in events if one["event"] == "finding"]
    reasons = [one["reason"] for one in events
               if one["event"] == "transition" and (one["rfc_event"] or {}).get("number") == 23]
    return findings, reasons


def check_collision(tap, folder):
    for name, ids, dropped, established, words in (
            ("the higher identifier opened the other", (CLIENT, SERVER), 1, False,
             ("the one opened by 192.0.2.10 stays", "192.0.2.10 is the higher one")),
            ("the higher identifier opened this one", (CLIENT, SERVER), 0, False,
             ("by the rule this one should stay: it was opened by 192.0.2.10",)),
            ("the router has the higher one", (SERVER, CLIENT), 0, False,
             ("the one opened by 192.0.2.1 stays", "192.0.2.10 is the higher one")),
            ("equal identifiers: the AS decides (RFC 6286)", (SERVER, SERVER), 1, False,
             ("the one opened by 192.0.2.10 stays", "AS 65009 is the higher one")),
            ("one is Established", (CLIENT, SERVER), 1, True, ("the other one is Established, so that stays",))):
        findings, reasons = collision(folder, ids, dropped, established)
        said = [one["summary"] for one in findings if one["cause"] == "collision"]
        tap.ok(len(said) == 1 and all(word in said[0] for word in words), f"collision, {name}", said)
        tap.ok(len(reasons) == 1 and "two connections collide" in reasons[0], f"collision, {name}: the transition says so",
               reasons)
        tap.equal([one["cause"] for one in findings if one["severity"] != "info"], [], f"collision, {name}: nobody is accused")


def gentle_open(asn, bgp_id, *, restarting=False, time=30, kept=True, forwarding=False, notify=False, stale=None):
    """An OPEN with graceful restart (RFC 4724 section 3), long-lived (RFC 9494) where `stale` is given."""
    flags = restarting << 15 | notify << 14 | time
    families = struct.pack(">HBB", 1, 1, forwarding << 7) if kept else b""
    value = struct.pack(">H", flags) + families
    capability = struct.pack(">BBHBB", 1, 4, 1, 0, 1) + struct.pack(">BBI", 65, 4, asn)
    capability += struct.pack(">BB", 64, len(value)) + value
    if stale is not None:
        capability += struct.pack(">BBHBB", 71, 7, 1, 1, forwarding << 7) + stale.to_bytes(3, "big")
    parameters = struct.pack(">BB", 2, len(capability)) + capability
    return message(1, struct.pack(">BHH4sB", 4, asn, 90, packets.socket.inet_aton(bgp_id), len(parameters)) + parameters)


class Restart:
    """The server's session is lost after ten seconds; what comes then is the story's."""

    def __init__(self, helper=None, **options):
        self.options = options
        self.helper = gentle_open(65009, CLIENT, **{"kept": False, **(helper or {})})
        self.one = Conversation()
        self.meet(self.one, gentle_open(65001, SERVER, **options))
        self.one.say(SERVER, KEEPALIVE, after=10)
        self.parts = [self.one]

    def meet(self, conversation, server):
        conversation.handshake()
        conversation.say(CLIENT, self.helper)
        conversation.say(SERVER, server)
        conversation.say(CLIENT, KEEPALIVE)
        conversation.say(SERVER, KEEPALIVE)
        conversation.segment(CLIENT, ACK)

    def back(self, after=5, **options):
        begin = (self.parts[-1].frames[-1][0] - BEGIN) / 1_000_000 + after
        two = Second(begin)
        self.parts.append(two)
        self.meet(two, gentle_open(65001, SERVER, **{**self.options, "restarting": True, **options}))
        return two

    def wait(self, seconds):
        """Somebody else talks meanwhile: time goes on."""
        self.parts[-1].segment(CLIENT, ACK, after=seconds)

    def read(self, folder):
        session = [one for one in read(folder, *self.parts) if one["event"] == "session"]
        return session[0]["graceful_restart"] if len(session) == 1 else session


def check_restart(tap, folder):
    def state(story, address=SERVER):
        restart = story.read(folder)[address]
        return restart and (restart["state"], restart["helper"], restart["kept"], restart["end_of_ribs"])

    story = Restart()
    story.one.close(SERVER)
    tap.equal(state(story), ("waiting", CLIENT, 0, 0), "restart: the time runs")
    tap.equal(state(story, CLIENT), None, "restart: the other one does not")
    story.back(forwarding=True)
    tap.equal(state(story), ("back", CLIENT, 1, 0), "restart: back, and the End-of-RIB is to come")
    story.parts[-1].say(SERVER, END_OF_RIB, after=1)
    tap.equal(state(story), ("complete", CLIENT, 1, 1), "restart: complete")
    restart = story.read(folder)[SERVER]
    tap.ok(4_900_000 < restart["back_after_us"] < 5_100_000 and 5_900_000 < restart["ended_after_us"] < 6_100_000 and
           restart["restart_bit"] and not restart["notification"] and restart["restart_time_s"] == 30, "restart: when", restart)

    story = Restart()
    story.one.close(SERVER)
    story.back(forwarding=False)
    tap.equal(state(story), ("not-kept", CLIENT, 0, 0), "restart: the forwarding bit is not set")

    story = Restart()
    story.one.close(SERVER)
    two = story.back(forwarding=True)
    two.say(SERVER, notification(6, 4), after=1)
    two.close(SERVER)
    tap.equal(state(story), ("cut-short", CLIENT, 1, 0), "restart: lost again before the End-of-RIB, with a NOTIFICATION")

    story = Restart(time=8)
    story.one.close(SERVER)
    story.wait(20)
    tap.equal(state(story), ("expired", CLIENT, 0, 0), "restart: it did not come back")
    tap.equal(story.read(folder)[SERVER]["ended_after_us"], 8_000_000, "restart: when its time was over")

    story = Restart(time=8, stale=20, helper={"stale": 0})
    story.one.close(SERVER)
    story.wait(15)
    tap.equal(state(story), ("stale", CLIENT, 0, 0), "restart: the routes stay as stale (RFC 9494)")
    story.wait(25)
    tap.equal(state(story), ("stale-expired", CLIENT, 0, 0), "restart: and then no longer")
    tap.equal(story.read(folder)[SERVER]["ended_after_us"], 28_000_000, "restart: 8 s and 20 s")

    for name, both, code, wanted in (
            ("without the N bit a NOTIFICATION ends it for good", False, (6, 4), None),
            ("with the N bit of both it does not (RFC 8538)", True, (6, 4), "waiting"),
            ("but a Hard Reset does", True, (6, 9), None)):
        story = Restart(notify=both, helper={"notify": both})
        story.one.say(SERVER, notification(*code, b"\x06\x04"))
        story.one.close(SERVER)
        restart = story.read(folder)[SERVER]
        tap.equal(restart and (restart["state"], restart["notification"]), wanted and (wanted, True), f"restart: {name}")

    story = Restart(kept=False)
    story.one.close(SERVER)
    tap.equal(story.read(folder)[SERVER], None, "restart: no family listed, nothing to keep")


class Reset:
    """A session of ninety seconds' hold time, a RST in the server's name, and what comes then."""

    def __init__(self, ahead, flags=packets.RST):
        self.one = Conversation()
        self.one.establish()
        self.keep_alive(2)
        before = dict(self.one.seq)
        self.one.seq[SERVER] += ahead  # of the next octet that the client expects
        self.one.segment(SERVER, flags, after=5)
        self.one.seq.update(before)

    def now(self):
        return self.one.frames[-1][0] / 1e6

    def wait(self, seconds):
        """Somebody else talks: time goes on."""
        for _ in range(seconds // 4):
            self.one.frame(packets.ethernet(CLIENT, SERVER, 17, struct.pack(">HHHH", 4711, 4712, 8, 0)), after=4)

    def keep_alive(self, times):
        for _ in range(times):
            self.one.say(CLIENT, KEEPALIVE, after=30)
            self.heard = self.now()  # by the server, which acknowledges it with its own
            self.one.say(SERVER, KEEPALIVE)
            self.one.segment(CLIENT, ACK)

    def times(self, folder):
        """Who leaves Established when."""
        return [(one["speaker"], round(epoch(one["time"]), 3)) for one in read(folder, self.one)
                if one["event"] == "transition" and one["from"] == "Established"]

    def read(self, folder):
        events = read(folder, self.one)
        session, = [one for one in events if one["event"] == "session"]
        left = [(one["speaker"], one["to"]) for one in events if one["event"] == "transition" and
                (one["from"] == "Established" or (one["from"], one["to"]) == ("Idle", "Established"))]
        return (session["verdict"], left, [one["code"] for one in events if one["event"] == "fault"],
                [(one["severity"], one["cause"]) for one in events if one["event"] == "finding"])


def check_reset(tap, folder):
    """RFC 5961 section 3.2: taken at the next octet only; in the window asked back, elsewhere not minded."""
    for name, ahead in (("in the window", 100), ("one octet ahead", 1), ("outside the window", 100_000), ("of the past", -19)):
        story = Reset(ahead)
        if 0 < ahead < 64000:
            story.one.segment(CLIENT, ACK)  # the challenge
        story.keep_alive(3)
        tap.equal(story.read(folder), ("healthy", [], ["tcp-reset-ignored"], []), f"a RST {name}: nobody minds it")

    story = Reset(0)
    story.keep_alive(3)
    tap.equal(story.read(folder), ("healthy", [(CLIENT, "Idle"), (CLIENT, "Established")], [], [("info", "closed-without-notification")]),
              "a RST at the next octet, and both go on: their states are corrected")

    for name, ahead in (("at the next octet", 0), ("behind a segment that the capture lacks", 19)):
        story = Reset(ahead)
        story.wait(12)
        verdict, left, _, findings = story.read(folder)
        tap.equal((verdict, left, findings), ("down", [(CLIENT, "Idle"), (SERVER, "Idle")], [("error", "closed-without-notification")]),
                  f"a RST {name}, and silence: it ended the session")

    story = Reset(0)
    story.keep_alive(2)
    story.one.segment(SERVER, packets.RST, after=5)
    story.wait(4)
    verdict, left, _, findings = story.read(folder)
    tap.equal((verdict, left[2:], findings), ("down", [(CLIENT, "Idle"), (SERVER, "Idle")], [("error", "closed-without-notification")]),
              "a RST without effect, and later one that has it")

    # A RST that acknowledges nothing is of nobody's socket (RFC 9293, 3.10.7.1): who is named may live.
    story = Reset(0, packets.RST | ACK)
    verdict, left, _, _ = story.read(folder)
    tap.equal((verdict, left), ("down", [(SERVER, "Idle"), (CLIENT, "Idle")]), "a RST that acknowledges: its sender gave the session up")

    story = Reset(0)
    reset = story.now()
    story.one.say(SERVER, KEEPALIVE, after=10)
    story.one.segment(CLIENT, packets.RST)
    story.wait(20)
    tap.equal(story.times(folder), [(CLIENT, reset), (SERVER, round(reset + 10.001, 3))], "who is named goes on and takes the next RST: it leaves then")

    story = Reset(0)
    reset, heard = story.now(), story.heard
    for pause in (10, 1, 2, 4, 8, 16, 32, 64):
        before = story.one.seq[SERVER]
        story.one.say(SERVER, KEEPALIVE, after=pause)
        story.one.seq[SERVER] = before
        story.one.segment(CLIENT, packets.RST)
    tap.equal(story.times(folder), [(CLIENT, reset), (SERVER, round(heard + 90, 3))], "who is named goes on and takes no RST: its hold timer runs out")


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for name, check in (("collision", check_collision), ("restart", check_restart), ("reset", check_reset)):
            tap.attempt(name, check, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
