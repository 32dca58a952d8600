// The terminal of a process, made in the container's own devpts.
#pragma once
#include "util.h"

// With the container's root as "/". ends[0] becomes the master, ends[1] what the process gets; `owner` as the caller's user namespace has
// it.
int terminal_open(uint32_t owner, int ends[2], struct fail *f);
