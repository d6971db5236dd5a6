"""The other end of flood.sh: for each port that the guest names, seconds of 18-byte datagrams as fast as they go."""
import socket
import struct
import sys
import time

from wirelib import GUEST

SECONDS = 4
UDP_SEGMENT = 103  # one call, many datagrams


def flood(port):
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("i", 18))
    u.connect((GUEST, port))
    u.setblocking(False)
    end, sent = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        for _ in range(100):
            try:
                sent += u.send(b"f" * 18 * 50) // 18
            except (BlockingIOError, ConnectionRefusedError):
                pass
    print(f"peer: {sent} datagrams to port {port}", file=sys.stderr)


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 8001))
s.listen()
s.settimeout(60)
while True:
    c, _ = s.accept()
    word = c.recv(16).strip()
    c.close()
    if not word.isdigit():
        sys.exit(word != b"good")
    flood(int(word))
