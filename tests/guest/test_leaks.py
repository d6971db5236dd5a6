"""Ring 3: what programs used comes back. Rounds of tests/guest/leaks.c; slab objects and free pages before and after."""
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import MACHINES, ROOT, machine_id, must, vm  # noqa: E402

ROUNDS = ["forks", "execs", "threads", "mmaps", "pipes", "epolls", "ptys", "sockets", "files", "signals"]
SLACK_OBJECTS = 40  # of any cache, of which a thousand came and went: what the shell and the console use meanwhile
MAGAZINE_SIZE = 64  # of the packets that each CPU of a release build keeps and that count as in use (skb_alloc.c): more than one round adds
SLACK_KB = 1024


def slack(cache, machine):
    """How many more objects of a cache may be in use: a magazine may have been empty before and be full after."""
    cpus, debug = machine
    magazines = MAGAZINE_SIZE * cpus if cache.startswith("skb") and not debug else 0
    return SLACK_OBJECTS + magazines


def objects(text):
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\S+) +(\d+) +\d+ +\d+$", text, re.M)}


def free_kb(text):
    return int(re.search(r"MemFree: +(\d+)", text).group(1))


@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_nothing_is_left(machine):
    """One round warms caches up, the next must leave the counts where they were (RCU done, the machine quiet)."""
    look = "sleep 1; cat /proc/slabinfo; grep MemFree /proc/meminfo; echo @@look; "
    script = "cd /tmp; " + "".join(f"/t/leaks {r} >/dev/null || exit 9; " for r in ROUNDS) + look
    script += "".join(f"/t/leaks {r} || exit 9; {look}" for r in ROUNDS)
    out = must(vm(script, "--nic", "none", "--add", f"{ROOT}/build/guest/leaks:/t/leaks", machine=machine, timeout=280))
    looks = out.split("@@look")[:-1]
    assert len(looks) == len(ROUNDS) + 1
    for name, before, after in zip(ROUNDS, looks, looks[1:]):
        b, a = objects(before), objects(after)
        assert len(b) > 10
        grown = {c: (b.get(c, 0), n) for c, n in a.items() if n > b.get(c, 0) + slack(c, machine)}
        assert not grown, f"{name}: objects before and after: {grown}"
        assert free_kb(after) > free_kb(before) - SLACK_KB, f"{name}: {free_kb(before)} kB free before, {free_kb(after)} kB after"


def test_process_numbers_leave_nothing():
    """Three thousand numbers come and go; the blocks that counted their uses go, too, though each is only a page."""
    look = "sleep 1; grep kmalloc-4096 /proc/slabinfo; "
    script = "/t/leaks forks >/dev/null; " + look + "for i in 1 2 3; do /t/leaks forks >/dev/null || exit 9; done; " + look
    out = must(vm(script, "--nic", "none", "--add", f"{ROOT}/build/guest/leaks:/t/leaks", machine=(1, False), timeout=100))
    before, after = re.findall(r"^kmalloc-4096 +(\d+)", out, re.M)
    assert int(after) <= int(before) + 1, out
