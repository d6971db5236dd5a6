# tests/unit/unit.mk - ring 1: net/ and lib/ as an ordinary process under ASan and UBSan. Included by the Makefile.
#
#	make unit               all tests
#	make unit T=net/tcp     those whose name holds that text

HOSTCC ?= gcc
UO := build/unit
UNIT := $(UO)/unit
# Formatted output is lib/printf.c's; memcpy and its family are left to the C library, whose ASan versions check more.
UNIT_RENAME := -Dvsnprintf=ringside_vsnprintf -Dsnprintf=ringside_snprintf -Dscnprintf=ringside_scnprintf
UNIT_LIBC_NAMES := memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strcasecmp strchr strrchr strstr \
	strpbrk strsep
UNIT_SAN := -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all
UNIT_CFLAGS := -std=gnu11 -Wno-clobbered -O1 -g $(WARN) -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common $(UNIT_SAN) -fno-pie
UNIT_HOME := -ffreestanding -nostdinc -Itests/host/include -I. -Ilib/compat \
	-isystem $(shell $(HOSTCC) -print-file-name=include) $(UAPI_INCLUDE) -DRINGSIDE_HOST \
	-DRINGSIDE_VERSION='"$(VERSION)"' -Wno-packed-not-aligned -Wno-address-of-packed-member $(UNIT_RENAME)
UNIT_KFLAGS := $(UNIT_CFLAGS) $(UNIT_HOME) -DDEBUG
UNIT_LDFLAGS := $(UNIT_SAN) -no-pie

UNIT_KSRC := $(shell find net lib tests/host tests/unit -name '*.c' ! -path tests/host/libc.c ! -path tests/host/mem_fast.c ! -path tests/unit/main.c | sort) \
	$(wildcard kernel/mm/uio.c kernel/process/capability.c kernel/sched/tasklet.c kernel/sync/refcount.c drivers/net/loopback.c kernel/bpf/*.c)
UNIT_HSRC := tests/host/libc.c tests/unit/main.c
# The machine's own sum, beside lib/checksum.c's: both are asked.
UNIT_ASRC := $(if $(findstring x86_64,$(shell $(HOSTCC) -dumpmachine)),kernel/arch/checksum.S)
UNIT_OBJS := $(UNIT_KSRC:%.c=$(UO)/%.o) $(UNIT_HSRC:%.c=$(UO)/%.o) $(UNIT_ASRC:%.S=$(UO)/%.S.o)

.PHONY: unit
unit: $(UNIT)			## net/ and lib/ as a process under ASan and UBSan (T=net/tcp: some of the tests)
	@$(UNIT) $(T)

$(UO)/flags: FORCE
	@mkdir -p $(UO); echo '$(HOSTCC) $(subst ','"'"',$(UNIT_KFLAGS))' | cmp -s - $@ || \
		echo '$(HOSTCC) $(subst ','"'"',$(UNIT_KFLAGS))' >$@
$(UO)/sources: FORCE
	@mkdir -p $(UO); echo '$(UNIT_OBJS)' | cmp -s - $@ || echo '$(UNIT_OBJS)' >$@

$(UNIT_HSRC:%.c=$(UO)/%.o): $(UO)/%.o: %.c $(UO)/flags
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(UNIT_CFLAGS) -I. -MMD -MP -c $< -o $@
UNIT_STRING_NAMES := $(foreach n,$(UNIT_LIBC_NAMES),-D$(n)=lib_$(n))
$(UO)/lib/string.o: UNIT_EXTRA := $(UNIT_STRING_NAMES)
$(UO)/%.o: %.c $(UO)/flags
	@mkdir -p $(@D)
	@echo "  UNITCC $<"
	@$(HOSTCC) $(UNIT_KFLAGS) $(UNIT_EXTRA) -MMD -MP -c $< -o $@
$(UO)/%.S.o: %.S $(UO)/flags
	@mkdir -p $(@D)
	@echo "  UNITAS $<"
	@$(HOSTCC) -Dcsum_partial=arch_csum_partial -c $< -o $@
$(UNIT): $(UNIT_OBJS) $(UO)/sources
	@echo "  LD    $@"
	@$(HOSTCC) $(UNIT_LDFLAGS) $(UNIT_OBJS) -o $@

-include $(UNIT_OBJS:.o=.d)
