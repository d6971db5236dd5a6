/* user/ethtool-features.c - which offloads a network device uses, and switching them
 *
 *	ethtool-features eth0                 all of them
 *	ethtool-features eth0 tso off gro on  sets, then shows
 *
 * By SIOCETHTOOL's calls of one feature each, which ethtool itself falls back to.
 */
#include "net.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

static const struct { const char *name; unsigned int get, set; } features[] = {
	{ "tx", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM }, { "rx", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM },
	{ "sg", ETHTOOL_GSG, ETHTOOL_SSG },	    { "tso", ETHTOOL_GTSO, ETHTOOL_STSO },
	{ "gso", ETHTOOL_GGSO, ETHTOOL_SGSO },	    { "gro", ETHTOOL_GGRO, ETHTOOL_SGRO },
};
#define FEATURES (sizeof(features) / sizeof(features[0]))

static int call(int fd, const char *dev, struct ethtool_value *v)
{
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	ifr.ifr_data = (void *)v;
	return ioctl(fd, SIOCETHTOOL, &ifr);
}

static int set(int fd, const char *dev, const char *name, const char *how)
{
	struct ethtool_value v = { .data = !strcmp(how, "on") };

	for (size_t i = 0; i < FEATURES; i++) {
		if (strcmp(features[i].name, name))
			continue;
		v.cmd = features[i].set;
		return call(fd, dev, &v);
	}
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), bad = 0;

	if (argc < 2 || argc % 2) {
		fprintf(stderr, "usage: %s DEVICE [tx|rx|sg|tso|gso|gro on|off]...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i + 1 < argc; i += 2) {
		if (!set(fd, argv[1], argv[i], argv[i + 1]))
			continue;
		perror(argv[i]);
		bad = 1;
	}
	for (size_t i = 0; i < FEATURES; i++) {
		struct ethtool_value v = { .cmd = features[i].get };

		if (call(fd, argv[1], &v))
			die(argv[1]);
		printf("%s: %s\n", features[i].name, v.data ? "on" : "off");
	}
	return bad;
}
