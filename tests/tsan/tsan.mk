# tests/tsan/tsan.mk - locks, counts and lists under real threads and TSan. Included by the Makefile.
#
#	make tsan

TO := build/tsan
TSAN_KSRC := tests/tsan/tests.c kernel/sync/refcount.c kernel/sync/spinlock.c net/core/skb_queue.c
TSAN_FLAGS := -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fsanitize=thread
TSAN_KFLAGS := $(TSAN_FLAGS) -Itests/tsan/include $(filter-out -Itests/host/include,$(UNIT_HOME)) -include tests/tsan/once.h

.PHONY: tsan
tsan: $(TO)/tsan		## locks, reference counts, RCU lists and packet queues by real threads under TSan
	@TSAN_OPTIONS=halt_on_error=1 $(TO)/tsan

$(TO)/main.o: tests/tsan/main.c
	@mkdir -p $(@D)
	@$(HOSTCC) $(TSAN_FLAGS) -I. -MMD -MP -c $< -o $@
$(TO)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  TSANCC $<"
	@$(HOSTCC) $(TSAN_KFLAGS) -MMD -MP -c $< -o $@
$(TO)/tsan: $(TSAN_KSRC:%.c=$(TO)/%.o) $(TO)/main.o
	@$(HOSTCC) -fsanitize=thread -pthread $^ -o $@

-include $(TSAN_KSRC:%.c=$(TO)/%.d) $(TO)/main.d
