"""offloads.py N FILE: N times, a connection to port 8003 gets the file, and one to 8002 brings it back."""
import socket
import sys

give, take = (socket.create_server(("", port)) for port in (8003, 8002))
give.settimeout(60)
take.settimeout(60)
with open(sys.argv[2], "rb") as f:
    file = f.read()
for i in range(int(sys.argv[1])):
    with give.accept()[0] as c:
        c.sendall(file)
    with take.accept()[0] as c:
        came = b""
        while data := c.recv(1 << 20):
            came += data
    if came != file:
        sys.exit(f"round {i}: {len(came)} bytes came, of {len(file)}, or others")
