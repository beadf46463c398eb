/*
 * The display adapter's PCI configuration, found from accesses of a guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: tcg-replay/qemu/pci-config.c */
#include "qemu/osdep.h"
#include "tcg-replay/qemu/pci-config.h"

#include "tests/tap.h"

#define ADDRESS 0xcf8
#define DATA 0xcfc
#define STD_VGA 0x11111234
#define CIRRUS 0x00b81013
#define OTHER 0x12378086
#define ECAM 0xb0000000u

static void select_register(struct rr_pci_config *c, unsigned int function,
			    unsigned int reg)
{
	rr_pci_config_access(c, ADDRESS, 0x80000000u | function << 8 | reg, 4,
			     true, true);
}

static void read_id(struct rr_pci_config *c, unsigned int function, uint32_t id)
{
	select_register(c, function, 0);
	rr_pci_config_access(c, DATA, id, 4, true, false);
}

static void write_bar(struct rr_pci_config *c, unsigned int function,
		      uint32_t value)
{
	select_register(c, function, 0x18);
	rr_pci_config_access(c, DATA, value, 4, true, true);
}

static void test_ports(void)
{
	struct rr_pci_config c = { 0 };

	write_bar(&c, 0x10, 0xfeb00000);
	ksft_ok(!rr_pci_config_registers(&c), "no adapter, no registers");
	read_id(&c, 0x00, OTHER);
	read_id(&c, 0x10, STD_VGA);
	write_bar(&c, 0x08, 0xfea00000);
	ksft_ok(!rr_pci_config_registers(&c), "a BAR of another function");
	write_bar(&c, 0x10, 0xfeb00008);
	ksft_ok(rr_pci_config_registers(&c) == 0xfeb00000, "the adapter's BAR");
	rr_pci_config_access(&c, DATA + 2, 0xfec0, 2, true, true);
	ksft_ok(rr_pci_config_registers(&c) == 0xfec00000, "half of it");
	rr_pci_config_access(&c, DATA + 3, 0xfd, 1, true, true);
	ksft_ok(rr_pci_config_registers(&c) == 0xfdc00000, "a byte of it");
	rr_pci_config_access(&c, ADDRESS, 0x1018, 4, true, true);
	rr_pci_config_access(&c, DATA, 0, 4, true, true);
	ksft_ok(rr_pci_config_registers(&c) == 0xfdc00000,
		"an address that is not enabled");
	rr_pci_config_access(&c, DATA, STD_VGA, 4, false, true);
	ksft_ok(rr_pci_config_registers(&c) == 0xfdc00000,
		"memory at the address of the port");
}

static void test_ecam(void)
{
	struct rr_pci_config c = { 0 };

	rr_pci_config_access(&c, ECAM + 0x8000, STD_VGA, 4, false, false);
	ksft_ok(!c.is_found, "memory before there is an ECAM");
	select_register(&c, 0, 0x64);
	rr_pci_config_access(&c, DATA, 0, 4, true, true);
	select_register(&c, 0, 0x60);
	rr_pci_config_access(&c, DATA, ECAM | 1, 4, true, true);
	rr_pci_config_access(&c, ECAM + 0x8000, STD_VGA, 4, false, false);
	rr_pci_config_access(&c, ECAM + 0x8018, 0xfeb00000, 4, false, true);
	ksft_ok(c.is_found && c.function == 8 &&
			rr_pci_config_registers(&c) == 0xfeb00000,
		"by ECAM");
	rr_pci_config_access(&c, ECAM + 0x10008018, 0, 4, false, true);
	ksft_ok(rr_pci_config_registers(&c) == 0xfeb00000, "behind its end");
}

static void test_other(void)
{
	struct rr_pci_config c = { 0 };

	ksft_ok(!rr_pci_config_other_adapter(&c), "no adapter has no name");
	read_id(&c, 0x10, CIRRUS);
	write_bar(&c, 0x10, 0xfeb00000);
	ksft_ok(!strcmp(rr_pci_config_other_adapter(&c), "cirrus-vga") &&
			!rr_pci_config_registers(&c),
		"an adapter of another kind");
	read_id(&c, 0x18, STD_VGA);
	ksft_ok(rr_pci_config_other_adapter(&c) != NULL,
		"the first one counts");
}

int main(void)
{
	ksft_plan(13);
	test_ports();
	test_ecam();
	test_other();
	return ksft_end();
}
