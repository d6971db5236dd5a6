"""Ring 3: Debian's dynamic glibc programs in the guest: ld.so, bash, coreutils, procps, ping, curl, iperf3

tests/vm --with unpacks each package with its libraries. One boot runs all cases; each is a bash script with exact output.
"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from vmlib import machine_id, vm  # noqa: E402

MACHINES = [(2, False), (4, True)]
PACKAGES = ["bash", "coreutils", "procps", "iputils-ping", "curl", "iperf3"]
CASES = {
    "ld-so": (r"""
readlink /lib64/ld-linux-x86-64.so.2
/lib64/ld-linux-x86-64.so.2 --list /bin/ls | grep -c 'libc.so.6 => /lib'
LD_TRACE_LOADED_OBJECTS=1 /bin/bash | grep -c not.found
LD_LIBRARY_PATH=/nosuch /bin/true; echo $?
LD_PRELOAD=/nosuch.so /bin/true 2>&1 | grep -o 'cannot be preloaded'
""", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\n1\n0\n0\ncannot be preloaded\n"),
    "bash-language": (r"""
a=(one two three); echo ${a[1]} ${#a[@]} ${!a[@]}
declare -A m=([x]=1 [y]=2); echo $((m[x] + m[y]))
[[ abc123 =~ ([a-z]+)([0-9]+) ]] && echo ${BASH_REMATCH[2]}
echo {1..3}{a,b}; printf '%q\n' 'a b'; echo $'tab\there'
while read -r w; do echo "<$w>"; done < <(printf 'p\nq\n')
cat <<<"here string"
f() { local x=2; return $x; }; f; echo $?
x=hello; echo ${x^^} ${x:1:3} ${x/l/L}
""", "two 3 0 1 2\n3\n123\n1a 1b 2a 2b 3a 3b\na\\ b\ntab\there\n<p>\n<q>\nhere string\n2\nHELLO ell heLlo\n"),
    "bash-jobs": (r"""
exec 2>/dev/null; set -m
sleep 100 & jobs | sed 's/  */ /g'; kill %1; wait %1; echo $?; set +m
coproc cat; echo through >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo $x; eval "exec ${COPROC[1]}>&-"; wait
trap 'echo usr1' USR1; kill -USR1 $$; (exit 5) | true; echo ${PIPESTATUS[@]}
timeout 0.2 sleep 5; echo $?
mkfifo p; (echo fifo >p) & cat p; wait
""", "[1]+ Running sleep 100 &\n143\nthrough\nusr1\n5 0\n124\nfifo\n"),
    "bash-dev-tcp": (r"""
exec 3<>/dev/tcp/127.0.0.1/7; echo over tcp >&3; head -1 <&3; exec 3>&-
(exec 3<>/dev/tcp/127.0.0.1/5999) 2>&1 | grep -o 'Connection refused' | sort -u
exec 3<>/dev/udp/127.0.0.1/7; echo over udp >&3; head -c 9 <&3
""", "over tcp\nConnection refused\nover udp\n"),
    "coreutils-files": (r"""
ls --version | head -1 | cut -c1-18; mkdir d; echo 1 >d/f; ln -s f d/l; cp -a d e; ls -1F e; stat -c '%A %s %F' e/f e/l
mv e/f e/g; rm -r e; ls; install -m 600 d/f i; stat -c %a i; touch -d '2020-01-01 UTC' i; stat -c %Y i
df --output=fstype / | tail -1; du -s --apparent-size -b d/f | cut -f1; mktemp -u XXX | wc -c; realpath d/../d/l | grep -o 'd/f'
truncate -s 8M big; stat -c '%s %b' big; shred -u i; cp big b2; stat -c %b b2; cmp big b2 && echo same; ls -la /dev/null | cut -c1-10
ln d/f d/h; stat -c %h d/h; mkfifo p; [ -p p ] && echo pipe; chmod u=rwx,go= d; stat -c %a d; sync d/f; echo $?; cat nosuch; echo $?
""", "ls (GNU coreutils)\nf\nl@\n-rw-r--r-- 2 regular file\nlrwxrwxrwx 1 symbolic link\nd\n600\n1577836800\ntmpfs\n2\n4\nd/f\n"
     "8388608 0\n0\nsame\ncrw-rw-rw-\n2\npipe\n700\n0\ncat: nosuch: No such file or directory\n1\n"),
    "coreutils-text": (r"""
seq 100000 | sort -rn | head -1; seq 100000 | sort --parallel=4 -R | wc -l; printf 'b\na\n' | sort | paste -sd,
seq 1000 | shuf | sort -n | md5sum; seq 10 | split -l 4 - s; wc -l s*; tac saa | tr '\n' ' '; echo; echo abc | sha256sum | cut -c1-8
printf 'x y\n' | cut -d' ' -f2 | tee t | od -An -c; comm -12 <(seq 3) <(seq 2 5); join <(echo 1 a) <(echo 1 b); expr 6 \* 7; factor 91
date -u -d @0 +%FT%T; nproc | grep -c .; printf '%.3f\n' 1.5; numfmt --to=iec 1048576; echo aGk= | base64 -d; echo; head -c 1M /dev/urandom | wc -c
""", "100000\n100000\na,b\n53d025127ae99ab79e8502aae2d9bea6  -\n 4 saa\n 4 sab\n 2 sac\n10 total\n4 3 2 1 \nedeaaff3\n   y  \\n\n2\n3\n"
     "1 a b\n42\n91: 7 13\n1970-01-01T00:00:00\n1\n1.500\n1.0M\nhi\n1048576\n"),
    "coreutils-system": (r"""
id -u; whoami; uname -s; env -i A=1 env; stdbuf -oL echo buffered; nice -n 5 nice; nohup true 2>/dev/null; echo $?; tty
timeout -k 1 0.1 sleep 3; echo $?; dd if=/dev/zero of=z bs=64k count=16 2>&1 | tail -1 | cut -d, -f1; chroot / /bin/true; echo $?
who | wc -l; stty -F /dev/null 2>&1 | tail -1; test -w /dev/full && (echo x >/dev/full) 2>&1 | grep -o 'No space.*'; pinky 2>/dev/null | wc -l; users; sleep 0.01; echo $?
""", "0\nroot\nLinux\nA=1\nbuffered\n5\n0\nnot a tty\n124\n1048576 bytes (1.0 MB\n0\n0\nstty: /dev/null: Inappropriate ioctl for device\n"
     "No space left on device\n1\n0\n"),
    "procps": (r"""
sleep 321 & p=$!; ps -o pid=,ppid=,comm=,args= -p $p | awk -v p=$p '{print ($1 == p), $3, $4, $5}'; pgrep -x sleep | grep -c $p
sleep 0.2; ps -o stat= -p $p; ps -eo comm= | grep -c init; ps aux | head -1; ps -p $p -o rss=,vsz= | awk '{print ($1 > 100), ($2 > $1)}'
pkill -x sleep; wait $p; echo $?; free | awk 'NR == 2 {print ($2 > $3), ($2 > $4), ($7 > 0)}'; uptime | grep -c load; vmstat | wc -l
top -b -n 1 | awk 'NR == 1 {print $1} /bash/ {n++} END {print (n > 0)}'; sysctl -n kernel.ostype; sysctl -w net.ipv4.ip_forward=0; pidof bash | wc -w | awk '{print ($1 > 0)}'
pmap $$ | tail -1 | cut -c1-6; pwdx $$ | sed 's,.*/,,'
kill -l 9; ps -C nosuch; echo $?; ps -ef | awk 'NR == 2 {print $1, $2, $3}'; ps -eLf | head -1 | wc -w
""", "1 sleep sleep 321\n1\nS\n1\nUSER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n1 1\n143\n1 1 1\n1\n3\ntop\n1\nLinux\n"
     "net.ipv4.ip_forward = 0\n1\n total\nprocps\nKILL\n  PID TTY          TIME CMD\n1\nroot 1 0\n10\n"),
    "ping": (r"""
ping -c 2 -i 0.2 10.9.0.1 | grep -oE '^64 bytes from 10.9.0.1: icmp_seq=[12] ttl=64|2 packets transmitted, 2 received'
ping -c 1 -s 65507 10.9.0.1 | grep -o '1 received'; ping -c 1 -W 1 10.9.0.99 | grep -o '0 received'; ping -c 1 -M do -s 2000 10.9.0.1 2>&1 | grep -o 'message too long, mtu=1500'
ping -f -c 200 10.9.0.1 | grep -o '200 received'; ping -c 1 -R 10.9.0.1 | grep -c '10.9.0.2'; ping -c 1 -t 1 10.9.0.1 | grep -o 'ttl=64'; ping -b -c 1 -W 1 10.9.0.255 2>&1 | head -1
""", "64 bytes from 10.9.0.1: icmp_seq=1 ttl=64\n64 bytes from 10.9.0.1: icmp_seq=2 ttl=64\n2 packets transmitted, 2 received\n1 received\n"
     "0 received\nmessage too long, mtu=1500\n200 received\n2\nttl=64\nWARNING: pinging broadcast address\n"),
    "curl": (r"""
curl -sS http://10.9.0.2/ | grep -c '<h1'; curl -sS -o /dev/null -w '%{http_code} %{num_connects}\n' http://127.0.0.1/; curl -sS http://127.0.0.1:5999/ 2>/dev/null; echo $?
curl -sS --max-time 1 http://10.9.0.99/ 2>/dev/null; echo $?; curl -sS http://nosuch.invalid/ 2>/dev/null; echo $?
seq 1 300000 >/www/big; curl -sS http://10.9.0.2/big | cmp - /www/big && echo same; curl -s -Z http://127.0.0.1/big http://127.0.0.1/big -o 1 -o 2 2>/dev/null; cmp 1 2 && cmp 1 /www/big && echo parallel; rm /www/big
echo telnet | curl -sS --max-time 2 telnet://127.0.0.1:7 2>/dev/null; curl -sS file:///etc/hostname; curl --version | cut -d' ' -f1 | head -1
""", "1\n200 1\n7\n28\n6\nsame\nparallel\ntelnet\nringside\ncurl\n"),
    "iperf3": (r"""
iperf3 -s -D -I /tmp/iperf.pid; sleep 0.5
iperf3 -c 127.0.0.1 -n 20M | grep -c receiver; iperf3 -c 127.0.0.1 -n 20M -R | grep -c receiver; iperf3 -c 10.9.0.2 -P 4 -n 8M | grep -c 'SUM.*receiver'
iperf3 -c 127.0.0.1 -Z -n 20M | grep -c receiver; iperf3 -c 127.0.0.1 -u -b 20M -t 1 | grep -oE '\(0(\.[0-9])?%\)  receiver|receiver' | tail -1; iperf3 -c 127.0.0.1 --bidir -t 1 | grep -c receiver
kill $(tr -d '\0' </tmp/iperf.pid); iperf3 -c 127.0.0.1 -t 1 2>&1 | grep -o 'Connection refused'
""", "1\n1\n1\n1\n(0%)  receiver\n2\nConnection refused\n"),
}
_runs = {}


def guest(machine):
    if machine in _runs:
        return _runs[machine]
    lines = ["#!/bin/bash"]
    for name, (text, _) in CASES.items():
        lines.append(f"mkdir -p /tmp/{name}; cd /tmp/{name}; cat >/tmp/script <<'@@end of script'\n{text.strip()}\n@@end of script\n"
                     f"timeout -s KILL 60 bash /tmp/script >/tmp/output 2>&1 </dev/null; status=$?\n"
                     f"echo '@@begin {name}'; cat /tmp/output; echo \"@@end {name} $status\"")
    path = f"/tmp/packages-{os.getpid()}"
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    try:
        r = vm("/bin/bash /cases", "--add", f"{path}:/cases", *(x for p in PACKAGES for x in ("--with", p)), machine=machine,
               timeout=300, mem=512)
    finally:
        os.unlink(path)
    found = {}
    for part in r.stdout.split("@@begin ")[1:]:
        name, _, rest = part.partition("\n")
        out, _, tail = rest.partition(f"@@end {name} ")
        found[name] = (tail.split()[0] if tail.split() else None, out)
    _runs[machine] = found, r
    return _runs[machine]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_packages(machine, name):
    found, run = guest(machine)
    assert name in found, f"it was not reached: status {run.returncode}\n{run.stderr[-6000:]}"
    status, out = found[name]
    assert (status, out) == ("0", CASES[name][1]), run.stderr[-2000:]


@pytest.mark.parametrize("machine", MACHINES, ids=machine_id)
def test_guest_ends_well(machine):
    _, run = guest(machine)
    assert run.returncode == 0, run.stderr[-6000:]
