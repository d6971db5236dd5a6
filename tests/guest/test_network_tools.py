"""Ring 3: Debian's network tools in the guest: iproute2's ip and ss, busybox ip, tcpdump

One boot runs all cases; each is a shell script with exact output.
"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import machine_id, vm  # noqa: E402

MACHINES = [(2, False), (4, True)]
PACKAGES = ["iproute2", "tcpdump"]
CASES = {
    "ip-link": (r"""
ip tuntap add dev t0 mode tun; ip link set t0 up mtu 1400 txqueuelen 99
ip -o link show t0 | cut -d: -f2- | tr -s ' \\' ' '
ip link set t0 mtu 20 2>&1; ip link set nosuch up 2>&1; ip link set lo name foo 2>&1; ip link add d0 type dummy 2>&1
ip -s link show t0 | grep -c 'TX:'; ip -d link show t0 | grep -o '  tun '
ip link set t0 down; ip link set t0 name t1; ip link del t1; ip link show t1 2>&1
""", " t0: <NO-CARRIER,POINTOPOINT,MULTICAST,NOARP,UP> mtu 1400 qdisc noqueue state DOWN mode DEFAULT group default qlen 99 link/none \n"
     "Error: mtu less than device minimum.\nCannot find device \"nosuch\"\nRTNETLINK answers: Device or resource busy\n"
     "Error: Unknown device type.\n1\n  tun \nDevice \"t1\" does not exist.\n"),
    "ip-addr-route": (r"""
ip tuntap add dev t0 mode tun; ip link set t0 up
ip addr add 10.7.0.1/24 brd + dev t0; ip addr add 10.7.0.5 peer 10.7.0.6 dev t0; ip -4 -br addr show t0 | tr -s ' '
ip route add 10.70.0.0/16 via 10.7.0.2; ip route add 10.71.0.0/16 dev t0 metric 5 mtu 1300; ip route add blackhole 10.72.0.0/16
ip route show dev t0; ip route show type blackhole
ip route add 10.70.0.0/16 via 10.7.0.2 2>&1; ip route add 10.73.0.0/16 via 1.2.3.4 2>&1; ip route del 10.74.0.0/16 2>&1
ip route replace 10.70.0.0/16 via 10.7.0.3; ip route get 10.70.1.2 | head -1; ip route get 10.72.0.1 2>&1
ip addr del 10.7.0.1/24 dev t0; ip route show dev t0; ip rule; ip route del blackhole 10.72.0.0/16; ip link del t0
""", "t0 DOWN 10.7.0.1/24 10.7.0.5 peer 10.7.0.6/32 \n10.7.0.0/24 proto kernel scope link src 10.7.0.1 \n10.7.0.6 proto kernel scope link src 10.7.0.5 \n"
     "10.70.0.0/16 via 10.7.0.2 \n10.71.0.0/16 scope link metric 5 mtu 1300 \nblackhole 10.72.0.0/16 \nRTNETLINK answers: File exists\n"
     "Error: Nexthop has invalid gateway.\nRTNETLINK answers: No such process\n10.70.1.2 via 10.7.0.3 dev t0 src 10.7.0.1 uid 0 \n"
     "RTNETLINK answers: Invalid argument\n10.7.0.6 proto kernel scope link src 10.7.0.5 \n10.70.0.0/16 via 10.7.0.3 \n"
     "10.71.0.0/16 scope link metric 5 mtu 1300 \n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"),
    "ip-neigh": (r"""
ip neigh add 10.9.0.77 lladdr 02:00:00:00:00:77 dev eth0; ip neigh show 10.9.0.77; ip neigh del 10.9.0.77 dev eth0; ip neigh show 10.9.0.77
ip neigh del 10.9.0.77 dev eth0 2>&1
""", "10.9.0.77 dev eth0 lladdr 02:00:00:00:00:77 PERMANENT \nRTNETLINK answers: No such file or directory\n"),
    "ip-monitor": (r"""
ip monitor address >m & p=$!; sleep 1; ip addr add 10.77.0.1/32 dev lo; ip addr del 10.77.0.1/32 dev lo; sleep 1; kill $p; grep -o '.*10.77.0.1/32' m | tr -s ' '
""", "1: lo inet 10.77.0.1/32\nDeleted 1: lo inet 10.77.0.1/32\n"),
    "tc": (r"""
ip tuntap add dev t0 mode tun; ip link set t0 up; tc qdisc add dev t0 root pfifo && tc qdisc show dev t0; tc qdisc add dev t0 root pfifo 2>&1
tc qdisc change dev t0 root pfifo limit 7; tc qdisc replace dev t0 root handle 5: pfifo limit 10; tc -s qdisc show dev t0; ip -o link show t0 | grep -o 'qdisc [a-z]*'
tc qdisc del dev t0 root; tc qdisc del dev t0 root 2>&1; tc qdisc add dev t0 root fq 2>&1; ip link del t0; tc qdisc show dev eth0; tc qdisc show dev nosuch 2>&1
""", "qdisc pfifo 8001: root refcnt 2 limit 500p\nError: Exclusivity flag on, cannot modify.\nqdisc pfifo 5: root refcnt 2 limit 10p\n"
     " Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\nqdisc pfifo\nError: Cannot delete qdisc with handle of zero.\n"
     "Error: Specified qdisc kind is unknown.\nqdisc pfifo 0: root refcnt 2 limit 1000p\nCannot find device \"nosuch\"\n"),
    "busybox-ip": (r"""
busybox ip addr add 10.78.0.1/24 dev lo; busybox ip addr show lo | grep -c 10.78.0.1/24; busybox ip route add 10.79.0.0/16 via 10.9.0.1
busybox ip route | grep 10.79; busybox ip route del 10.79.0.0/16; busybox ip addr del 10.78.0.1/24 dev lo; busybox ip rule | wc -l
""", "1\n10.79.0.0/16 via 10.9.0.1 dev eth0 \n3\n"),
    "ss": (r"""
mkfifo in; nc 127.0.0.1 7 <in >out & exec 3>in; echo hello >&3; until [ -s out ]; do sleep 0.1; done
ss -Htan state established 'dport = :7' | awk '{print $4}'; ss -Htln 'sport = :80' | awk '{print $1, $4}'; ss -Huan | awk '$4 == "0.0.0.0:7" {print $1}'
ss -Htin 'dport = :7' | grep -oE 'cubic|bytes_acked:[0-9]+|bytes_received:[0-9]+'; ss -Htm 'dport = :7' | grep -o skmem; exec 3>&-; wait
""", "127.0.0.1:7\nLISTEN 0.0.0.0:80\nUNCONN\ncubic\nbytes_acked:7\nbytes_received:6\nskmem\n"),
    "tcpdump": (r"""
tcpdump -Z root -U -ni eth0 -c 2 -w f icmp 2>e & sleep 2; ping -c 1 10.9.0.1 >/dev/null; wait; tcpdump -Z root -nr f 2>/dev/null | grep -oE '10.9.0.[12] > 10.9.0.[12]: ICMP echo re[a-z]+'
grep -E 'captured|dropped' e; tcpdump -Z root -i nosuch 2>/dev/null; echo $?
""", "10.9.0.2 > 10.9.0.1: ICMP echo request\n10.9.0.1 > 10.9.0.2: ICMP echo reply\n2 packets captured\n0 packets dropped by kernel\n1\n"),
}
_runs = {}


def guest(machine):
    if machine in _runs:
        return _runs[machine]
    lines = ["#!/bin/sh", "ip() { /sbin/ip \"$@\"; }", "tc() { /sbin/tc \"$@\"; }"]
    for name, (text, _) in CASES.items():
        lines.append(f"mkdir -p /tmp/{name}; cd /tmp/{name}; echo '@@begin {name}'; ({text.strip()}\n) 2>&1 </dev/null; echo \"@@end {name}\"")
    path = f"/tmp/network-tools-{os.getpid()}"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    try:
        r = vm("sh /cases", "--add", f"{path}:/cases", *(x for p in PACKAGES for x in ("--with", p)), machine=machine, timeout=180)
    finally:
        os.unlink(path)
    found = {}
    for part in r.stdout.split("@@begin ")[1:]:
        name, _, rest = part.partition("\n")
        found[name] = rest.partition(f"@@end {name}")[0]
    _runs[machine] = found, r
    return _runs[machine]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_network_tools(machine, name):
    found, run = guest(machine)
    assert name in found, f"it was not reached: status {run.returncode}\n{run.stderr[-6000:]}"
    assert found[name] == CASES[name][1], run.stderr[-2000:]


@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_guest_ends_well(machine):
    _, run = guest(machine)
    assert run.returncode == 0, run.stderr[-6000:]
