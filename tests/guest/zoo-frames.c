/*
 * Sound whose frames are numbered: played, and recorded and compared.  Stereo, 16 bits,
 * 48000 Hz, by OSS, which the kernel has for each of its cards.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "zoo.h"

#include <fcntl.h>
#include <linux/soundcard.h>
#include <sound/asound.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAMES 12000
#define SILENT_FRAMES 48000
#define RATE_HZ 48000
#define FRAGMENT ((16 << 16) | 12) /* sixteen of 4 KiB */

struct frame {
	int16_t left, right;
};

/* tests/lib/inputs.py has the same.  No two neighbours are alike, none is silent. */
static struct frame frame_of(unsigned int number)
{
	return (struct frame){ (int16_t)(number + 1),
			       (int16_t)((number + 1) * 40503u) };
}

/*
 * OSS knows a control by its name, and that of usb-audio has one of its own.  Where its
 * driver leaves it, QEMU plays 240/255 of what it gets (hw/usb/dev-audio.c, "0 dB").
 */
static void open_controls(void)
{
	struct snd_ctl_elem_id ids[16];
	struct snd_ctl_elem_list list = { .space = 16, .pids = ids };
	int fd = open("/dev/snd/controlC0", O_RDWR);

	if (fd < 0)
		return;
	ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list);
	for (unsigned int i = 0; i < list.used; i++) {
		struct snd_ctl_elem_info info = { .id = ids[i] };
		struct snd_ctl_elem_value value = { .id = ids[i] };

		if (!strstr((char *)ids[i].name, "Playback Volume") ||
		    ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info))
			continue;
		for (unsigned int n = 0; n < info.count; n++)
			value.value.integer.value[n] = info.value.integer.max;
		ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value);
	}
	close(fd);
}

/* A card may have a mixer that is not open; the highest level changes nothing. */
static void open_mixer(const char *dsp)
{
	static const int inputs[] = { SOUND_MIXER_VOLUME, SOUND_MIXER_PCM,
				      SOUND_MIXER_RECLEV, SOUND_MIXER_IGAIN,
				      SOUND_MIXER_MIC,	  SOUND_MIXER_LINE };
	char path[32];
	int fd, level = 100 | 100 << 8, source = SOUND_MASK_LINE, known = 0;
	size_t i;

	snprintf(path, sizeof(path), "/dev/mixer%s", dsp + strlen("/dev/dsp"));
	fd = open(path, O_RDWR);
	if (fd < 0)
		return;
	ioctl(fd, SOUND_MIXER_WRITE_RECSRC, &source);
	for (i = 0; i < sizeof(inputs) / sizeof(*inputs); i++)
		ioctl(fd, MIXER_WRITE(inputs[i]), &level);
	ioctl(fd, SOUND_MIXER_READ_DEVMASK, &known);
	if (!(known & SOUND_MASK_PCM))
		open_controls();
	close(fd);
}

static int open_dsp(const char *path, int how)
{
	int fd, format = AFMT_S16_LE, channels = 2, rate = RATE_HZ,
		fragment = FRAGMENT;

	open_mixer(path);
	fd = open(path, how);
	if (fd < 0) {
		perror(path);
		return -1;
	}
	ioctl(fd, SNDCTL_DSP_SETFRAGMENT, &fragment);
	if (ioctl(fd, SNDCTL_DSP_SETFMT, &format) ||
	    ioctl(fd, SNDCTL_DSP_CHANNELS, &channels) ||
	    ioctl(fd, SNDCTL_DSP_SPEED, &rate) || format != AFMT_S16_LE ||
	    channels != 2 || rate != RATE_HZ) {
		printf("%s takes no such frames\n", path);
		close(fd);
		return -1;
	}
	return fd;
}

int use_play(const char *path)
{
	static struct frame frames[FRAMES + SILENT_FRAMES];
	int fd = open_dsp(path, O_WRONLY);
	ssize_t written;
	unsigned int i;

	if (fd < 0)
		return 1;
	for (i = 0; i < FRAMES; i++)
		frames[i] = frame_of(i);
	/* Silence after them: a card may be stopped before its last period is heard. */
	written = write(fd, frames, sizeof(frames));
	ioctl(fd, SNDCTL_DSP_SYNC, 0);
	close(fd);
	printf("played %d frames\n", FRAMES);
	return written != sizeof(frames);
}

static int is_frame(const struct frame *got, unsigned int number)
{
	struct frame want = frame_of(number);

	return got->left == want.left && got->right == want.right;
}

int use_hear(const char *path)
{
	static struct frame frames[10 * RATE_HZ + FRAMES];
	size_t bytes = 0, count = 0, first = 0, right = 0;
	int fd = open_dsp(path, O_RDONLY);

	if (fd < 0)
		return 1;
	/* Silence before the first frame: the card starts, or nobody speaks yet. */
	do {
		ssize_t got = read(fd, (char *)frames + bytes,
				   sizeof(frames) - bytes);

		if (got <= 0)
			break;
		bytes += (size_t)got;
		count = bytes / sizeof(*frames);
		while (first < count && !frames[first].left &&
		       !frames[first].right)
			first++;
	} while (count - first < FRAMES && bytes < sizeof(frames));
	close(fd);
	while (first + right < count && right < FRAMES &&
	       is_frame(&frames[first + right], right))
		right++;
	printf("heard %zu of %d frames\n", right, FRAMES);
	if (right < FRAMES && first + right < count)
		printf("then %d %d, of %zu after %zu\n",
		       frames[first + right].left, frames[first + right].right,
		       count, first);
	return right != FRAMES;
}
