namespace Insula.Sandbox.Containers;

/// <summary>A container as its shim knows it.</summary>
/// <param name="Id">The container's id in the sandbox, <c>&lt;name&gt;.&lt;attempt&gt;</c>.</param>
/// <param name="Pid">Its first process in the host's numbering.</param>
/// <param name="StartedAt">When its program was exec'd.</param>
/// <param name="User">The ids the kernel gave its first process; null when they are not known.</param>
/// <param name="Exit">How it ended; null while it runs.</param>
public sealed record ContainerState(string Id, int Pid, DateTimeOffset StartedAt, ProcessUser? User, ContainerExit? Exit)
{
    /// <summary>Whether its first process is alive.</summary>
    public bool IsRunning => Exit is null;
}
