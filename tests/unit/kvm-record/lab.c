/*
 * The lab: which files go there, and the command line of its runner.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "kvm-record/lab-files.h"
#include "kvm-record/lab.h"
#include "kvm-record/vm/qemu-args.h"
#include "tests/tap.h"

static char *dir;

static void make_file(const char *name, size_t bytes)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *text = g_malloc0(bytes + 1);

	g_mkdir_with_parents(parent, 0700);
	if (!g_file_set_contents(path, text, (gssize)bytes, NULL))
		ksft_bail_out("cannot write %s", path);
}

/* "@" in @line is the test's directory. */
static struct rr_vm *parse(const char *line)
{
	g_auto(GStrv) parts = g_strsplit(line, "@", -1);
	g_autofree char *text = g_strjoinv(dir, parts);
	g_auto(GStrv) args = g_strsplit(text, " ", -1);

	return rr_vm_from_qemu_args(args);
}

static void check_files(const char *line, guint count, uint64_t bytes)
{
	g_autoptr(rr_vm) vm = parse(line);
	struct lab_files files;

	lab_files_init(&files);
	lab_files_collect(&files, vm);
	ksft_ok(g_hash_table_size(files.paths) == count &&
			lab_files_bytes(&files) == bytes,
		"\"%s\": %u files, %llu bytes", line,
		g_hash_table_size(files.paths),
		(unsigned long long)lab_files_bytes(&files));
	lab_files_clear(&files);
}

/* A qcow2 header of version 2 with @name at 80 as its backing file. */
static void make_overlay(const char *image, const char *name)
{
	g_autofree char *path = g_build_filename(dir, image, NULL);
	unsigned char header[512] = { 'Q', 'F', 'I', 0xfb, 0, 0, 0, 2 };

	header[15] = 80;
	header[19] = (unsigned char)strlen(name);
	memcpy(header + 80, name, strlen(name));
	if (!g_file_set_contents(path, (char *)header, sizeof(header), NULL))
		ksft_bail_out("cannot write %s", path);
}

/* Descriptors of VMDK: a file of its own, and in a sparse extent. */
static void test_vmdk(void)
{
	static const char descriptor[] = "# Disk DescriptorFile\nversion=1\n"
					 "parentFileNameHint=\"sparse.vmdk\"\n"
					 "RW 2048 FLAT \"flat.vmdk\" 0\n";
	static const char embedded[] = "# Disk DescriptorFile\n"
				       "RW 2048 SPARSE \"sparse.vmdk\"\n"
				       "RDONLY 1 FLAT \"x,y\" 0\n";
	char sparse[1024] = "KDMV";

	sparse[28] = 1; /* the sector of the descriptor */
	memcpy(sparse + 512, embedded, sizeof(embedded));
	make_file("flat.vmdk", 3000);
	if (!g_file_set_contents("disk.vmdk", descriptor, -1, NULL) ||
	    !g_file_set_contents("sparse.vmdk", sparse, sizeof(sparse), NULL))
		ksft_bail_out("cannot write images in %s", dir);
	check_files("-drive file=sparse.vmdk", 2, 1024 + 1000);
	check_files("-drive file=disk.vmdk", 4,
		    sizeof(descriptor) - 1 + 3000 + 1024 + 1000);
}

/* Words that QEMU takes for paths although they do not look like one. */
static void test_words(void)
{
	g_autofree char *config = g_build_filename(dir, "config", NULL);

	if (g_chdir(dir))
		ksft_bail_out("cannot enter %s", dir);
	make_file("x,y", 1000);
	make_overlay("middle", "x,y");
	make_overlay("top", "middle");
	g_file_set_contents(config, "[drive]\n  file = \"disk.img\"\n", -1,
			    NULL);
	check_files("disk.img", 1, 1000);
	check_files("-drive file=x,,y,format=raw", 1, 1000);
	check_files("-mem-path disk.img", 1, 1000);
	check_files("-object memory-backend-file,id=m,mem-path=disk.img", 1,
		    1000);
	check_files("-audiodev wav,id=a,in-path=disk.img", 1, 1000);
	check_files("-hda fat:rw:@/a", 1, 2000);
	check_files("-blockdev {\"driver\":\"file\",\"filename\":\"disk.img\"}",
		    1, 1000);
	check_files("-drive driver=raw,file.filename=disk.img", 1, 1000);
	check_files("-machine pc,kernel=kernel", 1, 1000);
	check_files("-drive file=top", 3, 2 * 512 + 1000);
	check_files("-readconfig config", 2, 1028);
}

static void test_modules(void)
{
	char *args[] = { (char *)"-initrd", (char *)"kernel a=b,disk.img c",
			 NULL };
	g_autoptr(rr_vm) vm = rr_vm_from_qemu_args(args);
	struct lab_files files;

	lab_files_init(&files);
	lab_files_collect(&files, vm);
	ksft_ok(g_hash_table_size(files.paths) == 2,
		"multiboot modules with arguments");
	lab_files_clear(&files);
}

static char *command(const struct lab_options *lab,
		     const struct rr_record_options *options, const char *line,
		     GError **error)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autofree char *trace = g_build_filename(dir, "t.rrt", NULL);
	g_autoptr(GPtrArray) argv = lab_command(lab, trace, options, vm, error);

	return argv ? g_strjoinv(" ", (char **)argv->pdata) : NULL;
}

static void test_command(void)
{
	struct lab_options lab = { .seed = 7, .deterministic = true };
	struct rr_record_options options = { .fsync = TRUE };
	g_autoptr(GError) error = NULL;
	g_autofree char *text =
		command(&lab, &options, "-m 64 -kernel @/kernel", &error);
	g_autofree char *expected = g_strdup_printf(
		"/bin/sh %s/run.sh --kernel %s/vmlinuz --image %s/lab.cpio.gz "
		"--qemu %s/qemu --pmu --mem 832 --seed 7 --here "
		"--file %s/kernel --out %s -- /opt/rr/bin/rr-kvm record --quiet --locked "
		"--fsync -o /out/t.rrt -- -m 64 -kernel %s/kernel",
		dir, dir, dir, dir, dir, dir, dir);

	/* 64 for the guest, 512 for the system, 256 for the trace */
	ksft_ok(!g_strcmp0(text, expected), "the command: %s",
		text ? text : error->message);
}

/* This lab sees the files; what is large, or wants O_DIRECT, is on the disk. */
static void test_host_files(void)
{
	struct lab_options lab = { .kind = LAB_AMD };
	struct rr_record_options options = { 0 };
	g_autofree char *text = NULL, *big = NULL, *direct = NULL;

	make_file("big.img", 64 << 20);
	text = command(&lab, &options,
		       "-m 64 -hda @/big.img -kernel @/kernel "
		       "-drive file=@/disk.img,cache=none",
		       NULL);
	big = g_strdup_printf(" --mem 576 --here --host-files --writable "
			      "%s/big.img --writable %s/disk.img --out ",
			      dir, dir);
	ksft_ok(text && strstr(text, big), "the lab sees the files: %s", text);
	g_free(text);
	text = command(&lab, &options, "-m 64 -hda @/disk.img", NULL);
	ksft_ok(text && !strstr(text, "--writable"), "small files: %s", text);
}

static void test_intel(void)
{
	struct lab_options lab = { 0 };
	struct rr_record_options options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL, *expected = NULL;

	ksft_ok(lab_kind_parse("intel", &lab.kind, NULL) &&
			lab.kind == LAB_INTEL,
		"--lab=intel");
	text = command(&lab, &options, "-m 64", &error);
	expected = g_strdup_printf(
		"/bin/sh %s/intel/run.sh --kernel %s/vmlinuz --image "
		"%s/lab.cpio.gz --mem 832 --deterministic --here --out %s -- "
		"/opt/rr/bin/rr-kvm record --quiet --locked -o /out/t.rrt -- -m 64",
		dir, dir, dir, dir);
	ksft_ok(!g_strcmp0(text, expected), "its command: %s",
		text ? text : error->message);
	ksft_ok(lab_kind_parse(NULL, &lab.kind, NULL) && lab.kind == LAB_AMD,
		"--lab is the AMD host");
	ksft_ok(!lab_kind_parse("arm", &lab.kind, &error) &&
			strstr(error->message, "amd or intel"),
		"another host is refused");
}

static void test_memory(void)
{
	struct lab_options lab = { .memory_mib = 999 };
	struct rr_record_options options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *text = command(&lab, &options, "-m 64", NULL);

	ksft_ok(text && strstr(text, " --mem 999 "), "--memory-lab");
	lab.memory_mib = 0;
	g_free(text);
	text = command(&lab, &options, "-m 900T", &error);
	ksft_ok(!text && error && strstr(error->message, "--memory-lab"),
		"too little memory: %s", error ? error->message : "accepted");
}

static void check_refused(const char *line)
{
	struct lab_options lab = { 0 };
	struct rr_record_options options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *text = command(&lab, &options, line, &error);

	ksft_ok(!text && error && strstr(error->message, "nobody outside"),
		"%s: %s", line, error ? error->message : "accepted");
}

/* Nobody could use them; without a word they would wait for ever. */
static void test_refused(void)
{
	struct lab_options lab = { 0 };
	struct rr_record_options options = { 0 };
	g_autofree char *text = NULL;

	check_refused("-s");
	check_refused("-S");
	check_refused("-gdb tcp::1234");
	check_refused("-serial tcp:127.0.0.1:5555,server=on");
	check_refused("-monitor unix:/tmp/m,server=on,wait=off");
	check_refused("-chardev socket,id=c,path=/tmp/c");
	check_refused("-netdev user,id=n,hostfwd=tcp::2222-:22");
	check_refused("-vnc :1");
	text = command(&lab, &options,
		       "-serial stdio -monitor none -vnc none -chardev "
		       "file,id=s,path=/tmp/s -netdev user,id=n",
		       NULL);
	ksft_ok(text, "what needs nobody outside is accepted");
}

static void test_missing(void)
{
	struct lab_options lab = { 0 };
	struct rr_record_options options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *image = g_build_filename(dir, "lab.cpio.gz", NULL);
	g_autofree char *text = NULL;

	g_unlink(image);
	text = command(&lab, &options, "-m 64", &error);
	ksft_ok(!text && error && strstr(error->message, "lab.cpio.gz"),
		"no image: %s", error ? error->message : "accepted");
}

static void clean_up(void)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", dir);

	if (system(line))
		ksft_note("%s is left", dir);
}

int main(void)
{
	static const char *const names[] = {
		"kernel",  "disk.img", "a/b",	      "a/c/d",	     "run.sh",
		"vmlinuz", "qemu",     "lab.cpio.gz", "intel/run.sh"
	};
	g_autofree char *qemu = NULL;
	size_t i;

	dir = g_dir_make_tmp("rr-lab-XXXXXX", NULL);
	for (i = 0; i < G_N_ELEMENTS(names); i++)
		make_file(names[i], 1000);
	qemu = g_build_filename(dir, "qemu", NULL);
	g_setenv("RR_QEMU", qemu, TRUE);
	g_setenv("RR_LAB_DIR", dir, TRUE);

	ksft_plan(10 + 12 + 2 + 2 + 1 + 4 + 2 + 9 + 1);
	check_files("-m 256 -nographic", 0, 0);
	check_files("-kernel @/kernel", 1, 1000);
	check_files("-kernel @/kernel -initrd @/kernel", 1, 1000);
	check_files("-drive file=@/disk.img,if=virtio", 1, 1000);
	check_files("-drive id=@/disk.img,file=@/none", 1, 1000);
	check_files("-append @/kernel -name @/disk.img", 0, 0);
	check_files("-fsdev local,id=f,path=@/a", 1, 2000);
	check_files("-nographic @/disk.img", 1, 1000);
	check_files("-bios /dev/null -L /proc/self", 0, 0);
	check_files("-of-a-later-qemu @/kernel", 1, 1000);
	test_words();
	test_vmdk();
	test_modules();
	test_host_files();
	test_command();
	test_intel();
	test_memory();
	test_refused();
	test_missing();
	clean_up();
	g_free(dir);
	return ksft_end();
}
