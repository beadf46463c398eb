// SPDX-License-Identifier: GPL-2.0
/*
 * A person types: what comes from the PC's keyboard stands on the text screen and on
 * COM1.  Enter ends it.  With "button" as its command line it goes on until somebody
 * presses the power button.
 */
#include "bare.h"

#define STATUS 0x64
#define DATA 0x60
#define HAS_DATA 1
#define ENTER 0x1c
#define RELEASED 0x80

/* ACPI's PM1a_STS and PM1a_EN, where SeaBIOS puts them on the machine pc. */
#define PM1_STATUS 0x600
#define PM1_ENABLE 0x602
#define POWER_BUTTON 0x100

/* Scan code set 1. */
static const char keys[] =
	"\0\0331234567890-=\0\0qwertyuiop[]\0\0asdfghjkl;'`\0"
	"\\zxcvbnm,./\0*\0 ";

static uint8_t read_key(void)
{
	while (!(inb(STATUS) & HAS_DATA))
		__asm__ volatile("pause");
	return inb(DATA);
}

static int ends_with(const char *line, const char *word)
{
	const char *a = line, *b = word;

	while (*a)
		a++;
	while (*b)
		b++;
	while (a > line && b > word && a[-1] == b[-1])
		a--, b--;
	return b == word;
}

static void wait_for_button(void)
{
	outw(PM1_ENABLE, POWER_BUTTON);
	print("keyboard: press the button\n");
	while (!(inw(PM1_STATUS) & POWER_BUTTON))
		__asm__ volatile("pause");
	print("keyboard: pressed\n");
}

static void scenario(void)
{
	volatile uint16_t *at = (volatile uint16_t *)0xb8000 + 80 * 22;
	char text[2] = "";
	uint8_t key;

	outw(0x3d4, 0x200a); /* no cursor, so that a picture does not blink */
	print("keyboard: type\n");
	while ((key = read_key()) != ENTER) {
		if (key & RELEASED || key >= sizeof(keys) || !keys[key])
			continue;
		text[0] = keys[key];
		*at++ = (uint16_t)(0x0f00 | (uint8_t)text[0]);
		print(text);
	}
	print("\n");
	if (ends_with((const char *)multiboot->command_line, "button"))
		wait_for_button();
}
