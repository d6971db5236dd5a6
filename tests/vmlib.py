"""tests/vmlib.py - what the rings 3 and 4 share: starting a guest, and the machines that tests run on"""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# (CPUs, debug build): every test that can depend on them runs on each.
MACHINES = [(1, False), (2, False), (4, False), (1, True), (2, True), (4, True)]


def machine_id(m):
    return f"{m[0]}cpu-{'debug' if m[1] else 'release'}"


def vm(command, *options, machine=(2, False), timeout=120, host=None, mem=256):
    """Runs command in a guest; the CompletedProcess with text output. The console of a failure is in stderr."""
    argv = [os.path.join(ROOT, "tests", "vm"), "--smp", str(machine[0]), "--timeout", str(timeout), "--mem", str(mem)]
    argv += (["--debug"] if machine[1] else []) + list(options) + (["--host", host] if host else []) + ["--", command]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=timeout + 60)


def must(result):
    """The output of a run that has to succeed."""
    assert result.returncode == 0, f"status {result.returncode}\n--- out\n{result.stdout[-4000:]}\n--- err\n{result.stderr[-8000:]}"
    return result.stdout
