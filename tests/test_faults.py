#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens around the program: no memory, no descriptors, no room, no reader, no terminal, a clock that steps.

Whatever fails, it ends by itself and with an exit status that says so, and what is in the database is whole. What
failed may also have been no matter: then all is as without the fault. It is the program as released that is
looked at, since a sanitizer has its own allocator; FAULTS=all tries every allocation instead of some, and arguments
name the kinds of run (FAULTS=all tests/test_faults.py 'a database').
"""
import contextlib
import os
import pty
import random
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import packets
from support import BGPWHY, PCAPS, SOURCE, Tap, skip_all

RELEASED = os.path.join(SOURCE, "build", "bgpwhy")
INJECTOR = os.environ.get("FAULTS_INJECTOR")
ALL = os.environ.get("FAULTS") == "all"
SECONDS = 30
CAPTURE = os.path.join(PCAPS, "bad-peer-as.pcap")
LARGE = os.path.join(PCAPS, "large-table.pcap")


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


PROGRAM = RELEASED if is_sanitized(BGPWHY) else BGPWHY


def ended(process, seconds=SECONDS):
    """(exit status, None where it hung; out; err)"""
    try:
        out, err = process.communicate(timeout=seconds)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return None, out, err


def run(args, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    return ended(subprocess.Popen([PROGRAM, *args], stderr=subprocess.PIPE, **options))


def torn(path):
    """What is wrong with a database; None where nothing is, or where there is none."""
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return None
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            found = [row[0] for row in db.execute("PRAGMA integrity_check")]
            broken = db.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        return str(error)
    return None if found == ["ok"] and not broken else f"{found} {broken[:3]}"


def rows(path):
    """All that a database holds of its events; None where there is none. Of the runs it has the times of day."""
    if not os.path.exists(path):
        return None
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = [name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if name != "run"]
        return sorted(repr((name, *row)) for name in tables for row in db.execute(f'SELECT * FROM "{name}"'))


def clear(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def with_failing(args, number, rest, child):
    """Whether it came to that allocation ('p': one of libpcap's own), and how the run ended."""
    seen, told = os.pipe()
    # A locale that cannot be loaded gives other glyphs, and that is no fault.
    environment = dict(os.environ, LC_ALL="C", LD_PRELOAD=INJECTOR, FAIL_AT=str(number), FAIL_FD=str(told))
    if rest:
        environment["FAIL_REST"] = "1"
    if child:
        environment["FAIL_CHILD"] = "1"
    process = subprocess.Popen([PROGRAM, *args], env=environment, pass_fds=[told], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(told)
    end = ended(process)
    os.set_blocking(seen, False)
    with contextlib.suppress(BlockingIOError):
        hit = os.read(seen, 1).decode()
        os.close(seen)
        return hit, end
    os.close(seen)
    return "", end


def judged(what, end, good, database, held=None):
    """None, or what is wrong. `held`: rows() of the database when all went well."""
    status, out, err = end
    if status is None:
        return f"{what}: hangs"
    if status < 0 or status > 2:
        return f"{what}: ends with {status}: {err[-200:]}"
    if status == 2 and not err:
        return f"{what}: exit status 2 without a word"
    if status != 2 and (status != good[0] or (out is not None and out != good[1])):
        return f"{what}: exit status {status}, and not all is there: {err[-200:]}"
    wrong = torn(database)
    if wrong:
        return f"{what}: the database: {wrong}"
    if status != 2 and held is not None and rows(database) != held:
        return f"{what}: exit status {status}, and the database does not hold all"
    return None


def inner_of(folder):
    return os.path.join(folder, "made")


def runs(folder):
    """Name, arguments, and whether the database must be there before."""
    database, written = os.path.join(folder, "x.db"), os.path.join(folder, "x.pcapng")
    packed = os.path.join(os.path.dirname(folder), "packed.pcap.gz")
    return [
        ("report", ["-r", CAPTURE], False),
        ("JSON", ["-r", CAPTURE, "--json", "-v"], False),
        ("two captures, -w", ["-r", CAPTURE, "-r", packed, "--lines", "-w", written, "port 179"], False),
        ("storing", ["-r", CAPTURE, "--json", "--db", database], False),
        ("both engines", ["-r", CAPTURE, "--report", "--check"], False),
        ("expectations", ["-r", CAPTURE, "--expect", os.path.join(SOURCE, "tests", "expect", "healthy.frr.conf")], False),
        ("libnids", ["-r", CAPTURE, "--lines", "--engine", "nids", "-M", "swordfish"], False),
        ("recording", ["-r", CAPTURE, "--report", "--any-port", "-Z", "root", "--record", inner_of(folder)], False),
        ("a database", ["--db", database, "--report"], True),
    ]


def check_memory(tap, folder):
    inner = os.path.join(folder, "memory")
    os.mkdir(inner)
    os.chmod(inner, 0o755)
    with open(CAPTURE, "rb") as file, open(os.path.join(folder, "packed.pcap"), "wb") as copy:
        shutil.copyfileobj(file, copy)
    subprocess.run(["gzip", "-f", os.path.join(folder, "packed.pcap")], check=True)
    database = os.path.join(inner, "x.db")
    chance = random.Random(9)
    tried = 0
    for name, args, needs in runs(inner):
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        if needs:
            clear(inner)
            run(["-Z", "root", "-r", CAPTURE, "--json", "--db", database])
            kept = os.path.join(folder, "kept.db")
            shutil.copy(database, kept)

        def fresh():
            clear(inner)
            if needs:
                shutil.copy(kept, database)
        fresh()
        good = run(args, env=dict(os.environ, LC_ALL="C"))
        held = rows(database) if "--db" in args else None
        last = 1
        while with_failing(args, last, False, False)[0]:
            fresh()
            last *= 2
        numbers = range(1, last + 1)
        if not ALL and last > 60:
            numbers = sorted(chance.sample(numbers, 60))
        problems, hits, theirs = [], 0, 0
        for number in numbers:
            for rest in (False, True):
                fresh()
                hit, end = with_failing(args, number, rest, False)
                hits += bool(hit)
                if hit == "p" and end[0] == -signal.SIGSEGV:
                    # The scanner of libpcap 1.10 follows a pointer to nowhere. The program sees to it that there
                    # is memory (capture/filter.c), which nothing but this injector then takes away.
                    theirs += 1
                    continue
                what = f"allocation {number}{' and all that follow' if rest else ''}"
                problems.append(judged(what, end, good if hit else end, database, held))
        tried += hits
        tap.ok(theirs <= 2 * args.count("-r"), f"no memory: {name}: libpcap's own scanner", theirs)
        tap.none([problem for problem in problems if problem], f"no memory: {name}: {hits} failures survived")
        tap.ok(hits >= 20, f"no memory: {name}: enough of them came to pass", hits)
    if len(sys.argv) > 1:
        return
    # The child that makes the filter of the sandbox.
    args, problems, hits = ["-r", CAPTURE, "--json"], [], 0
    good = run(args, env=dict(os.environ, LC_ALL="C"))
    for number in range(1, 8000, 1 if ALL else 97):
        hit, end = with_failing(args, number, False, True)
        if not hit:
            break
        hits += 1
        problems.append(judged(f"allocation {number}", end, good, database))
    tap.none([problem for problem in problems if problem],
             f"no memory for the sandbox's filter: {hits} failures survived")
    print(f"# {tried + hits} failed allocations")


def check_descriptors(tap, folder):
    inner = os.path.join(folder, "descriptors")
    os.mkdir(inner)
    os.chmod(inner, 0o755)
    database = os.path.join(inner, "x.db")
    args = ["-r", CAPTURE, "--json", "--db", database, "-w", os.path.join(inner, "x.pcap")]
    good = run(args)
    problems, refused = [], 0
    for number in range(3, 24):
        clear(inner)
        end = run(args, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number)))
        refused += end[0] == 2 or end[0] == 127
        # The loader itself needs one to read the libraries.
        if end[0] != 127:
            problems.append(judged(f"{number} descriptors", end, good, database))
    tap.none([problem for problem in problems if problem], "out of descriptors")
    tap.ok(3 <= refused <= 18, "out of descriptors: some runs could not be", refused)


def check_descriptors_later(tap, folder):
    """None is left while it runs: what would be recorded cannot be, a line says so, and all else goes on."""
    inner = os.path.join(folder, "later")
    os.mkdir(inner)
    database, made = os.path.join(inner, "x.db"), os.path.join(inner, "made")
    talk = packets.Conversation()
    talk.establish()
    head = len(talk.pcap())
    talk.say(packets.SERVER, packets.notification(6, 2))
    talk.close(packets.SERVER)
    for port in range(40001, 40020):
        talk.port[packets.CLIENT] = port
        talk.establish()
    data = talk.pcap()
    process = subprocess.Popen([PROGRAM, "-r", "-", "--json", "-Z", "root", "--db", database, "--record", made],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(data[:head])
    process.stdin.flush()
    end = time.monotonic() + 10
    while not os.path.exists(made) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.7)
    used = max(int(number) for number in os.listdir(f"/proc/{process.pid}/fd")) + 1
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used, used))
    process.stdin.write(data[head:])
    status, out, err = ended(process)
    tap.ok(status == 2 and err.count(b"\n") == 1 and b"open" in err, "no descriptor is left: a line says what could not be opened",
           status, err)
    tap.equal(out.count(b'"event":"message"'), 4 * 20 + 1, "no descriptor is left: all is shown")
    tap.equal(torn(database), None, "no descriptor is left: the database is whole")
    with contextlib.closing(sqlite3.connect(database)) as db:
        stored = db.execute("SELECT (SELECT count(*) FROM message), lost, finished FROM run").fetchone()
    tap.ok(stored[:2] == (81, 0) and stored[2] is not None, "no descriptor is left: all is stored", stored)


@contextlib.contextmanager
def small_disk(folder, size):
    point = os.path.join(folder, "disk")
    os.makedirs(point, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", point], check=True,
                   stderr=subprocess.DEVNULL)
    try:
        yield point
    finally:
        subprocess.run(["umount", point], check=True)


def check_disk(tap, folder):
    """Each output on a disk that fills up, and in a file that may not grow."""
    whole = run(["-r", LARGE, "--json"])
    tap.ok(whole[0] in (0, 1) and len(whole[1]) > 300000, "a capture with much to write", whole[0], len(whole[1]))
    limit = 64 << 10

    def bounded():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    def output(place, name, args, enough=None, **options):
        path = os.path.join(place, name)
        if name == "out":
            with open(path, "wb") as file:
                status, _, err = run(args, stdout=file, **options)
            out = None
        else:
            status, out, err = run(args, **options)
        lines = err.decode(errors="replace").splitlines()
        tap.equal(status, 2, f"{enough}: {name}: exit status", *lines)
        words = ("standard output", "No space", "File too large", "disk is full", "input/output", "cannot write")
        tap.ok(len(lines) == 1 and any(word in lines[0] for word in words), f"{enough}: {name}: one line says so", *lines)
        if out is not None:
            tap.equal(out, whole[1], f"{enough}: {name}: the view is shown all the same")
        if name.endswith(".db"):
            tap.equal(torn(path), None, f"{enough}: {name}: the database is whole")
            again = run(["--db", path, "--report"])
            tap.ok(again[0] in (0, 1, 2), f"{enough}: {name}: can be looked at", *again)

    def every(place, enough, **options):
        output(place, "x.db", ["-r", LARGE, "--json", "-Z", "root", "--db", os.path.join(place, "x.db")], enough, **options)
        output(place, "x.pcap", ["-r", LARGE, "--json", "-Z", "root", "-w", os.path.join(place, "x.pcap")], enough, **options)
        output(place, "out", ["-r", LARGE, "--json", "-Z", "root"], enough, **options)

    inner = os.path.join(folder, "bounded")
    os.mkdir(inner)
    every(inner, "a file that may not grow", preexec_fn=bounded)
    if os.geteuid() != 0:
        tap.skip("a full disk", "needs root")
        return
    try:
        with small_disk(folder, "300k") as place:
            for name in ("x.db", "x.pcap", "out"):
                clear(place)
                output(place, name, ["-r", LARGE, "--json", "-Z", "root", *{
                    "x.db": ["--db", os.path.join(place, "x.db")], "out": [],
                    "x.pcap": ["-w", os.path.join(place, "x.pcap")]}[name]], "a full disk",
                    **({} if name != "x.pcap" else {"preexec_fn": lambda: fill(place, 40)}))
    except subprocess.CalledProcessError as error:
        tap.skip("a full disk", f"no tmpfs here: {error}")


def fill(place, kibibytes):
    """Leaves that much room."""
    free = os.statvfs(place)
    with open(os.path.join(place, "ballast"), "wb") as file:
        file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - kibibytes * 1024))


def check_room_again(tap, folder):
    """The disk is full for a while: what came then is counted as lost, and what comes after is stored."""
    if os.geteuid() != 0:
        tap.skip("room again", "needs root")
        return
    talk = packets.Conversation()
    talk.establish()
    first = talk.pcap()
    many = packets.Conversation()
    many.establish()
    for _ in range(3000):
        many.say(packets.CLIENT, packets.KEEPALIVE, after=1)
    long = many.pcap()
    try:
        with small_disk(folder, "600k") as place:
            database = os.path.join(place, "x.db")
            process = subprocess.Popen([PROGRAM, "-r", "-", "--lines", "-Z", "root", "--db", database], stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            process.stdin.write(long[:len(first)])
            process.stdin.flush()
            time.sleep(1.5)
            fill(place, 8)
            process.stdin.write(long[len(first):-500])
            process.stdin.flush()
            time.sleep(1.5)
            os.unlink(os.path.join(place, "ballast"))
            time.sleep(1.5)
            process.stdin.write(long[-500:])
            status, _, err = ended(process)
            tap.equal(status, 2, "room again: the exit status says that something is missing", err)
            tap.equal(torn(database), None, "room again: the database is whole")
            with contextlib.closing(sqlite3.connect(database)) as db:
                lost, finished = db.execute("SELECT lost, finished FROM run").fetchone()
            tap.ok(lost > 0 and finished is not None, "room again: it counts what it lost, and ends its run",
                   lost, finished)
    except subprocess.CalledProcessError as error:
        tap.skip("room again", f"no tmpfs here: {error}")


def check_reader_gone(tap, folder):
    """The reader of standard output goes away in the middle: nothing hangs, the database has all of it."""
    for view in ("--report", "--lines", "--json"):
        database = os.path.join(folder, f"pipe{view}.db")
        process = subprocess.Popen([PROGRAM, "-r", LARGE, view, "-v", "-Z", "root", "--db", database],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(10)
        process.stdout.close()
        process.stdout = None
        status, _, err = ended(process)
        # A report is short: it may have been in the pipe before its reader went.
        tap.ok(status == 2 or (view == "--report" and status in (0, 1)),
               f"{view}: a reader that goes away: exit status", status, err)
        tap.ok(len(err.splitlines()) <= 1, f"{view}: a reader that goes away: no more than a line", err)
        tap.equal(torn(database), None, f"{view}: a reader that goes away: the database is whole")
        with contextlib.closing(sqlite3.connect(database)) as db:
            finished = db.execute("SELECT finished FROM run").fetchone()[0]
        tap.ok(finished is not None, f"{view}: a reader that goes away: the run is stored to its end")


def check_terminal_gone(tap, folder):
    """The terminal hangs up under the dashboard: it ends, and the database has all of it."""
    capture = os.path.join(folder, "tty.pcap")
    talk = packets.Conversation()
    talk.establish()
    with open(capture, "wb") as file:
        file.write(talk.pcap())
    for how in ("hang up", "closed"):
        database = os.path.join(folder, f"tty-{how[0]}.db")
        try:
            pid, fd = pty.fork()
        except OSError as error:
            tap.skip("terminal gone", str(error))
            return
        if pid == 0:
            os.environ["TERM"] = "xterm"
            if how == "closed":
                signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup: only the end of the terminal tells
            os.execv(PROGRAM, [PROGRAM, "-r", capture, "--follow", "--ui", "-Z", "root", "--db", database])
        seen, end = b"", time.monotonic() + 10
        while b"192.0.2.1" not in seen and time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                seen += os.read(fd, 65536)
        time.sleep(1.2)
        os.close(fd)
        end = time.monotonic() + 15
        status = None
        while time.monotonic() < end and status is None:
            done, code = os.waitpid(pid, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if done else None
            time.sleep(0.05)
        if status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        tap.ok(status in (0, 1, 2), f"the terminal is gone ({how}): it ends", status, seen[-300:])
        tap.equal(torn(database), None, f"the terminal is gone ({how}): the database is whole")
        with contextlib.closing(sqlite3.connect(database)) as db:
            stored = db.execute("SELECT (SELECT count(*) FROM message), finished FROM run").fetchone()
        tap.ok(stored[0] == 4 and stored[1] is not None, f"the terminal is gone ({how}): all is stored", stored)


def check_stopped(tap, folder):
    """Stopped for longer than a hold time, with packets that wait: none is lost and nobody accused."""
    database = os.path.join(folder, "stopped.db")
    talk = packets.Conversation()
    talk.establish(hold_time=3) if "hold_time" in talk.establish.__code__.co_varnames else talk.establish()
    head = len(talk.pcap())
    for _ in range(8):
        talk.say(packets.CLIENT, packets.KEEPALIVE, after=1)
        talk.say(packets.SERVER, packets.KEEPALIVE)
    data = talk.pcap()
    process = subprocess.Popen([PROGRAM, "-r", "-", "--json", "-Z", "root", "--db", database], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(data[:head])
    process.stdin.flush()
    time.sleep(0.5)
    process.send_signal(signal.SIGSTOP)
    process.stdin.write(data[head:])
    process.stdin.flush()
    time.sleep(4)
    process.send_signal(signal.SIGCONT)
    status, out, err = ended(process)
    tap.ok(status in (0, 1) and not err, "stopped and gone on: ends well", status, err)
    tap.equal(out.count(b'"event":"message"'), 20, "stopped and gone on: no message is lost")
    tap.ok(b"hold-timer-expired" not in out, "stopped and gone on: nobody is accused")
    tap.equal(torn(database), None, "stopped and gone on: the database is whole")


def check_clock(tap, folder):
    """The time of day goes back an hour under a live run and under a file that is followed."""
    capture = os.path.join(folder, "clock.pcap")
    talk = packets.Conversation()
    talk.establish()
    with open(capture, "wb") as file:
        file.write(talk.pcap())
    inputs = [("a followed file", ["-r", capture, "--follow"])]
    if os.geteuid() == 0 and os.path.isdir("/sys/class/net/lo"):
        inputs.append(("an interface", ["-i", "lo"]))
    for name, args in inputs:
        database = os.path.join(folder, f"clock{len(name)}.db")
        process = subprocess.Popen([PROGRAM, *args, "--json", "-Z", "root", "--db", database], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, LD_PRELOAD=INJECTOR, CLOCK_BACK="2"))
        time.sleep(4.5)
        process.send_signal(signal.SIGTERM)
        status, out, err = ended(process)
        tap.ok(status in (0, 1) and not err, f"the clock goes back: {name}: ends well", status, err)
        tap.ok(b"hold-timer-expired" not in out, f"the clock goes back: {name}: nobody is accused")
        tap.equal(torn(database), None, f"the clock goes back: {name}: the database is whole")


def main():
    if not os.path.exists(PROGRAM) or is_sanitized(PROGRAM):
        skip_all("only a sanitized program is there")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="bgpwhy-faults-") as folder:
        os.chmod(folder, 0o755)
        if INJECTOR is None:
            tap.skip("no memory, clocks", "meson names the injector: FAULTS_INJECTOR=build/tests/libfail_memory.so")
        else:
            tap.attempt("no memory", check_memory, folder)
            if len(sys.argv) > 1:
                return tap.done()
            tap.attempt("clock", check_clock, folder)
        tap.attempt("descriptors", check_descriptors, folder)
        tap.attempt("descriptors later", check_descriptors_later, folder)
        tap.attempt("disk", check_disk, folder)
        tap.attempt("room again", check_room_again, folder)
        tap.attempt("reader gone", check_reader_gone, folder)
        tap.attempt("terminal gone", check_terminal_gone, folder)
        tap.attempt("stopped", check_stopped, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
