/*
 * Names of functions, from the symbol table of the program's file: most are
 * static, which dladdr() does not know.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "kvm-record/qemu/symbols.h"
#include <dlfcn.h>
#include <gelf.h>

static Elf_Scn *find_section(Elf *elf, GElf_Word type, GElf_Shdr *header)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section))) {
        if (gelf_getshdr(section, header) && header->sh_type == type) {
            return section;
        }
    }
    return NULL;
}

/* The name of the function at @address of the file; @elf owns it. */
static const char *find_name(Elf *elf, uint64_t address)
{
    GElf_Shdr header;
    Elf_Scn *section = find_section(elf, SHT_SYMTAB, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    GElf_Sym symbol;

    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
            address - symbol.st_value < symbol.st_size) {
            return elf_strptr(elf, header.sh_link, symbol.st_name);
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
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    char *name = NULL;
    Elf *elf;

    if (fd < 0) {
        return NULL;
    }
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf) {
        name = g_strdup(find_name(elf, address - program_base()));
    }
    elf_end(elf);
    close(fd);
    return name;
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
