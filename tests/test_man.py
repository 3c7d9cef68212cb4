#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The man page: well made, and it knows every flag and every cause."""
import json
import os
import re
import shutil
import subprocess
import sys

from support import SOURCE, Tap, bgpwhy, need_program

PAGE = os.path.join(SOURCE, "doc", "bgpwhy.1")
OTHER = os.path.join(SOURCE, "doc", "bgpwhy-expect.5")


def main():
    need_program()
    tap = Tap()
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    if shutil.which("mandoc"):
        for path in (PAGE, OTHER):
            lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            tap.none(lint.stdout.splitlines(), f"mandoc finds nothing to complain about in {os.path.basename(path)}")
    else:
        tap.skip("mandoc finds nothing to complain about", "mandoc is not installed")
    with open(os.path.join(SOURCE, "track", "findings.def"), encoding="utf-8") as file:
        causes = re.findall(r'^FINDING\(\w+,\s*"([a-z0-9-]+)"', file.read(), re.MULTILINE)
    named = set(re.findall(r"^\.It Li (\S+)$", page, re.MULTILINE))
    tap.equal(sorted(set(causes) - named), [], "every cause is in the man page")
    tap.equal(sorted(named - set(causes)), [], "the man page has no cause that the program does not know")
    titles = dict(re.findall(r"^\.It Li (\S+)\n(.+)$", page, re.MULTILINE))
    table = {one["cause"]: one["title"] for one in map(json.loads, bgpwhy("--explain", "--json").out.splitlines())}
    tap.equal({key: titles[key] for key in table if key in titles}, table,
              "the man page has the titles of the catalogue")
    offered = set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", bgpwhy("-h").text))
    written = {"-" + flag.replace("\\-", "-") for flag in re.findall(r"\bFl (\S+)", page)}
    tap.equal(sorted(offered - written), [], "every flag of -h is in the man page")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
