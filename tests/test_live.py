#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The live path: FRR and BIRD on a veth pair; bgpwhy watches a session come up, and says why it ends.

Four runs watch the same session: JSON with a database, lines on `any`, one that is killed on the way, and
the dashboard in tmux. Where the lab cannot run, this says so and is skipped.
"""
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import types

from support import BGPWHY, SECONDS, SOURCE, Run, Tap, bgpwhy, need_program, skip_all, until

sys.path.insert(0, os.path.join(SOURCE, "tests", "lab"))
os.environ["TZ"] = "UTC"

CAUSE = "cease-admin-shutdown"


def why_not():
    """Why the lab cannot run here; None where it can."""
    if os.geteuid() != 0:
        return "the lab needs root"
    for program in ("ip", "sysctl", "nft", "bird", "birdc", "vtysh", "/usr/lib/frr/bgpd"):
        if shutil.which(program) is None:
            return f"the lab needs {program}"
    name = f"bgpwhy{os.getpid()}"
    add = ["ip", "netns", "add", name]
    enter = ["ip", "netns", "exec", name, "sysctl", "-n", "net.ipv6.conf.all.disable_ipv6"]
    try:
        for command in (add, enter):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False)
            if done.returncode != 0:
                return "no network namespaces: " + " ".join(done.stdout.split())
    finally:
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
    return None


class Watch:
    """A run of the program in a namespace, its output in a file so that it can be read meanwhile."""

    def __init__(self, namespace, path, *args):
        self.what = " ".join(args[:3])
        self.path = path
        self.out, self.err = open(path, "wb"), open(path + ".err", "wb")
        self.process = subprocess.Popen(namespace.argv(BGPWHY, *args), stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=self.err)

    def text(self):
        with open(self.path, "rb") as file:
            return file.read()

    def run(self):
        with open(self.path + ".err", "rb") as file:
            return Run(self.process.returncode, self.text(), file.read())

    def end(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.out.close()
        self.err.close()
        return self.run()


class Screen:
    """The dashboard in a tmux of its own."""

    def __init__(self, namespace, folder, *args):
        self.socket = os.path.join(folder, "tmux")
        self.status = os.path.join(folder, "tmux.status")
        command = " ".join(namespace.argv(BGPWHY, *args))
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40",
                  f"env TERM=screen-256color LC_ALL=C.UTF-8 {command}; echo $? >{self.status}; sleep 600")

    def tmux(self, *args):
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        return subprocess.run(["tmux", "-S", self.socket, *args], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, env=environment).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def type(self, key):
        self.tmux("send-keys", key)

    def exit_status(self):
        with contextlib.suppress(OSError, ValueError):
            with open(self.status, encoding="ascii") as file:
                return int(file.read())
        return None

    def close(self):
        self.tmux("kill-server")


def stored(path, query):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchone()[0]


def established(watch, *addresses):
    """Whether the JSON so far has a transition to Established of each."""
    lines = watch.text().splitlines()
    return all(any(b'"to":"Established"' in line and f'"speaker":"{address}"'.encode() in line
                   for line in lines) for address in addresses)


def check_coming_up(tap, node, router, watches, db, killed_db):
    watch, lines, killed, screen = watches
    tap.ok(until(lambda: established(watch, node.address, router.address)), "--json sees both Established",
           watch.text().decode()[-3000:])
    tap.ok(until(lambda: b"Established" in lines.text()), "--lines on `any` see it too",
           lines.text().decode()[-3000:])
    tap.ok(until(lambda: stored(db, "SELECT count(*) FROM transition WHERE \"to\" = 'Established'") >= 2),
           "a reader finds it in the database while the run goes on")
    if screen is not None:
        tap.ok(until(lambda: "Established" in screen.text() and router.address in screen.text()),
               "the dashboard shows Established", screen.text())
    time.sleep(2)
    seen = killed.text().count(b'"event":"message"')
    killed.end(signal.SIGKILL)
    tap.equal(stored(killed_db, "PRAGMA integrity_check"), "ok", "a killed run leaves a sound database")
    kept = stored(killed_db, "SELECT count(*) FROM message")
    tap.ok(kept >= min(seen, 4) and kept <= killed.text().count(b'"event":"message"'),
           "it lacks the last second at most", f"{kept} messages stored, {seen} seen a moment before")
    again = bgpwhy("--db", killed_db, "--json")
    tap.ok(again.status in (0, 1) and again.events("message"), "it can be looked at", again.status,
           *again.complaints)


def check_going_down(tap, router, watches, db):
    watch, lines, _, screen = watches
    router.birdc("disable", "node")
    tap.ok(until(lambda: b'"type":"NOTIFICATION"' in watch.text()), "--json sees the NOTIFICATION",
           watch.text().decode()[-2000:])
    if screen is not None:
        tap.ok(until(lambda: CAUSE in screen.text() or "administrator" in screen.text()),
               "the dashboard names the cause", screen.text())
        screen.type("Q")
        tap.ok(until(lambda: screen.exit_status() is not None), "Q ends the dashboard", screen.text())
        tap.equal(screen.exit_status(), 1, "the dashboard's exit status")
    time.sleep(1.5)
    run = watch.end(signal.SIGTERM)
    tap.equal(run.status, 1, "SIGTERM ends --json with its exit status", *run.complaints)
    sessions = run.events("session")
    tap.equal([(one["primary_cause"], one["verdict"], one["established_count"]) for one in sessions],
              [(CAUSE, "down", 1)], "the session's cause and verdict",
              *[f"{one['severity']} {one['cause']}: {one['summary']}" for one in run.events("finding")])
    end = run.events("capture")[-1]
    tap.ok(end["state"] == "end" and end["packets"] > 10, "the capture's end is told", end)
    tap.equal(bgpwhy("--db", db, "--json").out, run.out, "the database gives back what the live run showed")
    run = lines.end(signal.SIGINT)
    tap.equal(run.status, 1, "SIGINT ends --lines with its exit status", *run.complaints)


def watch_session(tap, laboratory):
    node, router = laboratory.usual(node=dict(bfd=False), router=dict(bfd=False))
    folder = laboratory.scratch
    db, killed_db = (os.path.join(folder, name) for name in ("live.db", "killed.db"))
    watches = [
        Watch(node.namespace, os.path.join(folder, "json"), "-i", "eth0", "--json", "--db", db),
        Watch(node.namespace, os.path.join(folder, "lines"), "-i", "any", "--lines"),
        Watch(node.namespace, os.path.join(folder, "killed"), "-i", "eth0", "--json", "--db", killed_db),
        Screen(node.namespace, folder, "-i", "eth0") if shutil.which("tmux") else None,
    ]
    try:
        time.sleep(2)
        for watch in watches[:3]:
            tap.ok(watch.process.poll() is None, f"a live run begins: {watch.what}", *watch.run().complaints)
        router.start()
        node.start()
        laboratory.until("Established", lambda: node.established(router.address), 60)
        check_coming_up(tap, node, router, watches, db, killed_db)
        check_going_down(tap, router, watches, db)
    finally:
        for watch in watches[:3]:
            if watch.process.poll() is None:
                watch.end(signal.SIGKILL)
        if watches[3] is not None:
            watches[3].close()


def main():
    need_program()
    reason = why_not()
    if reason:
        skip_all(reason)
    from bgplab import lab  # its modules need what why_not() looked for
    tap = Tap()
    with lab.Lab(types.SimpleNamespace(name="live")) as laboratory:
        tap.attempt("live", watch_session, laboratory)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
