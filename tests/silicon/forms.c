/*
 * The encodings of the instructions, opcode by opcode (SDM vol. 2, AVX and AVX2
 * with the SSE instruction of the same opcode).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/silicon/forms.h"

const struct form forms[] = {
#include "tests/silicon/forms-integer.c.inc"
#include "tests/silicon/forms-sse.c.inc"
#include "tests/silicon/forms-avx.c.inc"
#include "tests/silicon/forms-x87.c.inc"
};

const unsigned int form_count = sizeof(forms) / sizeof(forms[0]);
