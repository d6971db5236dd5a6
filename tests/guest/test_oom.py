"""Ring 3: guests with little memory, and programs that take all of it: an error or a killed process, and life goes on."""
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT, vm  # noqa: E402

KINDS = {"pages": ["tmpfs", "files", "memory", "shared", "areas"], "things": ["forks", "bomb", "threads", "pipes", "sockets"]}
GUESTS = [(24, (1, False)), (32, (2, True)), (64, (4, False))]


def free_kb(text):
    return [int(n) for n in re.findall(r"MemFree: +(\d+)", text)]


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("mem,machine", GUESTS, ids=[f"{m}MB-{c[0]}cpu-{'debug' if c[1] else 'release'}" for m, c in GUESTS])
def test_memory_runs_out(mem, machine, kinds):
    """Each kind twice, one after the other; nine tenths of the memory are free again in the end."""
    # The last of hundreds of processes may take a moment to die.
    script = "free() { awk '/MemFree/ {print $2}' /proc/meminfo; }; sleep 1; before=$(free); echo MemFree: $before; for k in " + \
        " ".join(KINDS[kinds]) + "; do /t/oom $k; echo \"@$k $?\"; done; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; now=$(free); " \
        "[ $((now * 10)) -gt $((before * 9)) ] && break; done; echo MemFree: $now"
    r = vm(script, "--nic", "none", "--console", "--add", f"{ROOT}/build/guest/oom:/t/oom", machine=machine, mem=mem, timeout=200)
    assert r.returncode == 0, f"status {r.returncode}\n{r.stdout[-3000:]}\n{r.stderr[-5000:]}"
    for k in KINDS[kinds]:
        assert f"@{k} 0" in r.stdout, f"{k}:\n{r.stdout[-3000:]}\n{r.stderr[-3000:]}"
    before, after = free_kb(r.stdout)
    assert after > before * 0.9, f"{before} kB free before, {after} kB after\n{r.stdout}"
    killed = re.findall(r"out of memory: killed process \d+ \((\w+)\)", r.stderr)
    assert set(killed) <= {"oom"} and (killed or kinds == "things"), killed
