"""A SYN to a closed TCP port is refused at once; a datagram to a closed UDP port comes back as ECONNREFUSED."""
import socket
import sys
import time

from wirelib import GUEST, wait_for_port

wait_for_port(80)
start = time.monotonic()
try:
    socket.create_connection((GUEST, 81), timeout=10)
    sys.exit("port 81 is open?")
except ConnectionRefusedError:
    pass
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(10)
u.connect((GUEST, 81))
u.send(b"anyone?")
try:
    u.recv(10)
    sys.exit("an answer from a closed port")
except ConnectionRefusedError:
    pass
if time.monotonic() - start > 9:
    sys.exit("refused, but only after a time-out")
