#!/bin/sh
# tests/peer.sh PIDFILE [COMMAND...] - a shell (or one command) at the other end of the running guest's wire
pid=$(cat "$1" 2>/dev/null)
shift
if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
	echo "No guest is running. Start one with 'make run' in another terminal."
	exit 1
fi
enter="nsenter --target $pid --net"
[ "$(id -u)" = 0 ] || enter="nsenter --target $pid --user --preserve-credentials --net"
if [ $# -gt 0 ]; then
	exec $enter sh -c "$*"
fi
echo "You are 10.9.0.1. The guest is 10.9.0.2: try 'curl http://10.9.0.2/', 'ping 10.9.0.2', 'nc 10.9.0.2 7'."
exec $enter env PS1='peer# ' bash --norc
