#!/usr/bin/python3
"""tests/check.py CC FLAGS NM OBJDIR - what the compiler does not check

Includes point downwards, headers compile alone, x86 stays in its room, the text has its form, functions are short, net/
has no mutable state of its own, sparse is content, and what the documentation names exists.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

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

# File-scope variables that net/ may have: registries filled at start, and what belongs to the machine's CPUs.
STATE = [
    (r"__tracepoint_\w+", "a tracepoint's switch and count; the linker lays them side by side"),
    (r"\w+_ops", "pernet_operations: carries its own link in the list of net_namespace.c, joined at start"),
    (r"\w+_protosw|protosw_list|inet_protos|\w+_packet_type|\w+_notifier|notifiers|ptype_protocols\w*|offload_protocols|inet_offloads|\w+_packet_offload",
     "registries of protocols, packet types and notifiers, and their entries, filled at start"),
    (r"\w+_prot|unix_proto|nr_protos|proto_mutex", "struct proto: its slab cache and number are set when it registers"),
    (r"families|netlink_hooks|rtnl_first|sock_diag_first|\w+_handlers|inet_stream_hooks|inet_ioctl_hook|nf_reject_hook|snmp_ip_settings|lines|algorithms|tcp_reno|tcp_cubic|tcp_bbr|tcp_aimd|tcp_dctcp|cc_names",
     "tables of operations (and /proc/net/sockstat's lines) of rooms above, registered at start"),
    (r"\w+_cache|skb_slab|head_slabs|kmalloc_heads", "slab caches, made at start: memory of the machine, not of a stack"),
    (r"softnet_data|skb_cpus|magazine_floor|page_blocks|skb_copy_counts", "per-CPU work: a CPU serves all stacks"),
    (r"init_net|net_list|net_list_lock|next_inum|pernet_first", "the registry of the stacks themselves"),
    (r"table(\.\d+)?", "sysctl entries: registered once, linked by procfs"),
    (r"dev_tables", "sysctl files by device name: an open one may outlive its device, so they are kept"),
    (r"_warned\.\d+", "a message that is said once"),
]

SPARSE = re.compile(r"restricted|different base types|address space|different type")
ASM = re.compile(r"\b(__asm__|asm)\b\s*(volatile|goto)?\s*\(")
X86 = re.compile(r"\b(in|out)[bwl]\(|\b(rd|wr)msr|\brdtsc|\bcpuid\(|\b(read|write)_cr[0-4]|\blapic_|\binvlpg|x86|\bEM_X86"
                 r"|(->|\.)(r(ax|bx|cx|dx|si|di|bp|sp|ip|flags|[89]|1[0-5])|orig_rax)\b")
MMIO = '#include "kernel/arch/io.h"'  # for drivers alone
LONGEST_FUNCTION = 80
LONGEST_FILE = 500


def sources(*endings, tops=("lib", "kernel", "net", "drivers")):
    for top in tops:
        for root, _, files in os.walk(top):
            for f in sorted(files):
                if f.endswith(endings):
                    yield os.path.join(root, f)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


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


def check_machine(path, text):
    """x86 lives in kernel/arch; a driver may use its port and MMIO helpers."""
    if path.startswith("kernel/arch/"):
        return
    if ASM.search(text):
        bad.append(f"{path}: assembly outside kernel/arch")
    if not path.startswith("drivers/") and (X86.search(text) or MMIO in text):
        bad.append(f"{path}: x86 (port I/O, registers, its name) outside kernel/arch and drivers")


def check_form(path, text):
    """The header comment, indentation, line lengths."""
    if path.endswith((".c", ".S")):
        head = text.split("*/")[0]
        if not text.startswith(f"/* {path} - "):
            bad.append(f"{path}: begins with '/* {path} - what it is'")
        elif path.endswith(".c") and path.startswith(("lib/", "kernel/", "net/", "drivers/")) and "Called:" not in head:
            bad.append(f"{path}: the header comment does not say who calls (Called:)")
    if re.search(r"^#if 0", text, re.M):
        bad.append(f"{path}: #if 0")
    lines = text.split("\n")
    if len(lines) - 1 > LONGEST_FILE:
        bad.append(f"{path}: {len(lines) - 1} lines; is it two purposes?")
    for n, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > 120:
            bad.append(f"{path}:{n}: line is longer than 120 columns")
        if line.rstrip() != line:
            bad.append(f"{path}:{n}: blanks at the end of the line")
        if path.endswith((".c", ".h")) and re.match(r"\t* +(?!\*)", line) and not continues(line):
            bad.append(f"{path}:{n}: indentation is by tabs")


def continues(line):
    """Blanks that align the rest of a statement come after the tabs and are fewer than eight."""
    blanks = re.match(r"\t*( *)", line)
    return len(blanks.group(1)) < 8 or line.strip() == "\\"


def check_functions(path, text):
    start = 0
    for n, line in enumerate(text.split("\n"), 1):
        if line == "{":
            start = n
        elif line.startswith("}") and start:
            if n - start > LONGEST_FUNCTION:
                bad.append(f"{path}:{start}: a function of {n - start} lines; is it two thoughts?")
            start = 0
        elif start and re.match(r"\s*#\s*if", line):
            bad.append(f"{path}:{n}: #if inside a function")


def check_state(nm, objdir):
    """No mutable file-scope state in net/ but what STATE allows."""
    for path in sources(".c", tops=("net",)):
        obj = os.path.join(objdir, path[:-2] + ".o")
        out = subprocess.run([nm, obj], capture_output=True, text=True)
        if out.returncode:
            bad.append(f"{path}: no object to look at: {out.stderr.strip()}")
        for line in out.stdout.splitlines():
            *_, kind, name = line.split()
            if kind in "bBdDC" and not any(re.fullmatch(pattern, name) for pattern, _ in STATE):
                bad.append(f"{path}: mutable file-scope state: {name} (hang it from struct net, or justify it in STATE)")


def compile_header(path):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write(f'#include "{path}"\n')
        f.flush()
        r = subprocess.run([CC, *FLAGS, "-fsyntax-only", f.name], capture_output=True, text=True)
    return f"{path} does not compile alone:\n{r.stderr}" if r.returncode else None


def sparse(path):
    flags = [f for f in FLAGS if f.startswith(("-I", "-D", "-std"))]
    keep = [x for i, f in enumerate(FLAGS) if f == "-isystem" for x in (f, FLAGS[i + 1])]
    r = subprocess.run(["sparse", "-m64", "-Wno-decl", "-Wno-sizeof-bool", "-Wno-non-pointer-null", "-Wbitwise",
                        "-Wno-transparent-union", "-Wno-shift-count-overflow", *flags, *keep, path],
                       capture_output=True, text=True)
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


# --- the documentation ---

# Called in the docs by their POSIX or compiler names, or as an example of what does not exist.
ELSEWHERE = {"printf", "malloc"}
OURS = ("kernel", "net", "drivers", "lib", "user", "tests", "docs")


def words_of_sources():
    """Every word before '(' in the sources, and every word at all."""
    calls, words = set(), set()
    for path in sources(".c", ".h", ".S", ".py", tops=OURS[:-1]):
        text = read(path)
        calls.update(re.findall(r"\b([A-Za-z_]\w*)\s*\(", text))
        words.update(re.findall(r"\w+", text))
        if path.endswith(".S"):
            calls.update(re.findall(r"^(\w+):", text, re.M))
    for path in glob.glob("user/etc/*") + ["Makefile", "linker.ld", "tests/vm", "tests/run", "tests/soak"]:
        words.update(re.findall(r"\w+", read(path)))
    return calls, words


def path_exists(path):
    path = path.rstrip("./:,")
    return os.path.exists(path) or glob.glob(path) or path.startswith("build/")


def make_targets():
    """{target: its rule's file} of the Makefile and what it includes."""
    files = ["Makefile"] + glob.glob("tests/*/*.mk")
    return {t for f in files for line in read(f).split("\n") if re.match(r"[\w. -]+:(?!=)", line)
            for t in line.split(":")[0].split()}


# A variable of make that chooses tests, and where a text that holds the choice must be found. PLACEHOLDERS are to be
# written by the reader.
CHOICES = {"unit": ("T", "tests/unit"), "packet": ("T", "tests/packet"), "sim": ("SCENARIO", "tests/sim/scenarios"),
           "fuzz": ("TARGET", "tests/fuzz")}
PLACEHOLDERS = {"tcp/mine", "slow_line"}


def check_commands(path, n, line):
    """Commands in the text: the target is there, and what it shall run."""
    for target, rest in re.findall(r"(?:`|^ {4}|^\$ )make ([a-z][\w-]*)((?: [A-Z]+=[^ `]+)*)", line):
        if target not in TARGETS:
            bad.append(f"{path}:{n}: make has no target {target}")
        variable, top = CHOICES.get(target, (None, None))
        for choice in re.findall(rf" {variable}=([\w/:-]+)", rest):
            if choice in PLACEHOLDERS:
                continue
            file, _, test = choice.partition(":")
            file = file.replace("-", "_")
            found = [f for f in glob.glob(top + "/**", recursive=True) if file in f]
            if not found and not any(f"SCENARIO({file}" in read(f) for f in glob.glob(top + "/*.c")):
                bad.append(f"{path}:{n}: make {target} {variable}={choice} would find nothing")


TARGETS = make_targets()


def check_document(path, text, calls, words, basenames):
    beyond = False  # sections on what Linux does beyond this may name what is Linux's alone
    for n, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            beyond = "Linux does" in line
        if beyond:
            continue
        for name in re.findall(r"\b([A-Za-z_]\w*)\(\)", line):
            if name not in calls and f"sys_{name}" not in calls and name not in ELSEWHERE:
                bad.append(f"{path}:{n}: no function {name}() in the sources")
        for name in re.findall(r"`([a-z]\w*_\w+)`", line):
            if name not in words:
                bad.append(f"{path}:{n}: `{name}` is not in the sources")
        for name in re.findall(rf"(?<![\w/.~=-])((?:{'|'.join(OURS)})/[\w.*/-]*)", line):
            if not path_exists(name):
                bad.append(f"{path}:{n}: no such file: {name}")
        for name in re.findall(r"(?<![\w/*.-])([\w-]+\.[chS])\b", line):
            if name not in basenames:
                bad.append(f"{path}:{n}: no file is called {name}")
        check_commands(path, n, line)
        for name in re.findall(r"\]\(([^)#:]+)\)", line):
            if not os.path.exists(os.path.join(os.path.dirname(path), name)):
                bad.append(f"{path}:{n}: dead link: {name}")


def check_documents():
    calls, words = words_of_sources()
    basenames = {os.path.basename(p) for p in sources(".c", ".h", ".S", tops=OURS[:-1])}
    for path in sorted(glob.glob("docs/*.md")) + ["README.md", "CHANGELOG.md"]:
        check_document(path, read(path), calls, words, basenames)
    order = read("docs/reading-order.md")  # it promises the whole of TCP
    bad.extend(f"docs/reading-order.md: {p} has no place in it" for p in sorted(glob.glob("net/tcp/*.c")) if os.path.basename(p) not in order)


def main():
    for path in sources(".c", ".h", ".S"):
        text = read(path)
        check_includes(path, text)
        check_machine(path, text)
        check_form(path, text)
        check_functions(path, text)
    for path in sources(".c", ".h", tops=("user", "tests")):
        check_form(path, read(path))
    check_state(NM, OBJDIR)
    check_documents()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad.extend(filter(None, pool.map(compile_header, sources(".h"))))
        bad.extend(filter(None, pool.map(sparse, sources(".c"))))
    print("\n".join(bad[:200]))
    print(f"check: {len(bad)} findings" if bad else "check: clean")
    return bool(bad)


if __name__ == "__main__":
    CC, FLAGS, NM, OBJDIR = sys.argv[1], sys.argv[2].split(), sys.argv[3], sys.argv[4]
    sys.exit(main())
