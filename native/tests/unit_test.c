// What needs no kernel and no root. Runs under sanitizers.
#include "check.h"

#include <signal.h>
#include <stddef.h>

extern const struct test plan_tests[], packet_tests[], log_tests[], copy_tests[];

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); // a test of short writes sets a file size limit
    return check_run((const struct test *const[]){plan_tests, packet_tests, log_tests, copy_tests, NULL}, argc, argv);
}
