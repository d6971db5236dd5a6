"""iperf3 servers at this end, one run after the other; ends well when the guest says good on 8001."""
import socket
import subprocess
import sys

server = subprocess.Popen(["iperf3", "-s"], stdout=subprocess.DEVNULL)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 8001))
s.listen()
s.settimeout(180)
c, _ = s.accept()
good = c.recv(16) == b"good\n"
server.terminate()
sys.exit(not good)
