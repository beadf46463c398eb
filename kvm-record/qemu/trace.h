#include "trace/trace-kvm_record_qemu.h"
