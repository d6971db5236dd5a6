"""Ring 3: user/wirepeer plays a host at the end of a TUN, on Linux and in the guest"""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT, machine_id, vm  # noqa: E402

# One segment, of 536 bytes at most, is in flight at a time: an echo that keeps no state answers each where its ACK says.
COMMAND = ("wirepeer busybox sh -c 'ping -c 2 -i 0.1 10.9.9.2 | grep -c seq=; ping -c 1 -s 1400 10.9.9.77 | grep -o \"1 packets received\"; "
           "(echo to and fro; sleep 0.5) | nc 10.9.9.2 4242; seq 1 150 | (cat; sleep 1) | nc 10.9.9.3 7 | md5sum; exit 7'; echo status $?")
EXPECTED = "2\n1 packets received\nto and fro\n9eeb969be4daa9d4155c4fa0efed8b33  -\nstatus 7\n"


def test_wirepeer_on_linux():
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    r = subprocess.run(how + ["busybox", "sh", "-c", COMMAND], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                       env={"PATH": f"{ROOT}/build/user:/bin:/usr/bin"})
    assert r.stdout == EXPECTED, r.stderr


@pytest.mark.parametrize("machine", [(1, False), (4, True)], ids=machine_id)
def test_wirepeer_in_guest(machine):
    r = vm(COMMAND, machine=machine, timeout=90)
    assert r.stdout == EXPECTED, r.stderr[-4000:]
