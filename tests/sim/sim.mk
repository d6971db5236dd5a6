# tests/sim/sim.mk - ring 2: simulated networks, in a release build and under ASan. Included by the Makefile.
#
#	make sim                                every scenario; each with the seeds that it asks for (SEEDS=n: n seeds)
#	make sim SCENARIO=bulk SEED=7 PLOT=1    one run, with build/sim/bulk.csv and build/sim/bulk.svg
#	make sim LIST=1                         what there is
#	make sim ASAN=1 ...                     the same under ASan and UBSan, with the lock checker

SO := build/sim
SIM_SRC := $(shell find tests/sim -name '*.c' ! -path tests/sim/main.c | sort)
SIM_KSRC := $(filter-out tests/host/check.c tests/host/mem.c,$(filter net/% lib/% kernel/% drivers/% tests/host/%,$(UNIT_KSRC))) \
	tests/host/mem_fast.c tests/unit/test.c $(SIM_SRC)
SIM_OBJS := $(SIM_KSRC:%.c=$(SO)/%.o) $(SO)/tests/host/libc.o $(SO)/tests/sim/main.o
SIM_CFLAGS := -std=gnu11 -Wno-clobbered -O2 -g $(WARN) -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common -fno-pie
SIM_KFLAGS := $(SIM_CFLAGS) $(UNIT_HOME)
SIM_ASAN_OBJS := $(filter-out $(UO)/tests/unit/%,$(UNIT_OBJS)) $(UO)/tests/unit/test.o $(SIM_SRC:%.c=$(UO)/%.o) \
	$(UO)/tests/sim/main.o
SIM := $(if $(filter 1,$(ASAN)),$(UO)/sim,$(SO)/sim)

.PHONY: sim
sim: $(SIM)			## simulated networks (SCENARIO= SEED= SEEDS= CPUS= PLOT=1 PCAP=FILE AT=HOST ASAN=1 LIST=1)
	@mkdir -p $(SO)
	@$(if $(PLOT),$(if $(SEED),,SEED=1) CSV=$(SO)/$(SCENARIO).csv) SCENARIO='$(SCENARIO)' $(foreach v,SEED SEEDS CPUS PCAP AT LIST,$(if $($v),$v='$($v)')) $(SIM)
	@$(if $(PLOT),$(PYTHON) tests/sim/plot.py $(SO)/$(SCENARIO).csv $(SO)/$(SCENARIO).svg && echo $(SO)/$(SCENARIO).svg)

$(SO)/flags: FORCE
	@mkdir -p $(SO); echo '$(HOSTCC) $(subst ','"'"',$(SIM_KFLAGS))' | cmp -s - $@ || \
		echo '$(HOSTCC) $(subst ','"'"',$(SIM_KFLAGS))' >$@
$(SO)/sources: FORCE
	@mkdir -p $(SO); echo '$(SIM_OBJS)' | cmp -s - $@ || echo '$(SIM_OBJS)' >$@
$(SO)/tests/host/libc.o $(SO)/tests/sim/main.o: $(SO)/%.o: %.c $(SO)/flags
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(SIM_CFLAGS) -I. -MMD -MP -c $< -o $@
$(UO)/tests/sim/main.o: tests/sim/main.c $(UO)/flags
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(UNIT_CFLAGS) -I. -MMD -MP -c $< -o $@
$(SO)/lib/string.o: UNIT_EXTRA := $(foreach n,$(UNIT_LIBC_NAMES),-D$(n)=lib_$(n))
$(SO)/%.o: %.c $(SO)/flags
	@mkdir -p $(@D)
	@echo "  SIMCC $<"
	@$(HOSTCC) $(SIM_KFLAGS) $(UNIT_EXTRA) -MMD -MP -c $< -o $@
$(SO)/sim: $(SIM_OBJS) $(SO)/sources
	@echo "  LD    $@"
	@$(HOSTCC) -no-pie $(SIM_OBJS) -o $@
$(UO)/sim: $(SIM_ASAN_OBJS) $(UO)/sources
	@echo "  LD    $@"
	@$(HOSTCC) $(UNIT_LDFLAGS) $(SIM_ASAN_OBJS) -o $@

-include $(SIM_OBJS:.o=.d) $(SIM_SRC:%.c=$(UO)/%.d)
