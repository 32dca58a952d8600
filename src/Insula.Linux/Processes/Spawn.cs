using System.Diagnostics;
using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>Starts processes by posix_spawn(3): nothing leaks into them but what the request names.</summary>
public static unsafe class Spawn
{
    private const int FirstStandard = 3;
    private const int SignalCount = 64;

    /// <summary>How long a program that somebody has open for writing is tried.</summary>
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Starts a process. It has exactly the requested descriptors, an empty signal mask, default dispositions and the requested environment.
    /// (glibc leaves its internal signals 32 and 33 ignored; who starts programs of other libcs must reset them.)
    /// The caller owns the result and must see that the child is reaped.
    /// </summary>
    /// <exception cref="LinuxException">The program could not be executed, or the process not be held; then it was ended.</exception>
    public static ChildProcess Start(SpawnRequest request) => new(Hold(StartUnheld(request)));

    /// <summary>
    /// The same without a descriptor of the process, for one that must run to its end once it began: want of descriptors cannot end it half-way.
    /// Who calls must reap it (<see cref="PidFd.OpenChildAsync"/>); until then its number stays its own.
    /// </summary>
    /// <returns>The process number.</returns>
    /// <exception cref="LinuxException">The program could not be executed.</exception>
    public static int StartUnheld(SpawnRequest request)
    {
        if ((request.Path is null) == (request.Executable is null))
        {
            throw new ArgumentException("Name the program either by path or by descriptor.", nameof(request));
        }

        if (request.Arguments.Count == 0)
        {
            throw new ArgumentException("argv needs at least the program's name.", nameof(request));
        }

        // The child closes everything from its last descriptor on before it executes, its copy of the program's descriptor
        // included; so it reaches the program through this process, whose memory it still shares at that point.
        var path = request.Executable is { } executable ? $"/proc/{unistd.getpid()}/fd/{executable.Value}" : request.Path!;
        var count = Math.Max(request.Descriptors.Count, FirstStandard);

        // Duplicates above all targets: no dup2 in the child overwrites a source that is still needed.
        var duplicates = new Descriptor?[count];
        var actions = default(spawn.posix_spawn_file_actions_t);
        var attributes = default(spawn.posix_spawnattr_t);
        Check(spawn.posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
        Check(spawn.posix_spawnattr_init(&attributes), "posix_spawnattr_init");
        try
        {
            for (var i = 0; i < count; i++)
            {
                if (i < request.Descriptors.Count && request.Descriptors[i] is { } descriptor)
                {
                    duplicates[i] = descriptor.Duplicate(count);
                    Check(spawn.posix_spawn_file_actions_adddup2(&actions, duplicates[i]!.Value, i), "posix_spawn_file_actions_adddup2");
                }
                else
                {
                    Check(spawn.posix_spawn_file_actions_addopen(&actions, i, "/dev/null", fcntl.O_RDWR, 0), "posix_spawn_file_actions_addopen");
                }
            }

            Check(spawn.posix_spawn_file_actions_addchdir_np(&actions, request.WorkingDirectory), "posix_spawn_file_actions_addchdir_np");
            Check(spawn.posix_spawn_file_actions_addclosefrom_np(&actions, count), "posix_spawn_file_actions_addclosefrom_np");
            SetAttributes(&attributes, request.NewSession);
            var pid = Execute(path, &actions, &attributes, request);
            GC.KeepAlive(request.Executable);
            return pid;
        }
        finally
        {
            // They cannot fail for initialised objects.
            _ = spawn.posix_spawnattr_destroy(&attributes);
            _ = spawn.posix_spawn_file_actions_destroy(&actions);
            foreach (var duplicate in duplicates)
            {
                duplicate?.Dispose();
            }
        }
    }

    // One that cannot be held is not left to run, nor as a dead one that nobody reaps.
    private static PidFd Hold(int pid)
    {
        try
        {
            return PidFd.Open(pid);
        }
        catch (LinuxException)
        {
            _ = signal.kill(pid, signal.SIGKILL); // it is there: nobody else waits for it
            var info = default(sys_wait.siginfo_t);
            while (sys_wait.waitid(sys_wait.P_PID, pid, &info, sys_wait.WEXITED) != 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR)
            {
            }

            throw;
        }
    }

    private static int Execute(
        string path, spawn.posix_spawn_file_actions_t* actions, spawn.posix_spawnattr_t* attributes, SpawnRequest request)
    {
        var program = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        var argv = NullTerminated(request.Arguments);
        var envp = NullTerminated(request.Environment);
        try
        {
            int pid;
            int errno;

            // A process that another thread is just making has our descriptors until it executes something: one that was open for writing then keeps a
            // program that has been written busy, though nobody writes it any more.
            for (var since = Stopwatch.GetTimestamp(); (errno = spawn.posix_spawn(&pid, program, actions, attributes, argv, envp)) == (int)Errno.ETXTBSY && Stopwatch.GetElapsedTime(since) < s_busy;)
            {
                Thread.Sleep(1);
            }

            return errno == 0 ? pid : throw new LinuxException("posix_spawn", request.Path ?? request.Arguments[0], errno);
        }
        finally
        {
            Free(envp);
            Free(argv);
            Marshal.FreeCoTaskMem((nint)program);
        }
    }

    // The runtime blocks and handles signals for its own purposes; none of that is the child's.
    private static void SetAttributes(spawn.posix_spawnattr_t* attributes, bool newSession)
    {
        signal.sigset_t none, all;
        _ = signal.sigemptyset(&none);
        _ = signal.sigemptyset(&all);
        for (var number = 1; number <= SignalCount; number++)
        {
            // Fails for the two that libc keeps for itself, which it resets by its own.
            _ = signal.sigaddset(&all, number);
        }

        var flags = (short)(spawn.POSIX_SPAWN_SETSIGMASK | spawn.POSIX_SPAWN_SETSIGDEF | (newSession ? spawn.POSIX_SPAWN_SETSID : 0));
        Check(spawn.posix_spawnattr_setsigmask(attributes, &none), "posix_spawnattr_setsigmask");
        Check(spawn.posix_spawnattr_setsigdefault(attributes, &all), "posix_spawnattr_setsigdefault");
        Check(spawn.posix_spawnattr_setflags(attributes, flags), "posix_spawnattr_setflags");
    }

    private static byte** NullTerminated(IReadOnlyList<string> words)
    {
        var result = (byte**)NativeMemory.AllocZeroed((nuint)words.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].Contains('\0', StringComparison.Ordinal))
            {
                Free(result);
                throw new ArgumentException("Arguments and environment cannot hold NUL characters.", nameof(words));
            }

            result[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        return result;
    }

    private static void Free(byte** words)
    {
        for (var word = words; *word is not null; word++)
        {
            Marshal.FreeCoTaskMem((nint)(*word));
        }

        NativeMemory.Free(words);
    }

    private static void Check(int errno, string operation)
    {
        if (errno != 0)
        {
            throw new LinuxException(operation, null, errno);
        }
    }
}
