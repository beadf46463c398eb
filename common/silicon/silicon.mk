# SPDX-License-Identifier: GPL-2.0-or-later
#
# The families of processors, for rr-kvm; QEMU compiles them again (meson.build).

$(eval $(call archive,silicon,$(wildcard common/silicon/*.c)))

unit_links_silicon := silicon
