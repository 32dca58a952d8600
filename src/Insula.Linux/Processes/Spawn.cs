namespace Insula.Linux.Processes;

/// <summary>Starts processes by posix_spawn(3): nothing leaks into them but what the request names.</summary>
public static partial class Spawn
{
    /// <summary>
    /// Starts a process. It has exactly the requested descriptors, an empty signal mask, default dispositions and the requested environment.
    /// The caller owns the result and must see that the child is reaped.
    /// </summary>
    /// <exception cref="LinuxException">The program could not be executed.</exception>
    public static ChildProcess Start(SpawnRequest request) => throw new NotImplementedException();
}
