#define _GNU_SOURCE
#include "attempt.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
    SECONDS_PER_ATTEMPT = 5
};

const char *errno_symbol(int error)
{
    static const struct
    {
        int value;
        const char *symbol;
    } known[] = {
#define E(symbol) {symbol, #symbol}
        E(EPERM),
        E(ENOENT),
        E(ESRCH),
        E(EINTR),
        E(EIO),
        E(ENXIO),
        E(E2BIG),
        E(ENOEXEC),
        E(EBADF),
        E(EAGAIN),
        E(ENOMEM),
        E(EACCES),
        E(EFAULT),
        E(ENOTBLK),
        E(EBUSY),
        E(EEXIST),
        E(EXDEV),
        E(ENODEV),
        E(ENOTDIR),
        E(EISDIR),
        E(EINVAL),
        E(ENFILE),
        E(EMFILE),
        E(ENOTTY),
        E(ETXTBSY),
        E(EFBIG),
        E(ENOSPC),
        E(ESPIPE),
        E(EROFS),
        E(EPIPE),
        E(ERANGE),
        E(ENOSYS),
        E(ELOOP),
        E(EOPNOTSUPP),
        E(EPROTONOSUPPORT),
        E(ESOCKTNOSUPPORT),
        E(EAFNOSUPPORT),
        E(EPROTOTYPE),
        E(EADDRNOTAVAIL),
        E(ECONNREFUSED),
        E(ENOKEY),
        E(EDESTADDRREQ),
        E(ENOPKG),
        E(EUSERS),
        E(EOVERFLOW),
        E(ENOTCONN),
        E(ETIMEDOUT),
        E(EKEYREJECTED),
        E(ENOMEDIUM),
        E(ESTALE),
#undef E
    };
    static char number[16];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].value == error)
            return known[i].symbol;
    snprintf(number, sizeof number, "errno %d", error);
    return number;
}

void attempt_tell(const char *result, const char *name)
{
    printf("%s\t%s\n", result, name);
    fflush(stdout);
}

static const char *signal_symbol(int number)
{
    return number == SIGSYS    ? "SIGSYS"
           : number == SIGALRM ? "no end"
           : number == SIGKILL ? "SIGKILL"
           : number == SIGSEGV ? "SIGSEGV"
                               : "signal";
}

int attempt_begin(const char *name)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
    {
        alarm(SECONDS_PER_ATTEMPT);
        return 0;
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
    {
        perror("intruder: fork");
        exit(1);
    }
    if (WIFSIGNALED(status))
        attempt_tell(signal_symbol(WTERMSIG(status)), name);
    else
        attempt_tell(WEXITSTATUS(status) == 0 ? "ok" : errno_symbol(WEXITSTATUS(status)), name);
    return 1;
}

_Noreturn void attempt_end(int error)
{
    _exit(error);
}
