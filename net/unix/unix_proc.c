/* net/unix/unix_proc.c - /proc/net/unix in Linux's columns, and the sysctl, which acts on the first stack
 *
 * Called: readers and writers of the files, in process context.
 */
#include "kernel/fs/proc_fs.h"
#include "net/unix/af_unix.h"

static void show_name(struct seq_file *m, const struct unix_address *a)
{
	int n = a->len - (int)UNIX_PATH_AT;

	seq_putc(m, ' ');
	if (a->name.sun_path[0]) {
		seq_write(m, a->name.sun_path, strnlen(a->name.sun_path, (size_t)n));
		return;
	}
	for (int i = 0; i < n; i++)
		seq_putc(m, a->name.sun_path[i] ? a->name.sun_path[i] : '@');
}

static void show_one(struct seq_file *m, const struct unix_sock *u)
{
	struct socket *sock = READ_ONCE(u->sk.sk_socket);
	bool established = u->sk.sk_state == TCP_ESTABLISHED;
	int state =
		sock ? (established ? SS_CONNECTED : SS_UNCONNECTED) : (established ? SS_CONNECTING : SS_DISCONNECTING);
	struct inode *inode = sock && sock->file ? sock->file->f_inode : NULL;

	seq_printf(m, "%016llx: %08X %08X %08X %04X %02X %5llu", (unsigned long long)(uintptr_t)u,
		   (unsigned int)refcount_read(&u->sk.sk_refcnt), 0, u->sk.sk_state == TCP_LISTEN ? 1u << 16 : 0,
		   u->sk.sk_type, (unsigned int)state, inode ? (unsigned long long)inode->i_ino : 0);
	if (u->addr)
		show_name(m, u->addr);
	seq_putc(m, '\n');
}

static int unix_show(struct seq_file *m, void *data)
{
	struct netns_unix *unx = m->net->unx;
	struct hlist_node *n;

	seq_puts(m, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	spin_lock(&unx->lock);
	for (n = unx->all.first; n; n = n->next)
		show_one(m, hlist_entry(n, struct unix_sock, all_node));
	spin_unlock(&unx->lock);
	return 0;
}

void unix_proc_init(void)
{
	static struct ctl_table table[] = {
		{ .path = "net/unix/max_dgram_qlen",
		  .maxlen = sizeof(int),
		  .mode = 0644,
		  .handler = proc_dointvec_minmax,
		  .min = 0,
		  .max = INT_MAX },
	};

	table[0].data = &init_net->unx->max_dgram_qlen;
	proc_create_single("net/unix", 0444, unix_show, NULL);
	register_sysctl_table(table, ARRAY_SIZE(table));
}
