using System.Threading.Channels;

using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;

namespace Insula.Sandbox;

/// <summary>A living sandbox: the connection to its shim and what is known of its containers. All members may be called
/// from any thread.</summary>
public sealed class PodSandbox : IAsyncDisposable
{
    internal PodSandbox()
    {
    }

    /// <summary>The sandbox's id.</summary>
    public string Id => throw new NotSupportedException();

    /// <summary>The shim's process id.</summary>
    public int ShimPid => throw new NotSupportedException();

    /// <summary>The pod's network namespace; the sandbox's own descriptor, do not dispose.</summary>
    public Descriptor NetworkNamespace => throw new NotSupportedException();

    /// <summary>The containers the shim holds, running or ended and not yet removed: a snapshot, kept up to date.</summary>
    public IReadOnlyList<ContainerState> Containers => throw new NotSupportedException();

    /// <summary>What happens unasked, in order. After an adoption it begins with the exits nobody has removed yet.
    /// Completes after <see cref="SandboxEvent.ShimDied"/> or when the sandbox is let go.</summary>
    public ChannelReader<SandboxEvent> Events => throw new NotSupportedException();

    /// <summary>Starts a container; when this returns its program has been exec'd.</summary>
    /// <param name="spec">What to start. Descriptors in it stay the caller's.</param>
    /// <param name="ct">Gives up waiting; the container is then ended and removed.</param>
    /// <exception cref="LaunchException">A step failed; nothing of the container remains.</exception>
    public Task<StartedContainer> StartAsync(ContainerSpec spec, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Sends a signal to a container's first process.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="signal">The kernel's signal number.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">The container is not running.</exception>
    public Task SignalAsync(string containerId, int signal, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Ends every process of a container at once. The exit arrives as an event.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task KillAsync(string containerId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Forgets an ended container and removes its cgroup and its writable layer. A running one is ended first. Idempotent.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Something is stuck; the message says what.</exception>
    public Task RemoveAsync(string containerId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Runs a command in a running container with streams to this process.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="ct">Gives up waiting for the start.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecSession> ExecAsync(ExecSpec spec, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Runs a command without standard input to its end, keeping the first bytes of its output. On the timeout
    /// its whole tree is ended before this returns.</summary>
    /// <param name="spec">What to run; its stream choices are ignored.</param>
    /// <param name="timeout">How long it may run.</param>
    /// <param name="maximumOutputBytes">How much of the output, standard output and error together, is kept; the rest is read and dropped.</param>
    /// <param name="ct">Ends the command early.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecOutcome> RunAsync(ExecSpec spec, TimeSpan timeout, int maximumOutputBytes, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Changes the limits of a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="settings">The new limits.</param>
    public void ApplyLimits(string containerId, CgroupSettings settings) => throw new NotSupportedException();

    /// <summary>Counters of a container.</summary>
    /// <param name="containerId">The container.</param>
    public CgroupStats ReadStats(string containerId) => throw new NotSupportedException();

    /// <summary>Opens a directory or file of a memory volume as a detached mount, resolved without leaving the volume.</summary>
    /// <param name="volume">The volume's name.</param>
    /// <param name="subPath">A relative path in it; directories that are missing are made.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The path does not exist, or leads out of the volume.</exception>
    public Task<Descriptor> OpenMemoryVolumeAsync(string volume, string subPath, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Lets go of the shim without ending anything.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
