using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;
using Insula.Linux.Memory;

namespace Insula.Linux.Processes;

/// <summary>A program of the host as a child that is asked something and ends.</summary>
public static class ProgramRun
{
    private const int OutputLimit = 64 << 20;
    private const int SIGKILL = 9;

    private static readonly string[] _directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>Finds the program: a path as it is, a name in the usual system directories. <see langword="null"/> when it is not there.</summary>
    public static string? Locate(string program)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        return program.Contains('/', StringComparison.Ordinal)
            ? (File.Exists(program) ? program : null)
            : _directories.Select(d => $"{d}/{program}").FirstOrDefault(File.Exists);
    }

    /// <summary>
    /// Runs the program in the calling thread's network namespace and blocks until it has ended. Its input and output are memory files, so
    /// no amount of either can stall it.
    /// </summary>
    /// <param name="path">The program's path.</param>
    /// <param name="arguments">Its arguments, without its name.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="deadline">When it is ended by SIGKILL.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public static ProgramResult Run(string path, IReadOnlyList<string> arguments, string input, TimeSpan deadline)
    {
        using Descriptor stdin = SealedMemFd.Create("input", Encoding.UTF8.GetBytes(input));
        using Descriptor stdout = Memory("output");
        using Descriptor stderr = Memory("error");
        using ChildProcess child = Spawn.Start(new SpawnRequest
        {
            Path = path,
            Arguments = [Path.GetFileName(path), .. arguments],
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
            Descriptors = [stdin, stdout, stderr],
        });
        if (!WaitReadable(child.PidFd.Descriptor, deadline))
        {
            child.PidFd.Signal(SIGKILL);
            WaitReadable(child.PidFd.Descriptor, Timeout.InfiniteTimeSpan);
            child.PidFd.TryReap();
            return new ProgramResult(128 + SIGKILL, "", $"ended after {deadline.TotalSeconds:0.#} s without an answer");
        }

        int code = child.PidFd.TryReap()?.ShellCode ?? throw new InvalidOperationException($"{path} is reported as ended, but still runs");
        return new ProgramResult(code, ReadBack(stdout), ReadBack(stderr), child.Pid);
    }

    private static Descriptor Memory(string name) =>
        Descriptor.FromResult(sys_mman.memfd_create(name, sys_mman.MFD_CLOEXEC), "memfd_create", name);

    private static string ReadBack(Descriptor memory)
    {
        if (unistd.lseek(memory, 0, 0) < 0)
        {
            throw LinuxException.FromLastError("lseek");
        }

        return Encoding.UTF8.GetString(memory.ReadToEnd(OutputLimit));
    }

    private static unsafe bool WaitReadable(Descriptor descriptor, TimeSpan deadline)
    {
        using Descriptor epoll = Descriptor.FromResult(sys_epoll.epoll_create1(sys_epoll.EPOLL_CLOEXEC), "epoll_create1");
        byte* ready = stackalloc byte[sys_epoll.EventSize];
        sys_epoll.WriteEvent(ready, sys_epoll.EPOLLIN, 0);
        if (sys_epoll.epoll_ctl(epoll, sys_epoll.EPOLL_CTL_ADD, descriptor.Value, ready) != 0)
        {
            throw LinuxException.FromLastError("epoll_ctl");
        }

        long end = deadline == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        while (true)
        {
            int rest = end == long.MaxValue ? -1 : (int)Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            int count = sys_epoll.epoll_wait(epoll, ready, 1, rest);
            if (count >= 0)
            {
                return count > 0;
            }

            if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                throw LinuxException.FromLastError("epoll_wait");
            }
        }
    }
}
