// A small process that shims are cloned from: the kernel clones it in a fraction of what the daemon with its threads and its memory
// would take, and no second program has to be executed on the way.
#pragma once

// Serves requests on a SOCK_SEQPACKET socket until its other end closes: `ID shim` with two descriptors, the listener for the shim and
// the directory of the cgroup2 group in which it is born. The answer is `ok ID PID`, or `err ID STEP ERRNO`.
int fork_server(int socket);
