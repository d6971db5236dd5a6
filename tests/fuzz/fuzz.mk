# tests/fuzz/fuzz.mk - ring 5: libFuzzer against the second home. Included by the Makefile; docs/testing.md tells more.
#
#	make fuzz TARGET=frames TIME=600     one target for ten minutes; what it finds lies in build/fuzz/
#	make fuzz                            every target for TIME seconds (10)
#	make fuzz-corpus                     every target over tests/fuzz/corpus, then a minute of new inputs among them all (in
#	                                     the test command): always the same ones, as far as the time goes

FO := build/fuzz
FUZZ_CC ?= clang
FUZZ_TARGETS := $(filter-out driver,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_KSRC := $(filter net/% lib/% kernel/% drivers/% tests/host/%,$(UNIT_KSRC)) tests/unit/net/tcp/bench.c tests/fuzz/driver.c
FUZZ_OBJS := $(FUZZ_KSRC:%.c=$(FO)/%.o) $(FO)/tests/host/libc.o
FUZZ_SAN := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=alignment,function -fno-sanitize-recover=all
FUZZ_CFLAGS := -std=gnu11 -O1 -g $(filter-out -Werror,$(WARN)) -Wno-unknown-warning-option -fno-omit-frame-pointer \
	-fno-strict-aliasing -fwrapv -fno-common $(FUZZ_SAN) -Wno-everything -Werror=implicit-function-declaration
FUZZ_KFLAGS := $(FUZZ_CFLAGS) -ffreestanding -nostdinc -Itests/host/include -I. -Ilib/compat \
	-isystem $(shell $(FUZZ_CC) -print-file-name=include) $(UAPI_INCLUDE) -DRINGSIDE_HOST -DDEBUG \
	-DRINGSIDE_VERSION='"$(VERSION)"' $(UNIT_RENAME)
TIME ?= 10
CORPUS = tests/fuzz/corpus

.PHONY: fuzz fuzz-corpus
fuzz: $(patsubst %,$(FO)/%,$(or $(TARGET),$(FUZZ_TARGETS)))	## fuzzers (TARGET=frames TIME=600); findings in build/fuzz
	@for t in $(or $(TARGET),$(FUZZ_TARGETS)); do mkdir -p $(FO)/corpus/$$t; echo "fuzz: $$t for $(TIME) s"; \
	$(FO)/$$t -max_total_time=$(TIME) -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix=$(FO)/$$t- \
	-max_len=4096 $(FO)/corpus/$$t $(CORPUS)/$$t >$(FO)/$$t.log 2>&1 || { tail -60 $(FO)/$$t.log; exit 1; }; \
	grep -E "number_of_executed_units|DONE" $(FO)/$$t.log | tail -2; done
fuzz-corpus: $(FUZZ_TARGETS:%=$(FO)/%)	## every fuzz target over its seed corpus, and a minute of new inputs
	@bad=0; good=0; for t in $(FUZZ_TARGETS); do rm -rf $(FO)/new/$$t; mkdir -p $(FO)/new/$$t; \
	if $(FO)/$$t -max_total_time=$(shell echo $$((60 / $(words $(FUZZ_TARGETS)) + 1))) -seed=1 -timeout=20 -max_len=4096 \
	-artifact_prefix=$(FO)/$$t- $(FO)/new/$$t $(CORPUS)/$$t >$(FO)/$$t.log 2>&1; \
	then echo "ok   fuzz:$$t, `sed -n 's/^Done \([0-9]*\) runs.*/\1/p' $(FO)/$$t.log` inputs"; good=$$((good+1)); else echo "FAIL fuzz:$$t"; tail -40 $(FO)/$$t.log; bad=$$((bad+1)); fi; done; \
	echo "$$good passed, $$bad failed"; [ $$bad = 0 ]

$(FO)/tests/host/libc.o: tests/host/libc.c
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -I. -MMD -MP -c $< -o $@
$(FO)/lib/string.o: UNIT_EXTRA := $(foreach n,$(UNIT_LIBC_NAMES),-D$(n)=lib_$(n))
$(FO)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZCC $<"
	@$(FUZZ_CC) $(FUZZ_KFLAGS) $(UNIT_EXTRA) -MMD -MP -c $< -o $@
$(FUZZ_TARGETS:%=$(FO)/%): $(FO)/%: $(FO)/tests/fuzz/%.o $(FUZZ_OBJS)
	@echo "  LD    $@"
	@$(FUZZ_CC) -fsanitize=address,undefined,fuzzer -no-pie $^ -o $@

-include $(FUZZ_OBJS:.o=.d) $(FUZZ_TARGETS:%=$(FO)/tests/fuzz/%.d)
