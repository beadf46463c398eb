/*
 * A cipher of the kernel's in the zoo's guest, by AF_ALG.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "zoo.h"

#include <linux/if_alg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES 16384
#define PIECES 64
#define IV_BYTES 16

static int open_cipher(const char *driver)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG,
					.salg_type = "skcipher" };
	static const uint8_t key[16] = "sixteen bytes..";
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
	int working;

	snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s",
		 driver);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, sizeof(key))) {
		perror(driver);
		return -1;
	}
	working = accept(fd, NULL, 0);
	close(fd);
	return working;
}

/* @operation: ALG_OP_ENCRYPT or ALG_OP_DECRYPT, of PIECE_BYTES. */
static int run(int fd, uint32_t operation, uint8_t *in, uint8_t *out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(operation)) +
					      CMSG_SPACE(4 + IV_BYTES)] = { 0 };
	struct iovec data = { in, PIECE_BYTES };
	struct msghdr message = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
		.msg_iov = &data,
		.msg_iovlen = 1,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	uint32_t iv_bytes = IV_BYTES;

	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(sizeof(operation));
	memcpy(CMSG_DATA(c), &operation, sizeof(operation));
	c = CMSG_NXTHDR(&message, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(4 + IV_BYTES);
	memcpy(CMSG_DATA(c), &iv_bytes, sizeof(iv_bytes));
	return sendmsg(fd, &message, 0) != PIECE_BYTES ||
	       read(fd, out, PIECE_BYTES) != PIECE_BYTES;
}

int use_cipher(const char *driver)
{
	static uint8_t plain[PIECE_BYTES], coded[PIECE_BYTES],
		back[PIECE_BYTES];
	int fd = open_cipher(driver);
	size_t i, n;

	if (fd < 0)
		return 1;
	for (n = 0; n < PIECES; n++) {
		for (i = 0; i < sizeof(plain); i++)
			plain[i] = (uint8_t)rand();
		if (run(fd, ALG_OP_ENCRYPT, plain, coded) ||
		    run(fd, ALG_OP_DECRYPT, coded, back) ||
		    !memcmp(plain, coded, sizeof(plain)) ||
		    memcmp(plain, back, sizeof(plain))) {
			perror("cipher");
			return 1;
		}
	}
	return 0;
}
