/* tests/packet/pcap.c - every frame of a script in a file that Wireshark opens, written when the script fails */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/packet/engine.h"

#define LIMIT (16u << 20)
struct pcap_header { u32 magic; u16 major, minor; u32 zone, figures, snaplen, link_type; };
struct pcap_record { u32 seconds, ns, captured, length; };

static u8 *file;
static size_t used, room;

static void put(const void *data, size_t n)
{
	if (used + n > room) {
		size_t more = room * 2 + n + 65536;
		u8 *bigger = pkt_alloc(more);

		if (used)
			memcpy(bigger, file, used);
		file = bigger;
		room = more;
	}
	memcpy(file + used, data, n);
	used += n;
}
void pcap_add(const u8 *frame, u32 len)
{
	/* the nanosecond form; link type 1 is Ethernet */
	static const struct pcap_header head = { 0xa1b23c4d, 2, 4, 0, 0, 65535, 1 };
	struct pcap_record r = { (u32)(rig_now() / 1000000000), (u32)(rig_now() % 1000000000), len, len };

	if (!used)
		put(&head, sizeof(head));
	if (used > LIMIT)
		return;
	put(&r, sizeof(r));
	put(frame, len);
}
/* build/packet/tcp_sack_blocks.pcap for tests/packet/tcp/sack/blocks.pkt */
void pcap_write(const char *script_path)
{
	const char *name = strstr(script_path, "tests/packet/");
	char path[256], *p;

	if (!used)
		return;
	snprintf(path, sizeof(path), "build/packet/%s", name ? name + strlen("tests/packet/") : "script.pkt");
	for (p = path + strlen("build/packet/"); *p; p++)
		if (*p == '/')
			*p = '_';
	if (p - path > 4 && !strcmp(p - 4, ".pkt"))
		p -= 4;
	strscpy(p, ".pcap", sizeof(path) - (size_t)(p - path));
	bridge_write_file(path, file, used);
	say("    the frames are in %s\n", path);
}
