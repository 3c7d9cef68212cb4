#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the program was built: what stands between a mistake in reading hostile octets and its use.

Read out of the program by readelf and objdump, not asked of meson. It is the program as released (of build/,
which scripts/test builds before) that is looked at: the sanitizers have their own means.
"""
import os
import re
import shutil
import subprocess
import sys

from support import BGPWHY, SOURCE, Tap, skip_all

RELEASED = os.path.join(SOURCE, "build", "bgpwhy")


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def read(*command):
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=environment).stdout


def main():
    program = RELEASED if is_sanitized(BGPWHY) else BGPWHY
    if not os.path.exists(program):
        skip_all("only a sanitized program is there")
    for tool in ("readelf", "objdump"):
        if shutil.which(tool) is None:
            skip_all(f"needs {tool}")
    tap = Tap()
    header = read("readelf", "-Wh", program)
    segments = read("readelf", "-Wl", program)
    dynamic = read("readelf", "-Wd", program)
    symbols = set(re.findall(r"(\w+)@", read("readelf", "-W", "--dyn-syms", program)))
    tap.ok(re.search(r"Type:\s+DYN", header) and "PIE" in dynamic, "it may be loaded anywhere (PIE)", header)
    tap.ok("GNU_RELRO" in segments and re.search(r"FLAGS.*\bBIND_NOW\b|\(BIND_NOW\)", dynamic),
           "what was linked is read-only before main (full RELRO)", dynamic)
    stack = re.search(r"GNU_STACK.*", segments)
    tap.ok(stack and "RWE" not in stack.group(), "no code on the stack", segments)
    tap.none([line for line in segments.splitlines() if "LOAD" in line and "RWE" in line],
             "nothing is writable and runs")
    tap.ok("__stack_chk_fail" in symbols, "the stack is guarded (stack protector)", sorted(symbols))
    fortified = {name for name in symbols if re.fullmatch(r"__\w+_chk", name)} - {"__stack_chk_fail"}
    tap.ok({"__snprintf_chk", "__memcpy_chk"} <= fortified, "copies and prints are bounded (_FORTIFY_SOURCE)",
           sorted(symbols))
    tap.equal(sorted(name for name in symbols if name in ("gets", "strcpy", "strcat", "sprintf", "vsprintf", "stpcpy")),
              [], "nothing writes without knowing how much room there is")
    # gcc tells in the debugging information how it was called; clang does not.
    units = re.findall(r"DW_AT_producer\s*:.*?(GNU C.*)", read("readelf", "--debug-dump=info", "--dwarf-depth=1", program))
    if units:
        tap.none([unit for unit in units if "-ftrivial-auto-var-init=zero" not in unit],
                 "what is not set is zero (-ftrivial-auto-var-init)")
        tap.none([unit for unit in units if "-fstack-protector-strong" not in unit], "every file has the guard")
    else:
        tap.skip("what is not set is zero", "the program does not tell how it was compiled")
    # A function with an array on its stack: the guard's word comes from %fs:0x28.
    if "X86-64" in header:
        code = read("objdump", "-d", "--no-show-raw-insn", program)
        functions = re.split(r"\n(?=[0-9a-f]+ <)", code)
        guarded = [text for text in functions if "%fs:0x28" in text]
        tap.ok(len(guarded) > 300, "several hundred functions are", len(guarded))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
