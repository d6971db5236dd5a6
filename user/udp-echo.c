/* user/udp-echo.c - UDP echo (RFC 862): what comes in goes back to where it came from, a batch at a time */
#include "net.h"

#define BATCH 32
#define BIGGEST 65536

int main(int argc, char **argv)
{
	int fd = serve_on(SOCK_DGRAM, argc, argv, 7);
	struct sockaddr_in from[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec iov[BATCH];

	for (int i = 0; i < BATCH; i++) {
		iov[i].iov_base = malloc(BIGGEST);
		if (!iov[i].iov_base)
			die("malloc");
		m[i].msg_hdr = (struct msghdr){ .msg_name = &from[i], .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	for (;;) {
		int n;

		for (int i = 0; i < BATCH; i++) {
			iov[i].iov_len = BIGGEST;
			m[i].msg_hdr.msg_namelen = sizeof(from[i]);
		}
		n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			iov[i].iov_len = m[i].msg_len;
		for (int done = 0; done < n;) {
			int sent = sendmmsg(fd, m + done, (unsigned)(n - done), 0);

			done += sent > 0 ? sent : 1; /* one that cannot be sent is skipped */
		}
	}
}
