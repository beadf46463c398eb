/*
 * What a shell cannot do in the zoo's guest.
 *
 *   zoo fb DEVICE      draw into a frame buffer and read it back
 *   zoo sound DEVICE   play noise, record some
 *   zoo play|hear DEVICE     numbered frames of sound, see zoo.h
 *   zoo events NAME    what comes from a keyboard or a pointer, see zoo.h
 *   zoo cipher DRIVER  encrypt and decrypt with AES-CBC, see zoo.h
 *   zoo vram|svga|ati SLOT   display memory, see zoo.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "zoo.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <linux/soundcard.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int use_fb(const char *path)
{
	struct fb_fix_screeninfo fix;
	struct fb_var_screeninfo var;
	int fd = open(path, O_RDWR);
	size_t bytes, i;
	uint32_t *at, x = 1;

	if (fd < 0 || ioctl(fd, FBIOGET_FSCREENINFO, &fix) ||
	    ioctl(fd, FBIOGET_VSCREENINFO, &var)) {
		perror(path);
		return 1;
	}
	bytes = (size_t)fix.line_length * var.yres;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	printf("%s: %s, %u by %u\n", path, fix.id, var.xres, var.yres);
	for (i = 0; i < bytes / 4; i++)
		at[i] = x = x * 69069 + 1;
	usleep(300000); /* the display is refreshed */
	for (i = 0, x = 1; i < bytes / 4; i++) {
		x = x * 69069 + 1;
		if (at[i] != x) {
			printf("pixel %zu differs\n", i);
			return 1;
		}
	}
	return 0;
}

static int use_sound(const char *path)
{
	static char noise[65536];
	int fd = open(path, O_WRONLY), rate = 22050;
	unsigned int i;

	if (fd < 0) {
		perror(path);
		return 1;
	}
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (char)rand();
	ioctl(fd, SNDCTL_DSP_SPEED, &rate);
	if (write(fd, noise, sizeof(noise)) != sizeof(noise)) {
		perror("play");
		return 1;
	}
	close(fd);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		printf("recorded %zd bytes\n", read(fd, noise, 16384));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "fb"))
		return use_fb(argv[2]);
	if (!strcmp(argv[1], "sound"))
		return use_sound(argv[2]);
	if (!strcmp(argv[1], "vram"))
		return use_vram(argv[2]);
	if (!strcmp(argv[1], "svga"))
		return use_svga(argv[2]);
	if (!strcmp(argv[1], "ati"))
		return use_ati(argv[2]);
	if (!strcmp(argv[1], "cipher"))
		return use_cipher(argv[2]);
	if (!strcmp(argv[1], "events"))
		return use_events(argv[2]);
	if (!strcmp(argv[1], "play"))
		return use_play(argv[2]);
	if (!strcmp(argv[1], "hear"))
		return use_hear(argv[2]);
	return 2;
}
