"""connections.py parallel|sequential N - N connections to the guest's echo, each with its own bytes checked."""
import os
import selectors
import socket
import sys

from wirelib import connect, recv_exactly, wait_for_port


def sequential(n):
    for i in range(n):
        s = connect(7)
        word = b"connection %d" % i
        s.sendall(word)
        if recv_exactly(s, len(word)) != word:
            sys.exit(f"connection {i} echoed something else")
        s.close()


def parallel(n):
    """All open at once; each sends 64 KiB and must get them back."""
    sel = selectors.DefaultSelector()
    data, todo = {}, n
    for i in range(n):
        s = connect(7)
        s.setblocking(False)
        noise = os.urandom(65536)
        data[s] = [noise, 0, b""]
        sel.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
    while todo:
        events = sel.select(30)
        if not events:
            sys.exit(f"{todo} connections are stuck")
        for key, mask in events:
            s, d = key.fileobj, data[key.fileobj]
            if mask & selectors.EVENT_WRITE:
                d[1] += s.send(d[0][d[1]:d[1] + 16384])
                if d[1] == len(d[0]):
                    s.shutdown(socket.SHUT_WR)
                    sel.modify(s, selectors.EVENT_READ)
            if mask & selectors.EVENT_READ:
                got = s.recv(65536)
                d[2] += got
                if not got:
                    if d[2] != d[0]:
                        sys.exit(f"a connection echoed {len(d[2])} of {len(d[0])} bytes, or others")
                    sel.unregister(s)
                    s.close()
                    todo -= 1


wait_for_port(7)
{"sequential": sequential, "parallel": parallel}[sys.argv[1]](int(sys.argv[2]))
