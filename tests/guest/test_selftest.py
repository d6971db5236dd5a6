"""Ring 3: the kernel does on purpose what it promises to notice (kernel/selftest.c), and is caught in the right words."""
import os
import re
import struct
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import must, vm  # noqa: E402

# What the panic says. The debug build's own checks, and what every build does.
DEBUG_ONLY = {
    "lockdep": r"lockdep: circular lock order between selftest_b and selftest_a",
    "twice": r"lockdep: selftest_a \(static:0\) is taken twice",
    "sleep": r"sleeping function called in atomic context: preempt_count 0x1, irqs on, called by schedule\+",
    "slab": r"slab selftest: written beyond its end: object ffff\w+, red zone \w+, allocated by object\+\S+,"
            r" freed by 0x0, found by test_slab\+",
    "slab-free": r"slab selftest: written after it was freed: object ffff\w+, .* freed by test_slab_free\+",
    "slab-twice": r"slab selftest: freed twice: object ffff\w+, .* freed by test_slab_twice\+",
    "depth": r"selftest=depth: the warning stands above",
}
ALWAYS = {
    "panic": r"selftest=panic",
    "resched": r"selftest=resched: came back",
    "stack": r"kernel stack overflow of task init\[1\] at go_down\+",
    "wx": r"kernel write of address 0xffffffff8\w+ \(error 3\) at test_wx\+",
    "alias": r"kernel write of address 0xffff888\w+ \(error 3\) at test_alias\+",
    "nx": r"kernel execution of address 0xffff888\w+ \(error 17\) at 0xffff888\w+",
    "nx-data": r"kernel execution of address 0xffffffff8\w+ \(error 17\) at 0xffffffff8\w+",
    "smap": r"kernel read of address 0x400000 \(error 1\) at test_smap\+",
    "smep": r"kernel execution of address 0x400000 \(error 17\) at 0x400000",
    "no-such": r"selftest=no-such: no such test",
}
CASES = [(n, t, True) for n, t in {**DEBUG_ONLY, **ALWAYS}.items()] + [(n, t, False) for n, t in ALWAYS.items()]


@pytest.mark.parametrize("name,text,debug", CASES, ids=[f"{n}-{'debug' if d else 'release'}" for n, _, d in CASES])
def test_is_noticed(name, text, debug):
    r = vm("true", "--nic", "none", "--append", f"selftest={name}", machine=(2, debug), timeout=60)
    assert r.returncode == 125, f"status {r.returncode}\n{r.stderr[-3000:]}"
    assert re.search(r"\] Kernel panic: " + text, r.stderr), r.stderr[-3000:]
    assert re.search(r"\] End of kernel panic: " + text, r.stderr)
    if name == "depth":
        assert re.search(r"WARNING: the kernel stack of init\[1\] had only [0-9]{2,3} bytes left", r.stderr)


def test_depth_of_an_ordinary_boot():
    """Half of the stack is never used by what a boot and a shell do."""
    r = vm("ls -lR /proc >/dev/null 2>&1; cat /proc/kernel_stack", "--nic", "none", machine=(2, True), timeout=120)
    assert r.returncode == 0, r.stderr[-3000:]
    assert int(re.search(r"deepest: (\d+)", r.stdout).group(1)) < 8192, r.stdout


@pytest.mark.parametrize("code, words", [
    ("c704255634120001000000", r"segfault \(write\) at 123456 ip 400078 sp 7f\w+, its text at 400000-400083"),  # mov $1, 0x123456
    ("31e4b80f0000000f05", r"bad frame in rt_sigreturn at fffffffffffffff8 ip 400081 sp 0"),  # no stack
    # A handler for SIGSEGV, and no stack for its frame: rt_sigaction(11, {2, SA_RESTORER}, 0, 8), then rsp = 0 and a fault.
    ("680000000068000000006800000004 6a02 4889e6 bf0b000000 31d2 41ba08000000 b80d000000 0f05 31e4 890425 56341200",
     r"no room for a signal's frame at 0 ip 4000a2 sp 0"),
], ids=["fault", "sigreturn", "frame"])
def test_a_program_that_dies_of_a_fault_is_told_of(tmp_path, code, words):
    """The log has the address and the instruction's, and no line where the sysctl says so."""
    code = bytes.fromhex(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = tmp_path / "faulty"
    program.write_bytes(header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(code), 120 + len(code), 4096) + code)
    program.chmod(0o755)
    out = must(vm("faulty; echo $?; echo 0 >/proc/sys/debug/exception-trace; faulty; dmesg | grep faulty", "--add", f"{program}:/bin/faulty"))
    assert re.search(r"faulty\[\d+\]: " + words, out), out
    assert "139" in out and out.count("faulty[") == 1, out


def test_a_guest_that_ends_before_the_other_end(tmp_path):
    """tests/vm says so, soon, and leaves nothing behind of what --host started."""
    r = vm("exit 3", host=f"sleep 1000 & echo $! >{tmp_path}/pid; wait")
    assert r.returncode == 125 and "the guest ended (status 3) and --host did not" in r.stderr, r.stderr
    status = f"/proc/{(tmp_path / 'pid').read_text().strip()}/status"
    time.sleep(0.5)
    assert not os.path.exists(status) or "State:\tZ" in open(status).read(), "the other end still runs"
