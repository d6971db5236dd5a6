"""Ring 3: Debian's unmodified busybox, applet by applet, in the guest

The cases stand in tests/guest/busybox/*.cases: a script, '---', and what it must print. Each runs in an empty folder of its
own; one boot a machine runs them all. A case marked 'linux' runs on the build machine as well and must print the same there
('root': where the test runs as root); 'guest' ones name what only the guest has (its interface, its own servers).
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT, machine_id, vm  # noqa: E402

MACHINES = [(2, False), (4, True)]
LIMIT_S = 30
HEAD = re.compile(r"^=== (\S+) \[(linux|linux root|guest)(?: status=(\d+))?\]\n", re.M)


class Case:
    def __init__(self, group, name, where, status, text):
        self.name, self.where, self.status = f"{group}/{name}", where, int(status or 0)
        self.script, _, self.expected = text.partition("\n---\n")
        self.expected = self.expected.removesuffix("\n").replace("\n%no newline\n", "")


def read_cases():
    cases = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "guest", "busybox", "*.cases"))):
        with open(path) as f:
            words = HEAD.split(f.read() + "\n")
        group = os.path.basename(path)[:-6]
        cases += [Case(group, *words[i:i + 4]) for i in range(1, len(words), 4)]
    return cases


CASES = read_cases()
_runs = {}


def script(cases, top):
    """Runs the cases one after the other; markers tell their outputs apart."""
    lines = [f"mkdir -p {top}"]
    for c in cases:
        folder = f"{top}/{os.path.basename(c.name)}"
        lines.append(f"mkdir -m 755 {folder}; cd {folder}\n"
                     f"cat >{top}/script <<'@@end of script'\n{c.script}\n@@end of script\n"
                     f"timeout -s KILL {LIMIT_S} sh {top}/script >{top}/output 2>&1 </dev/null; status=$?\n"
                     f"echo '@@begin {c.name}'; cat {top}/output; echo \"@@end {c.name} $status\"")
    return "\n".join(lines) + "\n"


def results(text, top):
    """{case: (status, output)}; in the output TOP is where the folders lie."""
    found = {}
    for part in text.replace(top, "TOP").split("@@begin ")[1:]:
        name, _, rest = part.partition("\n")
        out, _, tail = rest.partition(f"@@end {name} ")
        found[name] = (int(tail.split()[0]) if tail.split() else None, out)
    return found


def linux():
    if "linux" not in _runs:
        mine = [c for c in CASES if c.where == "linux" or c.where == "linux root" and os.geteuid() == 0]
        top = tempfile.mkdtemp()
        os.chmod(top, 0o755)
        flags = "-nmuipf" if os.geteuid() == 0 else "-rnmuipf"
        with open(os.path.join(top, "all"), "w") as f:
            f.write(script(mine, top))
        env = {"PATH": "/bin:/sbin:/usr/bin:/usr/sbin", "HOME": "/root", "TERM": "linux", "USER": "root"}
        try:
            # env: a signal that the caller ignores (nohup) would be ignored by every program under test.
            r = subprocess.run(["env", "--default-signal", "unshare", flags, "--mount-proc", "--kill-child", "busybox", "sh",
                                os.path.join(top, "all")], env=env, text=True, capture_output=True, errors="replace",
                               stdin=subprocess.DEVNULL, timeout=300)
        finally:
            shutil.rmtree(top, ignore_errors=True)
        _runs["linux"] = results(r.stdout, top), r.stderr
    return _runs["linux"]


def guest(machine):
    if machine not in _runs:
        with tempfile.NamedTemporaryFile("w") as f:
            f.write(script(CASES, "/tmp/cases"))
            f.flush()
            r = vm("sh /cases; echo; echo @@unknown; cat /proc/unknown_syscalls", "--add", f"{f.name}:/cases", machine=machine,
                   timeout=300)
        _runs[machine] = results(r.stdout, "/tmp/cases"), r
    return _runs[machine]


def check(case, found, log):
    assert case.name in found, f"it was not reached\n{log[-6000:]}"
    status, out = found[case.name]
    assert out == case.expected, f"{case.script}\n{log[-3000:]}"
    assert status == case.status


@pytest.mark.parametrize("case", [c for c in CASES if c.where != "guest"], ids=lambda c: c.name)
def test_on_linux(case):
    if case.where == "linux root" and os.geteuid():
        pytest.skip("needs root")
    check(case, *linux())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_in_guest(machine, case):
    found, run = guest(machine)
    check(case, found, run.stderr)


@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_no_unknown_calls(machine):
    """All that busybox asks for is there, but for rseq, which glibc tries and does without."""
    _, run = guest(machine)
    assert run.returncode == 0, run.stderr[-6000:]
    calls = [line.split()[1] for line in run.stdout.partition("@@unknown\n")[2].splitlines()]
    assert [c for c in calls if c != "rseq"] == []
