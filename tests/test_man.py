#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The man page: well made, and it knows every flag and every cause."""
import os
import re
import shutil
import subprocess
import sys

from support import SOURCE, Tap, bgpwhy, need_program

PAGE = os.path.join(SOURCE, "doc", "bgpwhy.1")


def main():
    need_program()
    tap = Tap()
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", PAGE], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        tap.none(lint.stdout.splitlines(), "mandoc finds nothing to complain about")
    else:
        tap.skip("mandoc finds nothing to complain about", "mandoc is not installed")
    with open(os.path.join(SOURCE, "track", "findings.def"), encoding="utf-8") as file:
        causes = re.findall(r'^FINDING\(\w+,\s*"([a-z0-9-]+)"', file.read(), re.MULTILINE)
    named = set(re.findall(r"^\.It Li (\S+)$", page, re.MULTILINE))
    tap.equal(sorted(set(causes) - named), [], "every cause is in the man page")
    tap.equal(sorted(named - set(causes)), [], "the man page has no cause that the program does not know")
    offered = set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", bgpwhy("-h").text))
    written = {"-" + flag.replace("\\-", "-") for flag in re.findall(r"\bFl (\S+)", page)}
    tap.equal(sorted(offered - written), [], "every flag of -h is in the man page")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
