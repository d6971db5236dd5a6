"""idle.py N - N connections at once that say nothing, to the guest's echo server on port 5000; what one costs the guest.

Each of a few processes holds a share of them, from addresses of its own, so that neither ports nor descriptors run short.
Prints a line of 'name=value' words; ends with an error when anything is missing, costs too much or stays behind.
"""
import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import time

from wirelib import GUEST, ask, connect, live_packets, must_come_back, recv_exactly, wait_for_port

PORT, SHARE, ECHOES, PENDING = 5000, 10000, 25, 20
BYTES_EACH = 4096  # of the guest's memory: sock, socket, file, inode, dentry, the epoll item and the program's own 48 bytes
CACHES = ["TCP", "sock_inode_cache", "file", "inode", "dentry", "eventpoll_epi", "eventpoll_pwq", "request_sock_TCP"]


class Share:
    """A process with a share of the connections, which does what it is told by a pipe: a letter, answered by a letter."""

    def __init__(self, number, n):
        self.to_child, self.to_parent = os.pipe(), os.pipe()
        if os.fork() == 0:
            os.close(self.to_child[1])  # so that the parent's end is noticed
            try:
                self.live(f"10.9.0.{11 + number}", n)
                os._exit(0)
            except Exception as e:
                print(f"share {number}: {type(e).__name__} {e}", file=sys.stderr, flush=True)
                os._exit(1)
        os.close(self.to_parent[1])

    def tell(self, letter):
        os.write(self.to_child[1], letter)

    def answered(self, letter):
        if os.read(self.to_parent[0], 1) != letter:
            sys.exit("a share of the connections failed")

    def live(self, address, n):
        socks = open_all(address, n)
        os.write(self.to_parent[1], b"o")
        while letter := os.read(self.to_child[0], 1):
            if letter == b"e":
                for s in socks[::max(1, n // ECHOES)]:
                    s.sendall(address.encode())
                    if recv_exactly(s, len(address)) != address.encode():
                        raise ValueError("another echo")
            else:
                close_all(socks)
            os.write(self.to_parent[1], letter)


def open_all(address, n):
    """n connected sockets from address, at most PENDING of them in the handshake at a time."""
    sel, socks, pending = selectors.DefaultSelector(), [], 0
    while len(socks) < n or pending:
        while len(socks) < n and pending < PENDING:
            s = socket.socket()
            s.setblocking(False)
            s.bind((address, 20000 + len(socks)))
            s.connect_ex((GUEST, PORT))
            sel.register(s, selectors.EVENT_WRITE)
            socks.append(s)
            pending += 1
        events = sel.select(60)
        if not events:
            raise TimeoutError(f"{len(socks) - pending} are open, and no more come")
        for key, _ in events:
            if err := key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(err, os.strerror(err))
            sel.unregister(key.fileobj)
            key.fileobj.settimeout(60)
            pending -= 1
    return socks


def close_all(socks):
    """Says good-bye on each, hears it from the guest, and closes; PENDING at a time."""
    sel, todo, pending = selectors.DefaultSelector(), list(socks), 0
    while todo or pending:
        while todo and pending < PENDING:
            s = todo.pop()
            s.shutdown(socket.SHUT_WR)
            sel.register(s, selectors.EVENT_READ)
            pending += 1
        events = sel.select(60)
        if not events:
            raise TimeoutError(f"{len(todo) + pending} do not end")
        for key, _ in events:
            if key.fileobj.recv(1):
                raise ValueError("a byte that nobody asked for")
            sel.unregister(key.fileobj)
            key.fileobj.close()
            pending -= 1


def look():
    """Free memory and slabs in bytes, how many connections are established, objects in use of each cache."""
    text = ask("cat /proc/meminfo /proc/slabinfo; grep ^Tcp: /proc/net/snmp")
    r = {name: int(kb) << 10 for name, kb in re.findall(r"^(MemFree|Slab): +(\d+) kB", text, re.M)}
    r.update({name: int(used) for name, used in re.findall(r"^(\S+) +(\d+) +\d+ +\d+$", text, re.M)})
    names, values = (line.split() for line in text.splitlines()[-2:])
    r["established"] = int(values[names.index("CurrEstab")])
    return r


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition(seen := look()):
        if time.monotonic() > end:
            sys.exit(f"{what}: {seen}\n{ask('cat /proc/net/netstat /proc/net/snmp')}")
        time.sleep(0.5)
    return seen


def page():
    s = connect(80)
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    body = b""
    while data := s.recv(65536):
        body += data
    if b"<h1>Ringside</h1>" not in body:
        sys.exit("no page")


def main(n):
    counts = [min(SHARE, n - i) for i in range(0, n, SHARE)]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, SHARE + 100), limit))
    for i in range(len(counts)):
        subprocess.run(["ip", "addr", "add", f"10.9.0.{11 + i}/24", "dev", "tap0"], check=True)
    wait_for_port(PORT)
    page()
    packets, before, begin = live_packets(), look(), time.monotonic()
    shares = [Share(i, c) for i, c in enumerate(counts)]
    for s in shares:
        s.answered(b"o")
    # The shell that looks is a connection, too: it was there before.
    opened = wait_until(lambda now: now["established"] >= before["established"] + n, 60, f"{n} were to be established")
    seconds = time.monotonic() - begin
    page()
    for letter in b"e", b"c":
        for s in shares:
            s.tell(letter)
        for s in shares:
            s.answered(letter)
        page()
    each = (before["MemFree"] - opened["MemFree"]) // n
    slab = (opened["Slab"] - before["Slab"]) // n
    after = wait_until(lambda now: all(now[c] <= before[c] + 8 for c in CACHES), 60, f"not back at {before}")
    must_come_back(packets, 128)  # a CPU keeps some at hand
    back = wait_until(lambda now: now["MemFree"] >= before["MemFree"] - (8 << 20), 60, "memory is not back")
    print(f"connections={n} seconds={seconds:.1f} bytes={each} slab={slab} used_kb={(before['MemFree'] - opened['MemFree']) >> 10} "
          f"kept_kb={(before['MemFree'] - back['MemFree']) >> 10} sockets={after['TCP'] - before['TCP']}", flush=True)
    if not 1000 < slab <= each <= BYTES_EACH:
        sys.exit(f"one costs {each} bytes")


main(int(sys.argv[1]))
