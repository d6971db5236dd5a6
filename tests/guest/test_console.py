"""Ring 3: the two commands that a person types: 'make run' and 'make peer', on a terminal (a pty), key by key"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import ROOT  # noqa: E402

PROMPT = "ringside:[^\r\n]*# ?"
LIMIT_S = 90  # for one thing to appear; a pass never waits so long


class Terminal:
    """A person at a terminal of 30 lines and 100 columns."""

    def __init__(self, *argv):
        self.seen, self.status = "", None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ["TERM"] = "xterm"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
            os.execvp(argv[0], argv)

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def expect(self, pattern):
        """Waits for pattern; the text before it. What was matched is gone."""
        end = time.monotonic() + LIMIT_S
        while True:
            m = re.search(pattern, self.seen)
            if m:
                before, self.seen = self.seen[:m.start()], self.seen[m.end():]
                return before + m.group()
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            data = b""
            if ready:
                try:
                    data = os.read(self.fd, 4096)
                except OSError:
                    pass
            assert data, f"{pattern!r} did not come; seen: {self.seen[-3000:]!r}"
            self.seen = re.sub("\r+\n", "\r\n", self.seen + data.decode(errors="replace"))  # QEMU's terminal adds one
            self.seen = self.seen.replace("\x1b[6n", "").replace("\x1b[J", "")  # ash asks where the cursor is

    def command(self, line):
        """The output of a line typed at the prompt, without its echo."""
        self.send(line + "\r")
        self.expect(re.escape(line[-20:]) + "\r\n")
        out = self.expect(PROMPT)
        return re.sub(PROMPT, "", out).replace("\r\n", "\n")

    def wait(self):
        """The exit status; reads on, so that the other side can write."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        raise AssertionError(f"it did not end: {self.seen[-2000:]!r}")

    def close(self):
        if self.status is None:
            os.killpg(self.pid, signal.SIGKILL)  # the session that pty.fork() made: make, tests/vm, QEMU
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture(scope="module")
def run():
    """'make run' as far as the first prompt."""
    t = Terminal("make", "-s", "run")
    t.banner = t.expect(PROMPT)
    yield t
    t.close()


def test_banner(run):
    for word in ("Ringside", "CPU", "52:54:00:12:34:56", "10.9.0.2", "port 80", "make peer", "Ctrl-A X"):
        assert word in run.banner


def test_window_size(run):
    assert run.command("stty size") == "30 100\n"


def test_line_editing(run):
    run.send("echo onx\x7fe two\x1b[D\x1b[D\x1b[D\x1b[DX\r")
    assert "oneX two" in run.expect("oneX two\r\n" + PROMPT)
    run.send("\x1b[A\r")
    run.expect("oneX two\r\n" + PROMPT)


def test_ctrl_c(run):
    run.send("sleep 1000\r")
    run.expect("sleep 1000\r\n")
    time.sleep(0.5)
    run.send("\x03")
    run.expect(PROMPT)
    assert run.command("echo $?") == "130\n"


def test_job_control(run):
    run.send("sleep 1000\r")
    run.expect("sleep 1000\r\n")
    time.sleep(0.5)
    run.send("\x1a")
    assert "Stopped" in run.expect(PROMPT)
    assert "Stopped" in run.command("jobs")
    run.command("bg")
    assert "Running" in run.command("jobs")
    run.send("fg\r")
    run.expect("fg\r\nsleep 1000\r\n")
    time.sleep(0.5)
    run.send("\x03")
    run.expect(PROMPT)
    assert run.command("jobs") == ""


def test_background_reader_stops(run):
    run.command("cat &")
    time.sleep(0.3)
    assert "Stopped (tty input)" in run.command("jobs")
    run.command("kill -9 %1")  # a stopped process takes no other signal
    run.command("wait")


def test_ctrl_d_and_backslash(run):
    run.send("cat\r")
    run.expect("cat\r\n")
    time.sleep(0.5)  # the shell has given the terminal its usual mode back
    run.send("some text\r")
    run.expect("some text\r\nsome text\r\n")
    run.send("\x04")
    run.expect(PROMPT)
    run.send("sleep 1000\r")
    run.expect("sleep 1000\r\n")
    time.sleep(0.5)
    run.send("\x1c")
    run.expect(PROMPT)
    assert run.command("echo $?") == "131\n"


def test_vi(run):
    run.send("vi /tmp/text\r")
    run.expect("New file|\\[New\\]|/tmp/text")
    time.sleep(0.5)
    for keys in ("ihello from vi", "\x1b", ":wq\r"):  # an escape with keys right behind it is a function key
        run.send(keys)
        time.sleep(0.5)
    run.expect(PROMPT)
    assert run.command("cat /tmp/text") == "hello from vi\n"


def test_top_and_less(run):
    run.send("top\r")
    run.expect("Mem: ")
    run.send("q")
    run.expect(PROMPT)
    run.send("seq 200 | less\r")
    run.expect("K29\r\n")
    run.send(" ")
    run.expect("K50\r\n")
    run.send("q")
    run.expect(PROMPT)


def test_peer(run):
    r = subprocess.run(["make", "-s", "peer", "PEER=curl -sS http://10.9.0.2/"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Ringside" in r.stdout, r.stderr


def test_shell_restarts(run):
    run.send("exit\r")
    run.expect("a new one starts")
    run.expect(PROMPT)


def test_poweroff(run):
    run.send("poweroff\r")
    assert run.wait() == 0, run.seen[-2000:]


def test_user_network_and_ctrl_a_x():
    t = Terminal("make", "-s", "run", "NET=user")
    try:
        t.expect(PROMPT)
        r = subprocess.run(["curl", "-sS", "--retry", "3", "http://127.0.0.1:8080/"], capture_output=True, text=True, timeout=60)
        assert "Ringside" in r.stdout, r.stderr
        t.send("\x01x")
        assert t.wait() == 0, t.seen[-2000:]
    finally:
        t.close()
