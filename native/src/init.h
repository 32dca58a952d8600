// The PID 1 of a pod whose containers share a PID namespace.
#pragma once
#include "sandbox.h"

int pod_init_start(struct sandbox *s, const struct sandbox_plan *plan, const int *fds, struct fail *f);
