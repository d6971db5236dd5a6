"""tests/bench/linux.py - the guest to compare with: Debian's own kernel package with busybox, the load program and a driver

Everything is unpacked and cached under build/bench/linux; nothing is installed on the build machine.
"""
import glob
import os
import re
import shutil
import subprocess

from common import BUILD, VM, initramfs

DIR = os.path.join(BUILD, "linux")
DRIVERS = {"e1000": ["e1000"], "e1000e": ["e1000e"], "virtio-net-pci": ["virtio_pci", "virtio_net"]}
# What the workloads on packet rules need of the kernel.
RULES = ["crc32c_generic", "nfnetlink", "nf_tables"]
PACKAGES = ["nftables", "ethtool"]

INIT = """#!/bin/sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t tmpfs tmp /tmp
for m in $(cat /modules); do insmod /lib/modules/$m; done
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up
exec </dev/ttyS1 >/dev/ttyS1 2>&1
. /bench.sh
"""


def package_name():
    """linux-image-6.1.0-NN-amd64: what the meta package depends on today."""
    text = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], check=True, capture_output=True, text=True).stdout
    return re.search(r"Depends: (linux-image-\S+)", text).group(1)


def unpack():
    """The package's files; returns (vmlinuz, folder of modules)."""
    root = os.path.join(DIR, "root")
    if not os.path.exists(root):
        os.makedirs(DIR, exist_ok=True)
        subprocess.run(["apt-get", "download", package_name()], cwd=DIR, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["dpkg-deb", "-x", *glob.glob(os.path.join(DIR, "linux-image-*.deb")), root + ".new"], check=True)
        os.rename(root + ".new", root)
    return glob.glob(root + "/boot/vmlinuz-*")[0], glob.glob(root + "/lib/modules/*")[0]


def module_files(folder, names):
    """Paths of the modules and of what they depend on, in the order of loading."""
    dep = {}
    if not os.path.exists(os.path.join(folder, "modules.dep")):
        subprocess.run(["/sbin/depmod", "-b", folder.split("/lib/modules/")[0], os.path.basename(folder)], check=True)
    with open(os.path.join(folder, "modules.dep"), encoding="ascii") as f:
        for line in f:
            path, _, needs = line.partition(":")
            dep[os.path.basename(path).removesuffix(".ko").replace("-", "_")] = [path] + needs.split()
    files = []
    for name in names:
        for path in reversed(dep.get(name, [])):  # absent: built in
            if path not in files:
                files.append(path)
    return files


def image(nic, load, script):
    """(kernel, initrd) for a guest with that card; load: the program, script: what runs on its second serial line."""
    kernel, folder = unpack()
    a = initramfs.Archive()
    for d in ("/proc", "/sys", "/dev", "/tmp", "/bin", "/lib/modules"):
        a.dir(d)
    a.host_file("/bin/busybox", "/bin/busybox")
    a.link("/bin/sh", "busybox")
    a.host_file(load, "/bin/load")
    modules = module_files(folder, DRIVERS[nic] + RULES)
    for m in modules:
        a.host_file(os.path.join(folder, m), "/lib/modules/" + os.path.basename(m))
    a.file("/modules", "".join(os.path.basename(m) + "\n" for m in modules).encode(), 0o644)
    a.file("/init", INIT.encode(), 0o755)
    a.file("/bench.sh", script.encode(), 0o644)
    path = os.path.join(DIR, f"initrd-{nic}.cpio")
    with open(path, "wb") as out:
        for p in PACKAGES:
            with open(VM.package_archive(p), "rb") as f:
                shutil.copyfileobj(f, out)
        out.write(a.bytes())
    return kernel, path
