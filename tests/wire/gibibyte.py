"""1 GiB to the guest's echo server and the same GiB back, both ways at once, with the checksums compared at the end."""
import hashlib
import random
import sys
import threading

from wirelib import connect, wait_for_port

LENGTH, CHUNK = 1 << 30, 1 << 20
noise = random.Random(7).randbytes(CHUNK + 65521)


def send(s, digest):
    for i in range(LENGTH // CHUNK):
        at = i * 997 % 65521
        c = noise[at:at + CHUNK]
        digest.update(c)
        s.sendall(c)
    s.shutdown(1)


wait_for_port(7)
s = connect(7, 120)
out, back, n = hashlib.sha256(), hashlib.sha256(), 0
t = threading.Thread(target=send, args=(s, out))
t.start()
while data := s.recv(CHUNK):
    back.update(data)
    n += len(data)
t.join()
if n != LENGTH or out.digest() != back.digest():
    sys.exit(f"{n} of {LENGTH} bytes came back" + ("" if n != LENGTH else ", but not the same"))
