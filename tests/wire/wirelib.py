"""tests/wire/wirelib.py - for the scripts that play the other end of the wire (10.9.0.1)"""
import socket
import time

GUEST = "10.9.0.2"


def connect(port, timeout=20):
    s = socket.create_connection((GUEST, port), timeout=timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def wait_for_port(port, seconds=20):
    """The guest's servers start just before its command does; the first one in a moment, at most."""
    end = time.monotonic() + seconds
    while True:
        try:
            connect(port, 5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def recv_exactly(s, n):
    parts = []
    while n:
        data = s.recv(min(n, 1 << 20))
        if not data:
            raise EOFError(f"the connection ended {n} bytes early")
        parts.append(data)
        n -= len(data)
    return b"".join(parts)
