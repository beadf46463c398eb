#!/bin/sh
# timeout=600
# parallel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a person and the world give to a guest: what is typed and pointed at, sound that is
# heard, lines, files of the network.  The lab gives what tests/lib/inputs.py knows; the
# guest says what it got, and played sound is compared frame by frame.  The replay, here
# and without any of the devices, says the same.
#
# INPUTS="short input hda ac97 ..." by hand: machines of those below; "all" has each.
. "$(dirname "$0")/../../lib/system.sh.inc"
echo 'TAP version 13'
inputs=$RR_TOP/tests/lib/inputs.py

# machine NAME: its arguments in $args, what its guest does in $work.  An input device
# "QEMU Virtio Keyboard" is bound to the display "virtio_keyboard".
wav() { echo "-audiodev wav,id=a,path=/out/$1.wav,out.frequency=48000,in-path=/tmp/in.wav"; }
machine() {
	case $1 in
	short) args="-machine pc -device VGA,id=virtio_keyboard
		-device virtio-keyboard-pci,display=virtio_keyboard
		-device secondary-vga,id=virtio_tablet
		-device virtio-tablet-pci,display=virtio_tablet
		-device intel-hda -device hda-duplex,audiodev=a,mixer=off $(wav short)"
		work='events:keyboard events:Mouse events:QEMU_Virtio_Keyboard
		events:QEMU_Virtio_Tablet play:dsp hear:dsp' ;;
	input) args="-machine q35 -device VGA,id=usb_keyboard
		-device bochs-display,id=usb_tablet -device secondary-vga,id=virtio_mouse
		-device virtio-mouse-pci,display=virtio_mouse
		-device qemu-xhci,id=x -device usb-kbd,bus=x.0,display=usb_keyboard
		-device piix3-usb-uhci,id=u -device usb-mouse,bus=u.0
		-device usb-ehci,id=e -device usb-tablet,bus=e.0,display=usb_tablet"
		work='events:QEMU_Virtio_Mouse events:QEMU_USB_Keyboard events:QEMU_USB_Mouse
		events:QEMU_USB_Tablet' ;;
	ac97) args="-machine pc -vga none -device AC97,audiodev=a $(wav ac97)"
		work='play:dsp hear:dsp' ;;
	# The sound server of the recorder's host: a sink that gives what it got, a microphone.
	pipewire) args="-machine pc -vga none -device AC97,audiodev=a
		-audiodev pipewire,id=a,out.frequency=48000,out.name=speaker,in.frequency=48000,in.name=microphone"
		work='play:dsp hear:dsp' ;;
	usb-audio) args="-machine pc -vga none -device qemu-xhci,id=x
		-device usb-audio,bus=x.0,audiodev=a $(wav usb-audio)"
		work='play:dsp' ;;
	serial) args="-machine pc -vga none -device qemu-xhci,id=x
		-chardev socket,id=s,path=/tmp/serial,server=on,wait=off
		-device usb-serial,bus=x.0,chardev=s,always-plugged=on"
		work='serial:ttyUSB0' ;;
	storage) args="-machine pc -vga none -device usb-ehci,id=e
		-drive file=/tmp/disk,format=raw,if=none,id=d -device usb-storage,bus=e.0,drive=d"
		work='disk:sda' ;;
	# A USB device of the recorder's host, which is the lab: a disk at its EHCI.
	host) args="-machine pc -vga none -device qemu-xhci,id=x
		-device usb-host,bus=x.0,hostdevice=/dev/bus/usb/001/002"
		work='usb:HARDDRIVE disk:sda' ;;
	# The same disk, which usbredirect of Debian's package of that name shows.
	redir) args="-machine pc -vga none -device qemu-xhci,id=x
		-chardev socket,id=r,host=127.0.0.1,port=4000
		-device usb-redir,bus=x.0,chardev=r"
		work='usb:HARDDRIVE disk:sda' ;;
	net) args="-machine pc -vga none
		-netdev tap,id=n1,ifname=tap1,script=/tmp/up,downscript=no
		-device e1000,netdev=n1,romfile=
		-netdev bridge,id=n2,br=br0 -device virtio-net-pci,netdev=n2,romfile="
		work='fetch:e1000:1 fetch:virtio_net:5' ;;
	*) echo "Bail out! no machine is called $1"; exit 1 ;;
	esac
}
names=${INPUTS:-short}
[ "$names" != all ] || names='short input ac97 usb-audio serial storage host redir net'

/usr/bin/python3 "$inputs" wav "$tmp/in.wav"
dd if="$RR_GUEST/disk-ide.img" of="$tmp/disk" bs=1M count=8 2>/dev/null
mkdir "$tmp/out"
lab_linux=$(echo "$RR_BUILD"/linux/generic/lib/modules/*/kernel)

# The beginning of the script in the lab.  Networks: the tap is 10.1.1.1, the bridge .5.
cat >"$tmp/in-lab" <<END
exec 2>&1
export PATH=$RR_BIN:/usr/sbin:/usr/bin:/sbin:/bin
cp $tmp/in.wav $tmp/disk /tmp
network() {
	for m in llc/llc 802/stp bridge/bridge; do
		insmod $lab_linux/net/\$m.ko
	done
	insmod $lab_linux/drivers/net/tun.ko
	mkdir -p /etc/qemu /dev/net
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
	echo 'allow br0' >/etc/qemu/bridge.conf
	ip link add br0 type bridge && ip addr add 10.1.1.5/30 dev br0 && ip link set br0 up
	printf '#!/bin/sh\nip addr add 10.1.1.1/30 dev \$1\nip link set \$1 up\n' >/tmp/up
	chmod 755 /tmp/up
}
usb_of_lab() {
	for m in common/usb-common core/usbcore host/ehci-hcd host/ehci-pci; do
		insmod $lab_linux/drivers/usb/\$m.ko
	done
	until [ -e /dev/bus/usb/001/002 ]; do sleep 0.2; done
	cat /sys/bus/usb/devices/1-1/product
}
usbredir() {
	[ -e /dev/bus/usb/001/002 ] || usb_of_lab
	usbredirect --device 46f4:0001 --as 127.0.0.1:4000 >/out/usbredirect 2>&1 &
	for i in \$(seq 100); do
		grep -q ':0FA0 ' /proc/net/tcp && return
		sleep 0.2
	done
	cat /out/usbredirect
}
sound_server() {
	export XDG_RUNTIME_DIR=/tmp/sound HOME=/tmp
	export DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/sound/bus
	mkdir -m 700 /tmp/sound
	dbus-daemon --session --fork --address=\$DBUS_SESSION_BUS_ADDRESS
	pipewire >/out/pipewire.log 2>&1 &
	until [ -e /tmp/sound/pipewire-0 ]; do sleep 0.2; done
	wireplumber >>/out/pipewire.log 2>&1 &
	sleep 3
	pw-cli create-node adapter "{ factory.name=support.null-audio-sink node.name=speaker
		media.class=Audio/Sink object.linger=true audio.rate=48000 audio.position=[FL FR] }"
	pw-loopback -m '[FL FR]' --capture-props='media.class=Audio/Sink node.name=voice' \
		--playback-props='media.class=Audio/Source node.name=microphone' >>/out/pipewire.log 2>&1 &
	sleep 2
	pw-record --target speaker -P '{ stream.capture.sink=true }' --rate 48000 --channels 2 \
		--format s16 /out/pipewire.wav >>/out/pipewire.log 2>&1 &
	listener=\$!
	# pw-play ends before the server has taken the last frames: silence follows.
	python3 -c 'import wave
with wave.open("/tmp/in.wav") as i, wave.open("/tmp/voice.wav", "wb") as o:
    o.setparams(i.getparams())
    o.writeframes(i.readframes(i.getnframes()) + bytes(1 << 16))'
	while sleep 4; do # the guest is to hear it from the beginning
		pw-play --target voice /tmp/voice.wav
	done >>/out/pipewire.log 2>&1 &
}
run() { # NAME ARGUMENT...
	name=\$1
	shift
	rm -f /tmp/qmp /tmp/serial
	python3 $inputs give /tmp/qmp /out/\$name /tmp/serial >/out/\$name.given 2>&1 &
	given=\$!
	rr-kvm record --no-check --force --paranoid stop -o /out/\$name.rrt -- "\$@" \
		>/out/\$name 2>/out/\$name.err
	echo "\$name \$?" >>/out/steps
	kill \$given 2>/dev/null
}
END
for name in $names; do
	machine "$name"
	[ "$name" != net ] || echo network
	[ "$name" != host ] || echo usb_of_lab
	[ "$name" != redir ] || echo usbredir
	[ "$name" != pipewire ] || echo sound_server
	# In the lab Linux cannot calibrate the TSC, and would read the HPET all the time.
	echo "run $name -m 256 -nodefaults -display none -no-reboot -bios qboot.rom" \
		'-serial stdio -qmp unix:/tmp/qmp,server=on,wait=off' \
		"-kernel $RR_GUEST/zoo-vmlinux -initrd $RR_GUEST/zoo.cpio" $args \
		"-append 'console=ttyS0 panic=-1 quiet vt.global_cursor_default=0" \
		"no_timer_check tsc=reliable tsc_early_khz=2300000" \
		"zoo=$(echo $work | tr ' ' ,)'"
	[ "$name" != pipewire ] || echo 'kill -INT $listener; wait $listener; true'
done >>"$tmp/in-lab"
set --
for arg in -device usb-ehci,id=e -drive "file=$tmp/disk,format=raw,if=none,id=d,snapshot=on" \
	-device usb-storage,bus=e.0,drive=d; do
	case $names in *host*|*redir*) set -- "$@" --qemu-arg "$arg" ;; esac
done
start=$(date +%s)
sh "$RR_BUILD/lab/run.sh" --qemu "$RR_BIN/qemu-system-x86_64" \
	--kernel "$RR_BUILD/lab/vmlinuz" --image "$RR_BUILD/lab/lab.cpio.gz" --deterministic \
	--pmu --mem 2048 "$@" --host-files --out "$tmp/out" -- sh "$tmp/in-lab" >"$tmp/log" 2>&1 </dev/null
result $? "the lab ran, $(($(date +%s) - start)) s"
sed 's/^/# /' "$tmp/log" | tail -n 20

for name in $names; do
	before=$failed
	machine "$name"
	grep -qx "$name 0" "$tmp/out/steps"
	result $? "$name: recorded, no write was missed"
	replay "$tmp/out/$name.rrt" --console >"$tmp/again" &&
		grep -q 'CPU state and all RAM equal' "$tmp/report"
	result $? "$name: replays: $(tail -n 1 "$tmp/report")"
	grep -q '^guest: done' "$tmp/again" && cmp "$tmp/out/$name" "$tmp/again" >&2
	result $? "$name: the replayed guest says the same"
	for one in $work; do
		: >"$tmp/why"
		grep -q "^zoo: $one ok" "$tmp/again"
		result $? "$name: $one"
		case $one in
		usb:*) continue ;;
		disk:*) grep -q "^read $(head -c 524288 "$tmp/disk" | md5sum | cut -d' ' -f1)" \
			"$tmp/again" ;;
		*) /usr/bin/python3 "$inputs" got "$one" "$tmp/again" >"$tmp/why" 2>&1 ;;
		esac
		result $? "$name: $one: the replayed guest has got what was given"
		tail -n 1 "$tmp/why" | sed 's/^/# /'
		case $one in play:*)
			/usr/bin/python3 "$inputs" frames "$tmp/out/$name.wav" >"$tmp/why" 2>&1
			result $? "$name: $one: $(tail -n 1 "$tmp/why")" ;;
		esac
	done
	[ $failed -eq "$before" ] || tail -n 40 "$tmp/out/$name" "$tmp/out/$name.err" \
		"$tmp/out/$name.given" | tr -d '\r' | sed 's/^/# /'
done
finish
