"""tests/wire/wirelib.py - for the scripts that play the other end of the wire (10.9.0.1)"""
import socket
import sys
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


def ask(line):
    """Runs a shell line in the guest, which has to run SHELL (test_wire.py) on port 99; its output."""
    for _ in range(100):
        try:
            return ask_once(line)
        except (ConnectionRefusedError, ConnectionResetError):
            time.sleep(0.05)  # nc is between two rounds: it closes its listener, and resets who waits there, at each
    raise ConnectionRefusedError("the guest's shell does not listen")


def ask_once(line):
    s = connect(99, 30)
    out = b""
    s.sendall(line.encode() + b"\nexit\n")
    while data := s.recv(65536):
        out += data
    s.close()
    return out.decode()


def drop_reasons():
    """What died in the guest so far, and of what: {reason: packets}."""
    return {w[0]: int(w[1]) for w in map(str.split, ask("cat /proc/net/drop_reasons").splitlines()) if len(w) > 1}


def live_packets():
    """sk_buffs that the guest holds at this moment."""
    return int(ask("grep ^skbs /proc/net/skbuff").split()[1])


def must_come_back(before, slack=0):
    """Ends the script with an error unless the guest soon holds no more packets than before."""
    for _ in range(40):
        after = live_packets()
        if after <= before + slack:
            return
        time.sleep(0.5)
    sys.exit(f"{before} packets were alive before, {after} after")


def wait_for_good(seconds=180):
    """Waits until the guest says something on port 8001; whether that was "good"."""
    with socket.create_server(("", 8001)) as s:
        s.settimeout(seconds)
        return s.accept()[0].recv(100) == b"good\n"


def recv_exactly(s, n):
    parts = []
    while n:
        data = s.recv(min(n, 1 << 20))
        if not data:
            raise EOFError(f"the connection ended {n} bytes early")
        parts.append(data)
        n -= len(data)
    return b"".join(parts)
