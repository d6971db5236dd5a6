/* net/unix/unix_scm.c - what travels beside the data: descriptors (SCM_RIGHTS) and credentials
 *
 * What:   sendmsg's control data becomes referenced files in the skb; recvmsg turns them into descriptors.
 * Called: unix_stream.c, unix_dgram.c; the skb's destructor when a message dies unread.
 * Calls:  unix_gc.c keeps count of files in flight.
 */
#include "net/unix/af_unix.h"
#include <linux/capability.h>

static void fds_free(struct unix_fds *fds)
{
	for (int i = 0; i < fds->count; i++)
		fput(fds->file[i]);
	kfree(fds);
}

void unix_scm_drop(struct unix_scm *scm)
{
	if (scm->fds)
		fds_free(scm->fds);
	scm->fds = NULL;
}

/* --- send --- */

static struct unix_fds *fds_alloc(int room)
{
	struct unix_fds *fds = kmalloc(sizeof(*fds) + (size_t)room * sizeof(struct file *), GFP_KERNEL);

	if (fds) {
		fds->count = 0;
		fds->room = room;
	}
	return fds;
}

static int take_rights(struct cmsghdr_kern *c, struct unix_scm *scm)
{
	const int *fd = CMSG_DATA_KERN(c);
	size_t n = (c->cmsg_len - sizeof(*c)) / sizeof(int);
	struct file *f;

	if (!n)
		return 0;
	if (n > SCM_MAX_FD)
		return -EINVAL;
	if (!scm->fds)
		scm->fds = fds_alloc(SCM_MAX_FD);
	if (!scm->fds)
		return -ENOMEM;
	if (scm->fds->count + (int)n > scm->fds->room)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		f = fd[i] < 0 ? NULL : fget((unsigned int)fd[i]);
		if (!f)
			return -EBADF;
		scm->fds->file[scm->fds->count++] = f;
	}
	return 0;
}

/* A process may say who it is only as far as it could become that. */
static int take_credentials(struct cmsghdr_kern *c, struct unix_scm *scm)
{
	const struct cred *me = current_cred();
	struct unix_creds u;

	if (c->cmsg_len != sizeof(*c) + sizeof(u))
		return -EINVAL;
	memcpy(&u, CMSG_DATA_KERN(c), sizeof(u));
	if ((pid_t)u.pid != current->tgid && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (u.uid != me->uid && u.uid != me->euid && u.uid != me->suid && !capable(CAP_SETUID))
		return -EPERM;
	if (u.gid != me->gid && u.gid != me->egid && u.gid != me->sgid && !capable(CAP_SETGID))
		return -EPERM;
	scm->creds = u;
	return 0;
}

static int take_one(struct cmsghdr_kern *c, struct unix_scm *scm)
{
	if (c->cmsg_level != SOL_SOCKET)
		return 0;
	switch (c->cmsg_type) {
	case SCM_RIGHTS:
		return take_rights(c, scm);
	case SCM_CREDENTIALS:
		return take_credentials(c, scm);
	}
	return -EINVAL;
}

int unix_scm_send(struct msghdr_kern *msg, struct unix_scm *scm)
{
	const struct cred *me = current_cred();
	struct cmsghdr_kern *c;
	int err = 0;

	scm->creds = (struct unix_creds){ (u32)current->tgid, me->uid, me->gid };
	scm->fds = NULL;
	if (likely(!msg->msg_controllen))
		return 0;
	for (c = cmsg_first(msg); c; c = err ? NULL : cmsg_next(msg, c))
		err = cmsg_ok(msg, c) ? take_one(c, scm) : -EINVAL;
	if (err)
		unix_scm_drop(scm);
	return err;
}

/* --- in the skb --- */

static void unix_skb_destruct(struct sk_buff *skb)
{
	struct unix_fds *fds = UNIXCB(skb)->fds;

	if (fds) {
		unix_inflight_sub(skb->sk, fds, UNIXCB(skb)->payer);
		fds_free(fds);
	}
	sock_wfree(skb);
}

int unix_scm_attach(struct sock *sk, struct sk_buff *skb, struct unix_scm *scm)
{
	struct unix_cb *cb = UNIXCB(skb);

	cb->creds = scm->creds;
	cb->consumed = 0;
	cb->fds = NULL;
	if (likely(!scm->fds))
		return 0;
	cb->payer = current_cred()->uid;
	if (unix_inflight_add(sk, scm->fds, cb->payer))
		return -ETOOMANYREFS;
	cb->fds = scm->fds;
	scm->fds = NULL;
	skb->destructor = unix_skb_destruct;
	return 0;
}

/* The descriptors of skb go to scm: moved, or for MSG_PEEK doubled. 0 or -ENOMEM. */
int unix_scm_take(struct sock *sk, struct sk_buff *skb, struct unix_scm *scm, bool peek)
{
	struct unix_fds *fds = UNIXCB(skb)->fds;

	if (!peek) {
		UNIXCB(skb)->fds = NULL;
		unix_inflight_sub(skb->sk, fds, UNIXCB(skb)->payer);
		scm->fds = fds;
		return 0;
	}
	scm->fds = kmemdup(fds, sizeof(*fds) + (size_t)fds->count * sizeof(struct file *), GFP_KERNEL);
	if (!scm->fds)
		return -ENOMEM;
	for (int i = 0; i < fds->count; i++)
		get_file(fds->file[i]);
	/* a collection that counted the old references ends before the new ones are used */
	unix_gc_barrier(sk->sk_net);
	return 0;
}

/* --- receive --- */

/* How many descriptors the program has room for. */
static int room_for_fds(const struct msghdr_kern *msg)
{
	size_t room = msg->msg_controllen - msg->msg_control_used;

	if (!msg->msg_control ||
	    room <= sizeof(struct cmsghdr_kern))
		return 0;
	return (int)min((room - sizeof(struct cmsghdr_kern)) / sizeof(int), (size_t)SCM_MAX_FD);
}

static void receive_fds(struct msghdr_kern *msg, struct unix_fds *fds)
{
	u32 flags = msg->msg_flags & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0;
	int fd[SCM_MAX_FD], n = min(fds->count, room_for_fds(msg)), got = 0, err;

	while (got < n && (fd[got] = get_unused_fd_flags(flags)) >= 0)
		got++;
	if (got < fds->count)
		msg->msg_flags |= MSG_CTRUNC;
	if (!got)
		return;
	err = put_cmsg(msg, SOL_SOCKET, SCM_RIGHTS, got * (int)sizeof(int), fd);
	for (int i = 0; i < got; i++) {
		if (err) {
			put_unused_fd((unsigned int)fd[i]);
			continue;
		}
		get_file(fds->file[i]);
		fd_install((unsigned int)fd[i], fds->file[i]);
	}
}

/* Control messages for the program. What does not fit is lost, with MSG_CTRUNC. */
void unix_scm_receive(struct msghdr_kern *msg, struct sock *sk, struct unix_scm *scm)
{
	if (sock_flag(sk, SOCK_PASSCRED))
		put_cmsg(msg, SOL_SOCKET, SCM_CREDENTIALS, sizeof(scm->creds), &scm->creds);
	if (scm->fds)
		receive_fds(msg, scm->fds);
}
