/* tests/guest/tun.c - network devices whose other end is this program */
#define _GNU_SOURCE
#include "check.h"
#include "tun.h"
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <signal.h>

static unsigned char buf[70000], out[70000];

static int has_route(const char *dev)
{
	char line[256], name[32];
	FILE *f = fopen("/proc/net/route", "r");
	int found = 0;

	while (fgets(line, sizeof(line), f))
		found |= sscanf(line, "%31s", name) == 1 && !strcmp(name, dev);
	fclose(f);
	return found;
}

static long tx_dropped(const char *dev)
{
	char line[512], *p;
	FILE *f = fopen("/proc/net/dev", "r");
	long n[16] = { 0 }, r = -1;

	while (fgets(line, sizeof(line), f)) {
		p = strchr(line, ':');
		if (!p || !(*p = 0, strstr(line, dev)))
			continue;
		p++;
		for (int i = 0; i < 16; i++)
			n[i] = strtol(p, &p, 10);
		r = n[11];
	}
	fclose(f);
	return r;
}

static void unattached(void)
{
	int fd = open("/dev/net/tun", O_RDWR), features = 0;
	struct ifreq r = req_of("");

	CHECK("open", fd >= 0);
	CHECK("features",
	      ioctl(fd, TUNGETFEATURES, &features) == 0 &&
		      (features & (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)) ==
			      (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	CHECK("nothing attached: read", ERR(read(fd, buf, 100), EBADFD));
	CHECK("nothing attached: write", ERR(write(fd, buf, 100), EBADFD));
	CHECK("nothing attached: TUNGETIFF", ERR(ioctl(fd, TUNGETIFF, &r), EBADFD));
	CHECK("nothing attached: poll", events(fd, POLLIN, 0) & POLLERR);
	CHECK("neither TUN nor TAP", ERR(ioctl(fd, TUNSETIFF, &r), EINVAL));
	CHECK("bad pointer", ERR(ioctl(fd, TUNSETIFF, 16), EFAULT));
	r = req_of("a/b");
	r.ifr_flags = IFF_TUN;
	CHECK("bad name", ERR(ioctl(fd, TUNSETIFF, &r), EINVAL));
	r = req_of("lo");
	r.ifr_flags = IFF_TUN;
	CHECK("another driver's device", ERR(ioctl(fd, TUNSETIFF, &r), EINVAL));
	CHECK("seek", ERR(lseek(fd, 0, SEEK_SET), ESPIPE));
	close(fd);
}

static void device(int fd, const char *name)
{
	struct ifreq r = req_of(name);
	int v = 0;

	CHECK("name", !strcmp(name, "tun0"));
	r.ifr_flags = IFF_TUN;
	CHECK("twice", ERR(ioctl(fd, TUNSETIFF, &r), EEXIST));
	r = req_of("x");
	CHECK("TUNGETIFF",
	      ioctl(fd, TUNGETIFF, &r) == 0 && !strcmp(r.ifr_name, "tun0") &&
		      (r.ifr_flags & 0xffff) == (IFF_TUN | IFF_NO_PI));
	CHECK("flags",
	      if_ioctl(&r, SIOCGIFFLAGS) == 0 &&
		      (r.ifr_flags & 0xffff) == (IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST));
	CHECK("type", if_ioctl(&r, SIOCGIFHWADDR) == 0 && r.ifr_hwaddr.sa_family == 0xfffe);
	CHECK("MTU", if_ioctl(&r, SIOCGIFMTU) == 0 && r.ifr_mtu == 1500);
	CHECK("queue", if_ioctl(&r, SIOCGIFTXQLEN) == 0 && r.ifr_qlen == 500);
	r.ifr_mtu = 67;
	CHECK("MTU too small", ERR(if_ioctl(&r, SIOCSIFMTU), EINVAL));
	r.ifr_mtu = 65536;
	CHECK("MTU too large", ERR(if_ioctl(&r, SIOCSIFMTU), EINVAL));
	r.ifr_mtu = 9000;
	CHECK("MTU of 9000", if_ioctl(&r, SIOCSIFMTU) == 0 && if_ioctl(&r, SIOCGIFMTU) == 0 && r.ifr_mtu == 9000);
	r.ifr_mtu = 1500;
	if_ioctl(&r, SIOCSIFMTU);
	CHECK("no link address to set",
	      (r.ifr_hwaddr.sa_family = 0xfffe, ERR(if_ioctl(&r, SIOCSIFHWADDR), EOPNOTSUPP)));
	CHECK("down: write", (make_ping(out, TUN_PEER, TUN_US, 1, 8), ERR(write(fd, out, 36), EIO)));
	CHECK("sndbuf", ioctl(fd, TUNGETSNDBUF, &v) == 0 && v == 0x7fffffff);
	v = 0;
	CHECK("sndbuf of 0", ERR(ioctl(fd, TUNSETSNDBUF, &v), EINVAL));
	r = req_of("");
	r.ifr_flags = IFF_DETACH_QUEUE;
	CHECK("one queue", ERR(ioctl(fd, TUNSETQUEUE, &r), EINVAL));
	CHECK("unknown call", ERR(ioctl(fd, _IO('T', 199)), EINVAL));
	CHECK("FIONREAD", ERR(ioctl(fd, FIONREAD, &v), EINVAL));
}

/* Does IFF_RUNNING become want within a second? (Linux tells it late.) */
static int running(const char *name, int want)
{
	struct ifreq r = req_of(name);

	for (int i = 0; i < 100; i++, usleep(10000))
		if (if_ioctl(&r, SIOCGIFFLAGS) == 0 && (r.ifr_flags & IFF_UP) && !!(r.ifr_flags & IFF_RUNNING) == want)
			return 1;
	return 0;
}

static void configure(const char *name)
{
	struct ifreq r = req_of(name);

	CHECK("address", addr_ioctl(name, SIOCSIFADDR, TUN_US) == 0);
	CHECK("an address alone does not bring it up", if_ioctl(&r, SIOCGIFFLAGS) == 0 && !(r.ifr_flags & IFF_UP));
	CHECK("point to point: a prefix of one",
	      if_ioctl(&r, SIOCGIFNETMASK) == 0 &&
		      ((struct sockaddr_in *)&r.ifr_netmask)->sin_addr.s_addr == 0xffffffff);
	CHECK("up", if_up(name, 1) == 0 && running(name, 1));
	CHECK("netmask", addr_ioctl(name, SIOCSIFNETMASK, 0xffffff00) == 0);
	CHECK("route", has_route(name));
	CHECK("peer's address",
	      addr_ioctl(name, SIOCSIFDSTADDR, TUN_PEER) == 0 && if_ioctl(&r, SIOCGIFDSTADDR) == 0 &&
		      ((struct sockaddr_in *)&r.ifr_dstaddr)->sin_addr.s_addr == htonl(TUN_PEER));
	addr_ioctl(name, SIOCSIFDSTADDR, TUN_US);
	addr_ioctl(name, SIOCSIFADDR, 0);
	CHECK("again", tun_configure(name) == 0);
}

static void packets(int fd)
{
	struct sockaddr_in to = lo_port(7777);
	int u = socket(AF_INET, SOCK_DGRAM, 0), port;
	struct iphdr *ip = (void *)buf;
	struct icmphdr *h = (void *)(buf + 20);
	struct iovec v[3];
	size_t n = make_ping(out, TUN_PEER, TUN_US, 3, 56);
	ssize_t got;

	CHECK("ping goes in", write(fd, out, n) == (ssize_t)n);
	CHECK("its answer comes out",
	      tun_next(fd, buf, sizeof(buf), IPPROTO_ICMP) == (ssize_t)n && h->type == ICMP_ECHOREPLY &&
		      ip->saddr == htonl(TUN_US) && ip->daddr == htonl(TUN_PEER) && !memcmp(buf + 28, out + 28, 56) &&
		      sum_fold(sum_add(0, h, n - 20)) == 0);
	for (int i = 0; i < 3; i++)
		v[i] = (struct iovec){ out + i * 7, i < 2 ? 7 : n - 14 };
	CHECK("writev", writev(fd, v, 3) == (ssize_t)n);
	v[0] = (struct iovec){ buf, 9 };
	v[1] = (struct iovec){ buf + 9, 1000 };
	CHECK("readv",
	      (events(fd, POLLIN, 1000) & POLLIN) && readv(fd, v, 2) == (ssize_t)n && h->type == ICMP_ECHOREPLY);
	n = make_ping(out, TUN_PEER, TUN_US, 4, 1400);
	write(fd, out, n);
	CHECK("a short read cuts", (events(fd, POLLIN, 1000) & POLLIN) && read(fd, buf, 50) == 50);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	CHECK("and the rest is gone", ERR(read(fd, buf, 50), EAGAIN));
	CHECK("poll", events(fd, POLLIN | POLLOUT, 0) == POLLOUT);
	CHECK("no packet", ERR(write(fd, out, 0), EINVAL));
	out[0] = 0x75;
	CHECK("neither 4 nor 6", ERR(write(fd, out, 60), EINVAL));
	CHECK("bad memory", ERR(write(fd, (void *)16, 60), EFAULT));
	to.sin_addr.s_addr = htonl(TUN_PEER);
	CHECK("UDP out", connect(u, SA(&to), sizeof(to)) == 0 && send(u, "hello", 5, 0) == 5);
	port = port_of(u);
	got = tun_next(fd, buf, sizeof(buf), IPPROTO_UDP);
	CHECK("the datagram",
	      got == 33 && ip->saddr == htonl(TUN_US) && !memcmp(buf + 28, "hello", 5) && ip->ttl == 64);
	CHECK("its checksum is whole", sum_fold(sum_add(sum_pseudo(ip, 13), buf + 20, 13)) == 0);
	n = make_udp(out, TUN_PEER, TUN_US, 7777, port, "world!", 6);
	CHECK("UDP in",
	      write(fd, out, n) == (ssize_t)n && (events(u, POLLIN, 1000) & POLLIN) && recv(u, buf, 100, 0) == 6 &&
		      !memcmp(buf, "world!", 6));
	fcntl(fd, F_SETFL, 0);
	close(u);
}

/* A reader that sleeps is woken by what the stack sends. */
static void waiting(int fd)
{
	struct sockaddr_in to = lo_port(7777);
	int u = socket(AF_INET, SOCK_DGRAM, 0), st = 0;

	to.sin_addr.s_addr = htonl(TUN_PEER);
	if (!fork()) {
		usleep(50000);
		sendto(u, "wake", 4, 0, SA(&to), sizeof(to));
		_exit(0);
	}
	CHECK("a sleeping reader wakes", read(fd, buf, sizeof(buf)) == 32 && !memcmp(buf + 28, "wake", 4));
	wait(&st);
	close(u);
}

static void nothing(int sig) { (void)sig; }

static void interrupted(int fd)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval t = { .it_value.tv_usec = 50000 };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	CHECK("a signal ends the wait", ERR(read(fd, buf, sizeof(buf)), EINTR));
}

static void drops(int fd, const char *name)
{
	struct ifreq r = req_of(name);
	struct sockaddr_in to = lo_port(7777);
	int u = socket(AF_INET, SOCK_DGRAM, 0), n = 0;
	long before = tx_dropped(name);

	r.ifr_qlen = 4;
	CHECK("queue of 4", if_ioctl(&r, SIOCSIFTXQLEN) == 0);
	to.sin_addr.s_addr = htonl(TUN_PEER);
	for (int i = 0; i < 9; i++)
		sendto(u, "more", 4, 0, SA(&to), sizeof(to));
	while (events(fd, POLLIN, 0) & POLLIN)
		n += read(fd, buf, sizeof(buf)) == 32;
	CHECK("four stay, five are counted", n == 4 && tx_dropped(name) - before == 5);
	close(u);
}

static void two_at_once(const char *first)
{
	char name[IFNAMSIZ] = "", same[IFNAMSIZ];
	int fd = tun_open(name, IFF_TUN | IFF_NO_PI);

	memcpy(same, first, IFNAMSIZ);
	CHECK("a second device", fd >= 0 && !strcmp(name, "tun1"));
	CHECK("one reader a device", tun_open(same, IFF_TUN | IFF_NO_PI) == -1 && errno == EBUSY);
	CHECK("exclusively", tun_open(same, IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL) == -1 && errno == EBUSY);
	CHECK("of another kind", tun_open(same, IFF_TAP | IFF_NO_PI) == -1 && errno == EINVAL);
	close(fd);
	CHECK("gone", if_nametoindex("tun1") == 0);
}

static void gone(int fd, const char *name)
{
	struct sockaddr_in to = lo_port(7777);
	int u = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	to.sin_addr.s_addr = htonl(TUN_PEER);
	connect(u, SA(&to), sizeof(to));
	send(u, "x", 1, 0);
	CHECK("a connection under way", ERR(connect(t, SA(&to), sizeof(to)), EINPROGRESS));
	CHECK("closed with packets waiting", close(fd) == 0);
	CHECK("no device", if_nametoindex(name) == 0);
	CHECK("no route", !has_route(name));
	CHECK("no way for a connected socket", ERR(send(u, "x", 1, 0), ENETUNREACH));
	close(u);
	close(t);
}

static void persistent(void)
{
	char name[IFNAMSIZ] = "stay%d";
	int fd = tun_open(name, IFF_TUN | IFF_NO_PI), st = 0;
	struct ifreq r;

	CHECK("a name of our own", fd >= 0 && !strcmp(name, "stay0"));
	CHECK("persist", ioctl(fd, TUNSETPERSIST, 1) == 0);
	CHECK("owner", ioctl(fd, TUNSETOWNER, 1000) == 0 && ERR(ioctl(fd, TUNSETGROUP, -1), EINVAL));
	tun_configure(name);
	close(fd);
	r = req_of(name);
	CHECK("it stays, without a carrier", running(name, 0));
	fd = open("/dev/net/tun", O_RDWR);
	if (!fork()) {
		int bad =
			setgid(1001) || setuid(1001) || (r.ifr_flags = IFF_TUN, !ERR(ioctl(fd, TUNSETIFF, &r), EPERM));

		r = req_of("other0");
		_exit(bad || (r.ifr_flags = IFF_TUN, !ERR(ioctl(fd, TUNSETIFF, &r), EPERM)));
	}
	wait(&st);
	CHECK("a stranger may neither join nor make one", st == 0);
	if (!fork())
		_exit(setgid(1000) || setuid(1000) || (r.ifr_flags = IFF_TUN | IFF_NO_PI, ioctl(fd, TUNSETIFF, &r)));
	wait(&st);
	CHECK("its owner may", st == 0);
	close(fd);
	fd = tun_open(name, IFF_TUN | IFF_NO_PI);
	CHECK("again", fd >= 0 && running(name, 1));
	CHECK("it says so", ioctl(fd, TUNGETIFF, &r) == 0 && (r.ifr_flags & IFF_PERSIST));
	CHECK("link type while up", ERR(ioctl(fd, TUNSETLINK, ARPHRD_PPP), EBUSY));
	if_up(name, 0);
	CHECK("link type",
	      ioctl(fd, TUNSETLINK, ARPHRD_PPP) == 0 && if_ioctl(&r, SIOCGIFHWADDR) == 0 &&
		      r.ifr_hwaddr.sa_family == ARPHRD_PPP);
	ioctl(fd, TUNSETPERSIST, 0);
	close(fd);
	CHECK("no more", if_nametoindex(name) == 0);
}

static void with_pi(void)
{
	char name[IFNAMSIZ] = "";
	int fd = tun_open(name, IFF_TUN);
	struct tun_pi *pi = (void *)buf;
	size_t n = make_ping(out + 4, TUN_PEER, TUN_US, 1, 20);

	tun_configure(name);
	memcpy(out, (unsigned char[]){ 0, 0, 8, 0 }, 4);
	CHECK("PI: write", write(fd, out, n + 4) == (ssize_t)n + 4);
	do
		if (!(events(fd, POLLIN, 1000) & POLLIN))
			break;
	while (read(fd, buf, sizeof(buf)) > 0 && pi->proto != htons(ETH_P_IP));
	CHECK("PI: read",
	      pi->flags == 0 && pi->proto == htons(ETH_P_IP) && buf[4] == 0x45 && buf[24] == ICMP_ECHOREPLY);
	write(fd, out, n + 4);
	CHECK("PI: a cut packet says so",
	      (events(fd, POLLIN, 1000) & POLLIN) && read(fd, buf, 20) == 20 && pi->flags == TUN_PKT_STRIP);
	CHECK("PI: too short to hold it", ERR(write(fd, out, 3), EINVAL));
	out[2] = 0x88;
	out[3] = 0xb5;
	CHECK("PI: a protocol that nobody wants", write(fd, out, n + 4) == (ssize_t)n + 4);
	close(fd);
}

static void with_vnet_hdr(void)
{
	char name[IFNAMSIZ] = "";
	int fd = tun_open(name, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR), sz = 0, u = socket(AF_INET, SOCK_DGRAM, 0);
	struct virtio_net_hdr *vh = (void *)buf, *oh = (void *)out;
	struct sockaddr_in to = lo_port(9), from;
	socklen_t len = sizeof(from);
	size_t n;

	tun_configure(name);
	CHECK("vnet: size", ioctl(fd, TUNGETVNETHDRSZ, &sz) == 0 && sz == 10);
	sz = 9;
	CHECK("vnet: too small", ERR(ioctl(fd, TUNSETVNETHDRSZ, &sz), EINVAL));
	sz = 12;
	CHECK("vnet: with num_buffers", ioctl(fd, TUNSETVNETHDRSZ, &sz) == 0);
	to.sin_addr.s_addr = htonl(TUN_PEER);
	CHECK("vnet: checksums are ours to finish", ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM) == 0);
	CHECK("vnet: segments without checksums", ERR(ioctl(fd, TUNSETOFFLOAD, TUN_F_TSO4), EINVAL));
	connect(u, SA(&to), sizeof(to));
	do {
		send(u, "data", 4, 0);
		if (!(events(fd, POLLIN, 1000) & POLLIN))
			break;
	} while (read(fd, buf, sizeof(buf)) > 0 && buf[12] >> 4 != 4);
	CHECK("vnet: read",
	      buf[12] == 0x45 && (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && vh->csum_start == 20 &&
		      vh->csum_offset == 6 && vh->gso_type == VIRTIO_NET_HDR_GSO_NONE);
	CHECK("vnet: the pseudo header's sum waits there",
	      (*(uint16_t *)(buf + 12 + 26) ^ sum_fold(sum_pseudo((void *)(buf + 12), 12))) == 0xffff);
	n = make_udp(out + 12, TUN_PEER, TUN_US, 9, port_of(u), "answer", 6);
	*oh = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 6 };
	out[12 + 26] ^= 0x55;
	CHECK("vnet: an unfinished checksum is as good as a right one",
	      write(fd, out, n + 12) == (ssize_t)n + 12 && (events(u, POLLIN, 1000) & POLLIN) &&
		      recvfrom(u, buf, 100, 0, SA(&from), &len) == 6);
	oh->csum_start = 60;
	CHECK("vnet: a checksum beyond the packet", ERR(write(fd, out, n + 12), EINVAL));
	oh->csum_start = 20;
	oh->gso_type = 77;
	CHECK("vnet: an unknown kind of segments", ERR(write(fd, out, n + 12), EINVAL));
	oh->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	oh->gso_size = 1000;
	CHECK("vnet: UDP is no TCP", ERR(write(fd, out, n + 12), EINVAL));
	oh->gso_type = VIRTIO_NET_HDR_GSO_NONE;
	oh->hdr_len = 200;
	CHECK("vnet: headers longer than all", ERR(write(fd, out, n + 12), EINVAL));
	CHECK("vnet: too short to hold it", ERR(write(fd, out, 11), EINVAL));
	close(u);
	close(fd);
}

static void tap(void)
{
	char name[IFNAMSIZ] = "";
	int fd = tun_open(name, IFF_TAP | IFF_NO_PI);
	struct ifreq r = req_of(name);
	unsigned char mac[6], *b = buf;

	CHECK("TAP", fd >= 0 && !strcmp(name, "tap0"));
	CHECK("TAP: an address of its own",
	      if_ioctl(&r, SIOCGIFHWADDR) == 0 && r.ifr_hwaddr.sa_family == ARPHRD_ETHER &&
		      (r.ifr_hwaddr.sa_data[0] & 3) == 2);
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	r.ifr_hwaddr.sa_data[0] = 3;
	CHECK("TAP: no group for an address", ERR(if_ioctl(&r, SIOCSIFHWADDR), EADDRNOTAVAIL));
	CHECK("TAP: flags",
	      if_ioctl(&r, SIOCGIFFLAGS) == 0 && (r.ifr_flags & (IFF_BROADCAST | IFF_NOARP)) == IFF_BROADCAST);
	CHECK("TAP: queue", if_ioctl(&r, SIOCGIFTXQLEN) == 0 && r.ifr_qlen == 1000);
	CHECK("TAP: less than a header", (tun_configure(name), ERR(write(fd, out, 13), EINVAL)));
	memset(out, 0xff, 6);
	memcpy(out + 6, "\2\0\0\0\0\7\10\6\0\1\10\0\6\4\0\1\2\0\0\0\0\7\12\11\11\2\0\0\0\0\0\0\12\11\11\1", 36);
	CHECK("TAP: who has", write(fd, out, 42) == 42);
	do
		if (!(events(fd, POLLIN, 1000) & POLLIN))
			break;
	while (read(fd, buf, sizeof(buf)) > 0 && (b[12] != 8 || b[13] != 6 || b[21] != 2));
	CHECK("TAP: is at",
	      !memcmp(b, "\2\0\0\0\0\7", 6) && !memcmp(b + 6, mac, 6) && !memcmp(b + 22, mac, 6) &&
		      !memcmp(b + 28, "\12\11\11\1", 4));
	close(fd);
}

static volatile int over;
static long seen;
static void *look(void *fd)
{
	while (!over)
		seen += !ERR(read(*(int *)fd, buf, sizeof(buf)), EBADFD);
	return NULL;
}

/* A device that cannot be: another thread that reads meanwhile must not get hold of it. */
static void half_made(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK), refused = 0;
	struct ifreq r = req_of("a/b");
	pthread_t t;

	r.ifr_flags = IFF_TUN;
	pthread_create(&t, NULL, look, &fd);
	for (int i = 0; i < 300; i++)
		refused += ERR(ioctl(fd, TUNSETIFF, &r), EINVAL);
	over = 1;
	pthread_join(t, NULL);
	CHECK("bad names, again and again", refused == 300);
	CHECK("nobody saw such a device", seen == 0);
	close(fd);
}

int main(void)
{
	char name[IFNAMSIZ] = "tun%d";
	int fd;

	unattached();
	half_made();
	fd = tun_open(name, IFF_TUN | IFF_NO_PI);
	CHECK("attach", fd >= 0);
	device(fd, name);
	configure(name);
	packets(fd);
	waiting(fd);
	interrupted(fd);
	two_at_once(name);
	drops(fd, name);
	gone(fd, name);
	persistent();
	with_pi();
	with_vnet_hdr();
	tap();
	return verdict();
}
