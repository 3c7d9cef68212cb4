#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every screen of the dashboard for every lesson, in 80x24 and 160x50, word for word, drawn without a terminal.

    tests/test_screens.py --update [CAPTURE...]    writes them anew: read the difference before it is committed

What holds for every screen is tested besides: no row is wider than the screen, no control character is in it,
and without UTF-8 there is nothing but ASCII.
"""
import os
import random
import re
import subprocess
import sys
import unicodedata

from support import PCAPS, SOURCE, Tap, as_it_was, bgpwhy, skip_all

SCREENS = os.environ.get("SCREENS") or os.path.join(SOURCE, "build", "tests", "screens")
GOLDEN = os.path.join(SOURCE, "tests", "golden", "screens")
SIZES = ((80, 24), (160, 50))
WALK = ["=sessions", "Enter", "=ladder", "Home", "=ladder-begin", "2", "=events", "3", "=opens", "4", "=findings",
        "5", "=timers", "1", "Esc", "m", "=machines", "Esc", "t", "=timeline", "Esc"]
# The same for every capture.
ONCE = ["?", "=help", "Esc", "c", "=columns", "Esc", "Enter", "?", "=help-session", "Esc", "Esc", "m", "?",
        "=help-machines", "Esc", "Esc", "t", "?", "=help-timeline"]
# The first OPEN with a field of it lit, then the one that answers it.
MESSAGE = ["Enter", "2", "/", "O", "P", "E", "N", " ", "a", "s", "Enter", "Home", "Enter", *["Down"] * 5, "=message", "n",
           "=message-next"]


def lessons():
    text = open(os.path.join(SOURCE, "ui", "lessons.def"), encoding="utf-8").read()
    return re.findall(r'^LESSON\(\w+, "([^"]+)"', text, re.M)


def run(path, size, *keys):
    done = subprocess.run([SCREENS, path, str(size[0]), str(size[1]), *keys], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrong_rows(text, size, ascii_only=False):
    """What no screen may have."""
    for row in text.splitlines():
        if columns(row) > size[0]:
            yield f"wider than {size[0]}: {row}"
        if any(unicodedata.category(c) in ("Cc", "Cf") for c in row):
            yield f"a control character: {row!r}"
        if ascii_only and not row.isascii():
            yield f"not ASCII: {row}"


def screens_of(number, name, size):
    path = os.path.join(PCAPS, name)
    parts = [run(path, size, *WALK, *(ONCE if number == 0 else [])), run(path, size, *MESSAGE)]
    learn = ["learn", str(number), *["Down"] * number, "=lessons", "Enter", "=lesson-begin"]
    for step in range(1, 5):
        learn += ["Right", f"=lesson-step-{step}"]
    learn += ["Tab", "=lesson-other-protocol"]
    parts.append(run(path, size, *learn))
    problems = [f"status {status}: {err}" for status, _, err in parts if status != 0 or err]
    return "".join(text for _, text, _ in parts), problems


def check_lessons(tap, update, wanted):
    for number, name in enumerate(lessons()):
        if wanted and name not in wanted:
            continue
        for size in SIZES:
            file = os.path.join(GOLDEN, f"{name}.{size[0]}x{size[1]}.txt")
            text, problems = screens_of(number, name, size)
            label = f"{name} {size[0]}x{size[1]}"
            tap.none(problems + list(wrong_rows(text, size)), f"{label}: every screen is drawn, within its columns")
            as_it_was(tap, file, text, update, f"{label}: as it was")


def check_installed(tap):
    """What the lessons need is there, and is installed with the program."""
    build = open(os.path.join(SOURCE, "meson.build"), encoding="utf-8").read()
    names = lessons()
    tap.none([name for name in names if not os.path.exists(os.path.join(PCAPS, name))], "each lesson has its capture")
    tap.none([name for name in names if f"'{name[:-len('.pcap')]}'" not in build], "and each is installed")


def questions():
    text = open(os.path.join(SOURCE, "ui", "lessons.def"), encoding="utf-8").read()
    first = re.findall(r'^LESSON\((\w+), "[^"]+", "[^"]+", (BGP|BFD),', text, re.M)
    ids = [lesson for lesson, _ in first]
    return [(ids.index(lesson), protocol != dict(first)[lesson], text) for lesson, protocol, _, text in
            re.findall(r'^QUESTION\((\w+), (BGP|BFD), (\d+), "([^"]+)"\)', text, re.M)]


def check_questions(tap):
    """Each question of a lesson is asked at some step, and the step after it says that it is the answer."""
    names = lessons()
    for number, other, text in questions():
        keys = ["learn", str(number), *["Down"] * number, "Enter"] + ["Tab"] * other + ["=begin"]
        for step in range(60):
            keys += ["Right", f"={step}"]
        _, out, _ = run(os.path.join(PCAPS, names[number]), (160, 50), *keys)
        shots = out.split("=== ")
        asked = [i for i, shot in enumerate(shots[:-1]) if text[:100] in shot]
        tap.ok(asked and all("Answer #" in shots[i + 1] for i in asked),
               f"{names[number]}: asked and answered: {text[:50]}", f"asked at {asked}")


def check_states(tap):
    """Beside the ladder stands what the transitions add up to: the last row agrees with the program's last word."""
    for name in lessons():
        run_of = bgpwhy("-r", os.path.join(PCAPS, name), "--json")
        sessions = run_of.events("session")
        if len(sessions) != 1:
            continue
        _, text, _ = run(os.path.join(PCAPS, name), (160, 50), "Enter", "=end")
        rows = [row for row in text.splitlines() if re.match(r".\d\d:\d\d:\d\d\.\d{6}", row)]
        found = re.match(r".{33}(.{11}) [│├].*[│┤] ?(\S*)$", rows[-1]) if rows else None
        shown = [part.strip() for part in found.groups()] if found else []
        # A side that never moved while somebody looked has nothing beside it.
        tap.ok(len(shown) == 2 and any(shown) and all(
            one in ("", state) for one, state in zip(shown, sessions[0]["state"].values())),
               f"{name}: the states beside the ladder end as the session's", shown, sessions[0]["state"], *rows[-3:])


def check_ladder(tap):
    """What is no message of either: an ICMP error, a hole in the capture, two connections at a time, what was quiet."""
    for name, wanted in (("icmp-prohibited", "│←─ icmp-prohibited: a filter prohibits it"),
                         ("healthy", "│ · KEEPALIVE →"), ("large-table", "octets are not in the capture"),
                         ("collision", "─ (2) OPEN as 65009"),
                         ("mtu-black-hole", " resent)")):
        _, text, _ = run(os.path.join(PCAPS, name + ".pcap"), (100, 90), "Enter", "=ladder")
        tap.ok(wanted in text, f"{name}: {wanted}", text)


def check_packets(tap):
    """By packet: Down goes through every message of the capture in its order, with its own frame; Up comes back."""
    for name in ("healthy", "hold-timer-expired", "large-table"):
        path = os.path.join(PCAPS, name + ".pcap")
        frames = [one["frame"] for one in bgpwhy("-r", path, "--json").events("message")]
        keys = ["m", "Home"]
        steps = min(3 * len(frames) + 60, 400)
        for step in range(steps):
            keys += ["Down", f"={step}"]
        _, out, _ = run(path, (160, 50), *keys)
        seen = [int(found.group(1)) for found in re.finditer(r"^\d\d:\d\d:\d\d\.\d{6} #(\d+) \S+: (?!\S+ → )", out, re.M)]
        wanted = [frame for frame in frames if seen and frame <= seen[-1]]
        tap.ok(len(wanted) > 10 and set(wanted) <= set(seen), f"{name}: Down stands at each of {len(wanted)} messages",
               sorted(set(wanted) - set(seen)))
        tap.ok(seen == sorted(seen), f"{name}: in their order", seen)
        # From the end to the begin, the same.
        _, back, _ = run(path, (160, 50), "m", "Home", *["Down"] * 40, "=at-40", *["Up"] * 15, *["Down"] * 15, "=again")
        at, again = (part.split("\n", 1)[1] for part in back.split("=== ")[1:])
        tap.ok(at == again, f"{name}: Up and Down again stand where they stood", at[-1500:], again[-1500:])


def check_jumps(tap):
    """A step without an edge is told in the box; one that is inferred has a broken edge."""
    for size in SIZES:
        _, text, _ = run(os.path.join(PCAPS, "mid-stream.pcap"), size, "m", "=bgp")
        tap.ok(text.count("▾ Unknown╍") == 2, f"Unknown to Established, {size[0]}x{size[1]}", text)
        _, text, _ = run(os.path.join(PCAPS, "mid-stream.pcap"), size, "m", "Tab", "=bfd")
        tap.ok(text.count("▾ Unknown╍") == 2 and "Up" in text, f"BFD: Unknown to Up, {size[0]}x{size[1]}", text)
    _, text, _ = run(os.path.join(PCAPS, "mid-stream.pcap"), (80, 24), "ascii", "m", "=bgp")
    tap.ok(text.count("v Unknown~") == 2, "and in ASCII", text)
    _, text, _ = run(os.path.join(PCAPS, "hold-timer-expired.pcap"), (160, 50), "Enter", "/", *"hold time (RFC", "Enter", "Home", "Enter",
                     "=inferred")
    tap.ok("HoldTimer_Expires" in text and "╏" in text, "an inferred step has a broken edge", text)


def check_ascii(tap):
    for name in ("bfd-down.pcap", "bad-peer-as.pcap"):
        for size in SIZES:
            status, text, err = run(os.path.join(PCAPS, name), size, "ascii", *WALK)
            tap.none([err] * (status != 0) + list(wrong_rows(text, size, True)), f"{name} {size[0]}x{size[1]} without UTF-8")


def check_sizes(tap):
    """Any size: drawn from 80x24 on, a clear word below, and back again."""
    path = os.path.join(PCAPS, "bfd-down.pcap")
    for keys in (["Enter"], ["Enter", "2"], ["m"], ["t"], ["Enter", "Home", "Down", "Enter"], ["c"], ["?"]):
        walk = [*keys, "79x24", "=narrow", "80x23", "=low", "1x1", "=one", "500x200", "=huge", "83x31", "=odd"]
        status, text, err = run(path, (80, 24), *walk)
        shots = dict(part.split("\n", 1) for part in text.split("=== ")[1:])
        good = ("needs 80x24" in shots.get("narrow", "") and "needs 80x24" in shots.get("low", "")
                and "bgpwhy" in shots.get("huge", "") and "bgpwhy" in shots.get("odd", ""))
        tap.ok(status == 0 and good, f"after {' '.join(keys)}: any size", err, text[:300])


KEYS = ("Up Down PgUp PgDn Home End Right Left Enter Tab Space Esc Backspace F1 1 2 3 4 5 m t a c / < > I + - 0 n p e h j k l"
        " g G ? q x :").split()


def check_walks(tap):
    """Any keys in any order, in any size: it neither falls nor draws what no screen may have. F2 is left out: it writes."""
    dice = random.Random(7)
    names = sorted(os.listdir(PCAPS))
    names = [name for name in names if name.endswith((".pcap", ".pcapng"))]
    for number in range(16):
        name = dice.choice(names)
        walk = ["ascii"] if number % 4 == 3 else []
        walk += ["learn", "0", "Enter"] if number % 4 == 2 else []
        for _ in range(150):
            what = dice.random()
            walk.append(dice.choice(("80x24", "160x50", "79x24", "83x31", "1x1", "300x90")) if what < 0.04
                        else "=walk" if what > 0.9 else dice.choice(KEYS))
        status, text, err = run(os.path.join(PCAPS, name), (80, 24), *walk)
        problems = [err] * bool(err) + [f"status {status}"] * (status not in (0, 1))
        tap.none(problems + list(wrong_rows(text, (300, 90), number % 4 == 3)), f"a walk through {name}", limit=5)


def main():
    if not os.access(SCREENS, os.X_OK):
        skip_all("tests/screens is not built")
    update = "--update" in sys.argv
    wanted = [word for word in sys.argv[1:] if word != "--update"]
    tap = Tap()
    check_lessons(tap, update, wanted)
    if not wanted:
        check_installed(tap)
        check_questions(tap)
        check_states(tap)
        check_ladder(tap)
        check_packets(tap)
        check_jumps(tap)
        check_ascii(tap)
        check_sizes(tap)
        check_walks(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
