/*
 * The PCI configuration of a guest's display adapter: PCI Local Bus
 * Specification 3.0, 3.2.2.3.2 (ports) and 6.2; PCI Express Base Specification,
 * 7.2.2 (ECAM); where q35 has its ECAM: Intel's data sheet 316966, 5.1.16.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "tcg-replay/qemu/pci-config.h"
#include "qemu/bitops.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define ADDRESS_ENABLE (1u << 31)

#define REG_ID 0
#define REG_BAR2 0x18
#define REG_PCIEXBAR 0x60 /* of the host bridge, function 0 */
#define PCIEXBAR_ENABLE 1
#define PCIEXBAR_ADDRESS 0xfc000000u
#define ECAM_BYTES (256u << 20)

static const struct {
    uint16_t vendor, device; /* device 0: all */
    const char *name; /* NULL: its screen is what the VGA registers say */
} adapters[] = {
    { 0x1234, 0x1111, NULL }, /* std, secondary-vga, bochs-display */
    { 0x1013, 0, "cirrus-vga" },
    { 0x15ad, 0x0405, "vmware-svga" },
    { 0x1002, 0, "ati-vga" },
    { 0x1b36, 0x0100, "qxl" },
    { 0x1af4, 0x1050, "virtio-gpu" },
};

static bool is_adapter(uint16_t vendor, uint16_t device)
{
    for (int i = 0; i < ARRAY_SIZE(adapters); i++) {
        if (adapters[i].vendor == vendor &&
            (adapters[i].device == device || !adapters[i].device)) {
            return true;
        }
    }
    return false;
}

static uint32_t merge(uint32_t old, unsigned int byte, uint64_t value,
                      unsigned int size)
{
    unsigned int bits = 8 * MIN(size, 4 - byte);

    return deposit32(old, 8 * byte, bits, value);
}

static void access_register(struct rr_pci_config *c, uint16_t function,
                            unsigned int reg, uint64_t value,
                            unsigned int size, bool is_write)
{
    unsigned int byte = reg & 3;

    if (!is_write && reg == REG_ID && size >= 4 && !c->is_found &&
        is_adapter(value, value >> 16)) {
        c->is_found = true;
        c->function = function;
        c->vendor = value;
        c->device = value >> 16;
    } else if (is_write && (reg & ~3u) == REG_BAR2 && c->is_found &&
               function == c->function) {
        c->bar2 = merge(c->bar2, byte, value, size);
    } else if (is_write && (reg & ~3u) == REG_PCIEXBAR && !function) {
        c->ecam = merge(c->ecam, byte, value, size);
    }
}

void rr_pci_config_access(struct rr_pci_config *c, uint64_t addr,
                          uint64_t value, unsigned int size, bool is_port,
                          bool is_write)
{
    uint64_t ecam = c->ecam & PCIEXBAR_ADDRESS;

    if (!is_port) {
        if ((c->ecam & PCIEXBAR_ENABLE) && addr >= ecam &&
            addr - ecam < ECAM_BYTES) {
            access_register(c, (addr - ecam) >> 12, addr & 0xfff, value, size,
                            is_write);
        }
    } else if (addr == PORT_ADDRESS && size == 4 && is_write) {
        c->address = value;
    } else if (addr >= PORT_DATA && addr < PORT_DATA + 4 &&
               (c->address & ADDRESS_ENABLE)) {
        access_register(c, c->address >> 8,
                        (c->address & 0xfc) + (addr - PORT_DATA), value, size,
                        is_write);
    }
}

uint64_t rr_pci_config_registers(const struct rr_pci_config *c)
{
    return c->is_found && !rr_pci_config_other_adapter(c) ? c->bar2 & ~0xfu : 0;
}

const char *rr_pci_config_other_adapter(const struct rr_pci_config *c)
{
    for (int i = 0; c->is_found && i < ARRAY_SIZE(adapters); i++) {
        if (adapters[i].vendor == c->vendor) {
            return adapters[i].name;
        }
    }
    return NULL;
}
