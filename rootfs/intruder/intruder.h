#pragma once

// Connects to every Unix socket that /proc/net/unix names, in this network namespace; a line "RESULT<TAB>KIND NAME" each.
int connect_to_all(void);

// Tries to reach what belongs to other processes by way of /proc/PID; a line "RESULT<TAB>PID NAME WHAT" each.
int reach_processes(void);

// Tries without end to open for writing the programs of all processes but its own; a line for each that it could.
int overwrite_programs(void);

// Exchanges two names without end, as fast as it goes: between a check and a use there is time for many.
int exchange(const char *one, const char *two);
