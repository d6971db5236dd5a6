"""user/initramfs.py - writes the guest's root file system as a newc cpio archive

Run as a program it makes the base image from user/root.manifest; tests/vm imports it for the archives that it adds.
Needs no root: owners are 0, times are 0 (so the same input gives the same bytes).
"""
import os
import stat
import sys


class Archive:
    """A newc archive in memory. Paths are absolute guest paths; missing parents are made."""

    def __init__(self):
        self.chunks, self.seen, self.ino = [], set(), 1

    def _entry(self, path, mode, data=b""):
        name = path.lstrip("/").encode() + b"\0"
        fields = [self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
        self.chunks += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]
        self.ino += 1

    def dir(self, path, mode=0o755):
        path = "/" + path.strip("/")
        if path in self.seen or path == "/":
            return
        self.dir(os.path.dirname(path))
        self.seen.add(path)
        self._entry(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        self.dir(os.path.dirname(path))
        self._entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        self.dir(os.path.dirname(path))
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def host_file(self, host, path):
        with open(host, "rb") as f:
            self.file(path, f.read(), os.stat(host).st_mode & 0o777)

    def tree(self, host, skip=()):
        """Everything below the folder host, at the same place in the guest, but for paths that begin with one of skip."""
        for root, dirs, files in os.walk(host):
            rel = "/" + os.path.relpath(root, host).lstrip(".").lstrip("/")
            dirs.sort()
            for d in list(dirs):
                full, path = os.path.join(root, d), os.path.join(rel, d)
                if path.startswith(tuple(skip)) if skip else False:
                    dirs.remove(d)
                elif os.path.islink(full):
                    self.link(path, os.readlink(full))
                else:
                    self.dir(path, os.stat(full).st_mode & 0o7777)
            for f in sorted(files):
                full, path = os.path.join(root, f), os.path.join(rel, f)
                if os.path.islink(full):
                    self.link(path, os.readlink(full))
                elif os.path.isfile(full):
                    self.host_file(full, path)

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        out = b"".join(self.chunks)
        return out + b"\0" * (-len(out) % 512)


def from_manifest(manifest, variables):
    """Lines: dir PATH [MODE] | file PATH HOST [MODE] | link PATH TARGET | applets BUSYBOX."""
    a = Archive()
    for number, line in enumerate(open(manifest), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        for k, v in variables.items():
            words = [w.replace("$" + k, v) for w in words]
        kind = words[0]
        if kind == "dir":
            a.dir(words[1], int(words[2], 8) if len(words) > 2 else 0o755)
        elif kind == "file":
            mode = int(words[3], 8) if len(words) > 3 else os.stat(words[2]).st_mode & 0o777
            with open(words[2], "rb") as f:
                a.file(words[1], f.read(), mode)
        elif kind == "link":
            a.link(words[1], words[2])
        elif kind == "applets":
            applets(a, words[1])
        else:
            sys.exit(f"{manifest}:{number}: unknown word {kind}")
    return a


def applets(a, busybox):
    """A symlink for each applet of the busybox, where it says it belongs; our own init stays."""
    import subprocess
    for path in subprocess.check_output([busybox, "--list-full"], text=True).split():
        if path not in ("sbin/init", "bin/busybox", "linuxrc"):
            a.link("/" + path, "/bin/busybox")


if __name__ == "__main__":
    manifest, out = sys.argv[1:3]
    data = from_manifest(manifest, dict(v.split("=", 1) for v in sys.argv[3:])).bytes()
    with open(out + ".tmp", "wb") as f:
        f.write(data)
    os.rename(out + ".tmp", out)
