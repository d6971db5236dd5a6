#!/usr/bin/python3
"""tests/bench/bench.py - Ringside against a Linux guest, by instructions a unit of work and by the clock

  make bench                           the whole table (half an hour)
  make bench W="udp-rx ping"           some workloads; NIC=e1000e, CPUS=1, ROUNDS=3
  make bench PROFILE=udp-rx            where each instruction went, and a flame graph; OS=linux for the other kernel
  make bench-check                     the cheapest workloads against tests/bench/accepted.tsv

Instructions are counted by a plugin in QEMU, with one CPU; where a second one should help, once more with two, each
CPU's apart. Rates are measured without it, with 1 and with 2 CPUs. The guests take turns: A B A B. Everything runs in a
network namespace of its own.
"""
import argparse
import os
import sys
import time

import report
from common import BUILD, GUEST_IP, VM, sh
from guest import Guest
from workloads import BY_NAME, SECS, WORKLOADS
import linux
import profile_tree

# Steady within 3 % on a machine that is busy with other things; in floods the size of batches moves the count.
CHECKED = ["ping", "udp-rr", "tcp-rr", "tcp-conn"]
WORSE = 1.05


def parse():
    p = argparse.ArgumentParser(prog="tests/bench/bench.py", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--workloads", default="", help="names, separated by blanks (default: all)")
    p.add_argument("--nic", default="e1000", help="cards, separated by commas")
    p.add_argument("--cpus", default="1,2", help="CPUs for the rates, separated by commas")
    p.add_argument("--rounds", type=int, default=2, help="how often each guest is started and measured")
    p.add_argument("--os", default="ringside,linux", help="kernels, separated by commas")
    p.add_argument("--no-rates", action="store_true", help="instructions and memory only")
    p.add_argument("--profile", metavar="WORKLOAD", help="instructions by function and call path")
    p.add_argument("--check", action="store_true", help="compare the cheapest workloads with the accepted figures")
    p.add_argument("--accept", action="store_true", help="write the figures of this run to tests/bench/accepted.tsv")
    return p.parse_args()


def enter_namespace(a):
    """Fetches what needs a network, then runs this script again in a namespace that has none."""
    if os.environ.get("RINGSIDE_NETNS"):
        return
    os.makedirs(BUILD, exist_ok=True)
    for package in linux.PACKAGES:
        VM.package_archive(package)
    if "linux" in a.os.split(",") and not a.check:
        linux.unpack()
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    os.execvpe(how[0], how + [sys.executable, *sys.argv], dict(os.environ, RINGSIDE_NETNS="1"))


def make_wire():
    VM.make_tap()
    sh(f"ip neigh replace {GUEST_IP} lladdr {VM.GUEST_MAC} dev tap0 nud permanent")
    for name, value in (("ip_local_port_range", "10000 65000"), ("tcp_tw_reuse", "1")):
        with open("/proc/sys/net/ipv4/" + name, "w", encoding="ascii") as f:
            f.write(value)


def measure(g, w):
    """One run of a workload on a guest, as a row."""
    try:
        if w.prepare:
            w.prepare(g)
        return counted_run(g, w)
    finally:
        if w.finish:
            w.finish(g)


def counted_run(g, w):
    if g.shm and not w.memory and w.name != "idle":
        w.run(g)  # once before: code translated, caches warm
    before, start = g.counters(), time.monotonic()
    units, secs, extra = w.run(g)
    row = {"workload": w.name, "kernel": g.kernel, "nic": g.nic, "cpus": g.smp, "counted": bool(g.shm), "units": units,
           "secs": secs or time.monotonic() - start, **extra}
    if g.shm:
        each = [[(x - y) / max(units, 1) for x, y in zip(*cpu)] for cpu in zip(g.counters(), before)]
        row["insns_user"], row["insns_kernel"] = map(sum, zip(*each))
        row["insns_busiest"] = max(map(sum, each))
        if w.name == "boot":
            row["insns_kernel"], row["insns_user"] = g.boot_instructions(), 0
    return row


def one_guest(kernel, nic, cpus, counting, chosen):
    rows = []
    g = Guest(kernel, nic, cpus, counting=counting)
    try:
        for w in chosen:
            try:
                rows.append(measure(g, w))
                print("  " + report.brief(rows[-1]), flush=True)
            except RuntimeError as e:  # a guest that lost one workload is still good for the next; the table shows the gap
                print(f"  {kernel} {w.name}: {e}", flush=True)
    finally:
        g.close()
    return rows


def all_rows(a, chosen):
    rows = []
    kernels = a.os.split(",")
    rated = [w for w in chosen if w.rate]
    runs = [(1, True, chosen)]
    if rated and not a.no_rates:
        cpus = [int(c) for c in a.cpus.split(",")]
        runs += [(n, True, rated) for n in cpus if n > 1] + [(n, False, rated) for n in cpus]
    for nic in a.nic.split(","):
        for cpus, counting, what in runs:
            for _ in range(a.rounds):
                for kernel in kernels:
                    rows += one_guest(kernel, nic, cpus, counting, what)
    return rows


def check():
    """The cheapest workloads of this kernel alone; fails when one costs over 5 % more than what was accepted."""
    accepted = report.read_accepted()
    chosen = [BY_NAME[n] for n in CHECKED]
    rows = [r for _ in range(2) for r in one_guest("ringside", "e1000", 1, True, chosen)]
    failed = 0
    for w in chosen:
        best = min((r["insns_kernel"] + r["insns_user"] for r in rows if r["workload"] == w.name), default=None)
        limit = accepted.get((w.name, "e1000"))
        bad = best is None or limit is None or best > limit * WORSE
        failed += bad
        print(f"{'FAIL' if bad else 'ok'}   bench:{w.name}: {best and round(best)} instructions a {w.unit}, accepted {limit}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return failed != 0


def main():
    a = parse()
    enter_namespace(a)
    make_wire()
    if a.check:
        return check()
    if a.profile:
        for kernel in a.os.split(","):
            profile_tree.profile(kernel, a.nic.split(",")[0], BY_NAME[a.profile])
        return 0
    chosen = [BY_NAME[n] for n in a.workloads.split()] or WORKLOADS
    print(f"each workload runs about {SECS} s; {a.rounds} rounds", flush=True)
    rows = all_rows(a, chosen)
    report.write(rows)
    if a.accept:
        report.accept(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
