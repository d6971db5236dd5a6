#!/usr/bin/python3
"""tests/check.py CC FLAGS - what the compiler does not check: who includes whom, headers that stand alone, where x86
may be, line lengths, sparse."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

CC, FLAGS = sys.argv[1], sys.argv[2].split()
bad = []

# Which rooms a room may include besides itself (design: downwards only). A room is the longest prefix that matches.
SERVICES = ["lib", "kernel"]
RULES = {
    "lib": [],
    "kernel/main.c": None,  # the composition root knows every room
    "kernel/init.c": None,
    "kernel/selftest.c": None,
    "kernel": ["lib", "kernel"],
    "net/core": SERVICES,
    "net/net.c": None,
    "net/socket": SERVICES + ["net/core"],
    "net/ethernet": SERVICES + ["net/core"],
    "net/packet": SERVICES + ["net/core", "net/socket"],
    "net/netlink": SERVICES + ["net/core", "net/socket"],
    "net/netfilter": SERVICES + ["net/core"],
    "net/unix": SERVICES + ["net/core", "net/socket"],
    "net/ipv4": SERVICES + ["net/core", "net/ethernet", "net/netfilter"],
    "net/udp": SERVICES + ["net/core", "net/ipv4", "net/netfilter"],
    "net/tcp": SERVICES + ["net/core", "net/ipv4", "net/netfilter"],
    "drivers": SERVICES + ["net/core", "net/ethernet", "drivers"],
}
SPARSE = re.compile(r"restricted|different base types|address space|different type")
ASM = re.compile(r"\b(__asm__|asm)\b\s*(volatile|goto)?\s*\(")


def sources(*endings):
    for top in ("lib", "kernel", "net", "drivers"):
        for root, _, files in os.walk(top):
            for f in sorted(files):
                if f.endswith(endings):
                    yield os.path.join(root, f)


def room_of(path):
    return max((r for r in RULES if path == r or path.startswith(r + "/")), key=len, default=None)


def check_includes(path, text):
    room = room_of(path)
    allowed = RULES.get(room)
    for n, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not m:
            continue
        target = m.group(1)
        if not os.path.exists(target):
            bad.append(f"{path}:{n}: include paths are written from the root: {target}")
        elif allowed is not None and room_of(target) != room and not any(target.startswith(a + "/") for a in allowed):
            bad.append(f"{path}:{n}: {room} may not include {target}")


def check_text(path, text):
    if not path.startswith("kernel/arch/") and ASM.search(text):
        bad.append(f"{path}: assembly outside kernel/arch")
    if re.search(r"^#if 0", text, re.M):
        bad.append(f"{path}: #if 0")
    for n, line in enumerate(text.split("\n"), 1):
        if len(line.expandtabs(8)) > 120:
            bad.append(f"{path}:{n}: line is longer than 120 columns")
        if line.rstrip() != line:
            bad.append(f"{path}:{n}: blanks at the end of the line")


def compile_header(path):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write(f'#include "{path}"\n')
        f.flush()
        r = subprocess.run([CC, *FLAGS, "-fsyntax-only", f.name], capture_output=True, text=True)
    return f"{path} does not compile alone:\n{r.stderr}" if r.returncode else None


def sparse(path):
    flags = [f for f in FLAGS if f.startswith(("-I", "-D", "-std"))]
    keep = [x for i, f in enumerate(FLAGS) if f == "-isystem" for x in (f, FLAGS[i + 1])]
    r = subprocess.run(["sparse", "-m64", "-Wno-decl", "-Wno-sizeof-bool", "-Wno-non-pointer-null", "-Wbitwise", "-Wno-transparent-union",
                        "-Wno-shift-count-overflow", *flags, *keep, path], capture_output=True, text=True)
    # The UAPI headers' own casts (TCP_FLAG_*, EPOLL*) lost their __force when they were exported: not ours to mend.
    wrong, head = [], ""
    for line in r.stderr.splitlines():
        if re.match(r"\S+:\d+:\d+: {3}", line):  # "expected ...", "got ...": more about the finding above
            if "__poll_t" in line and head in wrong:
                wrong.remove(head)
        else:
            head = line
            if not line.startswith("/usr/") and "__poll_t" not in line and SPARSE.search(line):
                wrong.append(line)
    return "\n".join(sorted(set(wrong))) or None


def main():
    for path in sources(".c", ".h", ".S"):
        with open(path) as f:
            text = f.read()
        check_includes(path, text)
        check_text(path, text)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad.extend(filter(None, pool.map(compile_header, sources(".h"))))
        bad.extend(filter(None, pool.map(sparse, sources(".c"))))
    print("\n".join(bad[:200]))
    print(f"check: {len(bad)} findings" if bad else "check: clean")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
