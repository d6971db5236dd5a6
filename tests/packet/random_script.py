"""Makes a random packet script for diff.py: a connection in some state, and then odd segments and calls."""
import random

OPTIONS = ["mss 1000,nop,nop,sackOK,nop,wscale 7", "mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7", "mss 1000",
           "mss 536,nop,wscale 3",
           "nop,wscale 14,mss 1200,nop,nop,sackOK"]
FLAGS = [".", ".", ".", "P.", "P.", "F.", "R", "R.", "S", "S.", "-", "PU.", "E.", "W.", "F", "FP."]
SETTINGS = ["setsockopt({0}, SOL_TCP, TCP_NODELAY, [{1}], 4)", "setsockopt({0}, SOL_TCP, TCP_CORK, [{1}], 4)",
            "setsockopt({0}, SOL_TCP, TCP_QUICKACK, [{1}], 4)", "setsockopt({0}, SOL_TCP, TCP_USER_TIMEOUT, [1000], 4)",
            "setsockopt({0}, SOL_SOCKET, SO_LINGER, {{onoff={1}, linger=0}}, 8)",
            "setsockopt({0}, SOL_TCP, TCP_LINGER2, [-1], 4)",
            "setsockopt({0}, SOL_SOCKET, SO_OOBINLINE, [{1}], 4)", "setsockopt({0}, SOL_SOCKET, SO_RCVLOWAT, [300], 4)"]
CALLS = ["shutdown({0}, SHUT_WR)", "shutdown({0}, SHUT_RD)", "close({0})", "recv({0}, ..., {2}, MSG_DONTWAIT)",
         "recv({0}, ..., {2}, MSG_DONTWAIT)", "recv({0}, ..., {2}, MSG_PEEK|MSG_DONTWAIT)",
         "recv({0}, ..., 1, MSG_OOB)",
         "recv({0}, ..., {2}, MSG_TRUNC|MSG_DONTWAIT)", "send({0}, ..., {2}, MSG_DONTWAIT)",
         "send({0}, ..., {2}, MSG_DONTWAIT)",
         "send({0}, ..., {2}, MSG_DONTWAIT|MSG_MORE)", "send({0}, ..., {2}, MSG_DONTWAIT|MSG_EOR)",
         "send({0}, ..., 5, MSG_OOB)",
         "poll([{{fd={0}, events=POLLIN|POLLOUT|POLLPRI|POLLRDHUP}}], 1, 0)", "ioctl({0}, SIOCINQ, [...])",
         "ioctl({0}, SIOCOUTQ, [...])", "ioctl({0}, SIOCATMARK, [...])",
         "getsockopt({0}, SOL_SOCKET, SO_ERROR, [...], [4])"]


class Script:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.options = self.r.choice(OPTIONS)
        self.stamps = "TS" in self.options
        self.lines = ["--payload=0"]
        self.fd = 4
        self.ours, self.theirs, self.clock = 1, 1, 110  # the next numbers, as far as one can tell

    def add(self, line, after=None):
        self.lines.append(f"+{after or self.r.choice([0.001, 0.011, 0.011, 0.023, 0.023, 0.06, 0.31])} {line}")

    def stamp(self):
        kind = self.r.random()
        if not self.stamps:
            return " <nop,nop,TS val 5 ecr 5>" if kind < 0.02 else ""
        self.clock += 10
        value = self.clock if kind < 0.85 else self.clock - 60
        return "" if kind > 0.95 else f" <nop,nop,TS val {value} ecr 0>"

    def server(self):
        self.lines += ["0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "+0 bind(3, ..., ...) = 0", "+0 listen(3, 2) = 0"]
        self.add(f"< S 0:0(0) win 32792 <{self.options}>", 0.02)
        if self.r.random() < 0.15:
            self.segment()
        self.add("< . 1:1(0) ack 1 win 1000" + (" <nop,nop,TS val 105 ecr 0>" if self.stamps else ""), 0.02)
        self.add("accept4(3, ..., ..., SOCK_NONBLOCK) = 4", 0.02)

    def client(self):
        self.fd = 3
        self.lines += ["0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3", "+0 connect(3, ..., ...) = ..."]
        if self.r.random() < 0.3:
            self.segment()
        self.add(f"< S. 0:0(0) ack 1 win 32792 <{self.options}>", 0.02)

    def segment(self):
        r, flags = self.r, self.r.choice(FLAGS)
        length = r.choice([0, 0, 0, 1, 100, 500, 1000, 1400])
        seq = self.theirs
        if r.random() < 0.4:
            seq = max(0, seq + r.choice([-1, 1, -100, 100, 500, 1000, -1000, 2000, 60000, 70000, 1000000]))
        ack = ""
        if "." in flags:
            n = r.choice([self.ours] * 5 +
                         [1, max(1, self.ours - 500), max(1, self.ours - 1), self.ours + 1, self.ours + 100000])
            ack = f" ack {n}"
        win = r.choice([1000, 1000, 1000, 500, 100, 1, 0])
        urgent = f" urg {r.choice([1, 50, 200])}" if "U" in flags else ""
        options = self.stamp()
        if "." in flags and self.ours > 2001 and "sackOK" in self.options and not self.stamps and r.random() < 0.4:
            left = r.choice([501, 1001, 1])
            options = f" <nop,nop,sack {left}:{min(left + r.choice([500, 1000]), self.ours)}>"
        self.add(f"< {flags} {seq}:{seq + length}({length}){ack} win {win}{urgent}{options}")
        if seq == self.theirs and "S" not in flags and "R" not in flags and "." in flags:
            self.theirs += length + ("F" in flags)

    def call(self):
        size = self.r.choice([1, 100, 500, 1000, 1500, 4000])
        text = self.r.choice(CALLS + SETTINGS[:4] if self.r.random() < 0.8 else SETTINGS)
        text = text.format(self.fd, self.r.randint(0, 1), size)
        self.add(text + " = ...")
        if text.startswith("send"):
            self.ours += 5 if "OOB" in text else size
        elif text.startswith("shutdown") and "WR" in text or text.startswith("close"):
            self.ours += 1

    def error(self):
        kind = self.r.choice(["unreachable host_unreachable", "unreachable port_unreachable", "time_exceeded",
                              "unreachable frag_needed mtu 800"])
        self.add(f"< icmp {kind} [1:101(100)]")


def make(seed):
    s = Script(seed)
    s.r.choice([s.server, s.server, s.client])()
    for _ in range(s.r.randint(3, 12)):
        s.r.choices([s.segment, s.call, s.error], [10, 9, 1])[0]()
    s.lines.append("+0.05 ioctl(3, SIOCINQ, [...]) = ...")
    return "\n".join(s.lines) + "\n"
