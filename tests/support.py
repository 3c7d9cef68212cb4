# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests in Python share: TAP on standard output, the program, its events, the captures.

A test is a script that makes one Tap, says ok() for each thing that it checks, and exits with done().
The environment names the program (BGPWHY) and the source tree (BGPWHY_SOURCE); by hand both are guessed.
BGPWHY_PCAPS names another folder of captures and truths, such as a fresh recording of the lab.
"""
import contextlib
import datetime
import difflib
import glob
import json
import os
import sqlite3
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True

SOURCE = os.environ.get("BGPWHY_SOURCE") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BGPWHY = os.environ.get("BGPWHY") or os.path.join(SOURCE, "build", "bgpwhy")
RELEASED = os.environ.get("BGPWHY_RELEASED") or BGPWHY
PCAPS = os.environ.get("BGPWHY_PCAPS") or os.path.join(SOURCE, "pcaps")  # captures with their truths
SECONDS = 120  # for one run of the program


class Tap:
    """Test Anything Protocol: a line for each check, details of a failure as comments below it."""

    def __init__(self):
        self.count = self.failures = 0

    def ok(self, good, name, *details):
        self.count += 1
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name.replace('#', '%')}")
        if not good:
            for detail in details:
                for line in str(detail).splitlines():
                    print(f"#   {line}")
        sys.stdout.flush()
        return good

    def equal(self, got, expected, name, *details):
        return self.ok(got == expected, name, f"expected {expected!r}", f"got      {got!r}", *details)

    def none(self, problems, name, limit=20):
        """Good where the list of problems is empty."""
        shown = problems[:limit]
        if len(problems) > limit:
            shown.append(f"… and {len(problems) - limit} more")
        return self.ok(not problems, name, *shown)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name.replace('#', '%')} # SKIP {reason}", flush=True)

    def attempt(self, name, check, *args):
        """A group of checks; what it raises is one failure more, and the other groups go on."""
        try:
            check(self, *args)
        except Exception:
            self.ok(False, f"{name}: could not be checked", traceback.format_exc())

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failures or not self.count else 0


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


class Run:
    """One run of the program, over: status, out, err (bytes)."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def text(self):
        return self.out.decode("utf-8")

    @property
    def complaints(self):
        return self.err.decode("utf-8", "replace").splitlines()

    def events(self, kind=None):
        found = [json.loads(line) for line in self.out.splitlines()]
        return [event for event in found if kind is None or event["event"] == kind]


def use_released():
    """From now on bgpwhy() is the program as released, where scripts/test has built it: some times as quick. For what
    holds every capture against tshark or one view or engine against another; test_golden, test_truth and
    test_mutilated have the sanitized one read them all."""
    global BGPWHY
    BGPWHY = RELEASED


def bgpwhy(*args, **options):
    """Run the program on the arguments; standard input is empty unless `input` or `stdin` is given. `program` may be
    RELEASED."""
    program = options.pop("program", None) or BGPWHY
    if "input" not in options and "stdin" not in options:
        options["stdin"] = subprocess.DEVNULL
    done = subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=SECONDS, check=False, **options)
    return Run(done.returncode, done.stdout, done.stderr)


def until(condition, seconds=20, every=0.05):
    """Waits for it; what it was at last."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())


def captures():
    """Paths of the captures in pcaps/."""
    found = []
    for pattern in ("*.pcap", "*.pcapng", "*.pcap.gz", "*.pcapng.gz", "*.pcap.zst", "*.pcapng.zst"):
        found += glob.glob(os.path.join(PCAPS, pattern))
    return sorted(found)


def truths():
    """(name, truth, path of the capture) for every truth file in pcaps/."""
    found = []
    for path in sorted(glob.glob(os.path.join(PCAPS, "*.truth.json"))):
        name = os.path.basename(path)[:-len(".truth.json")]
        with open(path, encoding="utf-8") as file:
            truth = json.load(file)
        mine = [one for one in captures() if os.path.basename(one).split(".pcap")[0] == name]
        found.append((name, truth, mine[0] if mine else None))
    return found


def short(path):
    return os.path.basename(path)


def epoch(text):
    """Seconds of an RFC 3339 time in UTC; None where it is null."""
    if text is None:
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    seconds = moment.replace(tzinfo=datetime.timezone.utc).timestamp()
    return seconds + (float("0." + fraction) if fraction else 0.0)


def clock(seconds):
    """A time for a person to compare."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%H:%M:%S.%f")


def need_program():
    if not os.access(BGPWHY, os.X_OK):
        sys.exit(f"no program at {BGPWHY}: build it, or name it by BGPWHY")


def ask(path, sql):
    """The rows of a query to the database in this file."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def sound(tap, path, name):
    tap.equal(ask(path, "PRAGMA integrity_check"), [("ok",)], f"{name}: integrity_check")
    tap.equal(ask(path, "PRAGMA foreign_key_check"), [], f"{name}: foreign_key_check")


def as_it_was(tap, file, text, update, label):
    """The text is what the file in tests/golden/ has; `update`: and the file is written anew first."""
    if update:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
    golden = ""
    if os.path.exists(file):
        with open(file, encoding="utf-8") as known:
            golden = known.read()
    tap.none(list(difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now",
                                       lineterm="", n=1)), label, limit=60)
