/*
 * Names of functions, from the symbol table of the program's file: most are
 * static, which dladdr() does not know.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm-record/qemu/symbols.h"
#include <dlfcn.h>
#include <elf.h>

static const Elf64_Shdr *find_symbols(const char *file, gsize bytes)
{
    const Elf64_Ehdr *header = (const void *)file;
    const Elf64_Shdr *section = (const void *)(file + header->e_shoff);

    if (header->e_shoff > bytes ||
        header->e_shnum > (bytes - header->e_shoff) / sizeof(*section)) {
        return NULL;
    }
    for (int i = 0; i < header->e_shnum; i++) {
        if (section[i].sh_type == SHT_SYMTAB) {
            return &section[i];
        }
    }
    return NULL;
}

/* The name of the function at @address of the file, which is our own. */
static const char *find_name(const char *file, gsize bytes, uint64_t address)
{
    const Elf64_Ehdr *header = (const void *)file;
    const Elf64_Shdr *table = find_symbols(file, bytes);
    const Elf64_Shdr *strings;
    const Elf64_Sym *symbol;

    if (!table) {
        return NULL;
    }
    strings = (const Elf64_Shdr *)(file + header->e_shoff) + table->sh_link;
    symbol = (const void *)(file + table->sh_offset);
    for (size_t i = 0; i < table->sh_size / sizeof(*symbol); i++) {
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC &&
            address - symbol[i].st_value < symbol[i].st_size) {
            return file + strings->sh_offset + symbol[i].st_name;
        }
    }
    return NULL;
}

/* Where the program is in memory. */
static uintptr_t program_base(void)
{
    Dl_info info;

    return dladdr(program_base, &info) ? (uintptr_t)info.dli_fbase : 0;
}

char *rr_symbol_name(uintptr_t address)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new("/proc/self/exe", false,
                                                    NULL);

    return file ? g_strdup(find_name(g_mapped_file_get_contents(file),
                                     g_mapped_file_get_length(file),
                                     address - program_base()))
                : NULL;
}

/* SDM volume 2, CALL: E8 with a displacement of 32 bits, or FF with a ModRM. */
static bool follows_call(const uint8_t *code)
{
    if (code[-5] == 0xe8) {
        return true;
    }
    for (int length = 2; length <= 7; length++) {
        if (code[-length] == 0xff && ((code[1 - length] >> 3) & 7) == 2) {
            return true;
        }
    }
    return false;
}

char *rr_symbol_caller(uintptr_t address)
{
    g_autofree char *name = rr_symbol_name(address);

    /* Only what is in a function is sure to be code that can be read. */
    return name && follows_call((const uint8_t *)address)
           ? g_steal_pointer(&name) : NULL;
}
