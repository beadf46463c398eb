/*
 * The PCI configuration of a guest's display adapter, as its accesses show it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_PCI_CONFIG_H
#define RR_REPLAY_PCI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct rr_pci_config {
    uint32_t address; /* port 0xcf8 */
    uint32_t ecam; /* the low half of q35's PCIEXBAR */
    bool is_found; /* an adapter: */
    uint16_t function; /* bus, device and function */
    uint16_t vendor, device; /* device: 0 until the guest has read it */
    uint32_t bar2;
};

/**
 * The guest made an access of @size bytes, at most 8, at port or GPA @addr,
 * which read or wrote @value.
 */
void rr_pci_config_access(struct rr_pci_config *c, uint64_t addr,
                          uint64_t value, unsigned int size, bool is_port,
                          bool is_write);

/** GPA of the registers in BAR 2 of an adapter of QEMU's own; 0: none. */
uint64_t rr_pci_config_registers(const struct rr_pci_config *c);

/**
 * NULL, or why the screen is not what the VGA registers say: the name of an
 * adapter that has others.
 */
const char *rr_pci_config_other_adapter(const struct rr_pci_config *c);

#endif
