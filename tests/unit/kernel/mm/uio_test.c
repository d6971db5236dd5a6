/* tests/unit/kernel/mm/uio_test.c - an iterator over any cutting of a buffer copies the same bytes */
#include "kernel/mm/uio.h"
#include "kernel/mm/slab.h"
#include "tests/unit/test.h"

/* Cuts buf into pieces at random, some of them empty. */
static unsigned long cut(struct kvec *v, unsigned long max, char *buf, size_t len)
{
	unsigned long n = 0;

	while (len && n + 1 < max) {
		size_t piece = host_random() % 4 ? host_random() % (len + 1) : 0;

		v[n++] = (struct kvec){ buf, piece };
		buf += piece;
		len -= piece;
	}
	v[n++] = (struct kvec){ buf, len };
	return n;
}

TEST(pieces_make_the_whole)
{
	char src[300], dst[300];
	struct iov_iter i;
	struct kvec v[12];

	for (size_t k = 0; k < sizeof(src); k++)
		src[k] = (char)host_random();
	for (int round = 0; round < 500; round++) {
		unsigned long n = cut(v, ARRAY_SIZE(v), dst, sizeof(dst));
		size_t done = 0;

		memset(dst, 0, sizeof(dst));
		iov_iter_kvec(&i, false, v, n, sizeof(dst));
		while (done < sizeof(dst)) {
			size_t want = host_random() % 90, got = copy_to_iter(src + done, want, &i), back;

			ASSERT_EQ(got, min(want, sizeof(dst) - done));
			done += got;
			back = host_random() % 3 ? 0 : host_random() % (got + 1);
			iov_iter_revert(&i, back);
			done -= back;
			ASSERT_EQ(iov_iter_count(&i), sizeof(dst) - done);
		}
		ASSERT_EQ(memcmp(src, dst, sizeof(src)), 0);
		ASSERT_EQ(copy_to_iter(src, 1, &i), (size_t)0);
	}
}

TEST(source_and_sum)
{
	char src[64] = "some bytes to be summed", dst[64] = "";
	struct kvec v[2] = { { src, 7 }, { src + 7, 57 } };
	struct iov_iter i;
	__wsum sum = 0;

	iov_iter_kvec(&i, true, v, 2, 64);
	EXPECT_EQ(csum_and_copy_from_iter(dst, 40, &sum, &i), (size_t)40);
	EXPECT_EQ(memcmp(src, dst, 40), 0);
	EXPECT_EQ(csum_fold(sum), csum_fold(csum_partial(src, 40, 0)));
	EXPECT_TRUE(copy_from_iter_full(dst, 24, &i));
	EXPECT_FALSE(copy_from_iter_full(dst, 1, &i));
}

TEST(hostile_vectors_are_refused)
{
	struct iovec v[2] = { { NULL, (size_t)-1 }, { NULL, 0 } }, fast[2], *iov = fast;
	struct iov_iter i;

	EXPECT_EQ(import_iovec(true, v, UIO_MAXIOV + 1, 2, &iov, &i), (ssize_t)-EINVAL);
}

/* A single one is taken without the array, with the same checks. */
TEST(one_segment_is_a_plain_buffer)
{
	char bytes[4] = "abc", to[4];
	struct iovec one = { bytes, 3 }, wrong = { bytes, (size_t)-1 }, huge = { bytes, SIZE_MAX / 2 };
	struct iovec fast[2], *iov = fast;
	struct iov_iter i;

	EXPECT_EQ(import_iovec(true, &one, 1, 2, &iov, &i), 3);
	EXPECT_TRUE(!iov);
	EXPECT_EQ(copy_from_iter(to, 4, &i), 3u);
	EXPECT_EQ(memcmp(to, "abc", 3), 0);
	iov = fast;
	EXPECT_EQ(import_iovec(true, &wrong, 1, 2, &iov, &i), (ssize_t)-EINVAL);
	EXPECT_TRUE(!iov);
	iov = fast;
	EXPECT_EQ(import_iovec(true, &huge, 1, 2, &iov, &i), (ssize_t)0x7ffff000);
}
