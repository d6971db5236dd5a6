"""Ring 4: unmodified programs over a bad wire: 2 % of the frames lost, 50 ms of delay each way, one in fifty overtaking

tests/wire/impair.c stands between the guest's tap and the peer. Judged is what arrives, never how fast.
"""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT, machine_id, must, vm  # noqa: E402

HERE = os.path.join(ROOT, "tests", "wire")
MACHINES = [(2, False), (4, True)]
every_machine = pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
SEEDS = {(2, False): 1, (4, True): 2}


@pytest.fixture(scope="session")
def impair(tmp_path_factory):
    """The shell words that put the bad wire before a peer's command."""
    path = str(tmp_path_factory.mktemp("impair") / "impair")
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", path, os.path.join(HERE, "impair.c")], check=True)
    return lambda machine, command: f"{path} tap0 20000 50 20000 {SEEDS[machine]} sh -c '{command}'"


def over(impair, machine, guest, peer, *options):
    return vm(guest, *options, machine=machine, timeout=240, host=impair(machine, peer))


@every_machine
def test_ping_sees_the_wire(impair, machine):
    out = must(over(impair, machine, "sleep 1000", "ping -n -q -i 0.02 -c 200 -W 10 10.9.0.2"))
    received = int(out.split(" received")[0].split()[-1])
    assert 150 < received < 200, out


@every_machine
def test_curl_from_the_guests_server(impair, machine):
    """The guest is the sender: its recovery is at work."""
    peer = "curl -sS --max-time 200 http://10.9.0.2/big | md5sum"
    out = must(over(impair, machine, "seq 1 100000 >/www/big; sleep 1000", "sleep 1; " + peer))
    assert out.split()[0] == "dea9193b768319cbb4ff1a137ac03113", out


@every_machine
def test_busybox_wget_and_echo(impair, machine, tmp_path):
    """The guest is the receiver: busybox wget, and nc through its echo server and back."""
    subprocess.run(f"seq 1 100000 >{tmp_path}/big", shell=True, check=True)
    guest = "sleep 2; until wget -q -O - http://10.9.0.1:8000/big >f; do sleep 1; done; md5sum <f; sleep 1000"
    peer = f"python3 -m http.server -d {tmp_path} 8000 >{tmp_path}/log 2>&1 & " \
           f"seq 1 30000 >{tmp_path}/in; nc -N -w 100 10.9.0.2 7 <{tmp_path}/in | cmp - {tmp_path}/in && echo same; " \
           f"for i in $(seq 150); do grep -q \"GET /big.* 200\" {tmp_path}/log && break; sleep 1; done; sleep 12"
    r = over(impair, machine, guest, peer)
    assert "same" in r.stdout and "dea9193b768319cbb4ff1a137ac03113" in r.stdout, r.stdout + r.stderr[-4000:]


@every_machine
def test_iperf3_both_ways(impair, machine):
    one = "iperf3 -c 10.9.0.2 -n 400K {} | grep -c receiver"
    out = must(over(impair, machine, "(iperf3 -s -1; iperf3 -s -1; iperf3 -s -1) >/dev/null 2>&1; sleep 1000",
                    "sleep 2; " + "; sleep 1; ".join(one.format(how) for how in ("", "-R", "-P 3")), "--with", "iperf3"))
    assert out.split() == ["1", "1", "4"], out
