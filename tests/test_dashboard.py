#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard as somebody uses it: the real program in a real terminal (tmux), keys, clicks, signals.

Live, where the lab can run: a session of FRR and BIRD comes up, its path is cut, the hold timer's bar runs down, the
row says down, the cause appears.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
import unicodedata

import packets
from test_screens import columns
from support import BGPWHY, PCAPS, SOURCE, Tap, bgpwhy, epoch, need_program, skip_all

sys.path.insert(0, os.path.join(SOURCE, "tests", "lab"))

SGR_COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|38;5|4[0-7]|48;5|9[0-7])[;m0-9]*m")


class Terminal:
    """A shell in a tmux of its own; `enter` in front of it, for a namespace."""

    def __init__(self, folder, width=80, height=24, term="tmux-256color", environment=(), enter=()):
        self.socket = tempfile.mktemp(prefix="tmux", dir=folder)
        # A terminal that goes sends SIGCONT after SIGHUP, and that takes the SIGSTOP for which the leak check of a
        # sanitized program waits: it would wait for ever. Leaks are looked for where there is no terminal.
        leaks = f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"
        settings = ["env", "-u", "TMUX", "LC_ALL=C.UTF-8", "PS1=$ ", f"TERM={term}", leaks, *environment]
        shell = " ".join([*enter, *settings, "bash", "--norc", "--noprofile"])
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", folder, shell)
        self.tmux("set-option", "-g", "escape-time", "0")
        self.wait("$")

    def tmux(self, *args):
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        return subprocess.run(["tmux", "-S", self.socket, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, env=environment, timeout=20).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def coloured(self):
        return self.tmux("capture-pane", "-ep")

    def type(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)

    def octets(self, data):
        self.tmux("send-keys", "-H", *[f"{octet:02x}" for octet in data])

    def line(self, text):
        self.tmux("send-keys", "-l", "--", text)
        self.type("Enter")

    def wait(self, wanted, seconds=20, absent=None):
        """Until the screen shows it (a string, or a pattern)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text()
            found = wanted.search(text) if isinstance(wanted, re.Pattern) else wanted in text
            if found and (absent is None or absent not in text):
                return True
            time.sleep(0.1)
        return False

    def restored(self):
        """The shell's screen is back, the cursor shows, what is typed is echoed."""
        self.line("echo is'-'back")
        good = self.wait("is-back") and self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").strip() == "0 1"
        self.line("stty -a")
        good = good and self.wait(re.compile(r"(?<!-)icanon")) and self.wait(re.compile(r"[ ;]echo "))
        return good

    def pid(self):
        """Of the program, once it runs: the child of the shell."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    if file.read().rsplit(")", 1)[1].split()[1] == shell:
                        return int(name)
        raise RuntimeError("the shell has no child")

    def pid_of(self, name):
        """Of the program of this name below the shell: there may be others beside it, of a pipe."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        for one in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{one}/stat", encoding="utf-8") as file:
                    head, tail = file.read().rsplit(")", 1)
                if tail.split()[1] == shell and head.endswith("(" + name):
                    return int(one)
        raise RuntimeError(f"the shell has no child {name}")

    def close(self):
        self.tmux("kill-server")


def capture(name):
    return os.path.join(PCAPS, name + ".pcap")


def check_new_user(tap, folder):
    """No manual: what is wrong stands on the first screen; one key more tells how it came, one more what was said."""
    t = Terminal(folder)
    t.line(f"{BGPWHY} --ui -r {capture('bad-peer-as')}; echo status $?")
    tap.ok(t.wait("wrong AS number") and t.wait("Fix"), "no key: the cause and what mends it", t.text())
    t.type("Enter")
    tap.ok(t.wait("NOTIFICATION 2/2") and t.wait("[1 Ladder]"), "one key: the ladder with the NOTIFICATION", t.text())
    for tab, wanted in (("2", "[2 Events]"), ("3", "BGP identifier"), ("4", "(certain)"), ("5", "offers hold")):
        t.type(tab)
        tap.ok(t.wait(wanted), f"tab {tab}: {wanted}", t.text())
    t.type("1", "/")
    t.line("NOTIFICATION")
    tap.ok(t.wait("only: NOTIFICATION"), "the ladder is filtered", t.text())
    t.type("Home", "Enter")
    tap.ok(t.wait("Error Code: 2") and t.wait("0010  "), "Enter: its fields and its octets", t.text())
    t.type("Escape")
    t.wait("[1 Ladder]")
    t.type("m")
    tap.ok(t.wait("State machines") and t.wait("OpenConfirm"), "m: the machines", t.text())
    t.type("Home", "Right")
    tap.ok(t.wait("Idle → Connect"), "they are stepped through", t.text())
    t.type("q", "q")
    tap.ok(t.wait("CAUSE"), "q goes back", t.text())
    t.type("t")
    tap.ok(t.wait("Time line") and t.wait("Established"), "t: the time line", t.text())
    t.type("q", "?")
    tap.ok(t.wait("open the session under the cursor"), "?: the help", t.text())
    t.type("q", "q")
    tap.ok(t.wait("status 1"), "q leaves, with the exit status of every view", t.text())
    tap.ok(t.restored(), "and the terminal is as it was", t.text())
    t.close()


def check_list(tap, folder):
    t = Terminal(folder, 120, 30)
    t.line(f"{BGPWHY} --ui -r {capture('two-daemons')} -r {capture('bad-peer-as')} -r {capture('bfd-down')} "
           f"-r {capture('healthy-ipv6')}")
    tap.ok(t.wait("2001:db8::1"), "several captures, one list", t.text())
    t.type("/")
    t.line("state:established peer:2001")
    tap.ok(t.wait("only: state:established peer:2001") and "2001:db8" in t.text(), "the filter keeps what fits", t.text())
    t.type("Escape")
    t.wait("CAUSE", absent="only:")
    t.type("/")
    t.line("-state:established,idle as:99999")
    tap.ok(t.wait("No session fits this filter"), "and nothing else", t.text())
    t.type("Escape")
    t.type(">")
    tap.ok(t.wait("PEERS▾"), "> sorts by the next column", t.text())
    t.type("I")
    tap.ok(t.wait("PEERS▴"), "I turns the order round", t.text())
    t.type("c", "Down", "Down", "Space", "Space", "Escape")
    tap.ok(t.wait("CAUSE", absent="↔65001 "), "c: a column less", t.text())
    t.type("Space")
    tap.ok(t.wait("PAUSED"), "Space freezes the picture", t.text())
    t.type("Q")
    tap.ok(t.restored(), "Q leaves", t.text())
    t.close()


def check_signals(tap, folder):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGABRT, signal.SIGSEGV):
        # The sanitizer has nets of its own.
        t = Terminal(folder, environment=("ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0",))
        t.line(f"ulimit -c 0; {BGPWHY} --ui -r {capture('bfd-down')}; echo status $?")
        drawn = t.wait("CAUSE")
        os.kill(t.pid(), number)
        tap.ok(drawn and t.wait(re.compile(r"status \d+")) and t.restored(),
               f"{number.name}: the terminal is as it was", t.text())
        t.close()
    t = Terminal(folder)
    t.line(f"{BGPWHY} --ui -r {capture('bfd-down')}")
    t.wait("CAUSE")
    t.type("Enter")
    t.wait("[1 Ladder]")
    t.type("C-z")
    tap.ok(t.wait("Stopped") and t.restored(), "^Z: the shell has its terminal", t.text())
    t.line("fg")
    tap.ok(t.wait("[1 Ladder]"), "fg: the dashboard stands where it stood", t.text())
    t.type("q", "q")
    tap.ok(t.restored(), "and leaves as ever", t.text())
    t.line(f"{BGPWHY} --ui -r /nowhere.pcap; echo status $?")
    tap.ok(t.wait("status 2") and "No such file" in t.text() and t.restored(), "an error is said, in a terminal as it was",
           t.text())
    t.close()


def check_sizes(tap, folder):
    t = Terminal(folder)
    t.line(f"{BGPWHY} --ui -r {capture('bfd-down')}")
    t.wait("CAUSE")
    t.type("Enter")
    t.wait("[1 Ladder]")
    for width, height, wanted in ((70, 20, "needs 80x24"), (160, 50, "03:19:49.876395"), (80, 24, "[1 Ladder]"),
                                  (20, 5, "bgpwhy needs"), (200, 60, "[1 Ladder]")):
        t.tmux("resize-window", "-x", str(width), "-y", str(height))
        if width == 160:
            t.type("Home")
        tap.ok(t.wait(wanted), f"resized to {width}x{height}: {wanted}", t.text())
    t.type("Q")
    t.close()


def check_colours(tap, folder):
    cases = (("tmux-256color", (), True), ("screen", (), True), ("xterm-256color", (), True), ("linux", (), True),
             ("tmux-256color", ("NO_COLOR=1",), False), ("vt100", (), False), ("vt220", (), False))
    for term, environment, wanted in cases:
        t = Terminal(folder, term=term, environment=environment)
        t.line(f"{BGPWHY} --ui -r {capture('bfd-down')} -r {capture('bad-peer-as')}")
        drawn = t.wait("CAUSE")
        coloured = SGR_COLOUR.search(t.coloured()) is not None
        tap.ok(drawn and coloured == wanted and ("!" in t.text() or "✗" in t.text()),
               f"TERM={term} {' '.join(environment)}: {'colours' if wanted else 'no colour'}, and a sign as well", t.coloured())
        t.type("Q")
        t.close()
    t = Terminal(folder, environment=("LC_ALL=C",))
    t.line(f"{BGPWHY} --ui -r {capture('bfd-down')}")
    t.wait("CAUSE")
    t.type("Enter")
    tap.ok(t.wait("[1 Ladder]") and t.text().isascii(), "LC_ALL=C: ASCII", t.text())
    t.type("Q")
    t.close()
    t = Terminal(folder, environment=("TERM=dumb",))
    t.line(f"{BGPWHY} --ui -r {capture('bfd-down')}; echo status $?")
    tap.ok(t.wait("status 2") and t.wait("TERM"), "a terminal that cannot do it: a clear word", t.text())
    t.close()


def parameters(raw):
    """What a program asked of colours: ("fg", 31), ("bg", 4), … in the words of ECMA-48."""
    found = set()
    for codes in re.findall(rb"\x1b\[([0-9;:]*)m", raw):
        codes = [int(code or 0) for code in codes.replace(b":", b";").split(b";")]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                kind, codes = codes[0], codes[1:]
                found.add(("fg" if code == 38 else "bg", tuple(codes[:1 if kind == 5 else 3])))
                del codes[:1 if kind == 5 else 3]
            elif 30 <= code <= 37 or 90 <= code <= 97:
                found.add(("fg", code))
            elif 40 <= code <= 47 or 100 <= code <= 107:
                found.add(("bg", code))
    return found


def check_storm(tap, folder):
    """Sizes that change all the time while it loads and while it is stopped; then all is as it should be."""
    t = Terminal(folder, 100, 30)
    t.line(f"{{ cat {capture('bfd-down')}; sleep 6; }} | {BGPWHY} --ui -r -; echo status $?")
    drawn = t.wait("loading")
    for number in range(60):
        width, height = ((200, 60), (20, 5), (81, 25), (1, 1), (79, 24), (130, 24))[number % 6]
        t.tmux("resize-window", "-x", str(width), "-y", str(height))
        if number % 7 == 0:
            t.type("Down", "t", "q")
    t.tmux("resize-window", "-x", "100", "-y", "30")
    t.type("Enter")
    tap.ok(drawn and t.wait("[1 Ladder]") and t.wait("done", 15), "a storm of sizes while it loads", t.text())
    rows = t.text().splitlines()
    tap.ok(rows[0].startswith(" bgpwhy") and "q back" in rows[29] and len({row.rindex("│") for row in rows if row.count("│") > 1}) == 1,
           "and the picture is whole", t.text())
    os.kill(t.pid_of("bgpwhy"), signal.SIGTSTP)
    tap.ok(t.wait("Stopped") and t.restored(), "SIGTSTP: the shell has its terminal", t.text())
    t.tmux("resize-window", "-x", "130", "-y", "35")
    t.line("fg")
    tap.ok(t.wait("[1 Ladder]") and t.wait(re.compile("\n[^\n]* q back[^\n]*\n*$")) and len(t.text().splitlines()) == 35,
           "SIGCONT: drawn anew, in the size of now", t.text())
    t.type("Q")
    tap.ok(t.wait(re.compile(r"status \d")) and t.restored(), "and the terminal is as it was", t.text())
    t.close()


def check_keys(tap, folder):
    """A terminal that is not what TERM says sends keys that its description does not have."""
    t = Terminal(folder, term="xterm-256color")
    t.line(f"{BGPWHY} --ui -r {capture('bfd-down')}")
    t.wait("done")
    t.type("Enter")
    t.wait("[1 Ladder]")
    for sequence, wanted in ((b"\x1b[1~", r" 1 of \d+ "), (b"\x1b[4~", r" (\d+) of \1 "), (b"\x1b[7~", r" 1 of \d+ "),
                             (b"\x1bOB", r" 2 of \d+ "), (b"\x1b[B", r" 3 of \d+ "), (b"\x1b[8~", r" (\d+) of \1 ")):
        t.octets(sequence)
        tap.ok(t.wait(re.compile(wanted)) and "[1 Ladder]" in t.text(), f"{sequence}: the key that it is", t.text())
    before = t.text()
    for sequence in (b"\x1b[99;5u", b"\x1b[200~", b"\x1b[1;5Q", b"\x1bO5", b"\xff\xfe", "é世".encode()):
        t.octets(sequence)
        time.sleep(0.2)
    tap.ok(t.text() == before, "what is no key does nothing", before, t.text())
    t.type("Escape")
    tap.ok(t.wait("CAUSE"), "Esc is Esc", t.text())
    t.type("Q")
    tap.ok(t.restored(), "the terminal is as it was", t.text())
    t.close()


HOSTILE = "\x1b[2J\x1b]0;owned\x07世界 e\u0301\u200d\u202e\u0085 \u0600\ufeff 🏴\u200d☠️ \U000e0041"


def check_hostile(tap, folder):
    """Text of a peer that would clear the screen, turn it round or push its columns apart."""
    path = os.path.join(folder, "hostile.pcap")
    talk = packets.Conversation()
    talk.establish()
    text = HOSTILE.encode()
    talk.say(packets.SERVER, packets.notification(6, 2, bytes((len(text),)) + text), after=3)
    talk.close(packets.SERVER)
    with open(path, "wb") as file:
        file.write(talk.pcap())
    raw = os.path.join(folder, "hostile.raw")
    t = Terminal(folder, 150, 24)
    t.tmux("pipe-pane", "-o", f"cat >{raw}")
    t.line(f"{BGPWHY} --ui -r {path}")
    t.wait("done")
    list_rows = t.text().splitlines()
    t.type("Enter")
    t.wait("[1 Ladder]")
    rows = [row for row in t.text().splitlines() if row.count("│") + row.count("├") + row.count("┤") == 2]
    ends = {columns(row[:max(row.rfind("│"), row.rfind("┤"))]) for row in rows}
    tap.ok(len(rows) > 5 and len(ends) == 1 and len(list_rows) == 24, "the lifelines stay straight", t.text(), ends)
    tap.ok("\\u001b[2J" in t.text() and "世界" in t.text(), "the text is shown, escaped", t.text())
    for keys in (("2",), ("4",), ("1", "/"), ("NOTIFICATION", "Enter", "Home", "Enter")):
        t.type(*keys)
        time.sleep(0.3)
    tap.ok("owned" in t.text() and t.tmux("display-message", "-p", "#{pane_title}").strip() != "owned", "the message, too", t.text())
    t.type("Q")
    t.wait("$")
    t.close()
    with open(raw, "rb") as file:
        sent = file.read().decode("utf-8", "replace")
    tap.none([repr(bad) for bad in ("\x1b]0;", "\u202e", "\u0085", "\u200d", "\ufeff", "\U000e0041") if bad in sent],
             "nothing of it reaches the terminal as it came")


# Terminals that a small system does not know, as ncurses describes them.
TERMINFO = r"""
sixteen|xterm with 16 colors,
	colors#16, pairs#256,
	setab=\E[%?%p1%{8}%<%t%p1%{40}%+%e%p1%{92}%+%;%dm,
	setaf=\E[%?%p1%{8}%<%t%p1%{30}%+%e%p1%{82}%+%;%dm,
	use=xterm-256color,
direct|xterm with direct color,
	RGB, colors#0x1000000, pairs#0x7fff,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,
	use=xterm-256color,
"""


def check_palette(tap, folder):
    """Each terminal is asked for the few colours that can be read on white and on black, and never for a background."""
    few, light = {31, 32, 33, 36}, {31, 32, 34, 35}  # red, green, yellow, cyan; blue and magenta where white is known
    many = {(34,), (136,), (160,), (31,)}
    cases = (("linux", (), few), ("xterm", (), few), ("screen", (), few), ("sixteen", (), few),
             ("rxvt", ("COLORFGBG='15;0'",), few), ("rxvt", ("COLORFGBG='0;15'",), light),
             ("sixteen", ("COLORFGBG='0;default;15'",), light), ("screen-256color", (), many),
             ("xterm-256color", ("COLORFGBG='0;15'",), many), ("direct", (), few),
             ("xterm-256color", ("NO_COLOR=1",), set()), ("vt100", (), set()), ("vt220", (), set()))
    source, terminfo = os.path.join(folder, "terminfo.src"), os.path.join(folder, "terminfo")
    with open(source, "w", encoding="ascii") as file:
        file.write(TERMINFO)
    subprocess.run(["tic", "-x", "-o", terminfo, source], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    os.environ["TERMINFO_DIRS"] = f"{terminfo}:/etc/terminfo:/lib/terminfo:/usr/share/terminfo:/usr/lib/terminfo"
    for term, environment, allowed in cases:
        name = " ".join((f"TERM={term}", *environment))
        if subprocess.run(["infocmp", term], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            tap.skip(name, "this system does not know the terminal")
            continue
        raw = os.path.join(folder, "raw")
        t = Terminal(folder, 120, 40, term=term, environment=environment)
        t.tmux("pipe-pane", "-o", f"cat >{raw}")
        t.line(f"{BGPWHY} --ui -r {capture('bfd-down')} -r {capture('bad-peer-as')} -r {capture('healthy-ipv6')}")
        t.wait("CAUSE")
        for keys, wanted in ((("Enter",), "[1 Ladder]"), (("3",), "[3 OPENs]"), (("4",), "[4 Findings]"), (("1", "m"), "State mach"),
                             (("q", "q", "t"), "Time line"), (("q", "?"), "Help")):
            t.type(*keys)
            t.wait(wanted)
        t.type("Q")
        t.wait("$")
        time.sleep(0.3)
        t.close()
        with open(raw, "rb") as file:
            asked = parameters(file.read())
        os.unlink(raw)
        # Going back to the terminal's own colours some terminals need white on black for a moment: none of these.
        tap.equal({number for what, number in asked if what == "fg"}, allowed, f"{name}: these colours and no other")
        tap.equal({number for what, number in asked if what == "bg"}, set(), f"{name}: the background is the terminal's own")


def check_ended(tap, folder):
    """Several files of different times: the hold timers of a session stand as its own capture left them."""
    names = ("healthy-ipv6", "mtu-black-hole")
    t = Terminal(folder, 140, 40)
    t.line(f"{BGPWHY} --ui {' '.join('-r ' + capture(name) for name in names)}")
    t.wait("done")
    for name, pattern in zip(names, (r"Established 2001:.*", r"Established 192\.0\.2.*")):
        run = bgpwhy("-r", capture(name), "--json")
        session = run.events("session")[0]
        end = epoch(run.events("capture")[-1]["time"])
        last = {src: max(epoch(one["time"]) for one in run.events("message") if one["src"] == src)
                for src in (session["local"], session["remote"])}
        left = [int(session["hold_time_s"] - (end - last[src])) for src in (session["local"], session["remote"])]
        row = re.search(pattern, t.text())
        shown = [int(number) for number in re.findall(r"(\d+)s(?= [←]|  ?\S)", row.group(0).split("→", 1)[1])[:2]] if row else []
        tap.equal(shown, left, f"{name}: what was left of the hold time when its capture ended", t.text())
    t.type("Q")
    t.close()


def check_recordings(tap, folder):
    """What the flight recorder has of a session stands in its ladder, of the run itself and of the database."""
    db, records = os.path.join(folder, "recorded.db"), os.path.join(folder, "records")
    stay = "-Z root" if os.geteuid() == 0 else ""
    common = f"-r {capture('bfd-down')} --record {records} --db {db} {stay}"
    for what, command in (("the run", f"--ui {common}"), ("the database", f"--ui --db {db}")):
        t = Terminal(folder, 120, 40)
        t.line(f"{BGPWHY} {command}")
        t.wait("done")
        t.type("Enter")
        t.wait("[1 Ladder]")
        t.type("/")
        t.line("recorded")
        files = os.listdir(records)
        # The name is cut where the line ends.
        tap.ok(t.wait(f"● recorded in {files[0][:40]}") and len(files) == 1 and t.text().count("● recorded") == 1,
               f"{what}: the ladder names the recording, once", t.text(), files)
        t.type("Enter")
        tap.ok(t.wait("bgpwhy -r reads it"), f"{what}: and says how to look at it", t.text())
        t.type("Q")
        t.close()


def click(t, row, column, button=0):
    """As a terminal says it: in the form of xterm, and in SGR where that is what was asked for."""
    if "1" in t.tmux("display-message", "-p", "#{mouse_sgr_flag}"):
        t.octets(f"\x1b[<{button};{column + 1};{row + 1}M\x1b[<{button};{column + 1};{row + 1}m".encode())
    else:
        t.octets(b"".join(b"\x1b[M" + bytes((32 + code, 33 + column, 33 + row)) for code in (button, 3)))


def check_mouse(tap, folder):
    t = Terminal(folder, 120, 30)
    t.line(f"{BGPWHY} --ui -r {capture('healthy-ipv6')} -r {capture('bad-peer-as')}")
    t.wait("2001:db8::1")
    tap.ok("1" in t.tmux("display-message", "-p", "#{mouse_any_flag}#{mouse_standard_flag}#{mouse_button_flag}"),
           "it asks for the mouse")
    click(t, 4, 20)
    tap.ok(t.wait(re.compile(r"▸. \S+ +2001:")), "a click chooses a session", t.text())
    click(t, 4, 20)
    tap.ok(t.wait("[1 Ladder]"), "a second one opens it", t.text())
    for _ in range(5):
        click(t, 15, 20, 64)
    tap.ok(t.wait(re.compile(r" \d+ of \d+ ─")), "the wheel moves", t.text())
    foot = t.text().splitlines()[-1]
    click(t, 29, foot.index("q back"))
    tap.ok(t.wait("CAUSE"), "a click on the foot is its key", t.text())
    click(t, 2, t.text().splitlines()[2].index("PEERS"))
    tap.ok(t.wait("PEERS▾"), "a click on a title sorts", t.text())
    t.type("Q")
    tap.ok(t.restored() and "1" not in t.tmux("display-message", "-p", "#{mouse_any_flag}#{mouse_standard_flag}"),
           "afterwards the mouse is the terminal's", t.text())
    t.close()


def check_saving(tap, folder):
    place = os.path.join(folder, "saved")
    os.mkdir(place)
    t = Terminal(folder)
    stay = "-Z root" if os.geteuid() == 0 else ""
    t.line(f"cd {place}; {BGPWHY} --ui {stay} -r {capture('bad-peer-as')}")
    t.wait("CAUSE")
    t.type("Enter")
    t.wait("[1 Ladder]")
    t.type("F2")
    tap.ok(t.wait("saved bgpwhy-192.0.2.10-192.0.2.1-ladder.txt"), "F2 says what it saved", t.text())
    t.type("F2")
    t.wait("-2-ladder")
    t.type("Q")
    files = sorted(os.listdir(place))
    tap.equal(files, [f"bgpwhy-192.0.2.10-192.0.2.1{more}-{what}" for more in ("-2", "")
                      for what in ("findings.md", "ladder.txt", "packets.pcap")], "and never over what is there")
    ladder, findings = (open(os.path.join(place, name), encoding="utf-8").read() for name in (files[4], files[3]))
    tap.ok("│─ OPEN as 65009" in ladder and "NOTIFICATION 2/2" in ladder, "the ladder is text", ladder[:2000])
    tap.ok(findings.startswith("# 192.0.2.10 and 192.0.2.1") and "## error: wrong AS number" in findings
           and "\n- " in findings, "the findings are Markdown", findings[:2000])
    again, first = (bgpwhy("-r", path, "--json") for path in (os.path.join(place, files[5]), capture("bad-peer-as")))
    said = [[(one["time"], one["src"], one["type"]) for one in run.events("message")] for run in (again, first)]
    tap.ok(said[0] and said[0] == said[1], "the packets are a capture with the same messages", said)
    tap.equal([one["primary_cause"] for one in again.events("session")], ["bad-peer-as"], "and the same cause")
    t.close()
    t = Terminal(folder)
    t.line(f"cd {place}; {BGPWHY} --ui {stay} -r {capture('bfd-down')} -r {capture('healthy-ipv6')}")
    t.wait("CAUSE")
    t.type("/")
    t.line("peer:2001")
    t.type("Enter")
    t.wait("[1 Ladder]")
    t.type("F2")
    t.wait("saved")
    t.type("Q")
    name = os.path.join(place, "bgpwhy-2001_db8__1-2001_db8__10-packets.pcap")
    sessions = bgpwhy("-r", name, "--json").events("session") if os.path.exists(name) else []
    tap.equal([(one["local"], one["remote"]) for one in sessions], [("2001:db8::1", "2001:db8::10")],
              "of several sessions the one that is looked at", os.listdir(place))
    t.close()


def check_inputs(tap, folder):
    """The same from a file, from standard input and from a database."""
    db = os.path.join(folder, "dash.db")
    subprocess.run([BGPWHY, "-r", capture("bfd-down"), "--db", db, "--report", "-q"], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)
    screens = {}
    for name, command in (("a file", f"{BGPWHY} --ui -r {capture('bfd-down')}"),
                          ("standard input", f"cat {capture('bfd-down')} | {BGPWHY} --ui -r -"),
                          ("a database", f"{BGPWHY} --ui --db {db}")):
        t = Terminal(folder)
        t.line(command)
        t.wait("done")
        t.type("Enter", "Home")
        drawn = t.wait(re.compile(r"▸03:19:49 "))
        ladder = t.text()
        t.type("Down", "Down", "Down", "Down", "Down", "Down", "Down", "Down", "Enter")
        drawn = drawn and t.wait("My Autonomous System: 65001")
        screens[name] = ladder.splitlines()[2:] + t.text().splitlines()[2:]
        tap.ok(drawn, f"{name}: ladder and message", t.text())
        t.type("Q")
        t.close()
    for name in ("standard input", "a database"):
        tap.ok(screens[name] == screens["a file"], f"{name}: the same screens as from a file",
               "\n".join(screens[name]), "\n".join(screens["a file"]))


def check_learn(tap, folder):
    t = Terminal(folder)
    t.line(f"{BGPWHY} --learn; echo status $?")
    tap.ok(t.wait("How a session comes up", 60) and "not installed" not in t.text(), "--learn finds its captures", t.text())
    t.type("Enter")
    tap.ok(t.wait("lesson 1") and t.wait("Watch"), "a lesson begins", t.text())
    t.type("Right")
    tap.ok(t.wait("Question"), "a question is asked", t.text())
    t.type("Right")
    tap.ok(t.wait("Answer #9"), "and answered by the next step", t.text())
    t.type("Tab")
    tap.ok(t.wait("AdminDown"), "Tab: BFD", t.text())
    t.type("Tab", "+", "+", "Space")
    # It is over in half a second: "playing 60x" may be gone before anybody looks, "speed 60x" stays.
    tap.ok(t.wait("60x"), "it plays at 60x", t.text())
    tap.ok(t.wait("step 41 of 41", 30) and t.wait("speed 60x"), "to its end", t.text())
    t.type("e")
    tap.ok(t.wait("[1 Ladder]"), "e: its ladder", t.text())
    t.type("q", "q", "Down", "Enter")
    tap.ok(t.wait("lesson 2"), "the next lesson", t.text())
    t.type("Q")
    tap.ok(t.wait("status 0"), "Q leaves", t.text())
    t.close()


def hold_left(text):
    """The seconds left of the first bar, or None."""
    found = re.search(r"→[^ ]* +(\d+)s", text)
    return int(found.group(1)) if found else None


def check_live(tap, folder):
    import test_live
    reason = test_live.why_not()
    if reason:
        tap.skip("live, against daemons", reason)
        return
    from bgplab import lab, net
    with lab.Lab(types.SimpleNamespace(name="dashboard")) as laboratory:
        node, router = laboratory.usual()
        t = Terminal(laboratory.scratch, 140, 40, enter=node.namespace.argv())
        t.line(f"{BGPWHY} -i eth0")
        tap.ok(t.wait("Waiting for BGP"), "live: it waits", t.text())
        router.start()
        node.start()
        tap.ok(t.wait(re.compile("✓ Established"), 60), "live: the session comes up", t.text())
        laboratory.path.filter("bridge", "ip protocol tcp drop")
        begun = time.monotonic()
        seen = []
        while time.monotonic() - begun < 30 and "hold timer" not in t.text():
            left = hold_left(t.text())
            if left is not None and (not seen or seen[-1] != left):
                seen.append(left)
            time.sleep(0.3)
        falls = [left for i, left in enumerate(seen) if i == 0 or left < seen[i - 1]]
        tap.ok(len(falls) >= 8 and min(falls, default=99) <= 3, "live: the bar runs down, second by second", seen)
        tap.ok(t.wait("✗", 10) and t.wait("hold timer", 10), "live: the row says down, and why", t.text())
        red = [row for row in t.coloured().splitlines() if "✗" in row and "192.0.2" in row]
        tap.ok(red and re.search(r"\x1b\[[0-9;]*(31|38;5;160|41|48;5;160)m", red[0]), "live: in red", red)
        t.type("Enter")
        tap.ok(t.wait("hold-timer-expired"), "live: Enter shows how it came", t.text())
        t.type("m")
        tap.ok(t.wait("HoldTimer_Expires") or "Idle" in t.text(), "live: the machine fell", t.text())
        t.type("Q")
        tap.ok(t.wait("$"), "live: Q leaves", t.text())
        t.close()


def main():
    need_program()
    if shutil.which("tmux") is None:
        skip_all("tmux is not installed")
    tap = Tap()
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for check in (check_new_user, check_list, check_signals, check_sizes, check_storm, check_keys,
                      check_hostile, check_colours, check_palette, check_ended,
                      check_recordings, check_mouse, check_saving,
                      check_inputs, check_learn, check_live):
            name = check.__name__[len("check_"):]
            if not wanted or name in wanted:
                tap.attempt(name, check, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
