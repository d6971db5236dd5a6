/* tests/unit/net/core/napi_test.c - NAPI's timer: gro_flush_timeout and napi_defer_hard_irqs
 */
#include "lib/printf.h"
#include "net/core/sock.h"
#include "net/core/softnet.h"
#include "tests/unit/test.h"

#define TIMEOUT_NS 40000u

static void frame_in(struct sim_nic *nic)
{
	static const u8 frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5 };

	sim_nic_inject(nic, frame, sizeof(frame));
}
static struct sim_nic *card(u32 polls)
{
	struct sim_nic *nic = sim_nic_create(test_net(), 1, 0);

	nic->dev->gro_flush_timeout = TIMEOUT_NS;
	nic->dev->napi_defer_hard_irqs = polls;
	return nic;
}

/* A frame by interrupt; the next ones are found by the timer, each of which starts the count again; two polls that find
 * nothing, and the device may interrupt. */
TEST(polls_by_the_timer_come_before_interrupts)
{
	struct sim_nic *nic = card(2);
	struct napi_struct *n = &nic->napi;

	frame_in(nic);
	EXPECT_EQ(n->packets, 1u);
	EXPECT_TRUE(nic->masked);
	for (u64 i = 0; i < 3; i++) {
		frame_in(nic);
		EXPECT_EQ(n->packets, 1 + i);
		host_pass(TIMEOUT_NS + 1000);
		EXPECT_EQ(n->packets, 2 + i);
	}
	EXPECT_EQ(n->interrupts, 1u);
	EXPECT_EQ(n->polls, 4u);
	EXPECT_TRUE(nic->masked);
	host_pass(TIMEOUT_NS + 1000);
	EXPECT_TRUE(nic->masked);
	host_pass(TIMEOUT_NS + 1000);
	EXPECT_FALSE(nic->masked);
	EXPECT_FALSE(hrtimer_active(&n->timer));
	EXPECT_EQ(n->polls, 6u);
	frame_in(nic);
	EXPECT_EQ(n->interrupts, 2u);
	sim_nic_destroy(nic); /* with its timer set, */
	host_pass(TIMEOUT_NS + 1000); /* which is gone with it */
}
/* Either value alone changes nothing; a timer that is switched off while it is set comes once more. */
TEST(without_a_time_or_a_count_only_interrupts)
{
	struct sim_nic *nic = card(0);

	frame_in(nic);
	EXPECT_FALSE(nic->masked);
	nic->dev->napi_defer_hard_irqs = 100;
	nic->dev->gro_flush_timeout = 0;
	frame_in(nic);
	EXPECT_FALSE(nic->masked);
	nic->dev->gro_flush_timeout = TIMEOUT_NS;
	frame_in(nic);
	EXPECT_TRUE(nic->masked);
	nic->dev->gro_flush_timeout = 0;
	host_pass(TIMEOUT_NS + 1000);
	EXPECT_FALSE(nic->masked);
	sim_nic_destroy(nic);
}
/* A time beyond all times never comes: it does not wrap to one that is over already. */
TEST(a_timer_of_centuries)
{
	struct sim_nic *nic = card(100);

	nic->dev->gro_flush_timeout = U64_MAX;
	frame_in(nic);
	host_pass(TIMEOUT_NS);
	EXPECT_EQ(nic->napi.polls, 1u);
	sim_nic_destroy(nic);
}
