# tests/packet/packet.mk - packet scripts: the engine with the same net/ and lib/ as the unit tests. Included by the Makefile.
#
#	make packet               all scripts
#	make packet T=tcp/sack    those whose path holds that text
#	make packet V=1 T=...     with what happened in them
#	make packet-linux         the same scripts on this machine's Linux, over a tap, in real time
#	make packet-diff SEED=1 N=100   random scripts on both: where does what they do differ?

PACKET := $(UO)/packet
PACKET_HSRC := tests/packet/main.c tests/packet/live/linux.c
PACKET_KSRC := $(filter-out $(PACKET_HSRC),$(wildcard tests/packet/*.c tests/packet/*/*.c))
PACKET_OBJS := $(filter-out $(UO)/tests/unit/%,$(UNIT_OBJS)) $(UO)/tests/unit/test.o \
	$(PACKET_KSRC:%.c=$(UO)/%.o) $(PACKET_HSRC:%.c=$(UO)/%.o)

.PHONY: packet packet-linux packet-diff
packet: $(PACKET)		## packet scripts (T=tcp/sack: some of them, V=1: with a transcript)
	@$(PACKET) $(if $(V),-v) $(T)

packet-linux: $(PACKET)		## the same scripts on this machine's Linux, in real time: where does our stack differ?
	@$(PACKET) --linux $(if $(V),-v) $(T)

packet-diff: $(PACKET)		## random scripts on our stack and on this machine's Linux: differences (SEED= N=)
	@$(PYTHON) tests/packet/diff.py --seed $(or $(SEED),1) -n $(or $(N),100) build/packet/diff

$(PACKET_HSRC:%.c=$(UO)/%.o): $(UO)/%.o: %.c $(UO)/flags
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(UNIT_CFLAGS) -I. -MMD -MP -c $< -o $@
$(PACKET): $(PACKET_OBJS) $(UO)/sources
	@echo "  LD    $@"
	@$(HOSTCC) $(UNIT_LDFLAGS) $(PACKET_OBJS) -o $@

-include $(PACKET_KSRC:%.c=$(UO)/%.d) $(PACKET_HSRC:%.c=$(UO)/%.d)
