"""segments.py FILE.pcap: every TCP segment in it is whole by itself. Prints how many there were and the longest payload.

Lengths, both checksums, the order of IP identifications and sequence numbers within each run of data; nothing larger than
the link takes.
"""
import struct
import sys

GUEST = bytes([10, 9, 0, 2])


def frames(path):
    with open(path, "rb") as f:
        f.read(24)
        while head := f.read(16):
            _, _, n, full = struct.unpack("<IIII", head)
            if n != full:
                sys.exit("a frame was cut by the capture")
            yield f.read(n)


def folded(data):
    data += b"\0" * (len(data) % 2)
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return s


def main(path):
    count, longest, last = 0, 0, {}
    for f in frames(path):
        if f[12:14] != b"\x08\0" or f[23] != 6 or f[26:30] != GUEST:
            continue
        ihl, total = (f[14] & 15) * 4, struct.unpack("!H", f[16:18])[0]
        ip, tcp = f[14:14 + ihl], f[14 + ihl:14 + total]
        if len(f) > 1514 or total > len(f) - 14:
            sys.exit(f"a frame of {len(f)} bytes with {total} of IP")
        if folded(ip) != 0xFFFF:
            sys.exit("an IP header with a wrong checksum")
        if folded(ip[12:20] + struct.pack("!HH", 6, len(tcp)) + tcp) != 0xFFFF:
            sys.exit("a segment with a wrong checksum")
        sport, dport, seq = struct.unpack("!HHI", tcp[:8])
        payload, ident = len(tcp) - (tcp[12] >> 4) * 4, struct.unpack("!H", ip[4:6])[0]
        if not payload:  # QEMU's card ends a large packet of whole segments with one more that is empty
            continue
        flow = sport, dport
        if flow in last and last[flow][1] == seq and ident != (last[flow][0] + 1) & 0xFFFF:
            sys.exit(f"identification {ident} after {last[flow][0]}")
        last[flow] = ident, seq + payload & 0xFFFFFFFF
        count += 1
        longest = max(longest, payload)
    print(count, longest)


main(sys.argv[1])
