#include "trace/trace-tcg_replay_qemu.h"
