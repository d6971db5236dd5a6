"""servers.py - a name server, a TFTP server and a telnet server, each as small as the guest's applets can take.

Ends with 0 when the guest's command tells port 8001 that it is content ("good"), else with 1.
"""
import os
import socket
import struct
import sys
import threading

from wirelib import wait_for_good

NAMES = {b"one.example": "192.0.2.1", b"peer.example": "10.9.0.1"}
files = {b"in": os.urandom(512 * 300 + 17), b"even": b"e" * 1024}  # the second ends with an empty block


def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("10.9.0.1", port))
    return s


def name_server():
    """RFC 1035 section 4: a question comes back with its answer, or with 3: no such name."""
    s = udp(53)
    while True:
        q, who = s.recvfrom(512)
        at, labels = 12, []
        while q[at]:
            labels.append(q[at + 1:at + 1 + q[at]])
            at += 1 + q[at]
        kind = struct.unpack(">H", q[at + 1:at + 3])[0]
        address = NAMES.get(b".".join(labels).lower())
        found = address and kind == 1
        head = q[:2] + struct.pack(">HHHHH", 0x8580 | (0 if address else 3), 1, int(bool(found)), 0, 0)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address) if found else b""
        s.sendto(head + q[12:at + 5] + answer, who)


def send_file(s, data):
    """RFC 1350: blocks of 512, each acknowledged; the last is shorter. s is connected."""
    for n in range(len(data) // 512 + 1):
        block = struct.pack(">HH", 3, n + 1 & 0xffff) + data[512 * n:512 * n + 512]
        for _ in range(5):
            s.send(block)
            try:
                if s.recv(600)[:4] == struct.pack(">HH", 4, n + 1 & 0xffff):
                    break
            except TimeoutError:
                pass


def take_file(s, name):
    data, n, last = b"", 0, False
    while not last:
        s.send(struct.pack(">HH", 4, n))
        got = s.recv(600)
        if got[:4] == struct.pack(">HH", 3, n + 1):
            data, n, last = data + got[4:], n + 1, len(got) < 516
    files[name] = data
    s.send(struct.pack(">HH", 4, n))


def tftp_server():
    s = udp(69)
    while True:
        q, who = s.recvfrom(600)
        name = q[2:].split(b"\0")[0]
        t = udp(0)
        t.settimeout(2)
        t.connect(who)
        if q[:2] == b"\0\1" and name not in files:
            t.send(struct.pack(">HH", 5, 1) + b"no such file\0")
        elif q[:2] == b"\0\1":
            threading.Thread(target=send_file, args=(t, files[name]), daemon=True).start()
        else:
            threading.Thread(target=take_file, args=(t, name), daemon=True).start()


def telnet_server():
    """RFC 854: asks for echo and takes the answer out of the text; echoes one line in capitals, then says good-bye."""
    l = socket.create_server(("10.9.0.1", 23))
    while True:
        s, _ = l.accept()
        s.sendall(b"\xff\xfb\x01\xff\xfb\x03login: ")  # WILL ECHO, WILL SUPPRESS-GO-AHEAD
        text = b""
        while b"\n" not in text and b"\r" not in text:
            data = s.recv(1000)
            if not data:
                break
            while (at := data.find(b"\xff")) >= 0:
                data = data[:at] + data[at + 3:]
            text += data
        s.sendall(text.strip(b"\r\n\0").upper() + b"\r\ngood-bye\r\n")
        s.close()


for server in (name_server, tftp_server, telnet_server):
    threading.Thread(target=server, daemon=True).start()
good = wait_for_good()
if files.get(b"out") != files[b"in"]:
    sys.exit("what the guest put differs from what it got")
sys.exit(not good)
