#!/usr/bin/env python3
"""Runs scripts on our stack and on Linux, and says where what they did differs (packet --record; docs/testing.md).

    diff.py FOLDER              the scripts in it
    diff.py --seed 1 -n 100 FOLDER   makes random ones there first (random_script.py)
"""
import argparse
import glob
import os
import re
import subprocess

PACKET = "build/unit/packet"
SLACK = 0.030                   # seconds, of a busy machine and of jiffies; and an eighth of the time since the last
# Fields of TCP_INFO that tell time (with the slack in their unit), and those that hang on it.
TIMES = {"tcpi_rto": 1e6, "tcpi_ato": 1e6, "tcpi_rtt": 1e6, "tcpi_rttvar": 1e6, "tcpi_rcv_rtt": 1e6,
         "tcpi_min_rtt": 1e6, "tcpi_busy_time": 1e6, "tcpi_rwnd_limited": 1e6, "tcpi_sndbuf_limited": 1e6,
         "tcpi_last_data_sent": 1e3,
         "tcpi_last_data_recv": 1e3, "tcpi_last_ack_recv": 1e3, "tcpi_total_rto_time": 1e3}
LEFT_OUT = {"tcpi_pacing_rate", "tcpi_max_pacing_rate", "tcpi_delivery_rate", "tcpi_rehash", "tcpi_rcv_space",
            "tcpi_rcv_ssthresh", "tcpi_rcv_wnd", "tcpi_rttvar"}
LEFT_OUT_COUNTERS = ("IpExt", "Ip", "Icmp", "TcpExtTCPHyst", "TcpExtTCPAutoCorking", "TcpExtTCPRcvCoalesce",
                     "TcpExtTCPPureAcks", "TcpExtTCPHPHits", "TcpExtTCPHPAcks", "TcpExtTCPOrigDataSent",
                     "TcpExtTCPDirect",
                     "TcpExtTCPSlowPath", "TcpExtTcpTimeoutRehash", "TcpExtTCPSackShift")


class Record:
    def __init__(self, path):
        self.packets, self.calls, self.values = [], {}, {}
        self.odd = []
        for line in open(path, errors="replace").read().splitlines():
            w = line.split(" ", 3)
            if w[0] == "P" and len(w) > 2:
                self.packets.append((float(w[1]), line.split(" ", 2)[2]))
            elif w[0] == "C" and len(w) > 3:
                self.calls[int(w[1])] = (float(w[2]), w[3])
            elif w[0] == "I" and len(w) > 3:
                name, value = w[3].split()
                self.values[f"line {w[1]} fd {w[2]} {name}"] = int(value)
            elif w[0] == "M" and len(w) > 2:
                self.values[w[1]] = int(w[2])
            else:
                self.odd.append(line)


def without_window(text):
    """Windows hang on how much memory a device's buffers take; what is left of one that is not closed."""
    return re.sub(r" win [1-9]\d*", " win N", re.sub(r"R\. \d{6,}:\d+", "R. X", text))


def stamps_apart(a, b):
    """Not the same packet but for the clock in its timestamps, and the window?"""
    pattern = r"TS val (\d+) ecr (\d+)"
    a, b = without_window(a), without_window(b)
    if a == b:
        return False
    x, y = re.search(pattern, a), re.search(pattern, b)
    if not x or not y or re.sub(pattern, "TS", a) != re.sub(pattern, "TS", b):
        return True
    return abs(int(x[1]) - int(y[1])) > 60 or (x[2] != y[2])


def compare_packets(a, b, found):
    last = 0.0
    for i in range(max(len(a), len(b))):
        x, y = (s[i] if i < len(s) else (0.0, "nothing") for s in (a, b))
        if x[1] != y[1] and stamps_apart(x[1], y[1]):
            found.append(f"packet {i + 1}: ours  {x[0]:.3f} {x[1]}\n          Linux {y[0]:.3f} {y[1]}")
            return
        if abs(x[0] - y[0]) > SLACK + abs(x[0] - last) / 8:
            found.append(f"packet {i + 1}: ours at {x[0]:.3f}, Linux at {y[0]:.3f}: {x[1]}")
            return
        last = x[0]


def compare_calls(a, b, found):
    nothing = (0.0, "nothing")
    for line in sorted(set(a) | set(b)):
        x, y = a.get(line, nothing), b.get(line, nothing)
        if x[1] != y[1]:
            found.append(f"line {line}: ours  {x[1]}\n          Linux {y[1]}")
        elif abs(x[0] - y[0]) > SLACK + x[0] / 8:
            found.append(f"line {line}: over at {x[0]:.3f}, on Linux at {y[0]:.3f}: {x[1]}")


def compare_values(a, b, found):
    for name in sorted(set(a) | set(b)):
        x, y, field = a.get(name, 0), b.get(name, 0), name.split()[-1]
        if field in LEFT_OUT or any(re.match(p + r"[A-Z]", name) or name == p for p in LEFT_OUT_COUNTERS):
            continue
        slack = TIMES.get(field, 0) * SLACK
        if field == "tcpi_rto":
            slack *= 4
        if abs(x - y) > slack + (max(x, y) / 8 if slack else 0):
            found.append(f"{name}: ours {x}, Linux {y}")


def differences(script):
    ours, linux = Record(script + ".ours"), Record(script + ".linux")
    found = []
    if ours.odd != linux.odd:
        found.append(f"ours says {ours.odd}, Linux {linux.odd}")
    compare_packets(ours.packets, linux.packets, found)
    compare_calls(ours.calls, linux.calls, found)
    compare_values(ours.values, linux.values, found)
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int)
    p.add_argument("-n", type=int, default=50)
    p.add_argument("--again", action="store_true", help="ours alone: what Linux did is there from before")
    p.add_argument("folder")
    o = p.parse_args()
    if o.seed is not None:
        import random_script
        os.makedirs(o.folder, exist_ok=True)
        for i in range(o.n):
            with open(f"{o.folder}/{o.seed}_{i:04}.pkt", "w") as f:
                f.write(random_script.make(o.seed * 100000 + i))
    scripts = sorted(glob.glob(o.folder + "/**/*.pkt", recursive=True))
    for where in [[]] if o.again else [[], ["--linux"]]:
        subprocess.run([PACKET, "--record", o.folder, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
    bad = 0
    for s in scripts:
        found = differences(s)
        bad += bool(found)
        if found:
            print(s)
            print("".join(f"    {f}\n" for f in found), end="")
    print(f"{len(scripts)} scripts, {bad} with differences")


if __name__ == "__main__":
    main()
