/*
 * The guest's screen at the end of a replay, as a PNG file: of a VGA adapter,
 * or of a bochs-display, which has some of its registers.
 *
 * Video memory is in the trace, like all memory.  What the guest writes to the
 * registers of a VGA adapter also goes to a model of one (QEMU's own), which
 * reads the memory only to draw it.  The guest never sees that model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/pci-config.h"
#include "hw/display/bochs-vbe.h"
#include "hw/display/vga_int.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "ui/console.h"

#include <png.h>

/* PC's ports of VGA and of the Bochs VBE interface (vga_init()). */
#define VGA_FIRST 0x3b0
#define VGA_LAST 0x3df
#define VBE_INDEX 0x1ce
#define VBE_DATA 0x1cf /* and the next, for processors that want it aligned */

/* Registers of a PCI adapter, from BAR 2 on: docs/specs/standard-vga.rst. */
#define REGISTERS_BYTES 0x1000
#define VGA_PORTS_AT 0x400 /* as ports from 0x3c0 on */
#define VGA_PORTS_BYTES 0x20
#define VBE_AT 0x500
#define VBE_BYTES (2 * VBE_DISPI_INDEX_NB)

struct rr_screen {
    FILE *file;
    char *path;
    VGACommonState vga;
    MemoryRegion *memory; /* the trace's video memory */
    bool has_vga; /* else a bochs-display, which has VBE registers only: */
    uint16_t vbe[VBE_DISPI_INDEX_NB];
    bool is_seen; /* the guest has written to a register */
    struct rr_pci_config pci;
};

static MemoryRegion *find_block(struct rr_replay *r, const char *name)
{
    for (uint32_t i = 0; i < r->host.block_count; i++) {
        if (g_str_has_suffix(rrlog_reader_block(r->host.reader, i)->name,
                             name)) {
            return &r->host.blocks[i];
        }
    }
    return NULL;
}

static void find_memory(struct rr_screen *s, struct rr_replay *r)
{
    s->memory = find_block(r, "vga.vram");
    s->has_vga = s->memory;
    if (!s->memory) {
        s->memory = find_block(r, "bochs-display-vram");
    }
}

static void reset(struct rr_screen *s)
{
    vga_common_reset(&s->vga);
    memset(s->vbe, 0, sizeof(s->vbe));
}

static bool make_vga(struct rr_screen *s, Object *owner, Error **errp)
{
    uint64_t bytes = memory_region_size(s->memory);

    if (bytes < MiB || bytes > 512 * MiB || !is_power_of_2(bytes)) {
        error_setg(errp, "rr-replay: video memory of %" PRIu64 " bytes", bytes);
        return false;
    }
    s->vga.vram_size_mb = bytes / MiB;
    s->vga.global_vmstate = true;
    if (!vga_common_init(&s->vga, owner, errp)) {
        return false;
    }
    s->vga.con = graphic_console_init(NULL, 0, s->vga.hw_ops, &s->vga);
    return true;
}

bool rr_replay_screen_init(struct rr_replay *r, const char *path,
                           Object *owner, Error **errp)
{
    struct rr_screen *s = g_new0(struct rr_screen, 1);

    find_memory(s, r);
    if (!s->memory) {
        error_setg(errp, "rr-replay: the machine of this trace has no VGA "
                   "adapter and no bochs-display, so it has no screen that "
                   "can be saved (of others, rr-tcg(1) says why)");
        goto fail;
    }
    if (!make_vga(s, owner, errp)) {
        goto fail;
    }
    reset(s);
    s->file = fopen(path, "wb"); /* now: the sandbox forbids it later */
    if (!s->file) {
        error_setg_errno(errp, errno, "rr-replay: cannot write %s", path);
        goto fail;
    }
    s->path = g_strdup(path);
    r->host.screen = s;
    return true;

fail:
    g_free(s);
    return false;
}

static void access_vga(VGACommonState *vga, uint32_t port, uint64_t value,
                       unsigned int size, bool is_write)
{
    for (unsigned int i = 0; i < size; i++, value >>= 8) {
        if (is_write) {
            vga_ioport_write(vga, port + i, value & 0xff);
        } else {
            vga_ioport_read(vga, port + i); /* it may select what is next */
        }
    }
}

static void set_vbe(struct rr_screen *s, unsigned int index, uint16_t value)
{
    vbe_ioport_write_index(&s->vga, 0, index);
    vbe_ioport_write_data(&s->vga, 0, value);
}

/* A bochs-display looks at its registers when it draws, a VGA at once. */
static void set_mode(struct rr_screen *s)
{
    static const uint8_t before[] = {
        VBE_DISPI_INDEX_XRES, VBE_DISPI_INDEX_YRES, VBE_DISPI_INDEX_BPP,
    }, after[] = {
        VBE_DISPI_INDEX_VIRT_WIDTH, VBE_DISPI_INDEX_X_OFFSET,
        VBE_DISPI_INDEX_Y_OFFSET,
    };

    if (!(s->vbe[VBE_DISPI_INDEX_ENABLE] & VBE_DISPI_ENABLED)) {
        return;
    }
    /* Nothing can blank it: the VGA's Palette Address Source is on. */
    s->vga.ar_index = 0x20;
    for (int i = 0; i < ARRAY_SIZE(before); i++) {
        set_vbe(s, before[i], s->vbe[before[i]]);
    }
    set_vbe(s, VBE_DISPI_INDEX_ENABLE, VBE_DISPI_ENABLED |
            VBE_DISPI_LFB_ENABLED | VBE_DISPI_NOCLEARMEM);
    for (int i = 0; i < ARRAY_SIZE(after); i++) {
        set_vbe(s, after[i], s->vbe[after[i]]);
    }
}

static void write_port(struct rr_screen *s, uint32_t port, uint64_t value)
{
    if (port == VBE_INDEX) {
        vbe_ioport_write_index(&s->vga, 0, value);
    } else if (port == VBE_DATA || port == VBE_DATA + 1) {
        vbe_ioport_write_data(&s->vga, 0, value);
    }
}

static void access_registers(struct rr_screen *s, uint64_t offset,
                             uint64_t value, unsigned int size, bool is_write)
{
    if (s->has_vga && offset >= VGA_PORTS_AT &&
        offset < VGA_PORTS_AT + VGA_PORTS_BYTES) {
        access_vga(&s->vga, 0x3c0 + offset - VGA_PORTS_AT, value,
                   MIN(size, 4), is_write);
    } else if (is_write && offset >= VBE_AT && offset < VBE_AT + VBE_BYTES) {
        unsigned int index = (offset - VBE_AT) / 2;

        if (s->has_vga) {
            set_vbe(s, index, value);
        } else {
            s->vbe[index] = value;
        }
        s->is_seen = true;
    }
}

void rr_replay_screen_access(struct rr_replay *r, uint64_t addr, uint64_t value,
                             unsigned int size, bool is_port, bool is_write)
{
    struct rr_screen *s = r->host.screen;
    uint64_t registers;

    if (!s) {
        return;
    }
    rr_pci_config_access(&s->pci, addr, value, size, is_port, is_write);
    if (is_port && !s->has_vga) {
        return;
    }
    if (is_port && addr >= VGA_FIRST && addr <= VGA_LAST) {
        access_vga(&s->vga, addr, value, size, is_write);
        s->is_seen |= is_write;
    } else if (is_port && is_write && size == 2) {
        write_port(s, addr, value);
    } else if (!is_port) {
        registers = rr_pci_config_registers(&s->pci);
        if (registers && addr >= registers &&
            addr - registers < REGISTERS_BYTES) {
            access_registers(s, addr - registers, value, size, is_write);
        }
    }
}

void rr_replay_screen_reset(struct rr_replay *r)
{
    if (r->host.screen) {
        reset(r->host.screen);
    }
}

/* The surface's pixels, 3 bytes each: red, green, blue. */
static uint8_t *get_pixels(DisplaySurface *surface)
{
    size_t width = surface_width(surface), height = surface_height(surface);
    g_autoptr(pixman_image_t) line =
        qemu_pixman_linebuf_create(PIXMAN_BE_r8g8b8, width);
    uint8_t *pixels = g_malloc(width * height * 3);

    for (size_t y = 0; y < height; y++) {
        qemu_pixman_linebuf_fill(line, surface->image, width, 0, y);
        memcpy(pixels + y * width * 3, pixman_image_get_data(line), width * 3);
    }
    return pixels;
}

/* Returns NULL, or what went wrong. */
static const char *write_png(FILE *file, DisplaySurface *surface)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = surface_width(surface),
        .height = surface_height(surface),
        .format = PNG_FORMAT_RGB,
    };
    g_autofree uint8_t *pixels = get_pixels(surface);

    errno = EIO; /* libpng does not say what a file would not take */
    if (!png_image_write_to_stdio(&image, file, 0, pixels, 0, NULL)) {
        return strerror(errno);
    }
    return fflush(file) ? strerror(errno) : NULL;
}

static void draw(struct rr_screen *s)
{
    s->vga.vram_ptr = memory_region_get_ram_ptr(s->memory);
    if (!s->has_vga) {
        set_mode(s);
    }
    graphic_hw_invalidate(s->vga.con);
    graphic_hw_update(s->vga.con);
}

static void tell_what_it_shows(const struct rr_screen *s)
{
    const char *other = rr_pci_config_other_adapter(&s->pci);

    if (other) {
        warn_report("rr-replay: %s: the guest has a %s, of which only what "
                    "it does as a VGA is shown", s->path, other);
    } else if (!s->is_seen) {
        warn_report("rr-replay: %s: the guest has not used its display so far",
                    s->path);
    }
}

bool rr_replay_screen_save(struct rr_replay *r)
{
    struct rr_screen *s = r->host.screen;
    const char *why;

    if (!s || !s->file) {
        return true;
    }
    draw(s);
    why = write_png(s->file, qemu_console_surface(s->vga.con));
    if (fclose(s->file) && !why) {
        why = strerror(errno);
    }
    s->file = NULL;
    if (why) {
        error_report("rr-replay: cannot write %s: %s", s->path, why);
        return false;
    }
    tell_what_it_shows(s);
    return true;
}
