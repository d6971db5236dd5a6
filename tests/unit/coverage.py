#!/usr/bin/python3
"""tests/unit/coverage.py SUMMARY.json - gcovr's summary as a line for each room, the whole of net/, and the ten worst files"""
import collections
import json
import sys


def percent(got, of):
    return f"{100 * got / of:5.1f} %  {got} of {of} lines"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        files = json.load(f)["files"]
    rooms = collections.Counter(), collections.Counter()
    for f in files:
        parts = f["filename"].split("/")
        for room in {parts[0], "/".join(parts[:-1])}:
            rooms[0][room] += f["line_covered"]
            rooms[1][room] += f["line_total"]
    for room in sorted(rooms[1]):
        print(f"{room:16} {percent(rooms[0][room], rooms[1][room])}")
    print("most lines that did not run:")
    for f in sorted(files, key=lambda f: f["line_covered"] - f["line_total"])[:10]:
        print(f"  {f['filename']:32} {percent(f['line_covered'], f['line_total'])}")


main()
