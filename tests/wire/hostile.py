"""Frames that no honest host sends. After each kind the guest must still answer a ping, and at the end a connection."""
import os
import random
import subprocess
import sys

os.environ["SCAPY_USE_PCAPDNET"] = "0"
from scapy.all import (ARP, ICMP, IP, TCP, UDP, Ether, IPOption, Raw, conf, fragment, sendp)  # noqa: E402

from wirelib import GUEST, wait_for_port  # noqa: E402

conf.verb = 0
R = random.Random(1)
wait_for_port(80)
subprocess.run(["ping", "-c", "1", "-W", "5", GUEST], check=True, stdout=subprocess.DEVNULL)
MAC = open("/sys/class/net/tap0/address").read().strip()
GMAC = "52:54:00:12:34:56"
ETH = Ether(dst=GMAC, src=MAC)
ME = "10.9.0.1"


def ip(**kw):
    return ETH / IP(**{"src": ME, "dst": GUEST, **kw})


def truncated():
    """Every prefix of good frames, from one byte on."""
    for p in (ip() / TCP(dport=80, flags="S"), ip() / UDP(dport=7) / b"x" * 8, ip() / ICMP() / b"abc", ETH / ARP(pdst=GUEST)):
        whole = bytes(p)
        for n in range(14, len(whole)):
            yield whole[:n]


def bad_lengths():
    for n in (0, 1, 19, 20, 21, 28, 40, 1500, 9000, 65535):
        yield ip(len=n) / UDP(dport=7) / b"payload"
        yield ip(len=n) / TCP(dport=80, flags="S")
    for n in (0, 1, 7, 8, 9, 100, 65535):
        yield ip() / UDP(dport=7, len=n) / b"payload"
    for off in range(16):
        yield ip() / TCP(dport=80, flags="S", dataofs=off)
    for ihl in range(16):
        yield ip(ihl=ihl) / UDP(dport=7) / b"x"
    for v in range(16):
        yield ip(version=v) / UDP(dport=7) / b"x"


def bad_checksums():
    yield ip(chksum=1) / UDP(dport=7) / b"x"
    yield ip() / UDP(dport=7, chksum=1) / b"x"
    yield ip() / TCP(dport=80, flags="S", chksum=1)
    yield ip() / ICMP(chksum=1) / b"x"


def addresses():
    for src in ("0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "10.9.0.2", "10.9.0.255", "240.0.0.1"):
        yield ip(src=src) / UDP(dport=7) / b"x"
        yield ip(src=src) / TCP(dport=80, flags="S")
        yield ip(src=src) / ICMP()
    for dst in ("0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "10.9.0.255", "1.2.3.4"):
        yield ip(dst=dst) / UDP(dport=7) / b"x"
        yield ip(dst=dst) / TCP(dport=80, flags="S")
    for ttl in (0, 1):
        yield ip(ttl=ttl) / ICMP()
    for proto in range(256):
        yield ip(proto=proto) / Raw(b"\xff" * 20)


def ip_options():
    """Options of every type and length, right and wrong."""
    for kind in (0, 1, 7, 68, 130, 131, 136, 137, 148, 255):
        for n in range(0, 40):
            raw = bytes([kind, n]) + R.randbytes(max(0, min(n, 38) - 2))
            yield ip(options=IPOption(raw[:40])) / ICMP()


def tcp_options():
    for kind in range(0, 40):
        for n in (0, 1, 2, 3, 4, 5, 10, 11, 12, 34, 40, 255):
            body = (bytes([kind, n]) + R.randbytes(38))[:40]
            head = bytearray(bytes(TCP(sport=R.randrange(1024, 65535), dport=80, flags="S", dataofs=15)))[:20]
            yield ip(proto=6) / Raw(bytes(head) + body)


def flags():
    for f in range(256):
        yield ip() / TCP(sport=2000 + f, dport=80, flags=f, seq=R.getrandbits(32), ack=R.getrandbits(32), window=R.getrandbits(16))
        yield ip() / TCP(sport=2000 + f, dport=81, flags=f)


def fragments():
    whole = ip() / ICMP() / (b"z" * 4000)
    frags = fragment(whole, 800)
    yield from reversed(frags)                       # backwards
    yield from frags + frags                         # twice
    for f in frags:                                  # overlapping
        g = f.copy()
        g[IP].frag += 1
        del g[IP].chksum
        yield g
    yield ip(flags="MF", frag=0) / Raw(b"")          # empty
    yield ip(flags="MF", frag=0) / Raw(b"x" * 7)     # not a multiple of eight
    yield ip(frag=8189) / Raw(b"x" * 1400)           # beyond 65535
    yield ip(flags="MF", frag=8191) / Raw(b"x" * 8)
    for i in range(3000):                            # first pieces that never end
        yield ip(id=i, flags="MF", frag=0, proto=17) / Raw(b"x" * 600)


def icmp():
    for t in range(256):
        for c in (0, 1, 4, 15, 255):
            yield ip() / ICMP(type=t, code=c) / Raw(R.randbytes(R.randrange(0, 60)))
    inner = IP(src=GUEST, dst=ME) / TCP(sport=80, dport=1234)
    for c in range(16):
        for cut in (0, 8, 19, 20, 24, 28, 40):
            yield ip() / ICMP(type=3, code=c, nexthopmtu=R.choice([0, 1, 67, 68, 576, 1500, 65535])) / Raw(bytes(inner)[:cut])


def arp():
    for _ in range(300):
        yield ETH / ARP(hwtype=R.getrandbits(16), ptype=R.getrandbits(16), hwlen=R.getrandbits(8), plen=R.getrandbits(8), op=R.getrandbits(16))
    for i in range(2000):
        yield ETH / ARP(op=2, psrc=f"10.9.0.{i % 250 + 3}", hwsrc=MAC, pdst=GUEST, hwdst=GMAC)


def noise():
    for _ in range(3000):
        yield bytes(ETH)[:12] + R.choice([b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x81\x00", R.randbytes(2)]) + R.randbytes(R.randrange(0, 200))
    for _ in range(3000):
        b = bytearray(bytes(ip() / R.choice([TCP(dport=80, flags="S"), UDP(dport=7), ICMP()]) / R.randbytes(R.randrange(40))))
        for _ in range(R.randrange(1, 6)):
            b[R.randrange(14, len(b))] = R.getrandbits(8)
        yield bytes(b)


for kind in (truncated, bad_lengths, bad_checksums, addresses, ip_options, tcp_options, flags, fragments, icmp, arp, noise):
    frames = [p if isinstance(p, bytes) else bytes(p) for p in kind()]
    sendp([Raw(f) for f in frames], iface="tap0")
    alive = subprocess.run(["ping", "-c", "3", "-i", "0.2", "-W", "10", GUEST], stdout=subprocess.DEVNULL).returncode == 0
    print(f"{kind.__name__}: {len(frames)} frames", "alive" if alive else "DEAD", flush=True)
    if not alive:
        sys.exit(1)
wait_for_port(80)
