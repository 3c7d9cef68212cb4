#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: bad input, exit statuses, signals, and no text from the wire raw on a terminal."""
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time

import packets
from support import BGPWHY, PCAPS, SECONDS, Run, Tap, bgpwhy, need_program

VIEWS = ("--report", "--lines", "--json")


class Scratch:
    """Files for the tests, in a folder that anybody may enter."""

    def __init__(self, folder):
        self.folder = folder
        os.chmod(folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)


def shut_down():
    """A session that comes up and is shut down: a capture with one problem."""
    talk = packets.Conversation()
    talk.establish()
    talk.say(packets.SERVER, packets.notification(6, 2, b"\x05later"), after=1)
    talk.close(packets.SERVER)
    return talk


def complains(tap, name, run, *words, status=2, silent=True):
    """One clear line on standard error, and the exit status of the contract."""
    lines = run.complaints
    good = (run.status == status and len(lines) == 1 and lines[0].startswith("bgpwhy: ") and
            all(re.search(word, lines[0], re.IGNORECASE) for word in words) and
            not (silent and run.out))
    tap.ok(good, name, f"exit status {run.status}, expected {status}",
           f"one line with {words}, standard error is:", *lines, f"standard output: {run.out[:200]!r}")


def unprivileged(path):
    """The command that runs the program as nobody, if we are somebody; from a place nobody can reach."""
    if os.geteuid() != 0:
        return [BGPWHY]
    shutil.copy(BGPWHY, path)
    os.chmod(path, 0o755)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
            "--bounding-set=-all", "--inh-caps=-all", path]


def check_bad_input(tap, scratch):
    capture = shut_down().pcap()
    good = scratch.write("good.pcap", capture)
    missing = scratch.path("missing.pcap")
    complains(tap, "no such file", bgpwhy("-r", missing), "missing.pcap", "no such file")
    complains(tap, "a directory", bgpwhy("-r", scratch.folder), "directory|not a capture")
    complains(tap, "an empty file", bgpwhy("-r", scratch.write("empty.pcap", b"")), "empty.pcap")
    text = scratch.write("text.pcap", b"this is no capture, but some text that goes on for a while\n" * 9)
    complains(tap, "a text file", bgpwhy("-r", text), "text.pcap")
    complains(tap, "text on standard input", bgpwhy("-r", "-", input=b"this is no capture\n" * 9))
    complains(tap, "nothing on standard input", bgpwhy("-r", "-", input=b""))
    complains(tap, "a damaged gzip file",
              bgpwhy("-r", scratch.write("bad.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00nonsense")), "bad.gz")
    complains(tap, "an unknown link type",
              bgpwhy("-r", scratch.write("odd.pcap", shut_down().pcap(link_type=147))), "odd.pcap", "link")
    complains(tap, "a bad BPF expression", bgpwhy("-r", good, "host", "and", "and"), "syntax|expression|filter")
    complains(tap, "an unknown flag", bgpwhy("--no-such-flag"), "no-such-flag")
    complains(tap, "an unknown letter", bgpwhy("-J"), "J")
    complains(tap, "a flag without its value", bgpwhy("-r"), "r")
    complains(tap, "no input at all", bgpwhy())
    complains(tap, "a port that is none", bgpwhy("-r", good, "--port", "70000"), "70000")
    complains(tap, "a colour that is none", bgpwhy("-r", good, "--color=purple"), "purple")
    complains(tap, "an unknown interface", bgpwhy("-i", "nosuch0", "--lines"), "nosuch0")
    complains(tap, "file and interface at once", bgpwhy("-r", good, "-i", "lo", "--lines"))
    complains(tap, "a database that is text", bgpwhy("--db", text, "--json"), "text.pcap")
    with open(text, "rb") as file:
        before = file.read()
    run = bgpwhy("-r", good, "--json", "--db", text)
    complains(tap, "a database to write that is text", run, "text.pcap", silent=False)
    with open(text, "rb") as file:
        tap.ok(file.read() == before, "it is left as it was")
    complains(tap, "a database that is not there", bgpwhy("--db", scratch.path("none.db"), "--json"), "none.db")
    tap.ok(not os.path.exists(scratch.path("none.db")), "it is not made")
    other = scratch.path("other.db")
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE message (a)")
        db.commit()
    complains(tap, "a database of another program", bgpwhy("--db", other, "--json"), "other.db")
    complains(tap, "a database in a place that is not there",
              bgpwhy("-r", good, "--json", "--db", scratch.path("no/such/x.db")), "x.db", silent=False)
    complains(tap, "-w to a place that is not there",
              bgpwhy("-r", good, "--json", "-w", scratch.path("no/such/x.pcap")), "x.pcap", silent=False)


def check_cut(tap, scratch):
    """A cut file: analysed as far as it goes, said so, exit status 2."""
    capture = shut_down().pcap()
    whole = bgpwhy("-r", scratch.write("whole.pcap", capture), "--json")
    tap.equal(whole.status, 1, "a whole capture of a shutdown exits 1", *whole.complaints)
    for name, size in (("in a packet", len(capture) - 7), ("in a packet's header", len(capture) - 60)):
        path = scratch.write("cut.pcap", capture[:size])
        for view in VIEWS:
            run = bgpwhy("-r", path, view)
            complains(tap, f"a capture cut {name}: {view}", run, "cut.pcap", silent=False)
            tap.ok(run.out, f"a capture cut {name}: {view} shows what there was")
        events = bgpwhy("-r", path, "--json").events()
        kept = [event["type"] for event in events if event["event"] == "message"]
        tap.equal(kept, [event["type"] for event in whole.events("message")],
                  f"a capture cut {name}: its messages")
        tap.equal(len([event for event in events if event["event"] == "session"]), 1,
                  f"a capture cut {name}: its session")
        db = scratch.path(f"cut{size}.db")
        bgpwhy("-r", path, "--json", "--db", db)
        with contextlib.closing(sqlite3.connect(db)) as stored:
            tap.equal(stored.execute("SELECT count(*) FROM message").fetchone()[0], len(kept),
                      f"a capture cut {name}: stored")
    path = scratch.path("cut.pcap")
    with open(path, "rb") as source:
        run = bgpwhy("-r", "-", "--json", stdin=source)
    complains(tap, "a cut capture on standard input", run, silent=False)
    tap.ok(run.events("session"), "a cut capture on standard input: its session")


def check_privileges(tap, scratch):
    command = unprivileged(scratch.path("bgpwhy"))
    if shutil.which("setpriv") is None and len(command) > 1:
        tap.skip("no permission on the interface", "setpriv is not installed")
        return
    environment = {**os.environ, "TMPDIR": "/tmp"}

    def run(*args):
        done = subprocess.run([*command, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
                              stdin=subprocess.DEVNULL, timeout=SECONDS, check=False, env=environment)
        return Run(done.returncode, done.stdout, done.stderr)

    complains(tap, "no permission on the interface", run("-i", "lo", "--lines"), "lo", "permi|not permitted")
    secret = scratch.write("secret.pcap", shut_down().pcap())
    os.chmod(secret, 0)
    complains(tap, "no permission on the file", run("-r", secret), "secret.pcap", "permission")
    good = scratch.path("good.pcap")
    unwritable = scratch.path("unwritable.db")
    refused = run("-r", good, "--json", "--db", unwritable)
    complains(tap, "a database that may not be written", refused, "unwritable.db", silent=False)


def check_help(tap):
    run = bgpwhy("--version")
    tap.ok(run.status == 0 and re.match(r"bgpwhy \d+\.\d+", run.text) and not run.err, "--version",
           run.status, run.out, run.err)
    run = bgpwhy("-h")
    tap.ok(run.status == 0 and not run.err, "-h exits 0", run.status, run.err)
    flags = ["-i", "-r", "-w", "-c", "-s", "-B", "-p", "-D", "-F", "-Z", "-M", "-U", "-n", "-v", "-q",
             "--report", "--lines", "--json", "--ui", "--db", "--port", "--color", "--version"]
    missing = [flag for flag in flags if not re.search(rf"(^|[\s,\[|]){re.escape(flag)}\b", run.text)]
    tap.equal(missing, [], "-h names every flag")


def check_keys(tap):
    """-M: the lab's passwords are swordfish on 192.0.2.10 and marlin on 192.0.2.1."""
    def told(name, *keys):
        args = [word for key in keys for word in ("-M", key)]
        events = bgpwhy("-r", os.path.join(PCAPS, name), "--json", *args).events()
        faults = [one for one in events if one["event"] == "fault" and one["code"] == "tcp-auth-mismatch"]
        return bool(faults), [(one["cause"], one["confidence"], one["blame"]) for one in events
                              if one["event"] == "finding" and one["cause"].startswith("md5")]
    tap.equal(told("healthy-md5.pcap", "swordfish"), (False, []), "-M: the right key fits a healthy session")
    tap.equal(told("healthy-md5.pcap", "marlin"), (True, []), "-M: another key is a fault, no accusation")
    tap.equal(told("healthy-md5.pcap", "marlin", "swordfish"), (False, []), "-M twice: one of them fits")
    tap.equal(told("md5-mismatch.pcap"), (False, [("md5-mismatch", "likely", None)]), "no key: md5-mismatch is likely")
    for key, blame in (("swordfish", "192.0.2.1"), ("marlin", "192.0.2.10")):
        tap.equal(told("md5-mismatch.pcap", key), (True, [("md5-mismatch", "certain", blame)]),
                  f"-M {key}: md5-mismatch is certain, {blame} has another key")
    tap.equal(told("md5-mismatch.pcap", "plaice"), (True, [("md5-mismatch", "likely", None)]),
              "-M with neither key: nobody is blamed")
    tap.equal(told("md5-mismatch.pcap", "marlin", "swordfish"), (False, [("md5-mismatch", "certain", None)]),
              "-M with both keys: each side has another one")
    run = bgpwhy("-M", "", "-r", os.path.join(PCAPS, "healthy.pcap"))
    tap.ok(run.status == 2 and run.complaints, "-M with an empty key is refused", run.status)


def check_flags(tap, scratch):
    good = scratch.path("good.pcap")
    healthy = packets.Conversation()
    healthy.establish()
    for _ in range(3):
        healthy.say(packets.CLIENT, packets.KEEPALIVE, after=30)
        healthy.say(packets.SERVER, packets.KEEPALIVE)
    fine = scratch.write("fine.pcap", healthy.pcap())
    for view in VIEWS:
        run = bgpwhy("-r", fine, view)
        tap.ok(run.status == 0 and not run.err, f"a healthy session exits 0: {view}", run.status,
               *run.complaints, run.out.decode()[-2000:])
    default = bgpwhy("-r", good)
    tap.ok(default.out and default.out == bgpwhy("-r", good, "--report").out,
           "--report is the default for a file")
    tap.ok(b"\x1b" not in default.out, "no colour into a pipe")
    tap.ok(b"\x1b[" in bgpwhy("-r", good, "--color=always").out, "--color=always")
    plain = bgpwhy("-r", good, "--json")
    few = bgpwhy("-c", "4", "-r", good, "--json").events("capture")
    tap.equal(few[-1]["packets"], 4, "-c 4 reads 4 packets")
    udp = bgpwhy("-r", good, "--json", "udp").events("message")
    tap.equal(udp, [], "a BPF expression filters a file")
    expression = scratch.write("expression", b"udp\n")
    udp = bgpwhy("-r", good, "--json", "-F", expression).events("message")
    tap.equal(udp, [], "-F reads the expression")
    kept = scratch.path("kept.pcap")
    bgpwhy("-r", good, "--json", "-w", kept)
    again = [event["type"] for event in bgpwhy("-r", kept, "--json").events("message")]
    tap.equal(again, [event["type"] for event in plain.events("message")],
              "-w keeps the packets of the session")
    moved = packets.Conversation()
    moved.port[packets.SERVER] = 1790
    moved.establish()
    elsewhere = scratch.write("port.pcap", moved.pcap())
    tap.equal(bgpwhy("-r", elsewhere, "--json").events("message"), [], "port 1790 is not BGP's")
    told = bgpwhy("-r", elsewhere, "--json", "--port", "1790").events("message")
    tap.equal(len(told), 4, "--port 1790 makes it so")
    if os.path.isdir("/sys/class/net/lo"):
        run = bgpwhy("-D")
        tap.ok(run.status == 0 and re.search(r"\blo\b", run.text), "-D lists the interfaces",
               run.status, run.out, run.err)


def check_full_disk(tap, scratch):
    """Standard output that cannot be written to: said, exit status 2."""
    if not os.path.exists("/dev/full"):
        tap.skip("standard output that is full", "no /dev/full")
        return
    for view in VIEWS:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BGPWHY, "-r", scratch.path("good.pcap"), view], stdout=full,
                                  stderr=subprocess.PIPE, timeout=SECONDS, check=False)
        complains(tap, f"standard output that is full: {view}", Run(done.returncode, b"", done.stderr))
    process = subprocess.Popen([BGPWHY, "-r", scratch.path("good.pcap"), "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(SECONDS)
    tap.ok(b"Sanitizer" not in err, "a reader that goes away does no harm", process.returncode, err)


def check_signals(tap, scratch):
    """SIGINT and SIGTERM while standard input waits: everything seen is stored and shown."""
    capture = shut_down().pcap()
    whole = bgpwhy("-r", scratch.path("good.pcap"), "--json")
    for number in (signal.SIGINT, signal.SIGTERM):
        name = signal.Signals(number).name
        db = scratch.path(f"{name}.db")
        process = subprocess.Popen([BGPWHY, "-r", "-", "--json", "--db", db], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(capture)
        process.stdin.flush()
        time.sleep(1.5)
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        run = Run(process.returncode, out, err)
        tap.equal(run.status, 1, f"{name} ends a run with its exit status", *run.complaints)
        tap.equal([event["event"] for event in run.events()], [event["event"] for event in whole.events()],
                  f"{name}: everything seen is shown")
        with contextlib.closing(sqlite3.connect(db)) as stored:
            tap.equal(stored.execute("SELECT count(*) FROM message").fetchone()[0],
                      len(whole.events("message")), f"{name}: everything seen is stored")


def check_live_pipe(tap):
    """What comes through a pipe is shown while the pipe stays open."""
    capture = shut_down().pcap()
    process = subprocess.Popen([BGPWHY, "-r", "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdin.write(capture)
    process.stdin.flush()
    seen, end = b"", time.monotonic() + 10
    while b'"NOTIFICATION"' not in seen and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.5)[0]:
            seen += os.read(process.stdout.fileno(), 65536)
    tap.ok(b'"NOTIFICATION"' in seen, "a pipe is shown as it comes", seen[-300:])
    process.stdin.close()
    process.stdout.read()
    process.stdout.close()
    process.stderr.close()
    process.wait(SECONDS)


# What a peer may put into its shutdown communication (RFC 9003) to play with the reader's terminal.
HOSTILE = ("title \x1b]0;pwned\x07 red \x1b[31m csi \u009b31m bell \x07 rtl \u202eevil\u202c "
           "isolate \u2066x\u2069 del \x7f nul \x00 line\nnext\ttab \u200f\u061c end").encode()
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TERMINAL = re.compile(rb"\x1b\[[0-9;]*m")


def hostile_capture(text):
    talk = packets.Conversation()
    talk.establish()
    talk.say(packets.SERVER, packets.notification(6, 2, bytes([len(text)]) + text))
    talk.close(packets.SERVER)
    return talk.pcap()


def on_terminal(command, keys, columns=100, rows=40):
    """Everything that a program writes to a terminal while the keys are typed, half a second apart."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    written, keys = b"", list(keys)
    with contextlib.suppress(OSError):
        while True:
            if select.select([fd], [], [], 0.7)[0]:
                got = os.read(fd, 65536)
                if not got:
                    break
                written += got
            elif keys:
                os.write(fd, keys.pop(0).encode())
            else:
                break
    os.close(fd)
    end = time.monotonic() + 10
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return written, os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return written, None
        time.sleep(0.05)


def check_hostile_text(tap, scratch):
    path = scratch.write("hostile.pcap", hostile_capture(HOSTILE))
    db = scratch.path("hostile.db")
    for view in VIEWS:
        for flags in ([], ["--color=always"], ["-v"]):
            run = bgpwhy("-r", path, view, *flags, *(["--db", db] if view == "--json" and not flags else []))
            text = TERMINAL.sub(b"", run.out).decode()
            tap.equal(CONTROL.findall(text), [], f"hostile text: {view} {' '.join(flags)}", text[:3000])
        again = TERMINAL.sub(b"", bgpwhy("--db", db, view).out).decode() if os.path.exists(db) else ""
        tap.equal(CONTROL.findall(again), [], f"hostile text out of the database: {view}")
    run = bgpwhy("-r", path, "--json")
    said = [event["notification"]["text"] for event in run.events("message") if event["type"] == "NOTIFICATION"]
    tap.equal(said, [HOSTILE.decode()], "JSON escapes the text and keeps it")
    tap.ok(b"later" in bgpwhy("-r", scratch.path("good.pcap")).out, "a report shows a harmless text")
    raw = b"caf\xe9 \xff\xfe"
    bad = scratch.write("latin1.pcap", hostile_capture(raw))
    said = [event["notification"] for event in bgpwhy("-r", bad, "--json").events("message")
            if event["type"] == "NOTIFICATION"]
    tap.equal([(one["text"], one["data"]) for one in said], [(None, (bytes([len(raw)]) + raw).hex())],
              "text that is no UTF-8 is null, its octets are data")


def check_hostile_terminal(tap, scratch):
    path = scratch.write("hostile.pcap", hostile_capture(HOSTILE))
    try:
        written, status = on_terminal([BGPWHY, "-r", path, "--ui"], ["\r", "a", "\t", "\t", "Q"])
    except OSError as error:
        tap.skip("hostile text: --ui", f"no pseudo terminal here: {error}")
        return
    traces = [trace for trace in (b"\x1b]0;pwned", b"pwned\x07", "\u202e".encode(), "\u009b".encode(), b"\x7f")
              if trace in written]
    tap.equal(traces, [], "hostile text: --ui")
    tap.ok(b"192.0.2.1" in written, "--ui shows the session", written[-500:])
    tap.equal(status, 1, "--ui ends with Q, and with the exit status of every view")


def main():
    need_program()
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(folder)
        tap.attempt("bad input", check_bad_input, scratch)
        tap.attempt("a cut capture", check_cut, scratch)
        tap.attempt("privileges", check_privileges, scratch)
        tap.attempt("help", check_help)
        tap.attempt("keys", check_keys)
        tap.attempt("flags", check_flags, scratch)
        tap.attempt("full disk", check_full_disk, scratch)
        tap.attempt("signals", check_signals, scratch)
        tap.attempt("a live pipe", check_live_pipe)
        tap.attempt("hostile text", check_hostile_text, scratch)
        tap.attempt("hostile text on a terminal", check_hostile_terminal, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
