"""soak.py SECONDS - the other end of tests/soak: mixed traffic, then a count of what the guest still holds.

The guest runs a shell on port 99, through which its /proc is read.
"""
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time

from wirelib import GUEST, ask, connect, recv_exactly, wait_for_port

SECONDS = float(sys.argv[1])
PAUSE = float(os.environ.get("SOAK_PAUSE", "0.05"))  # between two rounds of a worker; 0 is as hard as it goes
stop = threading.Event()
lock = threading.Lock()
done, wrong = {}, []


def counts():
    """What must return to where it was: live packets and sockets, objects of each slab cache, free memory."""
    r = {}
    text = ask("cat /proc/net/skbuff /proc/net/sockstat; echo @@slab; cat /proc/slabinfo; grep MemFree /proc/meminfo")
    net, _, slab = text.partition("@@slab")
    for line in net.splitlines():
        for name, n in re.findall(r"([A-Za-z]+) (\d+)", line):
            r["net " + line.split()[0] + name] = int(n)
    for line in slab.splitlines():
        w = line.split()
        if len(w) > 2 and w[1].isdigit():
            r["slab " + w[0]] = int(w[1])
    return r


def worker(kind):
    def loop(seed):
        rnd = random.Random(seed)
        while not stop.is_set():
            try:
                kind(rnd)
                with lock:
                    done[kind.__name__] = done.get(kind.__name__, 0) + 1
                time.sleep(PAUSE)
            except Exception as e:  # every failure counts: that is what a soak is for
                with lock:
                    wrong.append(f"{time.strftime('%T')} {kind.__name__}: {type(e).__name__} {e}")
                time.sleep(0.2)
    return loop


def web(rnd):
    s = connect(80)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    body = b""
    while data := s.recv(65536):
        body += data
    s.close()
    assert b"<h1>Ringside</h1>" in body, body[:100]


def echo(rnd):
    s = connect(7)
    for _ in range(rnd.randrange(1, 6)):
        data = os.urandom(rnd.choice([1, 100, 1448, 5000, 60000, 300000]))
        t = threading.Thread(target=s.sendall, args=(data,))
        t.start()
        got = recv_exactly(s, len(data))
        t.join()
        assert got == data, "the echo differs"
    s.close()


def rude(rnd):
    """Connections that end badly: reset, half closed, never read from."""
    s = connect(7)
    s.sendall(os.urandom(rnd.randrange(1, 50000)))
    how = rnd.randrange(3)
    if how == 0:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == 1:
        s.shutdown(socket.SHUT_WR)
        s.recv(1000)
    s.close()


def datagrams(rnd):
    """UDP may lose; what comes back must be right."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect((GUEST, 7))
    for _ in range(20):
        data = os.urandom(rnd.choice([1, 18, 500, 1472, 5000, 30000]))
        s.send(data)
        try:
            assert s.recv(65536) == data, "the datagram differs"
        except TimeoutError:
            break
    s.close()


def closed(rnd):
    try:
        socket.create_connection((GUEST, 81), timeout=10).close()
        raise AssertionError("port 81 is open")
    except ConnectionRefusedError:
        pass
    time.sleep(0.05)


def ping(rnd):
    """A full ring drops some; where the host keeps the guest from running, all five of a quarter second: counted, and tried again."""
    size = str(rnd.choice([0, 56, 1472, 1473, 9000, 65507]))
    for _ in range(2):
        r = subprocess.run(["ping", "-c", "5", "-i", "0.05", "-W", "10", "-s", size, GUEST], capture_output=True, text=True)
        if " 100% packet loss" not in r.stdout:
            return
        with lock:
            done["ping unanswered"] = done.get("ping unanswered", 0) + 1
        time.sleep(1)
    raise AssertionError(r.stdout)


def programs(rnd):
    assert ask("for i in 1 2 3; do ls -l /bin | wc -l; done; ps | wc -l; cat /proc/net/tcp | wc -l; echo fine").endswith("fine\n")
    time.sleep(1)


wait_for_port(99)
for kind in (web, echo, rude, datagrams, closed, programs):
    kind(random.Random(0))  # fills caches
time.sleep(65)
before = counts()
threads = [threading.Thread(target=worker(k), args=(i,), daemon=True)
           for i, k in enumerate((web, echo, echo, rude, datagrams, closed, ping, programs))]
for t in threads:
    t.start()
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    time.sleep(min(60, max(0.1, end - time.monotonic())))
    with lock:
        print(time.strftime("%T"), done, f"{len(wrong)} wrong", flush=True)
stop.set()
for t in threads:
    t.join(60)
    if t.is_alive():
        wrong.append("a connection is stuck")
time.sleep(70)  # TIME_WAIT lasts 60 s
after = counts()
# Per-CPU caches keep some objects at hand: three magazines of 509 packets on each CPU (net/core/skb_alloc.c). What lies in
# them is no packet to /proc/net/skbuff, whose count must come back exactly.
CACHED = 3 * 509 * int(ask("grep -c ^processor /proc/cpuinfo"))
held = {k: (before.get(k, 0), n) for k, n in after.items()
        if n > before.get(k, 0) + (CACHED if k.startswith("slab skbuff_") or k.startswith("slab kmem_cache") else 16)}
for line in wrong[:20]:
    print("wrong:", line)
print("still held (before, after):", held or "nothing")
sys.exit(bool(wrong or held))
