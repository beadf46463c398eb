/*
 * Display devices of the zoo's guest, driven without a driver of Linux: their
 * registers and their memory are reached through PCI's files in sysfs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "zoo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1UL << 20)

/* Let the device at @slot answer, as firmware would.  With a driver it does (EBUSY). */
static void enable(const char *slot)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/0000:00:%s/enable",
		 slot);
	fd = open(path, O_WRONLY);
	if (fd < 0 || (write(fd, "1", 1) != 1 && errno != EBUSY))
		perror(path);
	if (fd >= 0)
		close(fd);
}

/* Map BAR @bar of the device at @slot ("02.0" of bus 0); NULL on failure. */
static volatile uint32_t *map_bar(const char *slot, int bar, size_t bytes)
{
	char path[96];
	void *at;
	int fd;

	enable(slot);
	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/0000:00:%s/resource%d", slot, bar);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		perror(path);
		return NULL;
	}
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED) {
		perror("mmap");
		return NULL;
	}
	return at;
}

/* The first port of BAR 0; 0 on failure. */
static unsigned int port_of(const char *slot)
{
	unsigned int port = 0;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/0000:00:%s/resource",
		 slot);
	file = fopen(path, "r");
	if (file && fscanf(file, "%x", &port) != 1)
		port = 0;
	if (file)
		fclose(file);
	return port;
}

/* Is @count words at @at the same @color? */
static int is_filled(volatile uint32_t *at, int count, uint32_t color)
{
	for (int i = 0; i < count; i++) {
		if (at[i] != color) {
			printf("word %d is %x, not %x\n", i, at[i], color);
			return 0;
		}
	}
	return 1;
}

int use_vram(const char *slot)
{
	volatile uint32_t *at = map_bar(slot, 0, MIB);
	uint32_t x = 1;

	if (!at)
		return 1;
	for (size_t i = 0; i < MIB / 4; i++)
		at[i] = x = x * 69069 + 1;
	usleep(300000); /* the display is refreshed */
	x = 1;
	for (size_t i = 0; i < MIB / 4; i++) {
		x = x * 69069 + 1;
		if (at[i] != x) {
			printf("word %zu differs\n", i);
			return 1;
		}
	}
	return 0;
}

/* Registers of vmware-svga and words of its FIFO, as VMware numbers them. */
enum svga_register {
	SVGA_ID = 0,
	SVGA_ENABLE = 1,
	SVGA_WIDTH = 2,
	SVGA_HEIGHT = 3,
	SVGA_BPP = 7,
	SVGA_PITCH = 12,
	SVGA_MEM_SIZE = 19,
	SVGA_CONFIG_DONE = 20,
	SVGA_SYNC = 21,
	SVGA_BUSY = 22,
};
enum svga_fifo { FIFO_MIN, FIFO_MAX, FIFO_NEXT, FIFO_STOP, FIFO_COMMANDS };

static void svga_write(unsigned int port, enum svga_register index,
		       uint32_t value)
{
	outl(index, port);
	outl(value, port + 1);
}

static uint32_t svga_read(unsigned int port, enum svga_register index)
{
	outl(index, port);
	return inl(port + 1);
}

static void svga_set_up(unsigned int port, volatile uint32_t *fifo)
{
	svga_write(port, SVGA_ID, 0x90000002);
	svga_write(port, SVGA_WIDTH, 640);
	svga_write(port, SVGA_HEIGHT, 480);
	svga_write(port, SVGA_BPP, 32);
	svga_write(port, SVGA_ENABLE, 1);
	fifo[FIFO_MIN] = FIFO_COMMANDS * 4;
	fifo[FIFO_MAX] = svga_read(port, SVGA_MEM_SIZE);
	fifo[FIFO_NEXT] = FIFO_COMMANDS * 4;
	fifo[FIFO_STOP] = FIFO_COMMANDS * 4;
	svga_write(port, SVGA_CONFIG_DONE, 1);
}

static void svga_run(unsigned int port, volatile uint32_t *fifo,
		     const uint32_t *words, int count)
{
	for (int i = 0; i < count; i++) {
		fifo[fifo[FIFO_NEXT] / 4] = words[i];
		fifo[FIFO_NEXT] += 4;
	}
	svga_write(port, SVGA_SYNC, 1);
	while (svga_read(port, SVGA_BUSY))
		;
}

int use_svga(const char *slot)
{
	static const uint32_t fill[] = { 2, 0xc0ffee, 16, 8, 100, 4 };
	static const uint32_t copy[] = { 3, 16, 8, 200, 300, 100, 4 };
	volatile uint32_t *vram = map_bar(slot, 1, 4 * MIB);
	volatile uint32_t *fifo = map_bar(slot, 2, 1 << 16);
	unsigned int port = port_of(slot), pitch;

	if (!vram || !fifo || !port || iopl(3))
		return 1;
	svga_set_up(port, fifo);
	pitch = svga_read(port, SVGA_PITCH) / 4;
	svga_run(port, fifo, fill, sizeof(fill) / 4);
	svga_run(port, fifo, copy, sizeof(copy) / 4);
	usleep(300000); /* the display is refreshed */
	if (!is_filled(vram + 9 * pitch + 16, 100, 0xc0ffee) ||
	    !is_filled(vram + 302 * pitch + 200, 100, 0xc0ffee))
		return 1;
	return fifo[FIFO_STOP] != fifo[FIFO_NEXT];
}

/* Registers of ATI's Rage 128, at their offsets. */
enum ati_register {
	ATI_MM_INDEX = 0,
	ATI_MM_DATA = 0x4,
	ATI_DST_OFFSET = 0x1404,
	ATI_DST_PITCH = 0x1408,
	ATI_SRC_Y_X = 0x1434,
	ATI_DST_Y_X = 0x1438,
	ATI_DST_HEIGHT_WIDTH = 0x143c,
	ATI_GUI_MASTER_CNTL = 0x146c,
	ATI_BRUSH_COLOR = 0x147c,
	ATI_SRC_OFFSET = 0x15ac,
	ATI_SRC_PITCH = 0x15b0,
	ATI_DP_CNTL = 0x16c0,
};

/* Source and destination have their own pitch; 32 bits a pixel. */
#define ATI_CNTL(rop) ((rop) << 16 | 6 << 8 | 3)

static void ati_write(volatile uint32_t *mmio, enum ati_register at,
		      uint32_t value)
{
	mmio[at / 4] = value;
}

int use_ati(const char *slot)
{
	volatile uint32_t *vram = map_bar(slot, 0, 4 * MIB);
	volatile uint32_t *mmio = map_bar(slot, 2, 1 << 14);
	const int pitch =
		80 * 32 / 4; /* words of a line: 80 units of 8 pixels */

	if (!vram || !mmio)
		return 1;
	ati_write(mmio, ATI_MM_INDEX, 1u << 31 | 3 * MIB);
	ati_write(mmio, ATI_MM_DATA, 0x1234567);
	ati_write(mmio, ATI_DP_CNTL, 3); /* to the right, to the bottom */
	ati_write(mmio, ATI_DST_OFFSET, 0);
	ati_write(mmio, ATI_DST_PITCH, 80);
	ati_write(mmio, ATI_SRC_OFFSET, 0);
	ati_write(mmio, ATI_SRC_PITCH, 80);
	ati_write(mmio, ATI_BRUSH_COLOR, 0xc0ffee);
	ati_write(mmio, ATI_GUI_MASTER_CNTL, ATI_CNTL(0xf0u));
	ati_write(mmio, ATI_DST_Y_X, 8 << 16 | 16);
	ati_write(mmio, ATI_DST_HEIGHT_WIDTH, 4 << 16 | 100);
	ati_write(mmio, ATI_GUI_MASTER_CNTL, ATI_CNTL(0xccu));
	ati_write(mmio, ATI_SRC_Y_X, 8 << 16 | 16);
	ati_write(mmio, ATI_DST_Y_X, 300 << 16 | 200);
	ati_write(mmio, ATI_DST_HEIGHT_WIDTH, 4 << 16 | 100);
	usleep(300000); /* the display is refreshed */
	return !is_filled(vram + 3 * MIB / 4, 1, 0x1234567) ||
	       !is_filled(vram + 9 * pitch + 16, 100, 0xc0ffee) ||
	       !is_filled(vram + 302 * pitch + 200, 100, 0xc0ffee);
}
