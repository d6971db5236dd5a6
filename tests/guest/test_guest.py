"""Ring 3: the programs of tests/guest run on Linux and in the guest, and both must agree.

Each program prints 'ok NAME' for each thing it checked and ends with 0 when all was right. One boot a machine runs them
all, each under its own time limit.
"""
import glob
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import MACHINES, ROOT, machine_id, vm  # noqa: E402

PROGRAMS = sorted(os.path.basename(f)[:-2] for f in glob.glob(os.path.join(ROOT, "tests", "guest", "*.c")))
GUEST_ONLY = {"hooks", "shared_locks"}  # about what Linux does not have
LIMIT_S = 60
_runs = {}


def oks(text):
    return [line for line in text.splitlines() if line.startswith("ok ")]


def linux(program):
    """(status, output) on this machine; in a namespace of its own, so that ports and interfaces are free."""
    key = ("linux", program)
    if key not in _runs:
        how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
        line = f"ip link set lo up; exec {ROOT}/build/guest/{program}"
        r = subprocess.run(how + ["sh", "-c", line], capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                           cwd="/tmp")
        _runs[key] = (r.returncode, r.stdout + r.stderr)
    return _runs[key]


def guest(machine):
    """{program: (status, output)} of one boot of this machine, and what the guest's own end was."""
    if machine not in _runs:
        add = [x for p in PROGRAMS for x in ("--add", f"{ROOT}/build/guest/{p}:/tests/{p}")]
        script = "cd /tmp; for p in " + " ".join(PROGRAMS) + \
            f"; do echo \"@@begin $p\"; timeout -s KILL {LIMIT_S} /tests/$p 2>&1; echo \"@@end $p $?\"; done"
        r = vm(script, *add, machine=machine, timeout=LIMIT_S * 6)
        results = {}
        for part in r.stdout.split("@@begin ")[1:]:
            name, _, rest = part.partition("\n")
            out, _, tail = rest.partition(f"@@end {name} ")
            results[name] = (int(tail.split()[0]) if tail.split() else None, out)
        _runs[machine] = (results, r)
    return _runs[machine]


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p not in GUEST_ONLY])
def test_on_linux(program):
    status, out = linux(program)
    assert status == 0, out


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_in_guest(machine, program):
    results, run = guest(machine)
    assert program in results, f"the guest did not reach it: status {run.returncode}\n{run.stderr[-6000:]}"
    status, out = results[program]
    assert status == 0, f"status {status}\n{out}\n{run.stderr[-6000:]}"
    if program not in GUEST_ONLY:
        assert oks(out) == oks(linux(program)[1])


@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_guest_ends_well(machine):
    _, run = guest(machine)
    assert run.returncode == 0, run.stderr[-6000:]
