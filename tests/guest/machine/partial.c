// SPDX-License-Identifier: GPL-2.0
/*
 * A device that writes less than it says: virtio-blk returns its serial number, a few
 * bytes, into a buffer of 64, all of which it calls written.
 */
#include "bare.h"

#define DEVICE_CONFIG 0x80002800u /* 00:05.0 */
#define BUFFER_BYTES 64
#define FILL 0x55
/* Registers of a legacy virtio device. */
#define QUEUE_PFN 8
#define QUEUE_SIZE 12
#define QUEUE_SELECT 14
#define QUEUE_NOTIFY 16
#define STATUS 18
#define STATUS_DRIVER_OK 7
#define GET_ID 8
#define DESC_NEXT 1
#define DESC_WRITE 2

struct descriptor {
	uint64_t at;
	uint32_t bytes;
	uint16_t flags, next;
};

static uint8_t queue[4 * 4096] __attribute__((aligned(4096)));
static uint8_t buffer[BUFFER_BYTES];
static struct {
	uint32_t type, priority;
	uint64_t sector;
} request = { .type = GET_ID };
static volatile uint8_t result = 0xff;

static uint32_t config_read(uint8_t reg)
{
	outl(0xcf8, DEVICE_CONFIG | reg);
	return inl(0xcfc);
}

static void put(uint16_t i, const volatile void *at, uint32_t bytes,
		uint16_t flags)
{
	((struct descriptor *)queue)[i] =
		(struct descriptor){ (uint32_t)at, bytes, flags,
				     (uint16_t)(i + 1) };
}

/* Into queue 0 of the device at @port, whose memory begins with the descriptors. */
static void send(uint16_t port)
{
	uint16_t size;

	outb(port + STATUS, 0);
	outb(port + STATUS, 3); /* ACKNOWLEDGE, DRIVER */
	outl(port + 4, 0); /* no features */
	outw(port + QUEUE_SELECT, 0);
	size = inw(port + QUEUE_SIZE);
	outl(port + QUEUE_PFN, (uint32_t)queue / 4096);
	put(0, &request, sizeof(request), DESC_NEXT);
	put(1, buffer, sizeof(buffer), DESC_NEXT | DESC_WRITE);
	put(2, &result, 1, DESC_WRITE);
	/* The ring: flags, index, and entry 0, which is descriptor 0. */
	((volatile uint16_t *)(queue + size * sizeof(struct descriptor)))[1] =
		1;
	outb(port + STATUS, STATUS_DRIVER_OK);
	outw(port + QUEUE_NOTIFY, 0);
}

static void scenario(void)
{
	uint16_t port = config_read(0x10) & 0xfffc;
	uint32_t left = 0, i;

	outl(0xcf8, DEVICE_CONFIG | 4);
	outl(0xcfc, 5); /* I/O ports, bus master */
	for (i = 0; i < BUFFER_BYTES; i++)
		buffer[i] = FILL;
	send(port);
	while (result == 0xff)
		__asm__ volatile("pause");
	for (i = 0; i < BUFFER_BYTES; i++)
		left += buffer[i] == FILL;
	print_value("partial: result", result);
	print_value("partial: bytes left alone", left);
}
