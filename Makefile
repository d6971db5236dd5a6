# Ringside: every command that a person types. `make help` lists them.

.DEFAULT_GOAL := all
PYTHON ?= /usr/bin/python3

# `make deps run`: what comes after deps may need what deps installs, so it is made by a second make.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
REST := $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(REST)
deps:
	@sh tests/deps.sh packages.txt
$(REST): deps
	+@$(MAKE) --no-print-directory $@
else

CROSS_COMPILE ?= x86_64-linux-gnu-
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm

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

.PHONY: all objs kernel initramfs run peer debug test check clean help deps FORCE
all: kernel initramfs		## kernel, programs and root file system

objs: $(OBJS)
kernel: $(KERNEL)

# Objects depend on the flags too: a changed flag rebuilds.
$O/flags: FORCE
	@mkdir -p $O; echo '$(CC) $(subst ','"'"',$(KCFLAGS))' | cmp -s - $@ || echo '$(CC) $(subst ','"'"',$(KCFLAGS))' >$@

# The stack is many small functions in a row: joining more of them saves 3 to 8 % of a packet's instructions, for 40 KB.
$O/net/%.o: private KCFLAGS += -O3

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
$O/sources: FORCE
	@mkdir -p $O; echo '$(OBJS)' | cmp -s - $@ || echo '$(OBJS)' >$@
$(KERNEL): $(OBJS) $O/sources linker.ld kernel/trace/mksyms.py
	@echo "  LD    $@"
	@$(PYTHON) kernel/trace/mksyms.py --empty >$O/syms0.S && $(CC) -c $O/syms0.S -o $O/syms0.o
	@$(LD) $(KLDFLAGS) -o $O/pass1.elf $(OBJS) $O/syms0.o
	@$(NM) -n $O/pass1.elf | $(PYTHON) kernel/trace/mksyms.py >$O/syms1.S && $(CC) -c $O/syms1.S -o $O/syms1.o
	@$(LD) $(KLDFLAGS) -o $@ $(OBJS) $O/syms1.o

# user/: each user/NAME.c is one program, static, linked with musl. tests/guest/ likewise, for the test rings.
MUSL_CC ?= musl-gcc
# The kernel's own headers (linux/, asm/) come after musl's.
UCFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE= -Iuser $(subst -isystem,-idirafter,$(UAPI_INCLUDE))
U := build/user
USER_PROGS := $(patsubst user/%.c,%,$(wildcard user/*.c))
GUEST_TESTS := $(patsubst tests/guest/%.c,%,$(wildcard tests/guest/*.c))

$U/%: user/%.c $(wildcard user/*.h)
	@mkdir -p $U
	@echo "  UCC   $<"
	@$(MUSL_CC) -static $(UCFLAGS) $< -o $@
build/guest/%: tests/guest/%.c $(wildcard tests/guest/*.h)
	@mkdir -p build/guest
	@echo "  UCC   $<"
	@$(MUSL_CC) -static $(UCFLAGS) -Wno-array-bounds -pthread $< -o $@

initramfs: build/initramfs.cpio
ROOT_FILES := $(shell find user/etc user/www -type f)
build/user.manifest: FORCE
	@mkdir -p build; for p in $(filter-out init,$(USER_PROGS)); do echo "file /bin/$$p $U/$$p 755"; done | cmp -s - $@ || \
		for p in $(filter-out init,$(USER_PROGS)); do echo "file /bin/$$p $U/$$p 755"; done >$@
build/initramfs.cpio: user/initramfs.py user/root.manifest build/user.manifest $(USER_PROGS:%=$U/%) $(ROOT_FILES) /bin/busybox
	@echo "  CPIO  $@"
	@cat user/root.manifest build/user.manifest >build/all.manifest
	@$(PYTHON) user/initramfs.py build/all.manifest $@ U=$U

# --- running -----------------------------------------------------------------------------------------------------
NET ?= tap
SMP ?= 2
MEM ?= 256
NIC ?= e1000
VMFLAGS = --net $(NET) --smp $(SMP) --mem $(MEM) --nic $(NIC) $(if $(filter 1,$(DEBUG)),--debug) \
	$(foreach p,$(WITH),--with $(p)) $(if $(APPEND),--append '$(APPEND)') $(if $(PCAP),--pcap $(PCAP)) \
	$(if $(filter user,$(NET)),--hostfwd tcp:127.0.0.1:8080-:80)
run: all			## boot through GRUB to a shell (NET=user, SMP=, MEM=, NIC=, WITH="PKG ...", PCAP=FILE, DEBUG=1)
	@tests/vm --boot grub $(VMFLAGS) --pidfile build/run.pid
peer:				## a shell at the other end of the running guest's wire
	@sh tests/peer.sh build/run.pid $(PEER)
debug: all			## boot and wait for gdb; in a second terminal: gdb -x tests/debug.gdb
	@tests/vm $(VMFLAGS) --gdb --pidfile build/run.pid

# --- testing -----------------------------------------------------------------------------------------------------
include tests/unit/unit.mk
include $(filter-out tests/unit/unit.mk,$(sort $(wildcard tests/*/*.mk)))
guest-tests: $(GUEST_TESTS:%=build/guest/%)	## the programs of tests/guest, built for the guest
.PHONY: guest-tests
test:				## every test ring; ends with 'N passed, N failed'
	@$(PYTHON) tests/run
check: objs			## format, include directions, header self-containment, state, documentation, sparse
	@$(PYTHON) tests/check.py '$(CC)' '$(KCFLAGS)' '$(NM)' '$O'
clean:				## forget all that was built
	rm -rf build
deps:				## install what is missing on this Debian machine (packages.txt)
help:				## this list
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) tests/*/*.mk | sed -E 's/:[^#]*## */\t/' | expand -t 14

-include $(OBJS:.o=.d)
endif
