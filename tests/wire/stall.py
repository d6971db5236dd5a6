"""stall.py MONITOR GDB - the card stops sending in the middle of traffic: its transmitter is switched off behind the driver's
back, through QEMU's gdb socket. The ring fills, the queue stops, and the watchdog has to notice and reset the card.
"""
import re
import socket
import subprocess
import sys
import time

from wirelib import GUEST, ask, live_packets, must_come_back, wait_for_port

TCTL = 0x400  # 8254x manual 13.4.33: bit 1 enables the transmitter


def counter(name):
    return int(re.search(name + r": (\d+)", ask("ethtool -S eth0")).group(1))


def registers():
    """Physical address of the card's registers, by the monitor."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(b"info pci\n")
    text = ""
    while not (m := re.search(r"Ethernet controller.*?BAR0: 32 bit memory at 0x([0-9a-f]+)", text, re.S)):
        text += s.recv(65536).decode(errors="replace")
    return int(m.group(1), 16)


wait_for_port(99)
before = live_packets()
must_be_zero = counter("tx_timeout_resets")
if must_be_zero:
    sys.exit("the card was reset before anything happened")
subprocess.run(["gdb", "-batch", "-ex", "set architecture i386:x86-64", "-ex", f"target remote {sys.argv[2]}",
                "-ex", "maintenance packet Qqemu.PhyMemMode:1", "-ex", f"set {{unsigned int}}{registers() + TCTL:#x} = 0", "-ex",
                "detach"], stdin=subprocess.DEVNULL, check=True, capture_output=True)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((GUEST, 7))
for _ in range(1000):  # more answers than the ring has room for
    s.send(b"is anybody there?")
    time.sleep(0.001)
time.sleep(1)
s.settimeout(0)
silent = True
try:
    s.recv(100)
    silent = False
except OSError:
    pass
if not silent:
    sys.exit("the card still sends: this test tests nothing")
wait_for_port(80, 60)  # the watchdog looks every five seconds
resets, log = counter("tx_timeout_resets"), ask("dmesg")
if resets != 1 or not re.search(r"eth0.*(timed out|stall|watchdog)", log, re.I):
    sys.exit(f"{resets} resets\n{log[-2000:]}")
must_come_back(before, 4)
