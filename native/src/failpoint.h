// Places between an act and its record at which a test can end this process, or have the place fail; see src/Failpoints. Each
// name is there once. Only a build with -DFAILPOINTS has any: in every other they are false at compile time, and nothing is left.
#pragma once
#include <stdbool.h>

#ifdef FAILPOINTS
void failpoints_open(void);
void failpoint(const char *name);
bool failpoint_fails(const char *name);
#else
#define failpoints_open() ((void)0)
#define failpoint(name) ((void)0)
#define failpoint_fails(name) false
#endif
