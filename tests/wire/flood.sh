#!/bin/sh
# In the guest: asks the peer to flood a closed port and then the echo port; says what NAPI did in the middle of it, and
# how many hundredths of a second of the guest's clock a small job for the shell took at worst.
now() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

napi() {
	while read -r dev irqs polls packets _ full _; do
		[ "$dev" = eth0 ] && echo "$irqs $polls $packets $full"
	done </proc/net/napi
}

for port in 81 7; do
	echo "$port" | nc 10.9.0.1 8001
	sleep 1
	set -- $(napi)
	worst=0 jobs=0 start=$(now)
	while [ $(($(now) - start)) -lt 200 ]; do
		before=$(now)
		ls -l /bin >/tmp/list
		took=$(($(now) - before))
		[ $took -gt $worst ] && worst=$took
		jobs=$((jobs + 1))
	done
	set -- $(napi) "$@"
	echo "port=$port irqs=$(($1 - $5)) polls=$(($2 - $6)) packets=$(($3 - $7)) full=$(($4 - $8)) jobs=$jobs worst=$worst"
	sleep 3
done
echo good | nc 10.9.0.1 8001
