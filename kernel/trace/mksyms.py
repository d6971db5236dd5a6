#!/usr/bin/env python3
"""Makes the kernel's symbol table from `nm -n` output: assembly on standard output.

Only text symbols are kept: their addresses do not move when the table is linked in (linker.ld puts it behind them).
With --empty, the same labels around nothing, for the first link.
"""
import sys

BASE = 0xFFFFFFFF80000000


def functions(lines):
    seen = set()
    for line in lines:
        fields = line.split()
        if len(fields) != 3 or fields[1] not in "tT" or fields[2].startswith((".", "__start_", "__stop_")):
            continue
        address = int(fields[0], 16)
        if address >= BASE and address not in seen:
            seen.add(address)
            yield address - BASE, fields[2]


def main():
    table = [] if "--empty" in sys.argv[1:] else list(functions(sys.stdin))
    print('\t.section .ksyms, "a"\n\t.balign 8')
    print("\t.globl ksyms_count, ksyms_offsets, ksyms_names, ksyms_text")
    print(f"ksyms_count:\n\t.long {len(table)}\nksyms_offsets:")
    for offset, _ in table:
        print(f"\t.long {offset:#x}")
    print("ksyms_names:")
    at = 0
    for _, name in table:
        print(f"\t.long {at}")
        at += len(name) + 1
    print("ksyms_text:")
    for _, name in table:
        print(f'\t.asciz "{name}"')
    print('\t.section .note.GNU-stack, "", @progbits')


main()
