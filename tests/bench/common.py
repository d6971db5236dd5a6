"""tests/bench/common.py - paths, and tests/vm as a module: how a guest is started is written once"""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests", "bench")
BUILD = os.path.join(ROOT, "build", "bench")
LOAD, PLUGIN = os.path.join(BUILD, "load"), os.path.join(BUILD, "icount.so")
HOST_IP, GUEST_IP = "10.9.0.1", "10.9.0.2"

sys.path.insert(0, os.path.join(ROOT, "user"))
import initramfs  # noqa: E402, F401


def _load_vm():
    loader = importlib.machinery.SourceFileLoader("vm", os.path.join(ROOT, "tests", "vm"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("vm", loader))
    loader.exec_module(module)
    return module


sys.dont_write_bytecode = True
VM = _load_vm()


def sh(command, timeout=60):
    """Output of a command at the other end of the wire; raises when it fails."""
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True, timeout=timeout).stdout


def keys(text):
    """'a=1 b=2' as numbers."""
    return {k: float(v) for k, v in (w.split("=") for w in text.split() if "=" in w)}
