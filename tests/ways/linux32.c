// SPDX-License-Identifier: GPL-2.0
/*
 * The only program of a 32-bit Linux: it forks, writes memory that both processes have,
 * sleeps, reads clocks, computes with x87, and switches the machine off.
 */
#include <stddef.h>
#include <stdint.h>

/* Of i386, arch/x86/entry/syscalls/syscall_32.tbl; the headers may not be installed. */
enum {
	NR_EXIT = 1,
	NR_FORK = 2,
	NR_WRITE = 4,
	NR_WAITPID = 7,
	NR_REBOOT = 88,
	NR_MMAP = 90,
	NR_NANOSLEEP = 162,
	NR_CLOCK_GETTIME = 265,
};

#define MAP_PRIVATE_ANONYMOUS 0x22
#define PROT_READ_WRITE 3
#define REBOOT_MAGIC1 0xfee1dead
#define REBOOT_MAGIC2 672274793
#define REBOOT_POWER_OFF 0x4321fedc
#define PAGES 256
#define PAGE_BYTES 4096

static long call(long number, long a, long b, long c, long d, long e)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return ret;
}

static void print(const char *text)
{
	size_t bytes = 0;

	while (text[bytes])
		bytes++;
	call(NR_WRITE, 1, (long)text, bytes, 0, 0);
}

static void print_number(const char *what, uint32_t number)
{
	char digits[12], *at = digits + sizeof(digits) - 1;

	*at = 0;
	do {
		*--at = '0' + number % 10;
		number /= 10;
	} while (number);
	print("linux32: ");
	print(what);
	print(" ");
	print(at);
	print("\n");
}

static uint32_t sum_of(const uint8_t *memory)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < PAGES * PAGE_BYTES; at++)
		sum = sum * 69069 + memory[at];
	return sum;
}

/* The old call takes the address of its six arguments. */
static uint8_t *map_pages(void)
{
	long args[6] = { 0,
			 PAGES * PAGE_BYTES,
			 PROT_READ_WRITE,
			 MAP_PRIVATE_ANONYMOUS,
			 -1,
			 0 };

	return (uint8_t *)call(NR_MMAP, (long)args, 0, 0, 0, 0);
}

static void fork_and_write(uint8_t *memory)
{
	long child = call(NR_FORK, 0, 0, 0, 0, 0);

	for (size_t at = 0; at < PAGES * PAGE_BYTES; at += 64)
		memory[at] += (uint8_t)(child ? 1 : 2);
	if (!child) {
		print_number("the child's memory has", sum_of(memory));
		call(NR_EXIT, 0, 0, 0, 0, 0);
	}
	call(NR_WAITPID, child, 0, 0, 0, 0);
	print_number("the parent's memory has", sum_of(memory));
}

static uint32_t series(void)
{
	volatile long double sum = 0;

	for (int n = 1; n <= 2000; n++)
		sum += 1.0L / n / n;
	return (uint32_t)(sum * 1000000000.0L);
}

void start(void) __attribute__((naked));
void start(void)
{
	__asm__ volatile("and $-16, %esp\n call run\n");
}

__attribute__((used)) void run(void)
{
	uint8_t *memory = map_pages();
	long tenth[2] = { 0, 100000000 }, now[2];

	print("linux32: up\n");
	for (size_t at = 0; at < PAGES * PAGE_BYTES; at++)
		memory[at] = (uint8_t)(at * at >> 3);
	for (int round = 0; round < 4; round++)
		fork_and_write(memory);
	for (int round = 0; round < 3; round++)
		call(NR_NANOSLEEP, (long)tenth, 0, 0, 0, 0);
	for (int round = 0; round < 200; round++)
		call(NR_CLOCK_GETTIME, 0, (long)now, 0, 0, 0);
	print_number("the time is", (uint32_t)now[0]);
	print_number("x87 has", series());
	print("linux32: done\n");
	call(NR_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF, 0, 0);
	for (;;)
		;
}
