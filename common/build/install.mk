# SPDX-License-Identifier: GPL-2.0-or-later

data := $(DESTDIR)$(LIBEXEC)

.PHONY: install
install: all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' \
		'$(data)/bin' '$(data)/libexec' '$(data)/share/qemu' '$(data)/lib/plugins' '$(data)/lab' '$(data)/share/rr'
	install -m 755 $(programs) '$(DESTDIR)$(PREFIX)/bin'
	ln -sf rr-kvm '$(DESTDIR)$(PREFIX)/bin/qemu-system-rr'
	install -m 644 $(manuals) '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -m 755 -s $(qemu) '$(data)/bin'
	install -m 755 -s $(BUILD)/libexec/qemu-bridge-helper '$(data)/libexec'
	ln -sf bin/qemu-system-x86_64 '$(data)/qemu-system-x86_64'
	cp -P $(BUILD)/share/qemu/* '$(data)/share/qemu'
	install -m 644 $(self_tests) '$(data)/share/rr'
	install -m 644 $(BUILD)/lib/plugins/*.so '$(data)/lib/plugins'
ifeq ($(CONFIG_LAB),y)
	install -m 644 $(BUILD)/lab/vmlinuz $(lab) '$(data)/lab'
	install -m 755 $(BUILD)/lab/run.sh '$(data)/lab'
	install -m 644 $(BUILD)/lab/run.sh.inc '$(data)/lab'
endif
ifeq ($(CONFIG_LAB_INTEL),y)
	cp -r $(BUILD)/lab/intel '$(data)/lab'
endif
