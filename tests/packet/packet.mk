# tests/packet/packet.mk - packet scripts: the engine with the same net/ and lib/ as the unit tests. Included by the Makefile.
#
#	make packet               all scripts
#	make packet T=tcp/sack    those whose path holds that text
#	make packet V=1 T=...     with what happened in them

PACKET := $(UO)/packet
PACKET_KSRC := $(filter-out tests/packet/main.c,$(wildcard tests/packet/*.c))
PACKET_OBJS := $(filter-out $(UO)/tests/unit/%,$(UNIT_OBJS)) $(UO)/tests/unit/test.o \
	$(PACKET_KSRC:%.c=$(UO)/%.o) $(UO)/tests/packet/main.o

.PHONY: packet
packet: $(PACKET)		## packet scripts (T=tcp/sack: some of them, V=1: with a transcript)
	@$(PACKET) $(if $(V),-v) $(T)

$(UO)/tests/packet/main.o: tests/packet/main.c $(UO)/flags
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOSTCC) $(UNIT_CFLAGS) -I. -MMD -MP -c $< -o $@
$(PACKET): $(PACKET_OBJS) $(UO)/sources
	@echo "  LD    $@"
	@$(HOSTCC) $(UNIT_LDFLAGS) $(PACKET_OBJS) -o $@

-include $(PACKET_KSRC:%.c=$(UO)/%.d) $(UO)/tests/packet/main.d
