#!/bin/sh
# tests/deps.sh LIST - installs the Debian packages of LIST that are missing. Asks nothing; sudo only when not root.
set -e
want=$(sed 's/#.*//' "$1" | tr -s ' \n' ' ')
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is not a Debian system. Please install what these Debian packages hold:"
	printf '  %s\n' $want
	exit 1
fi
missing=
for p in $want; do
	dpkg-query -W -f='${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "Installing:$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
