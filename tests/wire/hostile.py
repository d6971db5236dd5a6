"""Frames that no honest host sends. After each kind the guest must still answer a ping, and its drop reasons must say what
was wrong with them; at the end it must still take a connection, and hold no packet more than before."""
import os
import random
import socket
import struct
import subprocess
import sys
import time

os.environ["SCAPY_USE_PCAPDNET"] = "0"
from scapy.all import (ARP, ICMP, IP, TCP, UDP, Ether, Raw, conf, fragment, get_if_hwaddr)  # noqa: E402

from wirelib import GUEST, ask, drop_reasons, live_packets, wait_for_port  # noqa: E402

conf.verb = 0
R = random.Random(1)
wait_for_port(80)
subprocess.run(["ping", "-c", "1", "-W", "5", GUEST], check=True, stdout=subprocess.DEVNULL)
MAC = get_if_hwaddr("tap0")
GMAC = "52:54:00:12:34:56"
ETH = Ether(dst=GMAC, src=MAC)
ME = "10.9.0.1"


def ip(**kw):
    return ETH / IP(**{"src": ME, "dst": GUEST, **kw})


def truncated():
    """Every prefix of good frames, from one byte on."""
    for p in (ip() / TCP(dport=80, flags="S"), ip() / UDP(dport=7) / (b"x" * 8), ip() / ICMP() / b"abc", ETH / ARP(pdst=GUEST)):
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


def oversized():
    """Beyond the link's MTU: the card or the driver refuses them."""
    subprocess.run(["ip", "link", "set", "tap0", "mtu", "9000"], check=True)
    for n in (1501, 1504, 1518, 2000, 2034, 2035, 4000, 8900):
        yield ip(id=n) / ICMP() / (b"o" * (n - 28))


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


def checksum(b):
    n = sum(struct.unpack(f">{len(b) // 2}H", b))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def with_ip_options(options, payload, proto=1):
    """By hand: scapy puts right what shall be wrong."""
    options += bytes(-len(options) % 4)
    head = struct.pack(">BBHHHBBH4s4s", 0x40 | 5 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, 0, 64, proto, 0,
                       socket.inet_aton(ME), socket.inet_aton(GUEST)) + options
    return bytes(ETH)[:12] + b"\x08\x00" + head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ip_options():
    """Options of every type and length, right and wrong."""
    for kind in (0, 1, 7, 68, 130, 131, 136, 137, 148, 255):
        for n in range(0, 41):
            yield with_ip_options((bytes([kind, n]) + R.randbytes(38))[:max(2, min(n, 40))], bytes(ICMP()))
            yield with_ip_options((bytes([kind, n]) + R.randbytes(38))[:40], bytes(ICMP()))
    for _ in range(500):
        yield with_ip_options(R.randbytes(R.randrange(1, 41)), bytes(ICMP()))


def tcp_options():
    for kind in range(0, 40):
        for n in (0, 1, 2, 3, 4, 5, 10, 11, 12, 34, 40, 255):
            body = (bytes([kind, n]) + R.randbytes(38))[:40]
            head = bytearray(bytes(TCP(sport=R.randrange(1024, 65535), dport=80, flags="S", dataofs=15)))[:20]
            pseudo = socket.inet_aton(ME) + socket.inet_aton(GUEST) + struct.pack(">HH", 6, 60)
            head[16:18] = b"\0\0"
            head[16:18] = struct.pack(">H", checksum(pseudo + bytes(head) + body))
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
    for n, f in enumerate(frags):                    # overlapping: by eight bytes, inside, around
        for i, (off, size) in enumerate(((1, 800), (-1, 800), (1, 16), (0, 1400))):
            if f[IP].frag + off >= 0:
                one, two = (ip(id=40000 + 10 * n + i, flags="MF", frag=at) / Raw(b"o" * len)
                            for at, len in ((f[IP].frag, 800), (f[IP].frag + off, size)))
                yield one
                yield two
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


# What the guest's drop reasons must say after each kind.
KINDS = {
    truncated: {"PKT_TOO_SMALL", "ARP_MALFORMED"},
    bad_lengths: {"PKT_TOO_SMALL", "IP_INHDR", "TCP_MALFORMED"},
    bad_checksums: {"IP_CSUM", "UDP_CSUM", "TCP_CSUM", "ICMP_CSUM"},
    oversized: set(),
    addresses: {"IP_INADDRERRORS", "IP_NOPROTO"},
    ip_options: {"IP_OPTIONS"},
    tcp_options: set(),
    flags: {"NO_SOCKET", "TCP_FLAGS"},
    fragments: {"FRAG_OVERLAP", "FRAG_TOO_FAR", "FRAG_MEM"},
    icmp: {"ICMP_IGNORED", "ICMP_MALFORMED"},
    arp: {"ARP_MALFORMED"},
    noise: {"UNHANDLED_PROTO"},
}


def send(frames):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("tap0", 0))
    for f in frames:
        s.send(bytes(f))
    s.close()


def wait_until_given_back(before):
    """Handshakes, reassemblies and neighbours that came to nothing end by their timers."""
    for _ in range(120):
        left = live_packets()
        if left <= before:
            return
        time.sleep(0.5)
    sys.exit(f"{before} packets were alive before, {left} after")


def main():
    ask("echo 1 >/proc/sys/net/ipv4/ipfrag_time; echo 1 >/proc/sys/net/ipv4/tcp_synack_retries")
    live_before = live_packets()
    for kind, expected in KINDS.items():
        before = drop_reasons()
        frames = list(kind())
        send(frames)
        alive = subprocess.run(["ping", "-c", "3", "-i", "0.2", "-W", "10", GUEST], stdout=subprocess.DEVNULL).returncode == 0
        print(f"{kind.__name__}: {len(frames)} frames", "alive" if alive else "DEAD", flush=True)
        if not alive:
            sys.exit(1)
        after = drop_reasons()
        new = {r for r in after if after[r] > before.get(r, 0)}
        print("   ", *sorted(new), flush=True)
        if not expected <= new or "NOT_SPECIFIED" in new:
            sys.exit(f"{kind.__name__}: expected {expected - new}")
    wait_for_port(80)
    wait_until_given_back(live_before)


main()
