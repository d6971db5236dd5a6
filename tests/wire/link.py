"""link.py MONITOR - pulls the guest's cable through QEMU's monitor and puts it back; before and after, it must answer."""
import socket
import sys
import time

from wirelib import live_packets, must_come_back, wait_for_port

wait_for_port(80)
before = live_packets()
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(sys.argv[1])
for n in range(3):
    monitor.sendall(b"set_link n0 off\n")
    time.sleep(1.5)
    monitor.sendall(b"set_link n0 on\n")
    time.sleep(1.5)
    wait_for_port(80)
must_come_back(before)
