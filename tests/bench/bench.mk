# tests/bench/bench.mk - Ringside against a Linux guest. Included by the Makefile; tests/bench/bench.py has the manual.

BENCH_TOOLS := build/bench/load build/bench/icount.so
BENCH_FLAGS = $(if $(W),--workloads '$(W)') $(if $(PROFILE),--profile $(PROFILE)) $(if $(OS)$(PROFILE),--os $(or $(OS),ringside)) \
	$(if $(BENCH_NIC),--nic $(BENCH_NIC)) $(if $(CPUS),--cpus $(CPUS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(filter 1,$(ACCEPT)),--accept)

build/bench/load: tests/bench/load.c
	@mkdir -p $(@D)
	@echo "  UCC   $<"
	@$(MUSL_CC) -static $(UCFLAGS) $< -o $@
build/bench/icount.so: tests/bench/icount.c
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) -O2 -Wall -Wextra -Werror -shared -fPIC $< -o $@

.PHONY: bench bench-check
bench: all $(BENCH_TOOLS)	## against a Linux guest (W="udp-rx ping", PROFILE=udp-rx, OS=linux, BENCH_NIC=, CPUS=, ROUNDS=)
	@$(PYTHON) tests/bench/bench.py $(BENCH_FLAGS)
bench-check: all $(BENCH_TOOLS)	## the cheapest workloads against tests/bench/accepted.tsv
	@$(PYTHON) tests/bench/bench.py --check
