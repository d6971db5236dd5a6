"""Packet rules with their counters, two addresses on one card, and forwarding, seen from the other end of the wire."""
import os
import socket
import subprocess
import sys
import time

os.environ["SCAPY_USE_PCAPDNET"] = "0"
from scapy.all import ICMP, IP, UDP, Ether, get_if_hwaddr  # noqa: E402

from wirelib import GUEST, ask, drop_reasons, wait_for_port  # noqa: E402

GMAC = "52:54:00:12:34:56"


def must(condition, what):
    if not condition:
        sys.exit(what + "\n" + ask("nfrule"))


def udp_answers(to, timeout):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.connect((to, 7))
        s.send(b"anyone?")
        try:
            return s.recv(100) == b"anyone?"
        except TimeoutError:
            return False


def web(to):
    """None when it works, else the exception's name."""
    try:
        with socket.create_connection((to, 80), timeout=5) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return None if s.recv(4) == b"HTTP" else "silence"
    except OSError as e:
        return type(e).__name__


def rules():
    must(udp_answers(GUEST, 10) and web(GUEST) is None, "does not answer before any rule")
    ask("nfrule add input drop proto udp dport 7")
    must(not udp_answers(GUEST, 1), "an answer in spite of drop")
    must(drop_reasons().get("NETFILTER_DROP", 0) > 0, "no drop was counted")
    ask("nfrule add input reject proto tcp dport 80 src 10.9.0.0/24")
    must(web(GUEST) == "ConnectionRefusedError", "not refused by reject")
    ask("nfrule flush; nfrule add input accept proto tcp dport 80; nfrule add input drop proto tcp dport 70-90; "
        "nfrule add output count proto icmp")
    must(web(GUEST) is None, "accept comes before drop, but it did not pass")
    subprocess.run(["ping", "-c", "3", "-i", "0.1", "-W", "10", GUEST], check=True, stdout=subprocess.DEVNULL)
    counted = [line for line in ask("nfrule").splitlines() if "count proto 1 packets" in line]
    must(len(counted) == 1 and "packets 3 " in counted[0], f"three pings counted as {counted}")
    ask("nfrule flush; nfrule add output drop proto udp sport 7")
    must(not udp_answers(GUEST, 1), "an answer in spite of drop at the output")
    ask("nfrule flush")
    must(udp_answers(GUEST, 10) and web(GUEST) is None, "does not answer after flush")
    must("bad" not in ask("nfrule add nowhere drop 2>/dev/null && echo bad; nfrule del 77 2>/dev/null && echo bad"), "nonsense is taken")


def second_address():
    ask("ifconfig eth0:1 10.9.0.77 netmask 255.255.255.0")
    must(web("10.9.0.77") is None, "the second address does not answer")
    must(udp_answers(GUEST, 10) and web(GUEST) is None, "the first address does not answer any more")


def seen(tap, want, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            p = Ether(tap.recv(2000))
        except TimeoutError:
            continue
        if IP in p and p.src == GMAC and want(p[IP]):
            return True
    return False


def forwarding():
    """10.8.0.0/24 lies behind the same card: what comes for 10.8.0.9 goes out again, one hop older."""
    ask("ifconfig eth0:2 10.8.0.1 netmask 255.255.255.0")
    subprocess.run(["ip", "addr", "add", "10.8.0.9/24", "dev", "tap0"], check=True)
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    tap.bind(("tap0", 3))
    tap.settimeout(0.2)
    frame = Ether(dst=GMAC, src=get_if_hwaddr("tap0")) / IP(src="10.9.0.1", dst="10.8.0.9", ttl=9) / UDP(dport=99) / b"on you go"
    tap.send(bytes(frame))
    must(not seen(tap, lambda ip: ip.dst == "10.8.0.9" and UDP in ip, 1), "forwards though it shall not")
    ask("echo 1 >/proc/sys/net/ipv4/ip_forward")
    tap.send(bytes(frame))
    must(seen(tap, lambda ip: ip.dst == "10.8.0.9" and ip.ttl == 8 and bytes(ip[UDP].payload)[:9] == b"on you go"), "does not forward")
    frame[IP].ttl = 1
    tap.send(bytes(frame))
    must(seen(tap, lambda ip: ICMP in ip and ip[ICMP].type == 11 and ip.dst == "10.9.0.1"), "no time exceeded")
    frame[IP].ttl, frame[IP].flags = 9, "DF"
    ask("nfrule add forward drop dst 10.8.0.0/16")
    tap.send(bytes(frame))
    must(not seen(tap, lambda ip: ip.dst == "10.8.0.9" and UDP in ip, 1), "forwards in spite of drop")
    ask("nfrule flush; echo 0 >/proc/sys/net/ipv4/ip_forward")


wait_for_port(80)
rules()
second_address()
forwarding()
