#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a flood costs and whom it spares; what the length of a file costs.

The captures are made by tests/bench/generate. A sanitizer multiplies memory, so it is the program as
released (of build/, which scripts/test builds before) whose size is looked at.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from support import BGPWHY, SECONDS, Tap, skip_all

GENERATE = os.environ.get("BENCH_GENERATE")
RELEASED = os.path.join(os.environ.get("BGPWHY_SOURCE", "."), "build", "bgpwhy")
MB = 1000000
REAL = 10  # sessions that live through a flood, as the generator has it


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def generate(folder, shape, size):
    path = os.path.join(folder, shape + ".pcap")
    subprocess.run([GENERATE, shape, str(size), path], check=True, stdout=subprocess.DEVNULL)
    return path


def report(program, path):
    """The report, the exit status, and the largest resident size in octets, from wait4."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([program, "-r", path, "--report"], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return out.read().decode(), process.returncode, usage.ru_maxrss * 1024


def flood_is_bounded(t, program, folder, shape):
    path = generate(folder, shape, 1000000)
    text, status, octets = report(program, path)
    t.equal(status, 1, f"{shape}: a million SYNs: exit status")
    t.ok("evicted" in text, f"{shape}: the report says that it evicted", text[-500:])
    t.ok(octets < 256 * MB, f"{shape}: less than 256 MB", f"{octets / MB:.0f} MB")
    os.unlink(path)


def flood_spares(t, folder, shape):
    """Of very many lines only those that matter are looked at, one by one."""
    path = generate(folder, shape, 60000)
    verdicts, said = [], False
    with subprocess.Popen([BGPWHY, "-r", path, "--json"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            said = said or '"evicted-' in line
            if '"event":"session"' in line:
                event = json.loads(line)
                if event["established_count"] > 0:
                    verdicts.append(event["verdict"])
        process.wait(timeout=SECONDS)
    t.equal(verdicts, ["healthy"] * REAL, f"{shape}: the sessions in the middle keep their verdict")
    t.ok(said, f"{shape}: a fault says that it evicted")
    os.unlink(path)


def length_costs_nothing(t, program, folder, shape):
    sizes = []
    for megabytes in (5, 40):
        path = generate(folder, shape, megabytes)
        sizes.append(report(program, path)[2])
        os.unlink(path)
    t.ok(sizes[1] < 64 * MB, f"{shape}: less than 64 MB", f"{sizes[1] / MB:.0f} MB")
    t.ok(sizes[1] < sizes[0] + 4 * MB, f"{shape}: a file eight times as long takes no more memory",
         f"{sizes[0] / MB:.0f} and {sizes[1] / MB:.0f} MB")


def heap_is_advised(t, program, folder):
    """While a file is read, large pages are asked for: most of the heap of ten thousand sessions."""
    setting = "/sys/kernel/mm/transparent_hugepage/enabled"
    if not os.path.exists(setting) or "[never]" in open(setting, encoding="ascii").read():
        t.skip("large pages for the heap", "the kernel gives none")
        return
    path = generate(folder, "many", 20)
    process = subprocess.Popen([program, "-r", "-", "--report"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path, "rb") as file:
        shutil.copyfileobj(file, process.stdin)
    process.stdin.flush()
    sizes, end = {}, time.monotonic() + SECONDS
    while sum(sizes.values()) < 30000 and time.monotonic() < end:
        time.sleep(0.1)
        sizes, heap = {True: 0, False: 0}, False
        with open(f"/proc/{process.pid}/smaps", encoding="utf-8") as maps:
            for line in maps:
                words = line.split()
                if "-" in words[0]:
                    heap = words[-1] == "[heap]"
                elif words[0] == "Rss:":
                    octets = int(words[1])
                elif words[0] == "VmFlags:" and heap:
                    sizes["hg" in words[1:]] += octets
    process.stdin.close()
    process.wait()
    t.ok(sizes[True] > 3 * sizes[False], "large pages are asked for three quarters of the heap", sizes)
    os.unlink(path)


def main():
    if GENERATE is None:
        return skip_all("meson names the generator; by hand: BENCH_GENERATE=build/tests/bench_generate")
    t = Tap()
    program = RELEASED if is_sanitized(BGPWHY) else BGPWHY
    with tempfile.TemporaryDirectory(prefix="bgpwhy-memory-") as folder:
        for shape in ("flood", "flood-ports"):
            t.attempt(f"{shape} spares", flood_spares, folder, shape)
        if not os.path.exists(program):
            t.skip("memory", "only a sanitized program is there")
            return t.done()
        for shape in ("flood", "flood-ports"):
            t.attempt(shape, flood_is_bounded, program, folder, shape)
        for shape in ("one", "table"):
            t.attempt(shape, length_costs_nothing, program, folder, shape)
        t.attempt("large pages", heap_is_advised, program, folder)
    return t.done()


if __name__ == "__main__":
    sys.exit(main())
