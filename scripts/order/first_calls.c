// usage: first_calls LIST PROGRAM [ARGUMENT…] — runs a native program that has its symbols, and adds to LIST the name of each managed
// method when it is called for the first time. A breakpoint is at the beginning of each, and goes with its first hit: so what is called
// often costs no more than what is called once.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "breakpoints are written here as x86-64 has them"
#endif

#define SECTION "__managedcode" // all that is compiled from C#
#define BREAKPOINT 0xCC         // int3
#define LONGEST 64

struct method
{
    uint64_t address;
    const char *name;
    uint8_t first_byte;
    bool called;
};

static struct method *methods;
static size_t count;
static int memory;
static FILE *list;

static void die(const char *what)
{
    fprintf(stderr, "first_calls: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int by_address(const void *left, const void *right)
{
    uint64_t a = ((const struct method *)left)->address, b = ((const struct method *)right)->address;
    return (a > b) - (a < b);
}

static void read_symbols(const char *program)
{
    struct stat size;
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &size) != 0)
        die(program);
    const char *file = mmap(NULL, (size_t)size.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED)
        die(program);
    close(fd);
    const Elf64_Ehdr *header = (const void *)file;
    const Elf64_Shdr *sections = (const void *)(file + header->e_shoff);
    const char *names = file + sections[header->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < header->e_shnum; i++)
    {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        const Elf64_Sym *symbols = (const void *)(file + sections[i].sh_offset);
        size_t all = sections[i].sh_size / sizeof *symbols;
        methods = calloc(all, sizeof *methods);
        if (methods == NULL)
            die("memory");
        for (size_t k = 0; k < all; k++)
        {
            unsigned section = symbols[k].st_shndx;
            if (section < header->e_shnum && ELF64_ST_TYPE(symbols[k].st_info) == STT_FUNC &&
                strcmp(names + sections[section].sh_name, SECTION) == 0)
                methods[count++] =
                    (struct method){symbols[k].st_value, file + sections[sections[i].sh_link].sh_offset + symbols[k].st_name, 0, false};
        }
    }
    if (count == 0)
    {
        fprintf(stderr, "first_calls: %s has no symbols of methods: build it with -p:Order=true\n", program);
        exit(1);
    }
    qsort(methods, count, sizeof *methods, by_address);
}

// Where it is loaded, and its memory to write to.
static uint64_t open_process(pid_t pid)
{
    char path[LONGEST];
    uint64_t base;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL || fscanf(maps, "%lx", &base) != 1)
        die(path);
    fclose(maps);
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    memory = open(path, O_RDWR | O_CLOEXEC);
    if (memory < 0)
        die(path);
    return base;
}

static void set_breakpoints(uint64_t base)
{
    const uint8_t breakpoint = BREAKPOINT;
    for (size_t i = 0; i < count; i++)
    {
        // Methods with the same code are one, with several names.
        if (i > 0 && methods[i].address == methods[i - 1].address)
            continue;
        off_t place = (off_t)(base + methods[i].address);
        if (pread(memory, &methods[i].first_byte, 1, place) != 1 || pwrite(memory, &breakpoint, 1, place) != 1)
            die("a breakpoint");
    }
}

// Whether the thread has come to a breakpoint; it is set back to go on. Another thread may have been there in the same moment.
static bool take_call(pid_t thread, uint64_t base)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0)
        return false;
    struct method wanted = {.address = registers.rip - 1 - base};
    struct method *found = bsearch(&wanted, methods, count, sizeof *methods, by_address);
    if (found == NULL)
        return false;
    while (found > methods && found[-1].address == found->address)
        found--;
    if (!found->called)
    {
        found->called = true;
        if (pwrite(memory, &found->first_byte, 1, (off_t)(registers.rip - 1)) != 1)
            die("a breakpoint");
        for (struct method *same = found; same < methods + count && same->address == found->address; same++)
            fprintf(list, "%s\n", same->name);
    }
    registers.rip--;
    return ptrace(PTRACE_SETREGS, thread, NULL, &registers) == 0;
}

static int follow(pid_t pid, uint64_t base)
{
    int status;
    if (ptrace(PTRACE_CONT, pid, NULL, NULL) != 0)
        die("the program");
    for (;;)
    {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0)
            die("the program's end");
        if (WIFEXITED(status) || WIFSIGNALED(status))
        {
            if (thread == pid)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int signal = WSTOPSIG(status);
        bool ours = status >> 16 != 0 || signal == SIGSTOP; // a thread was made, and begins
        if (ours || (signal == SIGTRAP && take_call(thread, base)))
            signal = 0;
        ptrace(PTRACE_CONT, thread, NULL, signal); // refused when it has just been killed
    }
}

int main(int argc, char **argv)
{
    int status;
    if (argc < 3)
    {
        fprintf(stderr, "usage: first_calls LIST PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    read_symbols(argv[2]);
    list = fopen(argv[1], "ae");
    if (list == NULL)
        die(argv[1]);
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0)
    {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0)
        die(argv[2]);
    uint64_t base = open_process(pid);
    set_breakpoints(base);
    int code = follow(pid, base);
    if (fclose(list) != 0)
        die(argv[1]);
    return code;
}
