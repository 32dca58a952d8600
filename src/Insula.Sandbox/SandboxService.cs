using Insula.Linux.Cgroups;
using Insula.Linux.Events;

using Microsoft.Extensions.Logging;

namespace Insula.Sandbox;

/// <summary>Makes, finds again and destroys sandboxes. One per daemon.</summary>
public sealed class SandboxService : IAsyncDisposable
{
    /// <summary>A service over an instance's directories and cgroups.</summary>
    /// <param name="options">Directories and deadlines.</param>
    /// <param name="cgroups">The instance's cgroup tree.</param>
    /// <param name="events">Waits for sockets, pidfds and pipes.</param>
    /// <param name="time">The clock for deadlines.</param>
    /// <param name="logging">Where to log.</param>
    public SandboxService(SandboxOptions options, CgroupTree cgroups, EventLoop events, TimeProvider time, ILoggerFactory logging)
    {
        _ = options;
        _ = cgroups;
        _ = events;
        _ = time;
        _ = logging;
    }

    /// <summary>Spawns a shim and has it make the pod's namespaces. On failure nothing remains.</summary>
    /// <param name="spec">What the sandbox is to be.</param>
    /// <param name="ct">Gives up and undoes.</param>
    /// <exception cref="LaunchException">A step failed in the shim.</exception>
    /// <exception cref="SandboxException">The shim could not be spawned or did not answer.</exception>
    public Task<PodSandbox> CreateAsync(SandboxSpec spec, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Connects to the shim of a sandbox made by an earlier daemon. Commands of that daemon's exec sessions are ended.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Null when its shim is dead or gone: then only <see cref="DestroyAsync"/> makes sense.</returns>
    public Task<PodSandbox?> AdoptAsync(string sandboxId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>The ids of all sandboxes of which a run directory or a shim's cgroup exists, in whatever state.</summary>
    public IReadOnlyList<string> ListKnown() => throw new NotSupportedException();

    /// <summary>Ends and removes everything of a sandbox: processes, cgroups, the shim, its directory, writable layers.
    /// Idempotent, whatever was left by an earlier attempt or a crash. Volumes, logs and the network are not the sandbox's.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="ct">Stops waiting; what is left stays for the next call.</param>
    /// <exception cref="SandboxException">Something is stuck; the message says what.</exception>
    public Task DestroyAsync(string sandboxId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Lets go of all shims without ending them.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
