#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--explain: the catalogue. The words of the logs are looked for in the daemons themselves, where they are installed."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

from support import BGPWHY, SOURCE, Tap, bgpwhy, need_program

# Where the words of a daemon are; a log that other versions write has its version beside it here.
PROGRAMS = {
    "FRR": ["/usr/lib/frr/bgpd", "/usr/lib/frr/bfdd", *glob.glob("/usr/lib/*/frr/libfrr.so.0")],
    "BIRD": [shutil.which("bird") or "/usr/sbin/bird"],
    "GoBGP": [shutil.which("gobgpd") or "/usr/bin/gobgpd"],
    "OpenBGPD": [shutil.which("bgpd") or "/usr/sbin/bgpd"],
}
ELSEWHERE = {
    "No path to specified Neighbor": "FRR 9 and later",
    "Connection refused": "the C library", "Connection timed out": "the C library",
    "No route to host": "the C library", "Connection reset by peer": "the C library",
    "i/o timeout": "Go's library", "connection refused": "Go's library", "no route to host": "Go's library",
    "Hold time is 0 seconds, keepalive interval is 0 seconds": "with numbers",
}


def keys():
    with open(os.path.join(SOURCE, "track", "findings.def"), encoding="utf-8") as file:
        return re.findall(r'^FINDING\(\w+,\s*"([a-z0-9-]+)",\s*(\w+)', file.read(), re.MULTILINE)


def quoted(words):
    """What stands in quotation marks, without the innermost ones."""
    return re.findall(r'"((?:[^"]|"unsupported capability")+)"', words)


def pieces(sentence):
    """The fixed parts of a log line."""
    for part in re.split(r"…|/|: |\(|\)|->", sentence):
        part = part.strip(" .,:?-_'\"[]")
        if len(part) >= 5 and not re.fullmatch(r"[\d/ ]+", part):
            yield part


def check_words(tap, entries):
    for who, paths in PROGRAMS.items():
        paths = [path for path in paths if os.path.exists(path)]
        if not paths:
            tap.skip(f"the words of {who}", "it is not installed")
            continue
        text = b"".join(open(path, "rb").read() for path in paths).lower()
        missing = []
        for entry in entries:
            for log in entry["logs"]:
                for sentence in quoted(log["words"]) if log["who"] == who else []:
                    if any(known in sentence for known in ELSEWHERE):
                        continue
                    missing += [f"{entry['cause']}: {piece!r} of {sentence!r}" for piece in pieces(sentence)
                                if piece.lower().encode() not in text]
        tap.none(missing, f"the words of {who} are in {who}")


def check_entries(tap, entries):
    table = keys()
    tap.equal([one["cause"] for one in entries], [key for key, _ in table], "every cause has its entry, in order")
    tap.none([one["cause"] for one in entries if not one["signature"].endswith(".")], "each has its signature")
    tap.none([one["cause"] for one in entries if one["severity"] != "info" and not one["fix"]],
             "each that is no mere note says what to do")
    tap.none([one["cause"] for one in entries if not one["logs"] and not one["cause"].startswith("expect-")],
             "each says what operators see")
    tap.none([one["cause"] for one in entries if one["rfc"] and not re.match(r"RFC \d+", one["rfc"])], "RFCs are RFCs")
    tap.none([one["cause"] for one in entries for fix in one["fix"] if "{" in fix.replace("{ }", "")
              and re.search(r"\{[xy]", fix)], "no placeholder is left")
    tap.none([f"{one['cause']}: {len(fix)}" for one in entries for fix in one["fix"] if len(fix) > 560],
             "advice fits where it is shown")


def check_commands(tap):
    listing = bgpwhy("--explain")
    tap.equal(listing.status, 0, "--explain lists")
    named = re.findall(r"^    ([a-z0-9-]+)  ", listing.text, re.MULTILINE)
    tap.equal(named, [key for key, _ in keys()], "the list has every cause")
    two = bgpwhy("--explain", "bad-peer-as", "link-down")
    tap.ok(two.status == 0 and "bad-peer-as" in two.text and "link-down" in two.text, "several causes")
    tap.equal([json.loads(line)["cause"] for line in bgpwhy("--json", "--explain", "bfd-ttl").out.splitlines()],
              ["bfd-ttl"], "one, as JSON")
    for word, near in (("bad-per-as", "bad-peer-as"), ("bfd-tll", "bfd-ttl"), ("md5", "md5-mismatch"),
                       ("hold-timer", "hold-timer-expired")):
        run = bgpwhy("--explain", word)
        tap.ok(run.status == 2 and not run.out and near in " ".join(run.complaints),
               f"{word} is none, and {near} is near", *run.complaints)
    run = bgpwhy("--explain", "xyzzy")
    tap.ok(run.status == 2 and "perhaps" not in run.complaints[0], "nothing is near xyzzy", *run.complaints)
    for columns in (60, 80, 100):
        run = bgpwhy("--explain", *[key for key, _ in keys()], env={**os.environ, "COLUMNS": str(columns)})
        wide = [line for line in run.text.splitlines() if len(line) > columns]
        tap.none(wide, f"no line is wider than {columns} columns")
    run = bgpwhy("--explain", "bad-peer-as", "--color=always")
    tap.ok("\033[1m" in run.text, "with colours")
    run = bgpwhy("--explain", "bad-peer-as", env={**os.environ, "LC_ALL": "C"})
    tap.ok(run.out.isascii(), "without UTF-8 it is ASCII")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BGPWHY, "--explain"], stdout=full, stderr=subprocess.DEVNULL, check=False)
    tap.equal(done.returncode, 2, "a full disk is told by the exit status")


def main():
    need_program()
    tap = Tap()
    entries = [json.loads(line) for line in bgpwhy("--explain", "--json").out.splitlines()]
    tap.attempt("entries", check_entries, entries)
    tap.attempt("words", check_words, entries)
    tap.attempt("commands", check_commands)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
