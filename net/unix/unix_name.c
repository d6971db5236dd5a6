/* net/unix/unix_name.c - names: paths in the file system, abstract names, names made up by autobind
 *
 * What:   bind; finding the socket that a name stands for. A path's socket is found by its inode, an abstract name
 *         (first byte zero) by its bytes and the socket's type.
 * Called: af_unix.c, unix_connect.c, unix_dgram.c.
 * Calls:  kernel/fs to make and look up paths.
 * Locks:  u->bindlock over a bind; unx->lock for the tables.
 */
#include "kernel/random.h"
#include "lib/hash.h"
#include "lib/printf.h"
#include "net/unix/af_unix.h"

static struct hlist_head *name_bucket(struct netns_unix *unx, u32 hash)
{
	return &unx->by_name[hash >> (32 - UNIX_HASH_BITS)];
}
static struct hlist_head *inode_bucket(struct netns_unix *unx, const struct inode *inode)
{
	return &unx->by_inode[hash_64((u64)(uintptr_t)inode, UNIX_HASH_BITS)];
}

static u32 name_hash(const struct sockaddr_un *name, int len, int type)
{
	return (hash_str(name->sun_path, (size_t)len - UNIX_PATH_AT) ^ (u32)type) * 0x9e3779b1u;
}

void unix_addr_put(struct unix_address *a)
{
	if (refcount_dec_and_test(&a->refs))
		kfree(a);
}

/* 0 or -EINVAL. */
int unix_check_name(const struct sockaddr *addr, int len)
{
	if (len <= (int)UNIX_PATH_AT || len > (int)sizeof(struct sockaddr_un))
		return -EINVAL;
	return addr->sa_family == AF_UNIX ? 0 : -EINVAL;
}

static struct unix_address *new_address(const struct sockaddr_un *name, int len)
{
	struct unix_address *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return NULL;
	refcount_set(&a->refs, 1);
	memcpy(&a->name, name, (size_t)len);
	a->len = len;
	if (a->name.sun_path[0]) /* a path ends at its NUL, which is counted */
		a->len = (int)(UNIX_PATH_AT + strnlen(a->name.sun_path, sizeof(a->name.sun_path)) + 1);
	return a;
}

static struct sock *find_abstract_locked(struct netns_unix *unx, const struct sockaddr_un *name, int len, u32 hash)
{
	struct hlist_node *n;

	for (n = name_bucket(unx, hash)->first; n; n = n->next) {
		struct sock *sk = hlist_entry(n, struct sock, sk_node);
		struct unix_address *a = unix_sk(sk)->addr;

		if (a->hash == hash && a->len == len && !memcmp(&a->name, name, (size_t)len))
			return sk;
	}
	return NULL;
}

static int bind_abstract(struct sock *sk, struct unix_address *a)
{
	struct netns_unix *unx = sk->sk_net->unx;
	int err = 0;

	a->hash = name_hash(&a->name, a->len, sk->sk_type);
	spin_lock(&unx->lock);
	if (find_abstract_locked(unx, &a->name, a->len, a->hash)) {
		err = -EADDRINUSE;
	} else {
		smp_store_release(&unix_sk(sk)->addr, a);
		hlist_add_head(&sk->sk_node, name_bucket(unx, a->hash));
	}
	spin_unlock(&unx->lock);
	return err;
}

static int bind_path(struct sock *sk, struct unix_address *a)
{
	struct netns_unix *unx = sk->sk_net->unx;
	struct inode *inode;
	int err = vfs_make_socket(a->name.sun_path, 0777, &inode);

	if (err)
		return err;
	spin_lock(&unx->lock);
	unix_sk(sk)->inode = inode;
	smp_store_release(&unix_sk(sk)->addr, a);
	hlist_add_head(&unix_sk(sk)->ino_node, inode_bucket(unx, inode));
	spin_unlock(&unx->lock);
	return 0;
}

static int bind_locked(struct sock *sk, const struct sockaddr_un *name, int len)
{
	struct unix_address *a;
	int err;

	if (unix_sk(sk)->addr)
		return -EINVAL;
	a = new_address(name, len);
	if (!a)
		return -ENOMEM;
	err = a->name.sun_path[0] ? bind_path(sk, a) : bind_abstract(sk, a);
	if (err)
		unix_addr_put(a);
	return err;
}

int unix_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	struct unix_sock *u = unix_sk(sock->sk);
	int err;

	if (len == (int)UNIX_PATH_AT && addr->sa_family == AF_UNIX)
		return unix_autobind(sock->sk);
	err = unix_check_name(addr, len);
	if (err)
		return err;
	mutex_lock(&u->bindlock);
	err = bind_locked(sock->sk, (struct sockaddr_un *)addr, len);
	mutex_unlock(&u->bindlock);
	return err;
}

/* A free abstract name of five hexadecimal digits. bindlock held. */
static int autobind_locked(struct sock *sk)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	u32 n = get_random_u32();
	int err = -EADDRINUSE;

	for (u32 tries = 0; tries <= 0xfffff && err == -EADDRINUSE; tries++, n++) {
		snprintf(name.sun_path + 1, 6, "%05x", n & 0xfffff);
		err = bind_locked(sk, &name, (int)UNIX_PATH_AT + 6);
		cond_resched();
	}
	return err == -EADDRINUSE ? -ENOSPC : err;
}

int unix_autobind(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	int err = 0;

	mutex_lock(&u->bindlock);
	if (!u->addr)
		err = autobind_locked(sk);
	mutex_unlock(&u->bindlock);
	return err;
}

/* Nobody finds it by name any more. */
void unix_unname(struct sock *sk)
{
	struct netns_unix *unx = sk->sk_net->unx;

	spin_lock(&unx->lock);
	hlist_del_init(&sk->sk_node);
	hlist_del_init(&unix_sk(sk)->ino_node);
	hlist_del_init(&unix_sk(sk)->all_node);
	spin_unlock(&unx->lock);
}

/* --- lookup --- */

static struct sock *find_by_inode(struct netns_unix *unx, const struct inode *inode)
{
	struct sock *found = NULL;
	struct hlist_node *n;

	spin_lock(&unx->lock);
	for (n = inode_bucket(unx, inode)->first; n && !found; n = n->next) {
		struct unix_sock *u = hlist_entry(n, struct unix_sock, ino_node);

		if (u->inode == inode) {
			found = &u->sk;
			sock_hold(found);
		}
	}
	spin_unlock(&unx->lock);
	return found;
}

static struct sock *find_by_path(struct net *net, const char *path, int type)
{
	struct sock *sk = NULL;
	struct path p;
	int err = kern_path_at(AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	err = inode_permission(p.dentry->d_inode, MAY_WRITE);
	if (!err && S_ISSOCK(p.dentry->d_inode->i_mode))
		sk = find_by_inode(net->unx, p.dentry->d_inode);
	if (!err && !sk)
		err = -ECONNREFUSED;
	path_put(&p);
	if (sk && sk->sk_type != type) {
		sock_put(sk);
		err = -EPROTOTYPE;
	}
	return err ? ERR_PTR(err) : sk;
}

static struct sock *find_abstract(struct net *net, const struct sockaddr_un *name, int len, int type)
{
	struct sock *sk;

	spin_lock(&net->unx->lock);
	sk = find_abstract_locked(net->unx, name, len, name_hash(name, len, type));
	if (sk)
		sock_hold(sk);
	spin_unlock(&net->unx->lock);
	return sk ? sk : ERR_PTR(-ECONNREFUSED);
}

struct sock *unix_find_other(struct net *net, struct sockaddr_un *name, int len, int type)
{
	char path[sizeof(name->sun_path) + 1];
	size_t n = (size_t)len - UNIX_PATH_AT;

	if (!name->sun_path[0])
		return find_abstract(net, name, len, type);
	memcpy(path, name->sun_path, n);
	path[n] = '\0';
	return find_by_path(net, path, type);
}
