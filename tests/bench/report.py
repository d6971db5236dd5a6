"""tests/bench/report.py - rows to a table on the terminal, a TSV, an HTML page with bars, and the accepted figures"""
import html
import os
import statistics

from common import BUILD, HERE
from workloads import BY_NAME, WORKLOADS

ACCEPTED = os.path.join(HERE, "accepted.tsv")
COLUMNS = ["workload", "kernel", "nic", "cpus", "counted", "units", "secs", "insns_kernel", "insns_user", "insns_busiest", "bytes", "offered",
           "p50_us", "failed", "host_vcpu", "host_card", "host_idle"]
# Instructions a unit that the project set itself (one CPU, e1000); and how much faster by the clock than the Linux guest.
TARGETS = {"udp-rx": 1200, "udp-tx": 1300, "udp-closed": 900, "tcp-rx": 900, "tcp-tx": 700, "tcp-rr": 5000, "udp-rr": 4500,
           "tcp-conn": 16000, "ping": 2500, "drop-1": 500, "idle": 5000, "boot": 60e6, "mem-boot": 16 << 20}
RATE_TARGET = 2


def brief(r):
    text = f"{r['kernel']:8} {r['nic']} {r['cpus']} CPU {r['workload']:12} {r['units']:10.0f} units {r['units'] / r['secs']:10.0f} a second"
    if r["counted"]:
        text += f" (the busiest CPU {r['insns_busiest']:.0f})" if r["cpus"] > 1 else ""
        text += f" {r['insns_kernel']:10.0f} + {r['insns_user']:.0f} instructions a unit"
    text += f", {r['offered']:.0f} offered" if "offered" in r else ""
    if "host_vcpu" in r:
        text += f", host's CPUs: guest {r['host_vcpu']:.2f}, card {r['host_card']:.2f}, idle {r['host_idle']:.2f}"
    return text + (f" {r['bytes']:.0f} bytes" if "bytes" in r else "")


def cost(r):
    """The figure of a counted run: bytes for memory, else instructions of both halves."""
    return r["bytes"] if BY_NAME[r["workload"]].memory else r["insns_kernel"] + r["insns_user"]


def spread(values):
    """How far apart runs of the same thing were, in per cent of the middle."""
    middle = statistics.median(values)
    return 100 * (max(values) - min(values)) / middle if middle else 0


def costs(rows):
    """A line a workload: instructions or bytes here and there."""
    for w in WORKLOADS:
        mine = [r for r in rows if r["workload"] == w.name and r["counted"] and r["cpus"] == 1]
        for nic in sorted({r["nic"] for r in mine}):
            got = {k: [r for r in mine if r["kernel"] == k and r["nic"] == nic] for k in ("ringside", "linux")}
            yield w, nic, {k: ([cost(r) for r in v], v) for k, v in got.items() if v}


def rates(rows):
    for w in WORKLOADS:
        mine = [r for r in rows if r["workload"] == w.name and not r["counted"]]
        for nic, cpus in sorted({(r["nic"], r["cpus"]) for r in mine}):
            yield w, nic, cpus, {k: [r["units"] / r["secs"] for r in mine if (r["kernel"], r["nic"], r["cpus"]) == (k, nic, cpus)]
                                 for k in ("ringside", "linux")}


def shares(rows):
    """A line a workload that was counted with one and with several CPUs: what a unit costs alone, and the busiest of several."""
    for w in WORKLOADS:
        mine = [r for r in rows if r["workload"] == w.name and r["counted"]]
        for nic, cpus in sorted({(r["nic"], r["cpus"]) for r in mine if r["cpus"] > 1}):
            line = [w.name, w.title, nic, str(cpus)]
            for kernel in ("ringside", "linux"):
                alone, several = ([r for r in mine if (r["kernel"], r["nic"], r["cpus"]) == (kernel, nic, n)] for n in (1, cpus))
                one, busiest = middle([cost(r) for r in alone]), middle([r["insns_busiest"] for r in several])
                line += [number(one), number(middle([cost(r) for r in several])), number(busiest), f"{one / busiest:.2f}"]
            yield line


def middle(values):
    return statistics.median(values) if values else float("nan")


def number(x):
    return "-" if x != x else f"{x:,.0f}" if x >= 10 else f"{x:.1f}"


def cost_lines(rows):
    for w, nic, got in costs(rows):
        here, there = (got.get(k, ([], []))[0] for k in ("ringside", "linux"))
        runs = got.get("ringside", ([], []))[1]
        user = middle([r["insns_user"] for r in runs]) if runs and not w.memory else float("nan")
        target = TARGETS.get(w.name)
        verdict = "" if target is None or not here else "met" if middle(here) <= target else "NOT MET"
        yield [w.name, w.title, nic, number(middle(here)), number(user), number(middle(there)), number(middle(there) / middle(here)),
               f"{spread(here):.0f}%" if here else "-", f"{spread(there):.0f}%" if there else "-",
               number(target) if target else "", verdict]


def rate_lines(rows):
    for w, nic, cpus, got in rates(rows):
        here, there = got["ringside"], got["linux"]
        ratio = middle(here) / middle(there) if there else float("nan")
        verdict = "" if ratio != ratio else "met" if ratio >= RATE_TARGET else "NOT MET"
        yield [w.name, w.title, nic, str(cpus), number(middle(here)), number(middle(there)), f"{ratio:.1f}",
               f"{spread(here):.0f}%" if here else "-", f"{spread(there):.0f}%" if there else "-", str(RATE_TARGET), verdict]


COST_HEAD = ["workload", "what", "card", "instructions or bytes", "of them user", "Linux", "ratio", "spread", "Linux's", "target", ""]
SHARE_HEAD = ["workload", "what", "card", "CPUs", "one CPU", "all CPUs", "busiest", "gain", "Linux: one CPU", "all CPUs", "busiest", "gain"]
RATE_HEAD = ["workload", "what", "card", "CPUs", "a second", "Linux", "ratio", "spread", "Linux's", "target", ""]


def table(head, lines):
    lines = [head] + list(lines)
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(c.ljust(n) if i < 3 else c.rjust(n) for i, (c, n) in enumerate(zip(line, widths))).rstrip())


def write_tsv(rows):
    with open(os.path.join(BUILD, "bench.tsv"), "w", encoding="ascii") as f:
        f.write("\t".join(COLUMNS) + "\n")
        for r in rows:
            f.write("\t".join(str(r.get(c, "")) for c in COLUMNS) + "\n")


def bars(title, here, there):
    """Two bars, the longer one as wide as the page."""
    most = max(x for x in (here, there, 1e-9) if x == x)
    out = f"<h3>{html.escape(title)}</h3>"
    for name, x, colour in (("Ringside", here, "#2a7"), ("Linux", there, "#999")):
        if x == x:
            out += (f"<div class=bar style='width:{max(100 * x / most, 0.3):.1f}%;background:{colour}'></div>"
                    f"<div class=label>{name}: {number(x)}</div>")
    return out


def write_html(rows):
    page = ["<!doctype html><meta charset=utf-8><title>Ringside: benchmark</title>",
            "<style>body{font:15px sans-serif;max-width:50em;margin:2em auto}.bar{height:14px}.label{margin-bottom:6px;color:#444}"
            "h3{margin:1.2em 0 .2em;font-size:15px}</style>",
            "<h1>Ringside and a Linux guest</h1><p>The same QEMU, card, memory and programs. Above: what a unit of work costs, "
            "shorter is better. Below: units a second, longer is better.</p><h2>Cost of a unit</h2>"]
    for w, nic, got in costs(rows):
        here, there = (middle(got.get(k, ([], []))[0]) for k in ("ringside", "linux"))
        page.append(bars(f"{w.title}, {nic}: {'bytes' if w.memory else 'instructions'} a {w.unit}", here, there))
    page.append("<h2>Units a second</h2>")
    for w, nic, cpus, got in rates(rows):
        page.append(bars(f"{w.title}, {nic}, {cpus} CPU: {w.unit}s a second", middle(got["ringside"]), middle(got["linux"])))
    with open(os.path.join(BUILD, "bench.html"), "w", encoding="utf-8") as f:
        f.write("\n".join(page) + "\n")


def write(rows):
    write_tsv(rows)
    write_html(rows)
    print("\nOne CPU, counted by QEMU's translator\n")
    table(COST_HEAD, cost_lines(rows))
    if any(r["counted"] and r["cpus"] > 1 for r in rows):
        print("\nSeveral CPUs, counted: the busiest one's instructions a unit; gain: how much more units it leaves room for than one CPU\n")
        table(SHARE_HEAD, shares(rows))
    if any(not r["counted"] for r in rows):
        print("\nBy the clock, without counting, the guests in turn\n")
        table(RATE_HEAD, rate_lines(rows))
    print("\nbuild/bench/bench.tsv has every run, build/bench/bench.html the bars")


def read_accepted():
    """{(workload, card): instructions a unit}"""
    with open(ACCEPTED, encoding="ascii") as f:
        return {(w, nic): float(n) for w, nic, n in (line.split("\t") for line in f if not line.startswith("#"))}


def accept(rows):
    old = read_accepted() if os.path.exists(ACCEPTED) else {}
    for w, nic, got in costs(rows):
        if "ringside" in got:
            old[(w.name, nic)] = round(middle(got["ringside"][0]))
    with open(ACCEPTED, "w", encoding="ascii") as f:
        f.write("# instructions (or bytes) a unit, last accepted: make bench ACCEPT=1 writes them, make bench-check compares\n")
        for (name, nic), n in sorted(old.items()):
            f.write(f"{name}\t{nic}\t{n:.0f}\n")
