#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files in every shape: growing, replaced, several, odd headers, pcapng by hand and by Wireshark's tools, and -w."""
import gzip
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import packets
from packets import CLIENT, SERVER
from support import BGPWHY, PCAPS, SECONDS, Run, Tap, bgpwhy, captures, need_program, short


class Scratch:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)


def story(port=40000, hold_time=90, begin=packets.BEGIN):
    """A session that comes up and is shut down."""
    talk = packets.Conversation()
    talk.port[CLIENT] = port
    talk.handshake()
    talk.say(CLIENT, packets.open_message(65009, CLIENT, hold_time))
    talk.say(SERVER, packets.open_message(65001, SERVER, hold_time))
    talk.say(CLIENT, packets.KEEPALIVE)
    talk.say(SERVER, packets.KEEPALIVE)
    shift = begin - talk.frames[0][0]
    talk.frames = [(when + shift, frame) for when, frame in talk.frames]
    return talk


def shut_down(**options):
    talk = story(**options)
    talk.say(SERVER, packets.notification(6, 2, b"\x05later"), after=1)
    talk.close(SERVER)
    return talk


def kinds(events):
    return [event["type"] for event in events if event["event"] == "message"]


def without_seq(events):
    return [{key: value for key, value in event.items() if key not in ("seq", "input")} for event in events]


class Follow:
    """A run that goes on."""

    def __init__(self, *args):
        self.process = subprocess.Popen([BGPWHY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.out = self.err = b""

    def read(self, seconds):
        end = time.monotonic() + seconds
        streams = [self.process.stdout, self.process.stderr]
        while True:
            ready = select.select(streams, [], [], max(0, end - time.monotonic()))[0]
            if not ready:
                return
            for stream in ready:
                got = os.read(stream.fileno(), 65536)
                if not got:
                    streams.remove(stream)
                elif stream is self.process.stdout:
                    self.out += got
                else:
                    self.err += got
            if not streams:
                return

    def until(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end and self.process.poll() is None:
            self.read(0.1)
        self.read(0)
        return bool(condition())

    def until_messages(self, count, seconds=10):
        return self.until(lambda: self.out.count(b'"event":"message"') >= count, seconds)

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        return Run(self.process.returncode, self.out + out, self.err + err)


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


def check_growing(tap, scratch):
    """Piece by piece: an empty file, a header, half a packet, the rest; then the end by a signal."""
    capture = shut_down().pcap()
    pcapng = by_hand([section("<"), interface("<", 1)] +
                     [enhanced("<", 0, when, frame) for when, frame in shut_down().frames])
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = {"pcap": [capture[:24], capture[24:200], capture[200:500], capture[500:]],
              "pcapng": [pcapng[:30], pcapng[30:90], pcapng[90:930], pcapng[930:]]}
    pieces["pcap.gz"] = [packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in pieces["pcap"]]
    pieces["pcap.gz"][-1] += packer.flush()
    if shutil.which("zstd"):
        pieces["pcap.zst"] = [subprocess.run(["zstd", "-qc"], input=piece, stdout=subprocess.PIPE, check=True).stdout
                              for piece in pieces["pcap"]]
    for kind, parts in pieces.items():
        path = scratch.write(f"grow.{kind}", b"")
        whole = bgpwhy("-r", scratch.write(f"whole.{kind}", b"".join(parts)), "--json")
        tap.equal(len(whole.events("message")), 5, f"{kind}: the whole file", *whole.complaints)
        run = Follow("-r", path, "--follow", "--json")
        run.read(0.3)
        counts = []
        for part in parts:
            append(path, part)
            run.read(0.4)
            counts.append(run.out.count(b'"event":"message"'))
            if run.process.poll() is not None:
                break
        tap.ok(run.process.poll() is None, f"{kind}: waits at the end")
        tap.ok(counts[-1] == 5 and 0 < counts[2] < 5, f"{kind}: events come with their packets", counts)
        run = run.end(signal.SIGINT)
        tap.equal((run.status, run.complaints), (1, []), f"{kind}: a signal ends it as the end does")
        expected = [event for event in without_seq(whole.events()) if event["event"] != "capture"]
        got = [event for event in without_seq(run.events()) if event["event"] != "capture"]
        tap.equal([event["event"] for event in got], [event["event"] for event in expected],
                  f"{kind}: the same events as the whole file")
        tap.equal(kinds(got), kinds(expected), f"{kind}: the same messages")


def check_rotation(tap, scratch):
    first, second, third = (shut_down(port=port, begin=packets.BEGIN + after * 10_000_000)
                            for after, port in enumerate((40000, 40001, 40002)))
    path = scratch.write("rotate.pcap", first.pcap())
    run = Follow("-r", path, "--follow", "--json")
    tap.ok(run.until_messages(5), "a file is followed")
    append(path, b"\x01\x02\x03")  # a part of a packet that never comes
    os.rename(path, path + ".1")
    tap.ok(run.until(lambda: b"gone" in run.err), "a file that is moved away is told", run.err)
    scratch.write("rotate.pcap", second.pcap())
    tap.ok(run.until_messages(10), "the new one is read", run.err)
    tap.ok(b"replaced after frame 11" in run.err and b"as frame 12" in run.err, "in one clear line", run.err)
    # tcpdump -W and -G write over the old one.
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(third.pcap()[:300])
        file.flush()
        tap.ok(run.until(lambda: b"truncated after frame 22" in run.err), "a file that is truncated is told", run.err)
        file.write(third.pcap()[300:])
    tap.ok(run.until_messages(15), "and read from its begin", run.err)
    # Written over so fast that it never was shorter.
    with open(path, "r+b") as file:
        file.write(shut_down(port=40003, begin=packets.BEGIN + 40_000_000).pcap() + story(port=40004).pcap()[24:])
    tap.ok(run.until(lambda: b"written anew" in run.err), "a file that is written over is told", run.err)
    tap.ok(run.until_messages(24), "and read from its begin")
    run = run.end()
    frames = [event["frame"] for event in run.events("message")]
    tap.equal(frames, sorted(set(frames)), "frames are counted on")
    tap.equal(len(run.complaints), 4, "one line for each", *run.complaints)
    tap.equal(run.status, 1, "and none is an error")


def check_silence(tap, scratch):
    """Timers run on while a followed file does not grow, unless its writer holds something back."""
    talk = story(hold_time=3)
    whole = scratch.write("silent.pcap", talk.pcap())
    partial = scratch.write("partial.pcap", talk.pcap() + b"\x00\x01")
    runs = [Follow("-r", path, "--follow", "--json") for path in (whole, partial)]
    expired = b'"name":"HoldTimer_Expires"'
    tap.ok(runs[0].until(lambda: expired in runs[0].out, 20), "a hold timer runs out in a followed file")
    runs[1].read(1)
    tap.ok(expired not in runs[1].out, "not while a part of a packet is at its end")
    for run in runs:
        run.end()


def check_several_followed(tap, scratch):
    one = scratch.write("one.pcap", story().pcap())
    two = scratch.write("two.pcap", b"")
    run = Follow("-r", one, "-r", two, "--follow", "--json")
    tap.ok(run.until_messages(4), "a silent file does not hold back the other")
    later = shut_down(port=40001, begin=packets.BEGIN + 3_000_000).pcap()
    append(two, later)
    tap.ok(run.until_messages(9), "and may begin late")
    run = run.end()
    inputs = [os.path.basename(event["input"]) for event in run.events("message")]
    tap.equal(inputs, ["one.pcap"] * 4 + ["two.pcap"] * 5, "events name their input")
    run = Follow("-r", one, "--follow")
    tap.ok(run.until(lambda: run.out.count(b"OPEN") >= 2), "--lines is the default for a followed file", run.out)
    run.end()
    run = bgpwhy("-i", "lo", "--follow")
    tap.ok(run.status == 2 and "--follow" in run.complaints[0], "--follow needs -r", *run.complaints)


def check_counts(tap, scratch):
    one = scratch.write("count1.pcap", story().pcap())
    two = scratch.write("count2.pcap", story(port=40001, begin=packets.BEGIN + 2500).pcap())
    for count in (1, 4, 9):
        run = bgpwhy("-r", one, "-r", two, "-c", str(count), "--json")
        ends = {short(event["input"]): event["packets"] for event in run.events("capture")
                if event["state"] == "end"}
        # Packets are a millisecond apart; the second file begins 2.5 ms after the first.
        times = sorted([(when, "count1.pcap") for when, _ in story().frames] +
                       [(when, "count2.pcap") for when, _ in story(begin=packets.BEGIN + 2500).frames])[:count]
        expected = {name: sum(name == one for _, one in times) for name in ("count1.pcap", "count2.pcap")}
        tap.equal(ends, expected, f"-c {count} over two files counts what was analysed")


def check_packed(tap, scratch):
    capture = shut_down().pcap()
    half = len(capture) // 2
    cases = [("members.pcap.gz", gzip.compress(capture[:half]) + gzip.compress(capture[half:]), None),
             ("padded.pcap.gz", gzip.compress(capture) + bytes(600), None),
             ("garbage.pcap.gz", gzip.compress(capture) + b"garbage", "not gzip follow"),
             ("garbage1f.pcap.gz", gzip.compress(capture) + b"\x1f\x00bage", "not gzip follow"),
             ("cut.pcap.gz", gzip.compress(capture) + b"\x1f", "ends early")]
    if shutil.which("zstd"):
        def pack(data):
            return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
        cases += [("frames.pcap.zst", pack(capture[:half]) + pack(capture[half:]), None),
                  ("garbage.pcap.zst", pack(capture) + b"garbage", "zstd data is damaged")]
    for name, data, complaint in cases:
        path = scratch.write(name, data)
        tool = ["gunzip" if name.endswith("gz") else "unzstd", "-c"]
        with open(path, "rb") as file:
            theirs = subprocess.run(tool, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        run = bgpwhy("-r", path, "--json")
        tap.equal(len(run.events("message")), 5, f"{name}: all that can be read")
        good = not run.complaints if complaint is None else len(run.complaints) == 1 and complaint in run.complaints[0]
        tap.ok(good, f"{name}: {complaint or 'no word'}", *run.complaints)
        tap.equal(run.status, 1 if complaint is None else 2, f"{name}: exit status")
        tap.equal(theirs.returncode == 0, complaint is None, f"{name}: {tool[0]} thinks so too")


def header(order="<", magic=0xA1B2C3D4, version=(2, 4), snaplen=262144, link=1, tail=b""):
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, link) + tail


def records(frames, order="<", unit=1, swapped=False, tail=b""):
    out = b""
    for when, frame in frames:
        sizes = (len(frame) + 4, len(frame)) if swapped else (len(frame), len(frame) + 4)
        out += struct.pack(order + "IIII", when // 1_000_000, when % 1_000_000 * unit, *sizes) + tail + frame
    return out


def check_headers(tap, scratch):
    frames = shut_down().frames
    size = len(records(frames))
    cases = {
        "snaplen 0": (header(snaplen=0) + records(frames), 6),
        "big endian": (header(">") + records(frames, ">"), 6),
        "nanoseconds": (header(magic=0xA1B23C4D) + records(frames, unit=1000), 9),
        "nanoseconds, big endian": (header(">", magic=0xA1B23C4D) + records(frames, ">", 1000), 9),
        "Kuznetzov's": (header(magic=0xA1B2CD34) + records(frames, tail=bytes(8)), 6),
        "IXIA hardware": (header(magic=0x1C0001AC, tail=struct.pack("<I", size)) + records(frames, unit=1000), 9),
        "IXIA software": (header(magic=0x1C0001AB, tail=struct.pack("<I", size)) + records(frames), 6),
        "FCS bits": (header(link=1 | 0x04000000 | 2 << 28) + records(frames), 6),
        "version 2.2": (header(version=(2, 2)) + records(frames, swapped=True), 6),
        "version 2.3, the old way": (header(version=(2, 3)) + records(frames, swapped=True), 6),
        "version 2.3, the new way": (header(version=(2, 3)) + records(frames), 6),
    }
    for name, (data, digits) in cases.items():
        path = scratch.write("header.pcap", data)
        run = bgpwhy("-r", path, "--json")
        tap.equal((len(run.events("message")), run.complaints), (5, []), f"header: {name}")
        fraction = run.events("message")[0]["time"].split(".")[1] if run.events("message") else ""
        tap.equal(len(fraction) - 1, digits, f"header: {name}: precision")
        # Older versions of tshark take IXIA's nanoseconds for microseconds.
        if shutil.which("tshark") and name != "IXIA hardware":
            tap.equal([(event["frame"], event["time"]) for event in run.events("message")],
                      tshark_messages(path, digits), f"header: {name}: frames and times as tshark's")
    for link, words in ((105, ("IEEE802_11", "105")), (147, ("147",)), (9999, ("number 9999",))):
        run = bgpwhy("-r", scratch.write("link.pcap", header(link=link) + records(frames)))
        tap.ok(run.status == 2 and len(run.complaints) == 1 and all(word in run.complaints[0] for word in words),
               f"link type {link} is named", *run.complaints)
        data = by_hand([section("<"), interface("<", link), enhanced("<", 0, *frames[0])])
        run = bgpwhy("-r", scratch.write("link.pcapng", data))
        tap.ok(run.status == 2 and len(run.complaints) == 1 and all(word in run.complaints[0] for word in words),
               f"link type {link} is named in a pcapng", *run.complaints)


def check_names(tap, scratch):
    for name in ("-r", "--", "--json", "-", "a b", "x.pcap.txt"):
        with open(scratch.path(name), "wb") as file:
            file.write(story().pcap())
        path = "./-" if name == "-" else name
        run = bgpwhy("-r", path, "--json", cwd=scratch.folder)
        tap.equal((len(run.events("message")), run.complaints), (4, []), f"a file named {name!r}")
    run = bgpwhy("-r", "a b", "--json", "--", "udp", cwd=scratch.folder)
    tap.equal((len(run.events("message")), run.complaints), (0, []), "an expression behind --")


# pcapng, block by block.

def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) +
                 option(order, 1, b"a comment") + struct.pack(order + "HH", 0, 0))


def interface(order, link, snaplen=0, resolution=None, offset=None):
    body = struct.pack(order + "HHI", link, 0, snaplen) + option(order, 2, b"eth0")
    if resolution is not None:
        body += option(order, 9, bytes([resolution]))
    if offset is not None:
        body += option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, body + struct.pack(order + "HH", 0, 0))


def enhanced(order, number, stamp, frame):
    return block(order, 6, struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(frame),
                                       len(frame)) + frame + bytes(-len(frame) % 4) +
                 option(order, 1, b"a comment") + struct.pack(order + "HH", 0, 0))


def obsolete(order, number, stamp, frame):
    return block(order, 2, struct.pack(order + "HHIIII", number, 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame),
                                       len(frame)) + frame)


def simple(order, frame):
    return block(order, 3, struct.pack(order + "I", len(frame)) + frame)


def by_hand(blocks):
    return b"".join(blocks)


def others(order):
    """Blocks that are passed over: name resolution, custom ones, secrets, statistics, an unknown type."""
    return [block(order, 4, struct.pack(order + "HH", 1, 8) + bytes([192, 0, 2, 1]) + b"abc\0" +
                  struct.pack(order + "HH", 0, 0)),
            block(order, 0xBAD, struct.pack(order + "I", 32473) + b"custom"),
            block(order, 0x40000BAD, struct.pack(order + "I", 32473) + b"custom"),
            block(order, 10, struct.pack(order + "II", 0x544C534B, 4) + b"keys"),
            block(order, 0x80001234, b"of some vendor")]


def tshark_messages(path, digits):
    """(frame, time) of each BGP message as tshark tells them."""
    done = subprocess.run(["tshark", "-n", "-r", path, "-Y", "bgp", "-T", "fields", "-e", "frame.number", "-e",
                           "frame.time_epoch", "-e", "bgp.type"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True, text=True, env={**os.environ, "TZ": "UTC"})
    found = []
    for line in done.stdout.splitlines():
        frame, when, types = line.split("\t")
        seconds, fraction = when.split(".")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(seconds)))
        found += [(int(frame), f"{stamp}.{fraction[:digits]}Z")] * len(types.split(","))
    return found


def mixed_pcapng():
    """Two sections of both byte orders; Ethernet and raw IP; many units of time; every packet block."""
    frames = shut_down().frames
    raw = 101
    units = [(1, None, None, lambda when: when),
             (raw, 3, None, lambda when: when // 1000),
             (1, 9, None, lambda when: when * 1000),
             (raw, 0x80 | 20, None, lambda when: -(-when * 2 ** 20 // 1_000_000)),
             (1, 6, 1_600_000_000, lambda when: when - 1_600_000_000 * 1_000_000)]
    out = []
    for number, order in enumerate("<>"):
        out.append(section(order))
        out += [interface(order, link, 65535 + i, resolution, offset)
                for i, (link, resolution, offset, _) in enumerate(units)]
        out += others(order)
        half = frames[:6] if number == 0 else frames[6:]
        for i, (when, frame) in enumerate(half):
            which = i % len(units)
            link, _, _, stamp = units[which]
            data = frame[14:] if link == raw else frame
            make = obsolete if i == 2 else enhanced
            out.append(make(order, which, stamp(when), data))
            out += others(order)[i % 5:]
    return by_hand(out)


def check_pcapng(tap, scratch):
    path = scratch.write("mixed.pcapng", mixed_pcapng())
    run = bgpwhy("-r", path, "--json")
    whole = bgpwhy("-r", scratch.write("plain.pcap", shut_down().pcap()), "--json")
    tap.equal((kinds(run.events()), run.complaints), (kinds(whole.events()), []),
              "a pcapng of every block, unit and byte order")
    if shutil.which("tshark"):
        ours = [(event["frame"], event["time"][:23]) for event in run.events("message")]
        theirs = [(frame, when[:23]) for frame, when in tshark_messages(path, 9)]
        tap.equal(ours, theirs, "its frames and times are tshark's")
    frames = shut_down().frames
    simple_only = by_hand([section(">"), interface(">", 1, 96)] + [simple(">", frame) for _, frame in frames])
    run = bgpwhy("-r", scratch.write("simple.pcapng", simple_only), "--json")
    tap.equal(kinds(run.events()), kinds(whole.events()), "simple packet blocks", *run.complaints)
    # The filter is compiled for each link type.
    run = bgpwhy("-r", path, "--json", "tcp port 179 and not host 203.0.113.1")
    tap.equal(kinds(run.events()), kinds(whole.events()), "an expression fits all link types", *run.complaints)
    drops = by_hand([section("<"), interface("<", 1), interface("<", 1), enhanced("<", 0, *frames[0])] +
                    [block("<", 5, struct.pack("<III", i, 0, 0) + option("<", 5, struct.pack("<Q", n)) +
                           struct.pack("<HH", 0, 0)) for i, n in ((0, 3), (1, 4), (0, 5))])
    end = bgpwhy("-r", scratch.write("drops.pcapng", drops), "--json").events("capture")[-1]
    tap.equal((end["dropped"], "kernel-drops" in end["artefacts"]), (9, True), "statistics of each interface are summed")


def check_wireshark_tools(tap, scratch):
    if not all(map(shutil.which, ("editcap", "mergecap", "tshark"))):
        tap.skip("captures by Wireshark's tools", "editcap, mergecap or tshark is missing")
        return
    names = [os.path.join(PCAPS, name) for name in ("bad-peer-as.pcap", "hold-timer-expired.pcap")]
    names = [name for name in names if os.path.exists(name)] or captures()[:2]
    merged, edited = scratch.path("merged.pcapng"), scratch.path("edited.pcap")
    subprocess.run(["mergecap", "-F", "pcapng", "-w", merged, *names], check=True)
    subprocess.run(["editcap", "-F", "nsecpcap", merged, edited], check=False, stderr=subprocess.DEVNULL)
    for path in (merged, edited):
        if not os.path.exists(path) or os.path.getsize(path) == 0:
            tap.skip(short(path), "could not be made")
            continue
        run = bgpwhy("-r", path, "--json")
        # Messages that end in the frame where they begin: reassembly is tested elsewhere.
        ours = {(event["frame"], event["time"][:26]) for event in run.events("message")}
        theirs = {(frame, when[:26]) for frame, when in tshark_messages(path, 9)}
        tap.ok(ours and ours <= theirs, f"{short(path)}: frames and times are tshark's", sorted(ours - theirs)[:5])


def magic(path):
    with open(path, "rb") as file:
        return file.read(4)


PCAP, NANOSECONDS, PCAPNG = b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a"


def check_write(tap, scratch):
    micro = scratch.write("w.pcap", shut_down().pcap())
    nano = scratch.write("n.pcap", header(magic=0xA1B23C4D) + records(shut_down(port=40001).frames, unit=1000))
    raw = scratch.write("raw.pcap", header(link=101) +
                        records([(when, frame[14:]) for when, frame in shut_down(port=40002).frames]))
    mixed = scratch.write("mixed.pcapng", mixed_pcapng())
    out = scratch.path("out")
    for inputs, expected in (((micro,), PCAP), ((nano,), NANOSECONDS), ((micro, nano), NANOSECONDS),
                             ((raw,), PCAP), ((micro, raw), PCAPNG), ((mixed,), PCAPNG)):
        name = " ".join(map(short, inputs))
        args = [word for path in inputs for word in ("-r", path)]
        run = bgpwhy(*args, "--json", "-w", out)
        tap.equal(magic(out), expected, f"-w of {name}: the format", *run.complaints)
        again = bgpwhy("-r", out, "--json")
        tap.equal([(event["type"], event["time"][:26]) for event in again.events("message")],
                  [(event["type"], event["time"][:26]) for event in run.events("message")],
                  f"-w of {name}: the same messages at the same times", *again.complaints)
        if shutil.which("tshark"):
            done = subprocess.run(["tshark", "-n", "-r", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            tap.equal((done.returncode, done.stdout.count(b"\n")), (0, 11 * len(inputs)), f"-w of {name}: tshark reads it",
                      done.stderr)
    bgpwhy("-r", micro, "--json", "-w", out, "udp")
    tap.equal((magic(out), os.path.getsize(out)), (PCAP, 24), "-w of no packet at all is a capture")
    # The same file, by any name.
    link = scratch.path("link")
    os.symlink(micro, link)
    before = shut_down().pcap()
    for target in (micro, link, os.path.join(scratch.folder, ".", "w.pcap")):
        run = bgpwhy("-r", micro, "--json", "-w", target)
        tap.ok(run.status == 2 and len(run.complaints) == 1 and "same file" in run.complaints[0] and not run.out,
               f"-w over what is read is refused: {short(target)}", *run.complaints)
    with open(micro, "ab") as file:
        done = subprocess.run([BGPWHY, "-r", micro, "-w", "-"], stdout=file, stderr=subprocess.PIPE,
                              timeout=SECONDS, check=False)
    tap.ok(done.returncode == 2 and b"same file" in done.stderr, "and by standard output", done.stderr)
    database = scratch.path("same.db")
    bgpwhy("-r", micro, "--json", "--db", database)
    size = os.path.getsize(database)
    run = bgpwhy("-r", micro, "--json", "--db", database, "-w", database)
    tap.ok(run.status == 2 and "same file" in run.complaints[0] and os.path.getsize(database) == size,
           "and over the database", *run.complaints)
    with open(micro, "rb") as file:
        tap.ok(file.read() == before, "what is read stays as it was")


def check_write_pipe(tap, scratch):
    path = scratch.write("pipe.pcap", shut_down().pcap())
    readers = [[BGPWHY, "-r", "-", "--json"]]
    if shutil.which("tshark"):
        readers.append(["tshark", "-n", "-r", "-", "-Y", "bgp", "-T", "fields", "-e", "bgp.type"])
    for reader in readers:
        writer = subprocess.Popen([BGPWHY, "-r", path, "-w", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        done = subprocess.run(reader, stdin=writer.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=SECONDS, check=False)
        writer.stdout.close()
        err = writer.stderr.read()
        writer.stderr.close()
        tap.equal((writer.wait(SECONDS), err), (1, b""), f"-w - into {short(reader[0])}")
        count = done.stdout.count(b'"event":"message"') if reader[0] == BGPWHY else done.stdout.count(b"\n")
        tap.equal(count, 5, f"{short(reader[0])} reads it")
    if not os.path.exists("/dev/full"):
        tap.skip("-w on a full disk", "no /dev/full")
        return
    big = story()
    for _ in range(400):
        big.say(CLIENT, packets.KEEPALIVE)
    for name, talk in (("small", story()), ("large", big)):
        run = bgpwhy("-r", scratch.write("full.pcap", talk.pcap()), "--json", "-w", "/dev/full")
        tap.ok(run.status == 2 and len(run.complaints) == 1 and "/dev/full" in run.complaints[0],
               f"-w on a full disk is one line: {name}", *run.complaints)
        tap.ok(run.events("session"), f"and the view goes on: {name}")


def judged(run):
    """What a reader takes home."""
    sessions = [{key: event[key] for key in ("local", "remote", "asn", "state", "messages", "established_count",
                                             "verdict", "primary_cause")} for event in run.events("session")]
    findings = sorted((event["cause"], event["severity"], event["confidence"], str(event["blame"]), event["count"])
                      for event in run.events("finding"))
    return sessions, findings, run.status


def check_round_trip(tap, scratch):
    """What -w keeps is all that the verdicts rest on."""
    out = scratch.path("round")
    differ = []
    for path in captures():
        first = bgpwhy("-r", path, "--json", "-w", out)
        second = bgpwhy("-r", out, "--json")
        if judged(first) != judged(second):
            differ.append(short(path))
    tap.none(differ, "what -w writes has the same verdicts, for every capture")


def check_signals(tap, scratch):
    """SIGINT in the middle of a large file, though nothing of it passes the filter; a second signal."""
    if shutil.which("zstd"):
        frame = packets.ethernet(CLIENT, SERVER, 17, struct.pack(">HHHH", 9, 9, 8, 0))
        chunk = records([(packets.BEGIN, frame)]) * 20000
        path = scratch.path("large.pcap.zst")
        with open(path, "wb") as file:
            packer = subprocess.Popen(["zstd", "-1qc"], stdin=subprocess.PIPE, stdout=file)
            packer.stdin.write(shut_down().pcap())
            for _ in range(800):
                packer.stdin.write(chunk)
            packer.stdin.close()
            packer.wait()
        begin = time.monotonic()
        run = Follow("-r", path, "--json", "tcp")
        run.until_messages(5)
        run = run.end(signal.SIGINT)
        took = time.monotonic() - begin
        tap.ok(run.status == 1 and len(run.events("session")) == 1 and not run.complaints,
               "SIGINT in the middle of a large file shows everything seen", run.status, *run.complaints)
        began = time.monotonic()
        subprocess.run([BGPWHY, "-r", path, "--json", "tcp"], stdout=subprocess.DEVNULL, check=False, timeout=SECONDS)
        whole = time.monotonic() - began
        tap.ok(took < whole, "and stops reading", f"{took:.2f} s with the signal, {whole:.2f} s without")
    else:
        tap.skip("SIGINT in the middle of a large file", "zstd is not installed")
    # Nobody reads what it writes: the first signal is noted, a second one ends it.
    talk = story()
    for _ in range(3000):
        talk.say(CLIENT, packets.KEEPALIVE)
    process = subprocess.Popen([BGPWHY, "-r", scratch.write("stuck.pcap", talk.pcap()), "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # as `timeout` does
    time.sleep(1.3)
    tap.ok(process.poll() is None, "a signal that comes twice at once is one")
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
    err = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    tap.equal((process.wait(), err.count(b"\n")), (2, 1), "a second one ends the program, with a word", err)


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # root is given up: the name of a followed file must be seen
        scratch = Scratch(folder)
        tap.attempt("a growing file", check_growing, scratch)
        tap.attempt("rotation", check_rotation, scratch)
        tap.attempt("silence", check_silence, scratch)
        tap.attempt("several files followed", check_several_followed, scratch)
        tap.attempt("counts", check_counts, scratch)
        tap.attempt("packed files", check_packed, scratch)
        tap.attempt("headers", check_headers, scratch)
        tap.attempt("names", check_names, scratch)
        tap.attempt("pcapng", check_pcapng, scratch)
        tap.attempt("Wireshark's tools", check_wireshark_tools, scratch)
        tap.attempt("-w", check_write, scratch)
        tap.attempt("-w into a pipe", check_write_pipe, scratch)
        tap.attempt("-w and back", check_round_trip, scratch)
        tap.attempt("signals", check_signals, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
