"""tests/bench/profile_tree.py - where each instruction went: a list by function, and a flame graph by call path"""
import bisect
import html
import os
import re
import subprocess

from common import BUILD, ROOT
from guest import Guest

# Where the kernels are entered from outside: a call path begins there.
ENTRIES = {"ringside": r"syscall_entry|(trap|irq|paranoid)_common",
           "linux": r"entry_SYSCALL_64|asm_\w+|common_interrupt_return|irq_entries_start"}


def ringside_symbols():
    text = subprocess.run(["nm", os.path.join(ROOT, "build", "release", "ringside.elf")], check=True, capture_output=True,
                          text=True).stdout
    return sorted((int(f[0], 16), f[2]) for f in (line.split() for line in text.splitlines()) if len(f) == 3 and f[1] in "tT")


def linux_symbols(g):
    return sorted((int(f[0], 16), f[2]) for f in (line.split() for line in g.run("cat /proc/kallsyms", 120).splitlines())
                  if len(f) >= 3 and f[1] in "tTwW")


def symbols(kernel, nic):
    if kernel == "ringside":
        return ringside_symbols()
    g = Guest("linux", nic, counting=False)
    try:
        return linux_symbols(g)
    finally:
        g.close()


class Names:
    def __init__(self, table):
        self.starts, self.names = [a for a, _ in table], [n for _, n in table]

    def of(self, address):
        if address < 1 << 63:
            return "user" if address else "(start)"
        i = bisect.bisect_right(self.starts, address) - 1
        return self.names[i] if i >= 0 else hex(address)


def delta(before, after):
    """Nodes with what happened between: [(function, instructions, calls, parent)]."""
    old = before + [(0, 0, 0, 0)] * (len(after) - len(before))
    return [(f, n - o[1], c - o[2], p) for (f, n, c, p), o in zip(after, old)]


def by_function(nodes, names):
    total, calls = {}, {}
    for f, n, c, _ in nodes:
        name = names.of(f)
        total[name] = total.get(name, 0) + n
        calls[name] = calls.get(name, 0) + c
    return sorted(((n, calls[name], name) for name, n in total.items() if n), reverse=True)


def print_profile(title, units, nodes, names):
    rows = by_function(nodes, names)
    everything = sum(r[0] for r in rows)
    lines = [f"# {title}: {units:.0f} units, {everything / units:.0f} instructions a unit",
             f"{'insns/unit':>10} {'share':>6} {'calls/unit':>10} function"]
    for n, calls, name in rows:
        if n / units >= 0.5:
            lines.append(f"{n / units:10.1f} {100 * n / everything:5.1f}% {calls / units:10.2f} {name}")
    return "\n".join(lines)


# --- the flame graph ---

class Box:
    def __init__(self, name):
        self.name, self.own, self.children = name, 0, {}

    def total(self):
        return self.own + sum(c.total() for c in self.children.values())


def tree(nodes, names):
    """Call paths by name: nodes of one function under one parent are one box."""
    boxes = [Box("all")]
    for f, n, _, p in nodes[1:]:
        parent, name = boxes[p], names.of(f)
        boxes.append(parent.children.setdefault(name, Box(name)))
        boxes[-1].own += n
    return boxes[0]


def depth_of(box):
    return 1 + max((depth_of(c) for c in box.children.values()), default=0)


def colour(name):
    h = sum(ord(c) * (i + 7) for i, c in enumerate(name)) % 60
    return f"hsl({10 + h},80%,{62 + h % 12}%)"


def draw(box, x, level, scale, units, out):
    width = box.total() * scale
    if width < 0.4:
        return
    label = f"{box.name}: {box.total() / units:.0f} instructions a unit, {box.own / units:.0f} its own"
    text = html.escape(box.name[:int(width / 6.5)]) if width > 25 else ""
    out.append(f"<g><title>{html.escape(label)}</title><rect x='{x:.1f}' y='{level * 17}' width='{width:.1f}' height='16' "
               f"fill='{colour(box.name)}'/><text x='{x + 2:.1f}' y='{level * 17 + 12}'>{text}</text></g>")
    for c in sorted(box.children.values(), key=Box.total, reverse=True):
        draw(c, x, level + 1, scale, units, out)
        x += c.total() * scale


def flame_graph(title, units, nodes, names):
    root = tree(nodes, names)
    out, height = [], 17 * (depth_of(root) + 2)
    draw(root, 0, 1, 1200 / max(root.total(), 1), units, out)
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='{height}' font-family='monospace' font-size='11'>"
            f"<text x='4' y='12'>{html.escape(title)}; callers above, width is instructions</text>" + "".join(out) + "</svg>")


def profile(kernel, nic, w):
    table = symbols(kernel, nic)
    names = Names(table)
    entries = [a for a, n in table if re.fullmatch(ENTRIES[kernel], n)]
    g = Guest(kernel, nic, counting=True, entries=entries[:64])
    try:
        if w.prepare:
            w.prepare(g)
        w.run(g)
        before = g.nodes()
        units = w.run(g)[0]
        nodes = delta(before, g.nodes())
    finally:
        g.close()
    title = f"{w.name} on {kernel}, {nic}"
    text = print_profile(title, units, nodes, names)
    base = os.path.join(BUILD, f"profile-{w.name}-{kernel}")
    with open(base + ".txt", "w", encoding="ascii") as f:
        f.write(text + "\n")
    with open(base + ".svg", "w", encoding="utf-8") as f:
        f.write(flame_graph(title, units, nodes, names))
    print(text[:6000])
    print(f"{base}.txt has all of it, {base}.svg the flame graph", flush=True)
