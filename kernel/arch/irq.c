/* kernel/arch/irq.c - interrupts from devices: numbers, vectors, handlers, counts
 *
 * What:   request_irq for lines and messages, shared lines, MSI vectors, dispatch, what /proc/interrupts shows.
 * Called: drivers, kernel/fs; irq_dispatch() from entry.S with interrupts off.
 * Calls:  irq_enter/irq_exit around handlers; timer_interrupt, scheduler_ipi, smp_handle_call.
 * Locks:  irq_table_lock guards the tables; desc->lock guards the handlers of one interrupt and is held while they run,
 *         so free_irq() returns only when none runs. A descriptor lives for ever and is used again.
 * Absent: moving a line to another CPU; threaded handlers.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"

#define FIRST_MSI_IRQ 256 /* MSI interrupts are numbered from here by vector */
#define NR_VECTORS 256
#define UNHANDLED_LIMIT 100000

struct irq_action { struct irq_action *next; irq_handler_t handler; const char *name; void *dev; };
struct irq_desc {
	spinlock_t lock;
	struct irq_action *actions;
	int irq;		/* [C] */
	u32 gsi;		/* [C] of a line */
	bool is_line;		/* [C] */
	bool in_use;		/* under irq_table_lock: an MSI that has an owner */
	u32 unhandled;		/* in a row */
	u64 counts[NR_CPUS];	/* [P] */
};

static struct irq_desc *by_vector[NR_VECTORS]; /* set once, read without a lock */
static u8 line_vector[FIRST_MSI_IRQ];	       /* vector of line irq; 0: none yet */
static DEFINE_SPINLOCK(irq_table_lock);
static struct { u64 timer, reschedule, call; } ipi_counts[NR_CPUS];

void irq_init(void)
{
	ioapic_init();
}

/* --- vectors --- */

static struct irq_desc *new_desc(void)
{
	struct irq_desc *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (d)
		spin_lock_init(&d->lock);
	return d;
}

/* irq_table_lock held. A vector without a descriptor, or 0. */
static u8 free_vector(void)
{
	for (int v = FIRST_DEVICE_VECTOR; v <= LAST_DEVICE_VECTOR; v++)
		if (!by_vector[v])
			return v;
	return 0;
}

static struct irq_desc *desc_of(int irq)
{
	if (irq >= 0 && irq < FIRST_MSI_IRQ)
		return line_vector[irq] ? by_vector[line_vector[irq]] : NULL;
	irq -= FIRST_MSI_IRQ;
	if (irq < FIRST_DEVICE_VECTOR || irq > LAST_DEVICE_VECTOR || !by_vector[irq] || by_vector[irq]->is_line)
		return NULL;
	return by_vector[irq];
}

/* --- lines --- */

struct line { u32 gsi; bool level, active_low; };

/* ISA lines are edge, high, and numbered as they are, unless the MADT says otherwise; others are PCI's: level, low. */
static struct line line_of(int irq)
{
	const struct acpi_irq_override *o = &acpi.isa[irq & 15];

	if (irq >= 16)
		return (struct line){ irq, true, true };
	if (o->present)
		return (struct line){ o->gsi, o->level, o->active_low };
	return (struct line){ irq, false, false };
}

/* The descriptor of a line, made on first use. NULL: no memory or no vector. */
static struct irq_desc *line_desc(int irq)
{
	struct irq_desc *d = desc_of(irq), *fresh;
	u8 v;

	if (d)
		return d;
	fresh = new_desc();
	if (!fresh)
		return NULL;
	spin_lock_irq(&irq_table_lock);
	d = desc_of(irq);
	v = d ? 0 : free_vector();
	if (v) {
		d = fresh;
		fresh = NULL;
		d->irq = irq;
		d->gsi = line_of(irq).gsi;
		d->is_line = true;
		by_vector[v] = d;
		line_vector[irq] = v;
	}
	spin_unlock_irq(&irq_table_lock);
	kfree(fresh);
	return d;
}

/* --- messages --- */

/* Returns the irq number for request_irq(), or -ENOSPC, -ENOMEM. Process context. */
int arch_msi_alloc(u32 cpu, u64 *msg_addr, u32 *msg_data)
{
	struct irq_desc *fresh = new_desc();
	u8 v = 0;

	if (!fresh)
		return -ENOMEM;
	if (cpu >= nr_cpus || !cpu_locals[cpu].online)
		cpu = 0;
	spin_lock_irq(&irq_table_lock);
	for (int i = FIRST_DEVICE_VECTOR; i <= LAST_DEVICE_VECTOR && !v; i++)
		if (by_vector[i] && !by_vector[i]->is_line && !by_vector[i]->in_use)
			v = i;
	if (!v && (v = free_vector())) {
		fresh->irq = FIRST_MSI_IRQ + v;
		by_vector[v] = fresh;
		fresh = NULL;
	}
	if (v)
		by_vector[v]->in_use = true;
	spin_unlock_irq(&irq_table_lock);
	kfree(fresh);
	if (!v)
		return -ENOSPC;
	*msg_addr = 0xfee00000ULL | (u64)(cpu_locals[cpu].apic_id & 0xff) << 12; /* SDM volume 3, 11.11 */
	*msg_data = v;
	return FIRST_MSI_IRQ + v;
}

void arch_msi_free(int irq)
{
	struct irq_desc *d = desc_of(irq);

	if (!d || d->is_line)
		return;
	spin_lock_irq(&irq_table_lock);
	WARN_ON_ONCE(d->actions);
	d->in_use = false;
	spin_unlock_irq(&irq_table_lock);
}

/* --- handlers --- */

int request_irq(int irq, irq_handler_t handler, const char *name, void *dev)
{
	struct irq_desc *d = irq < FIRST_MSI_IRQ && irq >= 0 ? line_desc(irq) : desc_of(irq);
	struct irq_action *a, **at;
	bool first;

	if (!d)
		return irq < 0 || irq >= FIRST_MSI_IRQ ? -EINVAL : -ENOMEM;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	*a = (struct irq_action){ .handler = handler, .name = name, .dev = dev };
	spin_lock_irq(&d->lock);
	first = !d->actions;
	for (at = &d->actions; *at; at = &(*at)->next)
		;
	*at = a;
	d->unhandled = 0;
	spin_unlock_irq(&d->lock);
	if (first && d->is_line) {
		struct line l = line_of(irq);
		int err = ioapic_route(l.gsi, line_vector[irq], cpu_locals[0].apic_id, l.level, l.active_low);

		if (err) {
			free_irq(irq, dev);
			return err;
		}
	}
	return 0;
}

void free_irq(int irq, void *dev)
{
	struct irq_desc *d = desc_of(irq);
	struct irq_action **at, *a;
	bool last;

	if (!d)
		return;
	spin_lock_irq(&d->lock);
	for (at = &d->actions; *at && (*at)->dev != dev; at = &(*at)->next)
		;
	a = *at;
	if (a)
		*at = a->next;
	last = a && !d->actions;
	spin_unlock_irq(&d->lock);
	if (last && d->is_line)
		ioapic_mask(d->gsi);
	kfree(a);
}

/* A line that nobody answers for would come again for ever. */
static void unhandled(struct irq_desc *d)
{
	if (++d->unhandled != UNHANDLED_LIMIT)
		return;
	pr_err("irq %d: nobody cared; switched off\n", d->irq);
	if (d->is_line)
		ioapic_mask(d->gsi);
}

static void run_handlers(struct irq_desc *d)
{
	irqreturn_t ret = IRQ_NONE;

	spin_lock(&d->lock);
	d->counts[smp_processor_id()]++;
	for (struct irq_action *a = d->actions; a; a = a->next)
		if (a->handler(d->irq, a->dev) == IRQ_HANDLED)
			ret = IRQ_HANDLED;
	if (ret == IRQ_HANDLED)
		d->unhandled = 0;
	else
		unhandled(d);
	spin_unlock(&d->lock);
}

/* Acknowledged after the handlers, so that a level line is quiet by then, and before irq_exit() lets others in. */
void irq_dispatch(struct pt_regs *regs, u32 vector)
{
	u32 cpu = smp_processor_id();

	if (vector == VECTOR_SPURIOUS)
		return;
	if (vector == VECTOR_RESCHEDULE) {
		ipi_counts[cpu].reschedule++;
		lapic_eoi();
		return scheduler_ipi();
	}
	irq_enter();
	if (vector == VECTOR_TIMER) {
		ipi_counts[cpu].timer++;
		timer_interrupt(regs);
	} else if (vector == VECTOR_CALL) {
		ipi_counts[cpu].call++;
		smp_handle_call();
	} else if (by_vector[vector]) {
		run_handlers(by_vector[vector]);
	}
	lapic_eoi();
	irq_exit();
}

/* --- /proc/interrupts --- */

static void show_ipi(void (*show)(void *, int, const char *, const char *, const u64 *), void *ctx, const u64 *first,
		     const char *chip, const char *name)
{
	u64 counts[NR_CPUS] = { 0 };

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		counts[cpu] = first[cpu * (sizeof(ipi_counts[0]) / sizeof(u64))];
	show(ctx, -1, chip, name, counts);
}

/* For the CPUs' own interrupts irq is -1, and chip is the short name that Linux prints in its place. */
void irq_for_each(void (*show)(void *ctx, int irq, const char *chip, const char *name, const u64 *per_cpu), void *ctx)
{
	for (int irq = 0; irq < FIRST_MSI_IRQ + NR_VECTORS; irq++) {
		struct irq_desc *d = desc_of(irq);
		const char *name;

		if (!d || !d->actions)
			continue;
		spin_lock_irq(&d->lock);
		name = d->actions ? d->actions->name : "";
		spin_unlock_irq(&d->lock);
		show(ctx, irq, d->is_line ? "IO-APIC" : "PCI-MSI", name, d->counts);
	}
	show_ipi(show, ctx, &ipi_counts[0].timer, "LOC", "Local timer interrupts");
	show_ipi(show, ctx, &ipi_counts[0].reschedule, "RES", "Rescheduling interrupts");
	show_ipi(show, ctx, &ipi_counts[0].call, "CAL", "Function call interrupts");
}
