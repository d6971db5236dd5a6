"""tests/bench/workloads.py - what is measured: each workload runs on a guest and says how many units it did

A unit is counted where the work is done: packets that the program got (those that the guest dropped on the way cost it, too),
packets that the card took where they are to be dropped, transactions that were answered, bytes that arrived. All take about SECS seconds.
"""
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Callable

from common import GUEST_IP, HOST_IP, LOAD, keys, sh

SECS = 2
MSS = 1448


@dataclass
class Workload:
    """run(guest) -> (units, seconds, extra); prepare and finish may be None. kinds: where it makes sense."""
    name: str
    unit: str
    title: str
    run: Callable
    prepare: Callable = None
    finish: Callable = None
    rate: bool = False    # units a second are worth comparing
    memory: bool = False  # the figure is bytes, not instructions


def tap_sent():
    """Frames that the card took from the tap."""
    with open("/proc/net/dev", encoding="ascii") as f:
        return int(re.search(r"tap0:(.*)", f.read()).group(1).split()[9])


def timed(g, run, command):
    """run(command) does the work: what it printed, and where the host's CPU time went meanwhile."""
    start, spent = time.monotonic(), g.host_time()
    r = keys(run(command))
    took = time.monotonic() - start
    return r, {"host_" + k: (v - spent[k]) / took for k, v in g.host_time().items()}


# --- datagrams ---

def udp_receive(one):
    def run(g):
        g.background(f"load udp-sink 5001 {one}", "/tmp/sink")
        time.sleep(0.2)
        before = tap_sent()
        _, host = timed(g, sh, f"{LOAD} udp-send {GUEST_IP} 5001 18 {SECS} 0")
        g.run("wait; while pidof load >/dev/null; do sleep 0.1; done; true")
        r = keys(g.run("cat /tmp/sink"))
        return r["units"], r["secs"], {"offered": tap_sent() - before, **host}
    return run


def udp_send(one):
    def run(g):
        r, host = timed(g, g.run, f"load udp-send {HOST_IP} 5002 18 {SECS} 0 {one}")
        return r["units"], r["secs"], host
    return run


def sink_on_host(g):
    g.sink = subprocess.Popen([LOAD, "udp-sink", "5002"], stdout=subprocess.DEVNULL)
    time.sleep(0.2)


def sink_off(g):
    if g.sink:
        g.sink.kill()
        g.sink.wait()
        g.sink = None


def flood(port):
    def run(g):
        before, start = tap_sent(), time.monotonic()
        sh(f"{LOAD} udp-send {GUEST_IP} {port} 18 {SECS} 0")
        time.sleep(0.3)
        return tap_sent() - before, time.monotonic() - start - 0.3, {}
    return run


# --- streams ---

def tcp_receive(g):
    r, host = timed(g, sh, f"{LOAD} tcp-send {GUEST_IP} 7001 {SECS}")
    return r["bytes"] / MSS, r["secs"], host


def tcp_send(g):
    r, host = timed(g, g.run, f"load tcp-send {HOST_IP} 7002 {SECS}")
    return r["bytes"] / MSS, r["secs"], host


def tcp_sink_on_host(g):
    g.sink = subprocess.Popen([LOAD, "tcp-sink", "7002"], stdout=subprocess.DEVNULL)
    time.sleep(0.2)


def offloads_off(then):
    def prepare(g):
        g.offloads(False)
        then(g)
    return prepare


def offloads_on(then):
    def finish(g):
        then(g)
        g.offloads(True)
    return finish


# --- questions and answers ---

def client(command):
    def run(g):
        r, host = timed(g, sh, f"{LOAD} {command} {SECS}")
        return r["units"], r["secs"], {"p50_us": r.get("p50_us", 0), "failed": r.get("failed", 0), **host}
    return run


def ping(g):
    start = time.monotonic()
    out = sh(f"ping -f -q -c 2000 {GUEST_IP}")
    return int(re.search(r"(\d+) received", out).group(1)), time.monotonic() - start, {}


def in_background(command):
    def prepare(g):
        g.background("load " + command)
        time.sleep(0.3)
    return prepare


def stop(g):
    g.kill_load()


# --- rules ---

def drop_rules(n):
    """The last of n rules drops; those before it name other addresses."""
    def prepare(g):
        if g.kernel == "linux":
            script = "add table ip t\\nadd chain ip t c { type filter hook prerouting priority -300; }\\n"
            g.run(f"printf '{script}' >/tmp/rules")
            g.run(f"i=1; while [ $i -lt {n} ]; do echo \"add rule ip t c ip saddr 192.168.$((i/250+1)).$((i%250+1)) drop\"; "
                  "i=$((i+1)); done >>/tmp/rules; echo 'add rule ip t c udp dport 9 drop' >>/tmp/rules", timeout=120)
            g.run("nft -f /tmp/rules", timeout=300)
        else:
            g.run(f"i=1; while [ $i -lt {n} ]; do echo \"add prerouting drop src 192.168.$((i/250+1)).$((i%250+1))\"; "
                  "i=$((i+1)); done >/tmp/rules; echo 'add prerouting drop proto udp dport 9' >>/tmp/rules", timeout=120)
            g.run("while read -r l; do echo \"$l\" >/proc/net/nf_rules || exit 1; done </tmp/rules", timeout=300)
    return prepare


def no_rules(g):
    g.run("nft flush ruleset" if g.kernel == "linux" else "nfrule flush")


# --- while nothing happens ---

def idle(g):
    time.sleep(0.5)
    start = time.monotonic()
    time.sleep(3)
    return time.monotonic() - start, 3, {}


def memory_of(n, start):
    """Bytes for each of n things that start(guest, n) makes and that stay until killed."""
    def run(g):
        time.sleep(1)
        before = g.meminfo("MemFree")
        helper = start(g, n)
        time.sleep(0.5)
        used = before - g.meminfo("MemFree")
        if helper:
            helper.kill()
            helper.wait()
        stop(g)
        return n, 1, {"bytes": used * 1024 / n}
    return run


def hold_connections(g, n):
    g.background(f"load hold tcp {n} 7100")
    time.sleep(0.3)
    helper = subprocess.Popen([LOAD, "open", GUEST_IP, "7100", str(n)], stdout=subprocess.PIPE, text=True)
    helper.stdout.readline()
    return helper


def hold_sockets(g, n):
    g.background(f"load hold udp {n}")
    time.sleep(0.5)


def hold_packets(g, n):
    g.background(f"load hold queue {n} 7101")
    time.sleep(0.3)
    sh(f"{LOAD} udp-send {GUEST_IP} 7101 18 {n / 5000} 5000")


def boot_memory(g):
    return 1, 1, {"bytes": (g.mem * 1024 - g.meminfo("MemFree")) * 1024}


def boot(g):
    return 1, 1, {}


WORKLOADS = [
    Workload("mem-boot", "boot", "memory in use after boot", boot_memory, memory=True),  # first: floods leave memory in caches
    Workload("udp-rx", "packet", "UDP receive, 18 B, recvmmsg, to the program", udp_receive(""), rate=True),
    Workload("udp-rx-one", "packet", "UDP receive, 18 B, one call each", udp_receive("one")),
    Workload("udp-tx", "packet", "UDP send, 18 B, one call each", udp_send("one"), sink_on_host, sink_off, rate=True),
    Workload("udp-tx-batch", "packet", "UDP send, 18 B, sendmmsg", udp_send(""), sink_on_host, sink_off),
    Workload("udp-closed", "packet", "UDP to a closed port", flood(9)),
    Workload("tcp-rx", "1448 B", "TCP receive, default offloads", tcp_receive, in_background("tcp-sink 7001"), stop, rate=True),
    Workload("tcp-tx", "1448 B", "TCP send, default offloads", tcp_send, tcp_sink_on_host, sink_off, rate=True),
    Workload("tcp-rx-plain", "1448 B", "TCP receive, offloads off", tcp_receive,
             offloads_off(in_background("tcp-sink 7001")), offloads_on(stop)),
    Workload("tcp-tx-plain", "1448 B", "TCP send, offloads off", tcp_send,
             offloads_off(tcp_sink_on_host), offloads_on(sink_off)),
    Workload("tcp-rr", "transaction", "TCP request/response", client(f"rr tcp {GUEST_IP} 6000"), in_background("echo 6000"), stop,
             rate=True),
    Workload("udp-rr", "transaction", "UDP request/response", client(f"rr udp {GUEST_IP} 6000"), in_background("echo 6000"), stop,
             rate=True),
    Workload("tcp-conn", "connection", "TCP connect, request, close", client(f"conn {GUEST_IP} 6000"), in_background("echo 6000"),
             stop, rate=True),
    Workload("ping", "echo", "ping", ping),
    Workload("drop-1", "packet", "drop by the first rule", flood(9), drop_rules(1), no_rules),
    Workload("drop-1000", "packet", "drop by the 1,000th rule", flood(9), drop_rules(1000), no_rules),
    Workload("drop-10000", "packet", "drop by the 10,000th rule", flood(9), drop_rules(10000), no_rules),
    Workload("idle", "second", "idle", idle),
    Workload("boot", "boot", "boot to the first user instruction", boot),
    Workload("mem-sock", "socket", "memory of a UDP socket", memory_of(4000, hold_sockets), memory=True),
    Workload("mem-packet", "packet", "memory of a queued 18 B datagram", memory_of(4000, hold_packets), memory=True),
    Workload("mem-conn", "connection", "memory of an idle connection", memory_of(4000, hold_connections), memory=True),
]
BY_NAME = {w.name: w for w in WORKLOADS}
