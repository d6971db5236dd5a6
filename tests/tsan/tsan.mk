# tests/tsan/tsan.mk - lib/, net/ and what is portable of kernel/ by real threads under TSan. Included by the Makefile.
#
#	make tsan

TO := build/tsan
# Of the second home all but what plays the CPUs by itself, and its wires.
ONE_THREAD := check.c cpu.c libc.c mem.c mem_fast.c sched.c simlink.c simnic.c softirq.c time.c wait.c world.c
TSAN_KSRC := $(shell find net lib tests/tsan -name '*.c' ! -path tests/tsan/main.c | sort) \
	$(wildcard kernel/bpf/*.c kernel/sync/rcu.c kernel/sync/mutex.c kernel/sync/wait.c kernel/sync/refcount.c \
	kernel/sync/spinlock.c kernel/time/wheel.c kernel/time/hrtimer.c kernel/sched/tasklet.c kernel/mm/uio.c \
	kernel/process/capability.c drivers/net/loopback.c) \
	$(filter-out $(addprefix tests/host/,$(ONE_THREAD)),$(wildcard tests/host/*.c))
TSAN_HSRC := tests/tsan/main.c tests/host/libc.c
TSAN_OBJS := $(TSAN_KSRC:%.c=$(TO)/%.o) $(TSAN_HSRC:%.c=$(TO)/%.o)
TSAN_FLAGS := -std=gnu11 -Wno-clobbered -O1 -g $(WARN) -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common -fno-pie -fsanitize=thread
TSAN_KFLAGS := $(TSAN_FLAGS) -Itests/tsan/include $(filter-out -Itests/host/include,$(UNIT_HOME)) -include tests/tsan/once.h

.PHONY: tsan
tsan: $(TO)/tsan		## locks, RCU, tables and sockets by real threads under TSan
	@TSAN_OPTIONS=halt_on_error=1 $(TO)/tsan

$(TSAN_HSRC:%.c=$(TO)/%.o): $(TO)/%.o: %.c tests/tsan/tsan.mk
	@mkdir -p $(@D)
	@echo "  TSANCC $<"
	@$(HOSTCC) $(TSAN_FLAGS) $(TSAN_EXTRA) -I. -MMD -MP -c $< -o $@
$(TO)/tests/host/libc.o: TSAN_EXTRA := -Dsys_poison=libc_poison -Dsys_unpoison=libc_unpoison
# sk_clone_lock() begins a child as a copy of a listener in use, and sets anew what may change there.
$(TO)/net/core/sock.o: TSAN_EXTRA := -Dmemcpy=copy_unseen
$(TO)/lib/string.o: TSAN_EXTRA := $(UNIT_STRING_NAMES)
$(TO)/%.o: %.c tests/tsan/tsan.mk
	@mkdir -p $(@D)
	@echo "  TSANCC $<"
	@$(HOSTCC) $(TSAN_KFLAGS) $(TSAN_EXTRA) -MMD -MP -c $< -o $@
$(TO)/tsan: $(TSAN_OBJS)
	@echo "  LD    $@"
	@$(HOSTCC) -fsanitize=thread -no-pie -pthread $^ -o $@

-include $(TSAN_OBJS:.o=.d)
