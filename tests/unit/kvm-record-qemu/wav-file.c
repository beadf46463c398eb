/*
 * Headers of WAV files: right ones of each kind, and wrong ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: kvm-record/qemu/wav-file.c */
#include <string.h>

#include "kvm-record/qemu/wav-file.h"

#include "tests/tap.h"

#define RIFF "RIFF\0\0\0\0WAVE"
/* A chunk of a size below 256. */
#define CHUNK(name, size) name size "\0\0\0"
/* tag, channels; then 48000 Hz, a rate in bytes that nobody reads, frame, bits */
#define FORMAT(tag, channels, frame, bits) \
	CHUNK("fmt ", "\20")               \
	tag channels "\0\x80\xbb\0\0xxxx" frame "\0" bits "\0"
#define PCM "\1\0"

struct example {
	const char *name, *bytes;
	size_t count;
	const char *wrong; /* a part of the message, or NULL */
	unsigned int channels, bits;
	uint64_t first_byte, frames;
};
#define BYTES(text) text, sizeof(text) - 1

static const struct example examples[] = {
	{ "16 bits, stereo",
	  BYTES(RIFF FORMAT(PCM, "\2", "\4", "\20")
			CHUNK("data", "\10") "12345678"),
	  NULL, 2, 16, 44, 2 },
	{ "8 bits, mono",
	  BYTES(RIFF FORMAT(PCM, "\1", "\1", "\10") CHUNK("data", "\3") "123"),
	  NULL, 1, 8, 44, 3 },
	{ "32 bits, and half a frame at the end",
	  BYTES(RIFF FORMAT(PCM, "\1", "\4", "\40")
			CHUNK("data", "\6") "123456"),
	  NULL, 1, 32, 44, 1 },
	{ "other chunks, one of an odd size",
	  BYTES(RIFF CHUNK("LIST", "\3") "abc\0" FORMAT(PCM, "\1", "\1", "\10")
			CHUNK("fact", "\4") "abcd" CHUNK("data", "\1") "1"),
	  NULL, 1, 8, 68, 1 },
	{ "a long format",
	  BYTES(RIFF CHUNK("fmt ", "\22") PCM "\1\0\x80\xbb\0\0xxxx\1\0\10\0"
					      "\0\0" CHUNK("data", "\1") "1"),
	  NULL, 1, 8, 46, 1 },
	{ "an extensible format",
	  BYTES(RIFF CHUNK(
		  "fmt ",
		  "\50") "\xfe\xff\2\0\x80\xbb\0\0xxxx\4\0\20\0\26\0\20\0\3\0\0\0" PCM
			 "0123456789abcd" CHUNK("data", "\4") "1234"),
	  NULL, 2, 16, 68, 1 },
	{ "data that end with the file",
	  BYTES(RIFF FORMAT(PCM, "\1", "\1", "\10") "data\xff\xff\xff\xff"
						    "12345"),
	  NULL, 1, 8, 44, 5 },
	{ "no data at all",
	  BYTES(RIFF FORMAT(PCM, "\1", "\1", "\10") CHUNK("data", "\0")), NULL,
	  1, 8, 44, 0 },
	{ "an empty file", BYTES(""), "not a WAV file", 0, 0, 0, 0 },
	{ "another kind of RIFF", BYTES("RIFF\0\0\0\0AVI "), "not a WAV file",
	  0, 0, 0, 0 },
	{ "no chunk", BYTES(RIFF), "no samples", 0, 0, 0, 0 },
	{ "no data chunk", BYTES(RIFF FORMAT(PCM, "\1", "\1", "\10")),
	  "no samples", 0, 0, 0, 0 },
	{ "data first", BYTES(RIFF CHUNK("data", "\1") "1"),
	  "before their format", 0, 0, 0, 0 },
	{ "a short format", BYTES(RIFF CHUNK("fmt ", "\10") "12345678"),
	  "cut off", 0, 0, 0, 0 },
	{ "half a format", BYTES(RIFF CHUNK("fmt ", "\20") "1234"), "cut off",
	  0, 0, 0, 0 },
	{ "floating point", BYTES(RIFF FORMAT("\3\0", "\1", "\4", "\40")),
	  "PCM", 0, 0, 0, 0 },
	{ "an extensible format that is short",
	  BYTES(RIFF FORMAT("\xfe\xff", "\1", "\1", "\10")), "PCM", 0, 0, 0,
	  0 },
	{ "no channel", BYTES(RIFF FORMAT(PCM, "\0", "\0", "\10")), "channel",
	  0, 0, 0, 0 },
	{ "six channels", BYTES(RIFF FORMAT(PCM, "\6", "\14", "\20")),
	  "channel", 0, 0, 0, 0 },
	{ "24 bits", BYTES(RIFF FORMAT(PCM, "\1", "\3", "\30")), "bits", 0, 0,
	  0, 0 },
	{ "frames of another size", BYTES(RIFF FORMAT(PCM, "\2", "\2", "\20")),
	  "frames", 0, 0, 0, 0 },
	{ "a rate of zero",
	  BYTES(RIFF CHUNK("fmt ", "\20") PCM "\1\0\0\0\0\0xxxx\1\0\10\0"),
	  "rate", 0, 0, 0, 0 },
};

static void test_example(const struct example *e)
{
	FILE *file = tmpfile();
	struct rr_wav wav;
	const char *wrong;

	if (!file || fwrite(e->bytes, 1, e->count, file) != e->count)
		ksft_bail_out("no temporary file");
	rewind(file);
	wrong = rr_wav_read_header(&wav, file);
	if (e->wrong)
		ksft_ok(wrong && strstr(wrong, e->wrong), "%s: %s", e->name,
			wrong ? wrong : "nothing is wrong");
	else
		ksft_ok(!wrong && wav.channels == e->channels &&
				wav.bits == e->bits && wav.rate_hz == 48000 &&
				wav.frames == e->frames &&
				wav.first_byte == e->first_byte &&
				(uint64_t)ftello(file) == e->first_byte,
			"%s: %s", e->name, wrong ? wrong : "as it is");
	fclose(file);
}

int main(void)
{
	size_t i;

	ksft_plan(sizeof(examples) / sizeof(*examples));
	for (i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		test_example(&examples[i]);
	return ksft_end();
}
