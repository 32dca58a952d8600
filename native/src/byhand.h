// `insula-shim launch`: one container without a daemon, to try plans out.
#pragma once

int launch_by_hand(int argc, char **argv);
// For `system check`: 0, or 125 with the step that failed on standard error.
int check_userns(const char *directory);
