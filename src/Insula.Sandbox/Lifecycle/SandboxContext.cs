using Insula.Linux.Cgroups;
using Insula.Linux.Events;

using Microsoft.Extensions.Logging;

namespace Insula.Sandbox.Lifecycle;

/// <summary>What every sandbox of a daemon shares.</summary>
internal sealed record SandboxContext(
    SandboxOptions Options,
    CgroupTree Cgroups,
    EventLoop Events,
    TimeProvider Time,
    ILogger Log)
{
    /// <summary>What copies files in containers; null where nothing does.</summary>
    public CopyProgram? Copy { get; init; }

    /// <summary>Kills everything in a cgroup and waits until it is empty.</summary>
    /// <exception cref="SandboxException">Processes are stuck; the message names them.</exception>
    public async Task KillAsync(string cgroup, CancellationToken ct)
    {
        try
        {
            await Cgroups.KillAsync(cgroup, Options.DestroyTimeout, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SandboxException($"cgroup '{cgroup}' cannot be emptied: {e.Message}", e);
        }
    }

    /// <summary>Removes a cgroup with everything below it; one that is not there is fine.</summary>
    /// <exception cref="SandboxException">It stays busy; the message says by what.</exception>
    public async Task RemoveAsync(string cgroup, CancellationToken ct)
    {
        try
        {
            await Cgroups.RemoveAsync(cgroup, Options.DestroyTimeout, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SandboxException($"cgroup '{cgroup}' cannot be removed: {e.Message}", e);
        }
    }
}
