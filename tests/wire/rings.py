"""Traffic each way over rings that the guest sets to ever other sizes while it runs. The fragments of
the largest ping fill the smallest ring: the queue stops and goes on."""
import subprocess
import sys

from wirelib import GUEST, ask, connect, live_packets, must_come_back, recv_exactly, wait_for_port


def echo(n):
    s = connect(7)
    data = bytes(range(256)) * (n // 256)
    for at in range(0, n, 8192):
        s.sendall(data[at:at + 8192])
        if recv_exactly(s, 8192) != data[at:at + 8192]:
            sys.exit("the echo differs")
    s.close()


def statistic(name):
    return int(ask(f"ethtool -S eth0 | grep {name}:").split()[-1])


wait_for_port(7)
before = live_packets()
for rx, tx in ((64, 64), (4096, 4096), (72, 1000), (256, 64)):
    out = ask(f"ethtool -G eth0 rx {rx} tx {tx}; ethtool -g eth0 | tail -6")
    if f"RX:\t\t{rx}" not in out or f"TX:\t\t{tx}" not in out:
        sys.exit(f"rings {rx}, {tx}: {out}")
    echo(1 << 20)
    subprocess.run(["ping", "-c", "2", "-i", "0.05", "-W", "10", "-s", "65507", GUEST], check=True, stdout=subprocess.DEVNULL)
if "Invalid argument" not in ask("ethtool -G eth0 rx 8 2>&1"):
    sys.exit("a ring of 8 was accepted")
print("full", statistic("tx_ring_full"), "restarts", statistic("tx_queue_restarts"), "resets", statistic("tx_timeout_resets"))
if not statistic("tx_ring_full") or statistic("tx_timeout_resets"):
    sys.exit("the ring was never full, or the watchdog bit")
echo(1 << 20)
must_come_back(before)
