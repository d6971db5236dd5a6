#!/bin/sh
# tests/boots.sh [N [SMP [OPTION...]]] - N boots in a row (default 50, 4 CPUs), each to a shell, a command, and power off
#
# Every boot must end with status 0: no panic, no hang, a clean power-off. OPTIONs go to tests/vm (--debug, --boot grub).
n=${1:-50} smp=${2:-4}
[ $# -gt 1 ] && shift 2 || shift $#
here=$(dirname "$0") i=0 bad=0
while [ $i -lt "$n" ]; do
	i=$((i + 1))
	out=$("$here/vm" --smp "$smp" --timeout 60 "$@" -- 'uname -s; nproc' 2>&1)
	st=$?
	case "$st $out" in
	"0 Linux
$smp" | "0 Ringside
$smp") ;;
	*)
		bad=$((bad + 1))
		printf 'boot %d: status %d\n%s\n' "$i" "$st" "$out"
		;;
	esac
done
echo "$n boots with $smp CPUs: $bad failed"
[ "$bad" = 0 ]
