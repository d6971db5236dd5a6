"""Ring 3: 'make debug' in one terminal, gdb in another: symbols load, and a packet stops at a breakpoint in the stack."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT  # noqa: E402

SOCKET = os.path.join(ROOT, "build", "gdb.socket")
LIMIT_S = 120


def test_breakpoint_in_the_stack(tmp_path):
    if os.path.lexists(SOCKET):
        os.unlink(SOCKET)
    console = open(tmp_path / "console", "w+b")
    guest = subprocess.Popen(["make", "-s", "debug", "SMP=1"], cwd=ROOT, stdin=subprocess.PIPE, stdout=console,
                             stderr=subprocess.STDOUT, start_new_session=True)
    end = time.monotonic() + LIMIT_S
    while not os.path.exists(SOCKET) and guest.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    steps = ["hbreak tcp_v4_rcv", "continue", "backtrace 3", "print skb->len", "kill"]
    gdb = subprocess.Popen(["gdb", "-batch", "-x", "tests/debug.gdb", *(x for s in steps for x in ("-ex", s))], cwd=ROOT,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while gdb.poll() is None and time.monotonic() < end:  # the guest answers nobody once it stands at the breakpoint
            subprocess.run(["make", "-s", "peer", "PEER=curl -s -m 2 http://10.9.0.2/"], cwd=ROOT, capture_output=True, timeout=60)
    finally:
        gdb.kill()
        out = gdb.communicate()[0]
        os.killpg(guest.pid, 9)
        guest.wait()
    assert "Breakpoint 2, tcp_v4_rcv (skb=0xffff" in out, out
    assert "#1 " in out and "ip_local_deliver_finish" in out, out
    assert "$1 = " in out, out
