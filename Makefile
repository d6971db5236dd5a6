# Ringside: every command that a person types. `make help` lists them.

CROSS_COMPILE ?= x86_64-linux-gnu-
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy
PYTHON ?= /usr/bin/python3

# DEBUG=1: lock-order checker, poisoned slabs, skb leak checks, stack-depth checks. Its own directory.
DEBUG ?= 0
VARIANT := $(if $(filter 1,$(DEBUG)),debug,release)$(if $(findstring clang,$(CC)),-clang)
O := build/$(VARIANT)
VERSION := $(shell cat VERSION)

# Nothing of the build machine's libc: only the compiler's headers, the kernel's UAPI headers, and ours.
CC_INCLUDE := $(shell $(CC) -print-file-name=include)
UAPI_INCLUDE ?= -isystem /usr/include -isystem /usr/include/x86_64-linux-gnu
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wundef \
	-Wno-unused-parameter -Wno-sign-compare
KCFLAGS := -std=gnu11 -O2 -g $(WARN) -ffreestanding -nostdinc -I. -Ilib/compat -isystem $(CC_INCLUDE) $(UAPI_INCLUDE) \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie -fno-stack-protector \
	-fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-strict-aliasing -fwrapv -fno-common \
	-fno-asynchronous-unwind-tables -fcf-protection=none -DRINGSIDE_VERSION='"$(VERSION)"' \
	$(if $(filter 1,$(DEBUG)),-DDEBUG)
ifeq ($(findstring clang,$(CC)),)
KCFLAGS += -fno-delete-null-pointer-checks -Wno-packed-not-aligned -Wno-address-of-packed-member
else
KCFLAGS += --target=x86_64-linux-gnu -fno-delete-null-pointer-checks -Wno-address-of-packed-member \
	-Wno-gnu-variable-sized-type-not-at-end -Wno-unused-command-line-argument
endif

CSRC := $(shell find kernel net drivers lib -name '*.c' | sort)
ASRC := $(shell find kernel -name '*.S' | sort)
OBJS := $(CSRC:%.c=$O/%.o) $(ASRC:%.S=$O/%.S.o)
KERNEL := $O/ringside.elf

.PHONY: all objs kernel clean
all: kernel

objs: $(OBJS)
kernel: $(KERNEL)

# Objects depend on the flags too: a changed flag rebuilds.
$O/flags: FORCE
	@mkdir -p $O; echo '$(CC) $(subst ','"'"',$(KCFLAGS))' | cmp -s - $@ || echo '$(CC) $(subst ','"'"',$(KCFLAGS))' >$@
.PHONY: FORCE

$O/%.o: %.c $O/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(KCFLAGS) -MMD -MP -c $< -o $@
$O/%.S.o: %.S $O/flags
	@mkdir -p $(@D)
	@echo "  AS    $<"
	@$(CC) $(KCFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

# Linked twice: the symbol table of the first link goes into the second, for named backtraces.
KLDFLAGS := -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -T linker.ld
$(KERNEL): $(OBJS) linker.ld kernel/trace/mksyms.py
	@echo "  LD    $@"
	@$(PYTHON) kernel/trace/mksyms.py --empty >$O/syms0.S && $(CC) -c $O/syms0.S -o $O/syms0.o
	@$(LD) $(KLDFLAGS) -o $O/pass1.elf $(OBJS) $O/syms0.o
	@$(NM) -n $O/pass1.elf | $(PYTHON) kernel/trace/mksyms.py >$O/syms1.S && $(CC) -c $O/syms1.S -o $O/syms1.o
	@$(LD) $(KLDFLAGS) -o $@ $(OBJS) $O/syms1.o

include tests/unit/unit.mk

clean:
	rm -rf build

-include $(OBJS:.o=.d)
