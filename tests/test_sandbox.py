#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The sandbox around the running program: what the kernel says of it, and that the terminal still works.

tests/sandbox/walls.c tries it from inside; what is asked for here is that every kind of run enters it. That
all features go on is what the other program tests say, since they run with it.
"""
import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

import packets
from support import BGPWHY, SECONDS, Tap, bgpwhy, need_program, skip_all, until

CAP_DAC_OVERRIDE, CAP_NET_RAW = 1 << 1, 1 << 13


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def kernel_has_it():
    with open("/proc/self/status", encoding="ascii") as file:
        return "\nSeccomp:" in file.read()


def story():
    talk = packets.Conversation()
    talk.establish()
    for _ in range(3):
        talk.say(packets.CLIENT, packets.KEEPALIVE, after=30)
        talk.say(packets.SERVER, packets.KEEPALIVE)
    return talk.pcap()


def is_confined(tap, name, pid, capabilities):
    tap.ok(until(lambda: status_of(pid)["Seccomp"] == "2"), f"{name}: seccomp", status_of(pid)["Seccomp"])
    status = status_of(pid)
    tap.equal(status["NoNewPrivs"], "1", f"{name}: no new privileges")
    sets = [int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb")]
    tap.equal(sets, [capabilities, capabilities, 0, 0], f"{name}: capabilities")
    tap.equal(status["Threads"], "1", f"{name}: no thread from before that would be outside")


def run_waiting(tap, folder, name, args, capabilities=0, data=b"", wrap=()):
    """A run that waits, looked at, and ended; its exit status and complaints."""
    err = os.path.join(folder, "err")
    with open(err, "wb") as file:
        process = subprocess.Popen([*wrap, BGPWHY, *args], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=file,
                                   cwd=folder)
    try:
        process.stdin.write(data)
        process.stdin.flush()
        is_confined(tap, name, process.pid, capabilities)
        process.send_signal(signal.SIGTERM)
        process.stdin.close()
        status = process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
    with open(err, encoding="utf-8", errors="replace") as file:
        complaints = file.read()
    tap.ok(status in (0, 1) and not complaints, f"{name}: ends well", status, complaints)


def check_files(tap, folder):
    path = os.path.join(folder, "story.pcap")
    data = story()
    with open(path, "wb") as file:
        file.write(data)
    database = os.path.join(folder, "story.db")
    run_waiting(tap, folder, "standard input", ["-r", "-", "--lines", "-v"], data=data)
    run_waiting(tap, folder, "a followed file", ["-r", path, "--follow", "--json", "-v"])
    run_waiting(tap, folder, "a database and -w",
                ["-r", "-", "--json", "-v", "--db", database, "-w", os.path.join(folder, "out.pcap")], data=data)
    if os.geteuid() == 0:
        run_waiting(tap, folder, "-Z root", ["-r", "-", "--lines", "-v", "-Z", "root"], CAP_DAC_OVERRIDE, data)
        run_waiting(tap, folder, "-Z root with a database",
                    ["-r", "-", "--lines", "-v", "-Z", "root", "--db", os.path.join(folder, "root.db")],
                    CAP_DAC_OVERRIDE, data)
        tap.equal(sorted(name for name in os.listdir(folder) if name.startswith("root.db")), ["root.db"],
                  "-Z root with a database: its log can be removed")
    without = subprocess.Popen([BGPWHY, "-r", "-", "--lines", "--no-sandbox"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    without.stdin.write(data)
    without.stdin.flush()
    without.stdout.readline()  # so it has started
    tap.equal(status_of(without.pid)["Seccomp"], status_of(os.getpid())["Seccomp"], "--no-sandbox: no seccomp")
    without.communicate(timeout=SECONDS)
    tap.ok(without.returncode in (0, 1), "--no-sandbox: it ends as ever", without.returncode)
    again = bgpwhy("--db", database, "--report")
    tap.ok(again.status in (0, 1) and not again.err, "the database can be read", again.status, *again.complaints)


def check_device(tap, folder):
    if os.geteuid() != 0 or not os.path.isdir("/sys/class/net/lo"):
        tap.skip("an interface", "needs root")
        return
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except OSError as error:
        tap.skip("an interface", str(error))
        return
    run_waiting(tap, folder, "an interface", ["-i", "lo", "--lines", "-v"], CAP_NET_RAW)


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, command, folder):
        self.written = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.environ["LC_ALL"] = "C.UTF-8"
            os.chdir(folder)
            os.execv(command[0], command)
        self.size(100, 30)

    def size(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.5):
        """What it wrote until it was silent that long."""
        got = b""
        with contextlib.suppress(OSError):
            while select.select([self.fd], [], [], seconds)[0]:
                piece = os.read(self.fd, 65536)
                if not piece:
                    break
                got += piece
                if len(got) > 1 << 20:
                    break
        self.written += got
        return got

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def state(self):
        return status_of(self.pid)["State"][0]

    def end(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.read(0.1)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        return None


def check_terminal(tap, folder):
    path = os.path.join(folder, "screen.pcap")
    with open(path, "wb") as file:
        file.write(story())
    try:
        screen = Terminal([BGPWHY, "-r", path, "--follow", "--ui"], folder)
    except OSError as error:
        tap.skip("the dashboard", f"no pseudo terminal here: {error}")
        return
    tap.ok(until(lambda: screen.read() and False or b"192.0.2.1" in screen.written), "the dashboard: draws",
           screen.written[-500:])
    is_confined(tap, "the dashboard", screen.pid, 0)
    screen.size(120, 40)
    os.kill(screen.pid, signal.SIGWINCH)
    tap.ok(until(lambda: b"192.0.2.1" in screen.read(1.0)), "the dashboard: follows the size of its terminal")
    screen.read()
    os.kill(screen.pid, signal.SIGSTOP)
    tap.ok(until(lambda: screen.state() == "T"), "the dashboard: stopped")
    os.kill(screen.pid, signal.SIGCONT)
    tap.ok(until(lambda: screen.state() in "SR"), "the dashboard: goes on")
    screen.type("\x0c")
    tap.ok(until(lambda: b"192.0.2.1" in screen.read(1.0)), "the dashboard: draws again")
    screen.type("Q")
    tap.equal(screen.end(), 0, "the dashboard: ends with its exit status", screen.written[-500:])
    # The stop key of the terminal itself, under a shell that knows of jobs.
    shell = Terminal(["/bin/bash", "--norc", "-i", "-m"], folder) if shutil.which("bash") else None
    if shell is None:
        tap.skip("the stop key", "no bash")
        return
    shell.read()
    shell.type(f"PS1='ready> '; cd {folder}; {BGPWHY} -r {path} --follow --ui\n")
    tap.ok(until(lambda: b"192.0.2.1" in shell.read(1.0)), "under a shell: draws", shell.written[-500:])
    shell.type("\x1a")
    tap.ok(until(lambda: b"Stopped" in shell.read(0.5)), "under a shell: the stop key stops it", shell.written[-800:])
    shell.type("fg\n")
    tap.ok(until(lambda: b"192.0.2.1" in shell.read(1.0)), "under a shell: fg draws it again", shell.written[-800:])
    shell.type("Q")
    until(lambda: b"ready>" in shell.read(0.5), 5)
    shell.type("echo status $?; exit\n")
    until(lambda: b"status " in shell.read(0.5), 5)
    tap.ok(b"status 0" in shell.written, "under a shell: ends with its exit status", shell.written[-300:])
    shell.end()


def main():
    need_program()
    if not kernel_has_it():
        skip_all("this kernel has no seccomp")
    with open(BGPWHY, "rb") as file:
        if b"seccomp_init" not in file.read():
            skip_all("built without it (-Dsandbox=false)")
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # whom root becomes must reach it, too
        tap.attempt("files", check_files, folder)
        tap.attempt("an interface", check_device, folder)
        tap.attempt("the dashboard", check_terminal, folder)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
