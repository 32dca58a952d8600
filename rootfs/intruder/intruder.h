#pragma once

// Connects to every Unix socket that /proc/net/unix names, in this network namespace; a line "RESULT<TAB>KIND NAME" each.
int connect_to_all(void);

// Tries to reach a file of the host by way of all that /proc shows of other processes: their roots, directories and descriptors.
// A line "RESULT<TAB>PID NAME WHAT DETAIL" each; for descriptors and namespaces the detail is what they are.
int reach_processes(const char *file);

// Tries without end to open for writing the programs of all processes but its own; a line for each that it could.
int overwrite_programs(void);

// Exchanges two names without end, as fast as it goes: between a check and a use there is time for many.
int exchange(const char *one, const char *two);

// What the kernel says of this process: /proc/self/status.
int show_status(void);
