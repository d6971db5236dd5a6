"""tests/bench/guest.py - one guest of either kernel: the same QEMU, card, memory and programs; shell lines; counters"""
import mmap
import os
import re
import selectors
import socket
import struct
import subprocess
import tempfile
import time

import linux
from common import BUILD, GUEST_IP, LOAD, PLUGIN, ROOT, VM

MEMORY_MB = 256
# struct shared of icount.c
HEAD, CPU, NODE = struct.Struct("<QQ"), struct.Struct("<QQ"), struct.Struct("<QQQIIII")
MAX_CPUS = 8

# What runs on the guest's second serial line: it evaluates lines and says how each ended.
SCRIPT = """stty raw -echo 2>/dev/null
echo @@READY
while read -r line; do
  ( eval "$line" ) </dev/null >/tmp/.out 2>&1
  rc=$?
  cat /tmp/.out
  echo "@@END $rc"
done
"""


class Guest:
    """A running guest. counting: with the plugin (slower); entries: also a profile by call path (much slower)."""

    def __init__(self, kernel, nic="e1000", smp=1, mem=MEMORY_MB, counting=True, entries=(), append=""):
        self.kernel, self.nic, self.smp, self.mem = kernel, nic, smp, mem
        self.work = tempfile.mkdtemp(prefix="guest.", dir=BUILD)
        args = VM.parse_args(["--nic", nic, "--smp", str(smp), "--mem", str(mem), "--append", append])
        if kernel == "linux":
            args.append = [append, "quiet", "panic=-1", "nokaslr"]
            image, initrd = linux.image(nic, LOAD, SCRIPT)
        else:
            image = os.path.join(ROOT, "build", "release", "ringside.elf")
            args.command, args.add = [SCRIPT], [LOAD + ":/bin/load"]
            args.packages = ["ethtool"]
            initrd = VM.make_initrd(args, self.work)
        # QEMU's plain CPU: where it has fast string moves, the translator counts one instruction a byte moved.
        args.qemu = ["-cpu qemu64"]
        self.shm = self.sink = None
        if counting:
            path = os.path.join(self.work, "counters")
            args.qemu.append(f"-plugin {PLUGIN},counters={path}" + "".join(f",entry={e:#x}" for e in entries))
        qemu = VM.qemu_command(args, self.work, image, initrd)
        self.started = time.monotonic()
        self.start(qemu)
        if counting:
            with open(path, "r+b") as f:
                self.shm = mmap.mmap(f.fileno(), 0)
        self.reach()

    def start(self, qemu):
        self.console, their0 = socket.socketpair()
        self.line, their1 = socket.socketpair()
        fds = [their0.fileno(), their1.fileno()]
        for i, fd in enumerate(fds):
            qemu += ["-chardev", f"socket,id=c{i},fd={fd}", "-serial", f"chardev:c{i}"]
        self.qemu = subprocess.Popen(qemu, stdin=subprocess.DEVNULL, pass_fds=fds)
        their0.close()
        their1.close()
        self.sel = selectors.DefaultSelector()
        for s in (self.console, self.line):
            self.sel.register(s, selectors.EVENT_READ)
        self.said, self.out = b"", b""
        self.until(rb"@@READY\s", 180)

    def reach(self):
        """QEMU's card is deaf until the link has settled: the first answer says that the wire works."""
        for _ in range(60):
            if subprocess.run(["ping", "-c1", "-W1", GUEST_IP], stdout=subprocess.DEVNULL).returncode == 0:
                return
        raise RuntimeError("no answer to ping")

    def until(self, pattern, timeout):
        """What the guest said up to the pattern, and the match."""
        end = time.monotonic() + timeout
        while not (m := re.search(pattern, self.out)):
            if time.monotonic() > end or self.qemu.poll() is not None:
                raise RuntimeError(f"{self.kernel}: no {pattern} in {timeout} s:\n{self.said[-2000:].decode(errors='replace')}"
                                   f"\n{self.out[-500:].decode(errors='replace')}")
            for key, _ in self.sel.select(0.2):
                data = key.fileobj.recv(65536)
                if key.fileobj is self.line:
                    self.out += data
                else:
                    self.said += data
        before, self.out = self.out[:m.start()], self.out[m.end():]
        return before.decode(errors="replace").replace("\r", ""), m

    def run(self, command, timeout=60, check=True):
        self.line.sendall(command.encode() + b"\n")
        text, m = self.until(rb"@@END (\d+)\r?\n", timeout)
        if check and m.group(1) != b"0":
            raise RuntimeError(f"{self.kernel}: {command}: status {m.group(1).decode()}: {text}")
        return text

    def background(self, command, output="/tmp/background"):
        self.run(f"{command} >{output} 2>&1 &")

    def kill_load(self):
        self.run("killall load", check=False)
        time.sleep(0.1)

    def host_time(self):
        """Seconds of the host's CPUs so far: {"vcpu": in the guest's own threads, "card": in QEMU's others, "idle": in none}."""
        tick, r = os.sysconf("SC_CLK_TCK"), {"vcpu": 0.0, "card": 0.0}
        for task in os.listdir(f"/proc/{self.qemu.pid}/task"):
            with open(f"/proc/{self.qemu.pid}/task/{task}/stat", encoding="ascii") as f:
                name, _, rest = f.read().partition("(")[2].rpartition(")")
            r["vcpu" if name.startswith("CPU ") else "card"] += sum(map(int, rest.split()[11:13])) / tick
        with open("/proc/stat", encoding="ascii") as f:
            r["idle"] = sum(map(int, f.readline().split()[4:6])) / tick
        return r

    def counters(self):
        """[(user, kernel)] instructions of each CPU so far; nothing where nothing is counted."""
        return self.shm and [CPU.unpack_from(self.shm, HEAD.size + i * CPU.size) for i in range(self.smp)]

    def boot_instructions(self):
        return HEAD.unpack_from(self.shm)[0]

    def nodes(self):
        """[(function, instructions, calls, parent)] of the call tree so far; [0] is its root."""
        start, n = HEAD.size + MAX_CPUS * CPU.size, HEAD.unpack_from(self.shm)[1]
        return [NODE.unpack_from(self.shm, start + i * NODE.size)[:4] for i in range(n)]

    def meminfo(self, key):
        return int(re.search(rf"{key}:\s+(\d+)", self.run("cat /proc/meminfo")).group(1))

    def offloads(self, on):
        for what in ("tso", "gso", "gro"):
            self.run(f"ethtool -K eth0 {what} {'on' if on else 'off'}", check=not on)

    def close(self):
        self.qemu.kill()
        self.qemu.wait()
        self.console.close()
        self.line.close()
        subprocess.run(["rm", "-rf", self.work], check=True)
