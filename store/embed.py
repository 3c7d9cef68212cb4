#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns a text file into a C string: embed.py INPUT OUTPUT NAME"""
import sys


def main():
    source, target, name = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        lines = f.read().splitlines()
    with open(target, "w", encoding="utf-8") as f:
        f.write(f"/* Made from {source.rsplit('/', 1)[-1]}. */\n")
        f.write(f"extern const char {name}[];\nconst char {name}[] =\n")
        for line in lines:
            text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
            f.write(f'\t"{text}\\n"\n')
        f.write("\t;\n")


main()
