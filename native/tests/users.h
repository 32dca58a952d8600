// What the tests of pods with a user namespace share.
#pragma once
#include "world.h"

#define FIRST 1900019712u // 65536 times something, where no user is

// As world_open, with a user namespace whose ids begin at FIRST.
void open_users(struct world *w, const char *pid, const char *const *extra);
// Starts a container that sleeps; the number of its process.
pid_t start_sleeper(struct world *w, const char *id, const char *pid);
// Kills a container and waits for its exit.
void end(struct world *w, const char *id);
