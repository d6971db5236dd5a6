"""Ring 4: the guest against real peers over a tap, in a private network namespace.

The guest is 10.9.0.2 with its servers running (web 80, echo 7 by TCP and UDP); the peer is 10.9.0.1. Each test boots its
own guest, and looks at the end whether everything was given back (packets, sockets).
"""
import os
import socket
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import MACHINES, ROOT, machine_id, must, vm  # noqa: E402

HERE = os.path.join(ROOT, "tests", "wire")
PY = "/usr/bin/python3"
every_machine = pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
CPUS = pytest.mark.parametrize("machine", [(1, False), (2, False), (4, False)], ids=machine_id)


# A shell on port 99, for the peer to look into the guest by.
SHELL = "while true; do nc -l -p 99 -e /bin/sh; done"


def peer(script, *args):
    return " ".join([PY, os.path.join(HERE, script), *args])


@every_machine
def test_web_page(machine):
    out = must(vm("sleep 1000", machine=machine, host="curl -sS --max-time 20 http://10.9.0.2/ | grep -c '<h1>Ringside</h1>'"))
    assert out.strip() == "1"


@every_machine
def test_boots_through_grub(machine):
    out = must(vm("uname -a; cat /proc/cmdline; grep -c ^processor /proc/cpuinfo", "--boot", "grub", machine=machine))
    assert f"\n{machine[0]}\n" in out


@every_machine
def test_ping_sizes(machine):
    # One at a time: after a first answer, ping waits only two round trips for the next, and a busy machine takes longer.
    sizes = "for s in 0 1 8 56 100 1471 1472 1473 2960 8000 20000 65507 65507; do " \
            "ping -n -q -c 1 -W 10 -s $s 10.9.0.2 || { echo bad $s; exit 1; }; done"
    must(vm("sleep 1000", machine=machine, host=sizes))


@every_machine
def test_guest_pings_peer(machine):
    must(vm("for s in 0 56 1472 1473 8000 65507; do ping -c 2 -s $s 10.9.0.1 || exit 1; done", machine=machine))


@every_machine
def test_echo_tcp_udp_by_nc(machine):
    host = "head -c 300000 /dev/urandom >$T/in; nc -N 10.9.0.2 7 <$T/in >$T/out && cmp $T/in $T/out && " \
           "test \"$(echo hello | nc -u -w 2 10.9.0.2 7)\" = hello"
    must(vm("sleep 1000", machine=machine, host="T=$(mktemp -d); " + host + "; r=$?; rm -rf $T; exit $r"))


# Echo, web and ping, from outside.
SERVES = "T=$(mktemp -d); head -c 3000000 /dev/urandom >$T/in; nc -N 10.9.0.2 7 <$T/in >$T/out && cmp $T/in $T/out && " \
         "curl -sS --max-time 20 http://10.9.0.2/ | grep -q '<h1>Ringside</h1>' && ping -c 1 -W 10 -s 8000 10.9.0.2; " \
         "r=$?; rm -rf $T; exit $r"


@pytest.mark.parametrize("nic", ["e1000-82544gc", "e1000-82545em"])
@pytest.mark.parametrize("machine", [(1, False), (2, True)], ids=machine_id)
def test_the_other_cards_of_the_family(machine, nic):
    must(vm("sleep 1000", "--nic", nic, machine=machine, host=SERVES))


def test_serves_in_24_megabytes():
    must(vm("sleep 1000", machine=(1, False), mem=24, host=SERVES))


@every_machine
def test_download_into_guest(machine):
    """wget and curl of a file from a real web server, its checksum compared."""
    host = peer("serve_file.py")
    r = vm("sleep 1; wget -q -O /tmp/f http://10.9.0.1:8000/file && wget -q -O /tmp/s http://10.9.0.1:8000/sum && "
           "cd /tmp && mv f file && sha256sum -c s && echo good | nc 10.9.0.1 8001", machine=machine, host=host)
    must(r)


APPLETS = """cd /tmp; sleep 1
fail() { echo "$1" >&2; cat log >&2; echo "$1" | nc 10.9.0.1 8001; exit 1; }
nslookup one.example 10.9.0.1 >log 2>&1; grep -q '192\\.0\\.2\\.1' log || fail "nslookup does not find"
nslookup two.example 10.9.0.1 >log 2>&1; grep -q "NXDOMAIN\\|can't resolve\\|can't find" log || fail "nslookup finds what is not"
echo nameserver 10.9.0.1 >/etc/resolv.conf
ping -c 1 peer.example >log 2>&1 || fail "ping by name"
tftp -g -r in -l got 10.9.0.1 >log 2>&1 && tftp -p -l got -r out 10.9.0.1 >>log 2>&1 || fail "tftp"
tftp -g -r even 10.9.0.1 >log 2>&1 && [ $(wc -c <even) = 1024 ] || fail "tftp of whole blocks"
tftp -g -r none 10.9.0.1 >log 2>&1; grep -qi "no such file" log || fail "tftp of a file that is not there"
(sleep 1; echo guest; sleep 1) | telnet 10.9.0.1 >log 2>&1; grep -q GUEST log && grep -q good-bye log || fail "telnet"
echo good | nc 10.9.0.1 8001"""


@CPUS
def test_names_tftp_and_telnet(machine):
    """busybox's clients against a name server, a TFTP server and a telnet server."""
    must(vm(APPLETS, machine=machine, host=peer("servers.py")))


@every_machine
def test_200_parallel_connections(machine):
    must(vm("sleep 1000", machine=machine, host=peer("connections.py", "parallel", "200")))


@every_machine
def test_10000_sequential_connections(machine):
    must(vm("sleep 1000", machine=machine, timeout=300, host=peer("connections.py", "sequential", "10000")))


@pytest.mark.parametrize("machine", [(1, False), (2, False)], ids=machine_id)
def test_50000_idle_connections(machine):
    """In 512 MB, all at once; pages and echoes meanwhile; everything back afterwards."""
    out = must(vm("ulimit -n 60000; echo-epoll -d 5000; " + SHELL, machine=machine, timeout=200, mem=512, host=peer("idle.py", "50000")))
    print(out)
    assert out.startswith("connections=50000 ")


@every_machine
def test_closed_port_is_refused(machine):
    must(vm("sleep 1000", machine=machine, host=peer("closed_port.py")))


@every_machine
def test_hostile_frames(machine):
    must(vm(SHELL, machine=machine, host=peer("hostile.py")))


@every_machine
def test_udp_flood_moves_into_polling(machine):
    """Interrupts give way to full polls, and the shell goes on: to a closed port, and to one whose program answers."""
    out = must(vm("sh /etc/vm/flood.sh", "--add", os.path.join(HERE, "flood.sh") + ":/etc/vm/flood.sh", machine=machine,
                  host=peer("flood.py")))
    lines = [dict((k, int(v)) for k, v in (w.split("=") for w in line.split())) for line in out.splitlines()]
    assert [n["port"] for n in lines] == [81, 7]
    for n in lines:
        assert n["packets"] > 1000, out
        assert n["irqs"] * 20 < n["packets"], out   # quiet: one interrupt a packet
        assert n["full"] * 64 * 4 > n["packets"], out  # a good part of them came in full polls
        assert n["jobs"] > 3 and n["worst"] < 500, out  # starved, it would do none; the limit is for a loaded machine


@every_machine
def test_cable_pulled_and_put_back(machine, tmp_path):
    monitor = str(tmp_path / "monitor")
    watch = "while true; do ifconfig eth0 | grep -q RUNNING && echo up || echo down; sleep 0.1; done & ping -q 10.9.0.1 >/tmp/log & "
    out = must(vm(watch + SHELL, "--qemu", f"-monitor unix:{monitor},server,nowait", machine=machine, host=peer("link.py", monitor)))
    seen = [w for i, w in enumerate(out.split()) if i == 0 or w != out.split()[i - 1]]
    assert "".join(w[0] for w in seen).startswith("ududud"), out


@CPUS
def test_a_stalled_transmitter_is_reset(machine, tmp_path):
    monitor, gdb = str(tmp_path / "monitor"), str(tmp_path / "gdb")
    must(vm(SHELL, "--with", "ethtool", "--qemu", f"-monitor unix:{monitor},server,nowait", "--qemu",
            f"-chardev socket,id=stub,path={gdb},server=on,wait=off -gdb chardev:stub", machine=machine, host=peer("stall.py", monitor, gdb)))


@every_machine
def test_rings_of_every_size(machine):
    must(vm(SHELL, "--with", "ethtool", machine=machine, host=peer("rings.py")))


@every_machine
def test_rules_addresses_and_forwarding(machine):
    must(vm(SHELL, machine=machine, host=peer("rules.py")))


@CPUS
def test_user_network_with_a_forwarded_port(machine):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    get = f"curl -sS --retry 5 --retry-all-errors --max-time 20 http://127.0.0.1:{port}/ | grep -c '<h1>Ringside</h1>'"
    assert must(vm("sleep 1000", "--net", "user", "--hostfwd", f"tcp:127.0.0.1:{port}-:80", machine=machine, host=get)).strip() == "1"


@CPUS
def test_without_a_card_loopback_serves(machine):
    out = must(vm("ifconfig eth0 2>/dev/null; ping -c 1 127.0.0.1 >/dev/null && wget -q -O - http://127.0.0.1/ | grep -c '<h1>'", "--nic", "none",
                  machine=machine))
    assert out.strip() == "1"


def test_one_gibibyte_each_way():
    must(vm("sleep 10000", machine=(2, False), timeout=600, host=peer("gibibyte.py")))


IPERF_CLIENT = [
    "iperf3 -c 10.9.0.2 -t 2", "iperf3 -c 10.9.0.2 -t 2 -R", "iperf3 -c 10.9.0.2 -t 2 -P 4", "iperf3 -c 10.9.0.2 -t 2 -Z",
    "iperf3 -c 10.9.0.2 -t 2 -u -b 20M", "iperf3 -c 10.9.0.2 -t 2 -u -b 20M -R",
]


@every_machine
def test_iperf3_server_in_guest(machine):
    host = " && ".join("sleep 0.3 && " + c for c in IPERF_CLIENT)
    must(vm("iperf3 -s", "--with", "iperf3", machine=machine, timeout=200, host="sleep 1; " + host))


@every_machine
def test_iperf3_client_in_guest(machine):
    """The server is outside; the guest's client runs in both directions."""
    guest = "sleep 1; " + " && ".join(c.replace("10.9.0.2", "10.9.0.1") for c in IPERF_CLIENT) + \
        " && echo good | nc 10.9.0.1 8001"
    must(vm(guest, "--with", "iperf3", machine=machine, timeout=200, host=peer("iperf_server.py")))


@every_machine
def test_curl_in_guest(machine):
    """Debian's curl, dynamic glibc, from its package."""
    out = must(vm("curl -sS http://127.0.0.1/ | grep -c '<h1>Ringside</h1>'", "--with", "curl", machine=machine))
    assert out.strip() == "1"


@CPUS
def test_idle_guest_costs_nothing(machine):
    """Timer interrupts while nothing happens: a tick would be 250 a second and CPU."""
    out = must(vm("sleep 1; a=$(awk '/^LOC|timer/{for(i=2;i<=NF;i++)if($i~/^[0-9]+$/)s+=$i}END{print s}' /proc/interrupts); sleep 4; "
                  "b=$(awk '/^LOC|timer/{for(i=2;i<=NF;i++)if($i~/^[0-9]+$/)s+=$i}END{print s}' /proc/interrupts); echo $((b-a))", machine=machine))
    assert int(out.strip()) < 4 * 50 * machine[0]


OFFLOADS = ["tso on", "tso off", "gso off tso off", "sg off", "tx off", "gro off", "rx off"]
SWITCHED = """
for f in $O; do
    ethtool-features eth0 tx on rx on sg on tso on gso on gro on >/dev/null || exit 1
    ethtool-features eth0 $(echo $f | tr , ' ') >/dev/null || exit 1
    nc 10.9.0.1 8003 </dev/null >/tmp/f
    nc 10.9.0.1 8002 </tmp/f
done"""


def test_offloads_change_nothing_but_the_work(tmp_path):
    data, capture = os.urandom(8 << 20), str(tmp_path / "wire.pcap")
    (tmp_path / "file").write_bytes(data)
    ways = " ".join(f.replace(" ", ",") for f in OFFLOADS)
    must(vm(f"O='{ways}'; {SWITCHED}; sleep 1000", "--pcap", capture, timeout=200,
            host=peer("offloads.py", str(len(OFFLOADS)), str(tmp_path / "file"))))
    out = subprocess.run([PY, os.path.join(HERE, "segments.py"), capture], check=True, capture_output=True, text=True).stdout
    assert int(out.split()[0]) >= len(OFFLOADS) * len(data) // 1460 and int(out.split()[1]) == 1448
