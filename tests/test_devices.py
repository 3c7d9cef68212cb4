#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces: several at once, down and up and made anew, privileges, drops, tags and tunnels, on veth pairs.

Packets made by hand go in at one end of a pair, in a network namespace without any other way out. Needs root;
where it cannot run, this says so and is skipped.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import time

import packets
from packets import CLIENT, SERVER
from support import BGPWHY, SECONDS, Run, Tap, bgpwhy, need_program, skip_all, until

NAMESPACE = f"bgpwhy-dev-{os.getpid()}"
NOBODY = 65534
CAP_NET_RAW = 1 << 13


def ip(*args, namespace=NAMESPACE):
    done = subprocess.run(["ip", "-n", namespace, *args] if namespace else ["ip", *args],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(args)}: {done.stdout.strip()}")
    return done.stdout


def why_not():
    if os.geteuid() != 0:
        return "needs root"
    for program in ("ip", "setpriv"):
        if shutil.which(program) is None:
            return f"needs {program}"
    try:
        ip("netns", "add", NAMESPACE, namespace=None)
        ip("link", "add", "probe0", "type", "veth", "peer", "name", "probe1")
        ip("link", "del", "probe0")
    except OSError as error:
        return str(error)
    return None


def no_ipv6():
    """The kernel's own packets would be counted."""
    for which in ("all", "default"):
        subprocess.run(["ip", "netns", "exec", NAMESPACE, "sh", "-c",
                        f"echo 1 >/proc/sys/net/ipv6/conf/{which}/disable_ipv6"], check=False)


def pair(name):
    """A veth pair, up: NAME is listened to, NAME-far is sent into."""
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
    for end in (name, f"{name}-far"):
        ip("link", "set", end, "up")
    until(lambda: "LOWER_UP" in ip("link", "show", name), 5)


class Sender:
    """Frames into an interface of the namespace."""

    def __init__(self, interface):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{NAMESPACE}", os.O_RDONLY)
        try:
            setns(there)
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.socket.bind((interface, 0))
        finally:
            setns(here)
            os.close(here)
            os.close(there)

    def send(self, frames, wrap=lambda frame: frame, pause=0.0):
        for frame in frames:
            self.socket.send(wrap(frame))
            if pause:
                time.sleep(pause)

    def close(self):
        self.socket.close()


def setns(fd):
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def send(interface, frames, **options):
    with contextlib.closing(Sender(interface)) as sender:
        sender.send(frames, **options)


def conversation(port=40000, hold_time=90):
    """The frames of a session that comes up."""
    talk = packets.Conversation()
    talk.port[CLIENT] = port
    talk.handshake()
    talk.say(CLIENT, packets.open_message(65009, CLIENT, hold_time))
    talk.say(SERVER, packets.open_message(65001, SERVER, hold_time))
    talk.say(CLIENT, packets.KEEPALIVE)
    talk.say(SERVER, packets.KEEPALIVE)
    return [frame for _, frame in talk.frames]


class Watch:
    """A run of the program in the namespace."""

    def __init__(self, folder, *args, command=(BGPWHY,), ready=1):
        self.out = tempfile.NamedTemporaryFile(dir=folder, delete=False)
        self.err = tempfile.NamedTemporaryFile(dir=folder, delete=False)
        self.process = subprocess.Popen(["ip", "netns", "exec", NAMESPACE, *command, *args], cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err)
        if ready:
            self.until(lambda: self.text().count(b'"state":"begin"') >= ready or
                       self.process.poll() is not None)

    def text(self):
        with open(self.out.name, "rb") as file:
            return file.read()

    def complaints(self):
        with open(self.err.name, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def until(self, condition, seconds=10):
        return until(condition, seconds)

    def messages(self):
        return [event for event in map(json.loads, self.text().splitlines()) if event["event"] == "message"]

    def until_messages(self, count):
        return self.until(lambda: self.text().count(b'"event":"message"') >= count)

    def until_said(self, *words):
        return self.until(lambda: any(all(word in line for word in words) for line in self.complaints()))

    def status_of(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(line.split(None, 1)[1].strip() for line in file if line.startswith(name + ":"))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.out.close()
        self.err.close()
        with open(self.err.name, "rb") as file:
            return Run(self.process.returncode, self.text(), file.read())


def check_several(tap, folder):
    """Two interfaces, one of them silent; then one packet seen on both."""
    pair("one")
    pair("two")
    watch = Watch(folder, "-i", "one", "-i", "two", "--json", "-w", os.path.join(folder, "two.pcapng"), ready=2)
    send("one-far", conversation())
    tap.ok(watch.until_messages(4), "a silent interface does not hold another back", *watch.complaints())
    # Each frame on both, as a bridge and its port show it.
    with contextlib.closing(Sender("one-far")) as one, contextlib.closing(Sender("two-far")) as two:
        for frame in conversation(40001):
            one.send([frame])
            two.send([frame])
            time.sleep(0.01)
    watch.until_messages(8)
    time.sleep(0.3)
    run = watch.end()
    events = run.events()
    tap.equal({event.get("input") for event in events if event["event"] == "message"} - {"one", "two"}, set(),
              "events of several interfaces have `input`")
    tap.equal(len(run.events("message")), 8, "a frame seen on two interfaces is one")
    ends = [event for event in run.events("capture") if event["state"] == "end"]
    tap.equal([(event["input"], event["packets"]) for event in ends], [("one", 14), ("two", 7)],
              "each interface counts its packets")
    tap.ok(all("duplicates" in event["artefacts"] for event in ends), "the copies are an artefact", ends)
    tap.equal([cause for cause in (event["cause"] for event in run.events("finding")) if "retrans" in cause], [],
              "copies are no retransmissions")
    times = [event["time"] for event in events if event["event"] in ("message", "connection")]
    tap.equal(times, sorted(times), "several interfaces are one time line")
    again = bgpwhy("-r", os.path.join(folder, "two.pcapng"), "--json")
    tap.equal(len(again.events("message")), 8, "-w of several interfaces can be read", *again.complaints)
    tap.ok(bgpwhy("-i", "lo", "-i", "lo", "--lines").status == 2, "an interface given twice is refused")


def check_bridge(tap, folder):
    """What goes through a bridge is seen on it and on its port."""
    pair("leg")
    try:
        ip("link", "add", "span", "type", "bridge")
    except OSError as error:
        tap.skip("a bridge and its port", str(error))
        return
    ip("link", "set", "leg", "master", "span")
    ip("link", "set", "span", "up")
    watch = Watch(folder, "-i", "span", "-i", "leg", "--json", ready=2)
    time.sleep(0.5)
    send("leg-far", conversation(), pause=0.005)
    watch.until_messages(4)
    time.sleep(0.5)
    run = watch.end()
    ends = {event["input"]: event for event in run.events("capture") if event["state"] == "end"}
    tap.ok(ends["leg"]["packets"] == 7 and ends["span"]["packets"] == 7, "a bridge and its port see the same",
           *ends.values())
    tap.equal(len(run.events("message")), 4, "each message is told once")
    tap.ok("duplicates" in ends["leg"]["artefacts"], "the copies are an artefact")
    ip("link", "del", "span")
    ip("link", "del", "leg")


def check_dashboard(tap, folder):
    """On a terminal the title tells where the interface is."""
    if shutil.which("tmux") is None:
        tap.skip("the dashboard", "tmux is not installed")
        return
    pair("dash")
    tmux = ["tmux", "-S", os.path.join(folder, "tmux")]

    def screen():
        return subprocess.run([*tmux, "capture-pane", "-p"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=False).stdout

    environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
    err = os.path.join(folder, "dash.err")
    subprocess.run([*tmux, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30",
                    f"env TERM=screen-256color LC_ALL=C.UTF-8 ip netns exec {NAMESPACE} {BGPWHY} -i dash 2>{err}; "
                    "sleep 60"], check=True, env=environment)
    try:
        tap.ok(until(lambda: "live" in screen()), "the dashboard is the default on a terminal", screen())
        ip("link", "set", "dash", "down")
        tap.ok(until(lambda: "the interface is down; waiting for it" in screen()), "its title tells what is away",
               screen())
        ip("link", "set", "dash", "up")
        tap.ok(until(lambda: "up again" in screen()), "and what is back", screen())
        send("dash-far", conversation())
        tap.ok(until(lambda: SERVER in screen()), "and goes on", screen())
        subprocess.run([*tmux, "send-keys", "Q"], check=False)

        def told():
            with open(err, encoding="utf-8") as file:
                return file.read().count("bgpwhy: dash: ")
        tap.ok(until(lambda: told() == 2), "what it told is said again at the end")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
        ip("link", "del", "dash")


def check_down_and_up(tap, folder):
    pair("flap")
    database = os.path.join(folder, "flap.db")
    written = os.path.join(folder, "flap.pcap")
    watch = Watch(folder, "-i", "flap", "--json", "--db", database, "-w", written)
    send("flap-far", conversation(hold_time=3))
    tap.ok(watch.until_messages(4), "packets before the interface goes")
    ip("link", "set", "flap", "down")
    tap.ok(watch.until_said("flap", "down"), "an interface that goes down is told", *watch.complaints())
    time.sleep(9)  # the hold time, and all grace
    ip("link", "set", "flap", "up")
    tap.ok(watch.until_said("flap", "up again"), "an interface that comes back is told", *watch.complaints())
    send("flap-far", conversation(40001))
    tap.ok(watch.until_messages(8), "packets after it came back", *watch.complaints())
    ip("link", "del", "flap")
    tap.ok(watch.until_said("flap", "gone"), "an interface that is deleted is told", *watch.complaints())
    time.sleep(0.5)
    pair("flap")
    tap.ok(watch.until(lambda: sum("up again" in line for line in watch.complaints()) == 2),
           "one that is made anew is opened again", *watch.complaints())
    send("flap-far", conversation(40002))
    tap.ok(watch.until_messages(12), "packets of the new interface", *watch.complaints())
    tap.equal(len(watch.complaints()), 4, "one word for each change", *watch.complaints())
    run = watch.end()
    end = run.events("capture")[-1]
    tap.equal((end["packets"], end["dropped"]), (21, 0), "all packets are counted")
    tap.ok("interface-down" in end["artefacts"], "the capture says that it was deaf", end)
    expired = [event["reason"] for event in run.events("transition") if
               (event["rfc_event"] or {}).get("name") == "HoldTimer_Expires"]
    tap.equal(expired, [], "no hold timer ran out while nothing could be heard")
    tap.equal([event["cause"] for event in run.events("finding") if "hold" in event["cause"]], [],
              "and nobody is accused of it")
    with contextlib.closing(sqlite3.connect(database)) as db:
        tap.equal(db.execute("SELECT count(*) FROM message").fetchone()[0], 12, "the database has all of it")
    tap.equal(len(bgpwhy("-r", written, "--json").events("message")), 12, "-w has all of it")
    ip("link", "del", "flap")


def check_down_at_start(tap, folder):
    ip("link", "add", "late", "type", "veth", "peer", "name", "late-far")
    watch = Watch(folder, "-i", "late", "--json", "-w", os.path.join(folder, "late.pcap"), ready=0)
    tap.ok(watch.until_said("late", "down", "waiting"), "an interface that is down is waited for",
           *watch.complaints())
    for end in ("late", "late-far"):
        ip("link", "set", end, "up")
    tap.ok(watch.until_said("late", "up again"), "it comes up", *watch.complaints())
    send("late-far", conversation())
    tap.ok(watch.until_messages(4), "its packets are seen", *watch.complaints())
    run = watch.end()
    tap.equal([event["linktype"] for event in run.events("capture")], ["EN10MB", "EN10MB"], "its link type")
    tap.equal(len(bgpwhy("-r", os.path.join(folder, "late.pcap"), "--json").events("message")), 4,
              "-w of it can be read")
    watch = Watch(folder, "-i", "late", "--json", "host and and", ready=0)
    watch.process.wait(SECONDS)
    tap.equal(watch.end().status, 2, "a bad expression is an error")
    ip("link", "del", "late")
    watch = Watch(folder, "-i", "late", "--json", ready=0)
    watch.process.wait(SECONDS)
    run = watch.end()
    tap.ok(run.status == 2 and "no such interface" in run.complaints[0], "one that does not exist is an error",
           *run.complaints)


def user_number(name):
    import pwd
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name).pw_uid
    return None


def check_root(tap, folder):
    """Root is given up by default; what needs it works all the same."""
    pair("root")
    private = os.path.join(folder, "private")
    os.mkdir(private, 0o700)
    default = user_number("tcpdump") or NOBODY
    database, written = (os.path.join(private, name) for name in ("root.db", "root.pcap"))
    cases = (([], default), (["-Z", "nobody"], NOBODY), (["-Z", "root"], 0))
    for run_number, (flags, uid) in enumerate(cases, 1):
        name = " ".join(flags) or "no -Z"
        watch = Watch(folder, "-i", "root", "--json", "--db", database, "-w", written, *flags)
        tap.equal(watch.status_of("Uid").split(), [str(uid)] * 4, f"{name}: the user", *watch.complaints())
        if uid != 0:
            tap.equal(watch.status_of("Gid").split()[0] == "0", False, f"{name}: the group")
            groups = watch.status_of("Groups").split()
            tap.ok("0" not in groups and len(groups) <= 1, f"{name}: no further groups", groups)
            sets = [int(watch.status_of(kind), 16) for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb")]
            tap.equal(sets, [CAP_NET_RAW, CAP_NET_RAW, 0, 0], f"{name}: CAP_NET_RAW and nothing else")
            tap.equal(watch.status_of("NoNewPrivs"), "1", f"{name}: no way back")
        send("root-far", conversation(40000 + run_number))
        tap.ok(watch.until_messages(4), f"{name}: packets", *watch.complaints())
        run = watch.end()
        tap.ok(run.status in (0, 1) and not run.err, f"{name}: ends well", *run.complaints)
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            stored = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("message", "run")]
        tap.equal(stored, [4 * run_number, run_number], f"{name}: adds to a database in root's own folder")
        log = database + "-wal"
        tap.ok(not os.path.exists(log) or os.path.getsize(log) == 0, f"{name}: no log is left but an empty one")
        tap.equal(len(bgpwhy("-r", written, "--json").events("message")), 4, f"{name}: -w into root's own folder")
    again = bgpwhy("--db", database, "--json")
    tap.equal(len(again.events("message")), 12, "the database can be looked at", *again.complaints)
    # A file of root's own.
    os.chmod(written, 0o600)
    run = bgpwhy("-r", written, "--json", "--db", database)
    tap.ok(len(run.events("message")) == 4 and not run.err, "a capture that only root may read", *run.complaints)
    run = bgpwhy("-r", written, "-Z", "no-such-user", "--json")
    tap.ok(run.status == 2 and "no-such-user" in run.complaints[0] and not run.events("message"),
           "-Z with a user that does not exist", *run.complaints)
    # A file that is followed, in a folder that only root may enter.
    watch = Watch(folder, "-r", written, "--follow", "--json", ready=1)
    tap.ok(watch.until_messages(4) and watch.until_said("cannot see whether it is replaced"),
           "a followed file in root's own folder", *watch.complaints())
    run = watch.end()
    tap.ok(len(run.complaints) == 1 and run.status in (0, 1), "goes on without its name", *run.complaints)
    # In a folder that anybody may read the leftovers are no obstacle for anybody.
    public = os.path.join(folder, "public")
    os.mkdir(public, 0o755)
    database = os.path.join(public, "root.db")
    bgpwhy("-r", written, "--json", "--db", database)
    copy = program_for_all(folder)
    done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", copy, "--db",
                           database, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", check=False)
    tap.equal(done.stdout.count(b'"event":"message"'), 4, "nobody can look at a database of root's", done.stderr)
    ip("link", "del", "root")


def program_for_all(folder):
    copy = os.path.join(folder, "bgpwhy")
    if not os.path.exists(copy):
        shutil.copy(BGPWHY, copy)
        os.chmod(copy, 0o755)
    return copy


def check_capability(tap, folder):
    """As nobody: refused with a word that helps; and what that word says is enough."""
    pair("cap")
    copy = program_for_all(folder)
    nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    watch = Watch(folder, "-i", "cap", "--json", command=[*nobody, copy], ready=0)
    watch.process.wait(SECONDS)
    run = watch.end()
    line = run.complaints[0] if run.complaints else ""
    tap.ok(run.status == 2 and len(run.complaints) == 1 and "sudo" in line and "setcap cap_net_raw+ep" in line and
           "admin" not in line, "without the right: one line names sudo and setcap", *run.complaints)
    if shutil.which("setcap") is None:
        tap.skip("setcap", "not installed")
        return
    able = os.path.join(folder, "bgpwhy-able")
    shutil.copy(copy, able)
    if subprocess.run(["setcap", "cap_net_raw+ep", able], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        tap.skip("setcap", "the file system keeps no capabilities")
        return
    for interface in ("cap", "any"):
        watch = Watch(folder, "-i", interface, "--json", command=[*nobody, able])
        tap.equal(watch.status_of("Uid").split()[0], str(NOBODY), f"setcap, {interface}: runs as nobody")
        if interface == "cap":
            def promiscuous():
                return "promiscuity 1" in ip("-d", "link", "show", "cap")
            tap.ok(watch.until(promiscuous), "setcap: the interface is promiscuous", ip("-d", "link", "show", "cap"))
        send("cap-far", conversation())
        tap.ok(watch.until_messages(4), f"setcap, {interface}: packets", *watch.complaints())
        run = watch.end()
        tap.ok(run.status in (0, 1) and not run.err, f"setcap, {interface}: ends well", *run.complaints)
    ip("link", "del", "cap")


def check_drops(tap, folder):
    """A flood into a tiny buffer, while the reader is stopped: what is lost is told."""
    pair("flood")
    watch = Watch(folder, "-i", "flood", "--json", "-B", "64", "--db", os.path.join(folder, "flood.db"))
    lines = Watch(folder, "-i", "flood", "--lines", "-B", "64", ready=0)
    lines.until(lambda: b"begins" in lines.text())
    send("flood-far", conversation())
    tap.ok(watch.until_messages(4), "packets before the flood")
    for one in (watch, lines):
        one.process.send_signal(signal.SIGSTOP)
    frame = conversation(40001)[0]
    send("flood-far", [frame] * 20000)
    for one in (watch, lines):
        one.process.send_signal(signal.SIGCONT)
    tap.ok(watch.until_said("flood", "kernel dropped"), "drops are told when they happen", *watch.complaints())
    tap.ok(lines.until_said("flood", "kernel dropped"), "drops are told when they happen: --lines")
    # The counters begin anew with a new handle; what was counted stays.
    ip("link", "del", "flood")
    watch.until_said("flood", "gone")
    pair("flood")
    watch.until_said("flood", "up again")
    run = watch.end()
    shown = lines.end()
    end = run.events("capture")[-1]
    tap.ok(end["dropped"] > 1000 and end["packets"] + end["dropped"] == 20007, "every packet is seen or dropped",
           end)
    tap.ok("kernel-drops" in end["artefacts"], "drops are an artefact", end)
    tap.equal(sum("kernel dropped" in line for line in run.complaints), 1, "drops are told once", *run.complaints)
    tap.ok("interface-down" in end["artefacts"], "and outlive the interface", end)
    tap.ok(b"dropped by the kernel" in shown.out, "--lines has the sum", shown.out[-500:])
    report = bgpwhy("--db", os.path.join(folder, "flood.db"), "--report")
    tap.ok("dropped by the kernel" in report.text and "kernel-drops" in report.text, "so does the report",
           report.text[:500])
    large = Watch(folder, "-i", "flood", "--json", "-B", "65536")
    large.process.send_signal(signal.SIGSTOP)
    send("flood-far", [frame] * 20000)
    large.process.send_signal(signal.SIGCONT)
    large.until(lambda: False, 1)
    end = large.end().events("capture")[-1]
    tap.equal((end["packets"], end["dropped"]), (20000, 0), "-B 65536 holds the same flood")
    ip("link", "del", "flood")


# What may stand around a frame.

def shim(*words):
    """Tags and labels between the addresses and the type."""
    def wrap(frame):
        return frame[:12] + b"".join(struct.pack(">HH", *word) for word in words) + frame[12:]
    return wrap


def mpls(depth):
    def wrap(frame):
        labels = [(100 + i) << 12 | (i == depth - 1) << 8 | 64 for i in range(depth)]
        return frame[:12] + b"\x88\x47" + b"".join(struct.pack(">I", label) for label in labels) + frame[14:]
    return wrap


def outer4(protocol, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 64, protocol, 0,
                       socket.inet_aton("198.51.100.1"), socket.inet_aton("198.51.100.2"))
    return head[:10] + struct.pack(">H", packets.checksum(head)) + head[12:] + payload


def outer6(protocol, payload):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), protocol, 64,
                       socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
                       socket.inet_pton(socket.AF_INET6, "2001:db8::2")) + payload


def udp(port, payload):
    return struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload


def over(outer, protocol, make):
    def wrap(frame):
        kind = b"\x08\x00" if outer is outer4 else b"\x86\xdd"
        return frame[:12] + kind + outer(protocol, make(frame))
    return wrap


VXLAN = struct.pack(">II", 0x08000000, 42 << 8)
GENEVE = struct.pack(">BBHI", 0, 0, 0x6558, 42 << 8)
ERSPAN = struct.pack(">HHII", 0x1000, 0x88BE, 1, 0x10010001) + struct.pack(">I", 0)

WRAPS = {
    "nothing": lambda frame: frame,
    "802.1Q": shim((0x8100, 100)),
    "802.1ad": shim((0x88A8, 100)),
    "QinQ": shim((0x88A8, 100), (0x8100, 200)),
    "QinQ 0x8100": shim((0x8100, 100), (0x8100, 200)),
    "QinQ 0x9100": shim((0x9100, 100), (0x8100, 200)),
    "MPLS": mpls(1),
    "MPLS, two labels": mpls(2),
    "MPLS, three labels": mpls(3),
    "IPIP": over(outer4, 4, lambda frame: frame[14:]),
    "4in6": over(outer6, 4, lambda frame: frame[14:]),
    "GRE": over(outer4, 47, lambda frame: struct.pack(">HH", 0, 0x0800) + frame[14:]),
    "GRE with a key": over(outer4, 47, lambda frame: struct.pack(">HHI", 0x2000, 0x0800, 7) + frame[14:]),
    "GRE over IPv6": over(outer6, 47, lambda frame: struct.pack(">HH", 0, 0x0800) + frame[14:]),
    "Ethernet in GRE": over(outer4, 47, lambda frame: struct.pack(">HH", 0, 0x6558) + frame),
    "ERSPAN": over(outer4, 47, lambda frame: ERSPAN + frame),
    "VXLAN": over(outer4, 17, lambda frame: udp(4789, VXLAN + frame)),
    "VXLAN over IPv6": over(outer6, 17, lambda frame: udp(4789, VXLAN + frame)),
    "a tag in VXLAN": over(outer4, 17, lambda frame: udp(4789, VXLAN + shim((0x8100, 5))(frame))),
    "Geneve": over(outer4, 17, lambda frame: udp(6081, GENEVE + frame)),
}


def check_links(tap, folder):
    """The default expression finds BGP in tags and tunnels, and takes nothing else of them."""
    pair("wire")
    alone, every = Watch(folder, "-i", "wire", "--json"), Watch(folder, "-i", "any", "--json")
    expected = {"received": set(), "sent": set()}
    with contextlib.closing(Sender("wire-far")) as far, contextlib.closing(Sender("wire")) as near:
        port = 41000
        for sender, way in ((far, "received"), (near, "sent")):
            for name, wrap in WRAPS.items():
                expected[way].add(port)
                WRAPS_BY_PORT[port] = f"{name}, {way}"
                sender.send(conversation(port), wrap, 0.002)
                # The same tunnel with something else in it.
                other = [frame.replace(b"\x00\xb3", b"\x00\x50", 1) for frame in conversation(port)[:1]]
                sender.send(other, wrap)
                port += 1
    ports = expected["received"] | expected["sent"]
    for watch, interface in ((alone, "wire"), (every, "any")):
        watch.until_messages(4 * len(ports))
        time.sleep(0.3)
        run = watch.end()
        found = {}
        for event in run.events("message"):
            port = max(event["src_port"], event["dst_port"])
            found[port] = found.get(port, 0) + 1
        tap.none([f"{WRAPS_BY_PORT[port]}: {found.get(port, 0)} messages of 4" for port in sorted(ports)
                  if found.get(port, 0) != 4], f"-i {interface}: BGP in every tag and tunnel")
        if interface == "wire":
            end = run.events("capture")[-1]
            tap.equal(end["packets"], 7 * len(ports), f"-i {interface}: and nothing else that is in them")
    ip("link", "del", "wire")


WRAPS_BY_PORT = {}


def check_tunnel_device(tap, folder):
    """A device without a link header."""
    here, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{NAMESPACE}", os.O_RDONLY)
    try:
        setns(there)
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"tun7", 0x1001))  # TUNSETIFF: a TUN, no header
    except OSError as error:
        tap.skip("a tunnel device", str(error))
        return
    finally:
        setns(here)
        os.close(here)
        os.close(there)
    ip("link", "set", "tun7", "up")
    watch = Watch(folder, "-i", "tun7", "--json", "-w", os.path.join(folder, "tun.pcap"))
    for frame in conversation():
        os.write(fd, frame[14:])
    for frame in conversation(40001):
        os.write(fd, outer4(4, frame[14:]))
    tap.ok(watch.until_messages(8), "a tunnel device, and a tunnel in it", *watch.complaints())
    run = watch.end()
    tap.equal(run.events("capture")[0]["linktype"], "RAW", "its link type")
    again = bgpwhy("-r", os.path.join(folder, "tun.pcap"), "--json")
    tap.equal(len(again.events("message")), 8, "-w of it can be read", *again.complaints)
    os.close(fd)


def main():
    need_program()
    reason = why_not()
    tap = Tap()
    if reason:
        subprocess.run(["ip", "netns", "del", NAMESPACE], stderr=subprocess.DEVNULL, check=False)
        skip_all(reason)
    no_ipv6()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, os.stat(folder).st_mode | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
            tap.attempt("several interfaces", check_several, folder)
            tap.attempt("a bridge", check_bridge, folder)
            tap.attempt("the dashboard", check_dashboard, folder)
            tap.attempt("an interface that goes", check_down_and_up, folder)
            tap.attempt("an interface that is down", check_down_at_start, folder)
            tap.attempt("links and tunnels", check_links, folder)
            tap.attempt("a tunnel device", check_tunnel_device, folder)
            tap.attempt("root", check_root, folder)
            tap.attempt("capability", check_capability, folder)
            tap.attempt("drops", check_drops, folder)
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], stderr=subprocess.DEVNULL, check=False)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
