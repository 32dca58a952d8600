using System.Collections.Concurrent;

using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.Sockets;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

using Microsoft.Extensions.Logging;

namespace Insula.Sandbox;

/// <summary>Makes, finds again and destroys sandboxes. One per daemon. Different sandboxes never wait for each other.</summary>
public sealed class SandboxService : IAsyncDisposable
{
    private readonly SandboxContext _context;
    private const uint ForRoot = 0x140; // 0500
    private const uint ForAll = 0x16D; // 0555

    private readonly ShimProgram _program;
    private readonly CopyProgram _copy;
    private readonly ShimSpawner _spawner;
    private readonly SandboxCreator _creator;
    private readonly SandboxRemover _remover;
    private readonly ConcurrentDictionary<string, PodSandbox> _live = new(StringComparer.Ordinal);

    /// <summary>A service over an instance's directories and cgroups; installs the shim's program.</summary>
    /// <param name="options">Directories and deadlines.</param>
    /// <param name="cgroups">The instance's cgroup tree.</param>
    /// <param name="events">Waits for sockets, pidfds and pipes.</param>
    /// <param name="time">The clock for deadlines.</param>
    /// <param name="logging">Where to log.</param>
    /// <exception cref="SandboxException">The shim's program cannot be read.</exception>
    public SandboxService(SandboxOptions options, CgroupTree cgroups, EventLoop events, TimeProvider time, ILoggerFactory logging)
    {
        _copy = new CopyProgram(() => ShimProgram.Install(options, options.CopyProgram ?? throw new SandboxException("there is no program that copies"), ForAll));
        _context = new SandboxContext(options, cgroups, events, time, logging.CreateLogger("Insula.Sandbox")) { Copy = _copy };
        _program = ShimProgram.Install(options, options.ShimProgram, ForRoot);
        _spawner = new ShimSpawner(_context, _program.Executable);
        _creator = new SandboxCreator(_context, _spawner);
        _remover = new SandboxRemover(_context);
    }

    /// <summary>Spawns a shim and has it make the pod's namespaces. On failure nothing remains.</summary>
    /// <param name="spec">What the sandbox is to be.</param>
    /// <param name="ct">Gives up and undoes.</param>
    /// <exception cref="LaunchException">A step failed in the shim.</exception>
    /// <exception cref="SandboxException">The id is taken, or the shim could not be spawned or did not answer.</exception>
    public async Task<PodSandbox> CreateAsync(SandboxSpec spec, CancellationToken ct)
    {
        SandboxId.Check("sandbox", spec.Id);
        foreach (var volume in spec.MemoryVolumes)
        {
            SandboxId.Check("volume", volume.Name);
        }

        if (Exists(spec.Id))
        {
            throw new SandboxException($"sandbox '{spec.Id}' exists already; destroy it first");
        }

        try
        {
            var sandbox = await _creator.CreateAsync(spec, ct).ConfigureAwait(false);
            _live[spec.Id] = sandbox;
            return sandbox;
        }
        catch
        {
            await UndoAsync(spec.Id).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to the shim of a sandbox made by an earlier daemon. Commands of that daemon's exec sessions are ended.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Null when its shim is dead or gone, or never finished setting up: then only <see cref="DestroyAsync"/> makes sense.</returns>
    public async Task<PodSandbox?> AdoptAsync(string sandboxId, CancellationToken ct)
    {
        SandboxId.Check("sandbox", sandboxId);
        if (_live.TryGetValue(sandboxId, out var known))
        {
            return known.IsLost ? null : known;
        }

        var sandbox = await ReconnectAsync(sandboxId, ct).ConfigureAwait(false);
        if (sandbox is not null)
        {
            _live[sandboxId] = sandbox;
        }

        return sandbox;
    }

    /// <summary>Whether memory is controlled by cgroup2, which alone can throttle and protect it.</summary>
    public bool IsMemoryUnified => _context.Cgroups.IsMemoryUnified;

    /// <summary>Makes a group that holds those of pods, unless it is there, and limits it.</summary>
    /// <param name="path">From the instance's own group on, which the empty path is.</param>
    /// <param name="settings">What it is held to.</param>
    /// <exception cref="Insula.Linux.LinuxException">The kernel refuses it.</exception>
    public void LimitGroup(string path, CgroupSettings settings)
    {
        if (path.Length == 0)
        {
            _context.Cgroups.Apply(path, settings);
        }
        else
        {
            _context.Cgroups.Create(path, settings);
        }
    }

    /// <summary>Groups above the instance's that protect no memory, so that nothing below them is protected.</summary>
    public IReadOnlyList<string> UnprotectedGroups() => _context.Cgroups.ReadUnprotected();

    /// <summary>The ids of all sandboxes of which a run directory or a shim's cgroup exists, in whatever state.</summary>
    public IReadOnlyList<string> ListKnown()
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(_context.Options);
        return [.. SandboxRemover.Known(sandboxes).Union(_context.Cgroups.List(SandboxPlace.ShimCgroups)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Tries whether this machine can make user namespaces and idmap the file system of a directory into them.</summary>
    /// <param name="directory">The directory of the image layers.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <returns>Null when it can; otherwise what failed.</returns>
    public Task<string?> TryUserNamespaceAsync(string directory, CancellationToken ct) => _spawner.TryUserNamespaceAsync(directory, ct);

    /// <summary>Ends and removes everything of a sandbox: processes, cgroups, the shim, its directory, writable layers.
    /// Idempotent, whatever was left by an earlier attempt or a crash. Volumes, logs and the network are not the sandbox's.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="ct">Stops waiting; what is left stays for the next call.</param>
    /// <exception cref="SandboxException">Something is stuck; the message says what.</exception>
    public async Task DestroyAsync(string sandboxId, CancellationToken ct)
    {
        SandboxId.Check("sandbox", sandboxId);
        if (!_live.TryRemove(sandboxId, out var sandbox))
        {
            sandbox = await ReconnectAsync(sandboxId, ct).ConfigureAwait(false);
        }

        try
        {
            await _remover.RemoveAsync(sandboxId, sandbox, ct).ConfigureAwait(false);
        }
        finally
        {
            if (sandbox is not null)
            {
                await sandbox.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes the writable layers of a pod that has no sandbox: a reboot took that away, and left them.</summary>
    /// <param name="podDirectory">The pod's directory; one that is not there is fine.</param>
    /// <exception cref="LinuxException">They cannot be removed.</exception>
    public static void RemoveLayers(string podDirectory)
    {
        using var pod = SandboxPlace.TryOpenPath(podDirectory);
        if (pod is not null)
        {
            RemoveTree.Remove(pod, WritableLayer.Directory);
        }
    }

    /// <summary>Lets go of all shims without ending them.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var sandbox in _live.Values)
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
        }

        _live.Clear();
        await _spawner.DisposeAsync().ConfigureAwait(false);
        _program.Dispose();
        _copy.Dispose();
    }

    private bool Exists(string id)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(_context.Options);
        using var directory = SandboxPlace.TryOpen(sandboxes, id);
        return directory is not null || _context.Cgroups.Exists(SandboxPlace.ShimCgroupOf(id));
    }

    private async Task<PodSandbox?> ReconnectAsync(string id, CancellationToken ct)
    {
        using var sandboxes = SandboxPlace.OpenSandboxes(_context.Options);
        using var directory = SandboxPlace.TryOpen(sandboxes, id);
        if (directory is null)
        {
            return null;
        }

        try
        {
            if (SandboxRemover.ReadRecord(directory) is not { } record)
            {
                return null;
            }

            var socket = SeqPacketSocket.Connect(directory, SandboxPlace.SocketName);
            return await PodSandbox.ConnectAsync(id, _context, record, socket, setUp: null, ct).ConfigureAwait(false);
        }
        catch (LaunchException e)
        {
            // It lives, and does not speak this daemon's version.
            SandboxLog.ShimVersion(_context.Log, id, e.Message, ShimClient.ProtocolVersion);
            return null;
        }
        catch (Exception e) when (e is LinuxException or SandboxException)
        {
            // Dead, hung, or cut off before its set-up.
            SandboxLog.ShimUnreachable(_context.Log, id, e.Message);
            return null;
        }
    }

    // With a deadline of its own: what cancelled the creation must not cancel its undoing.
    private async Task UndoAsync(string id)
    {
        try
        {
            await DestroyAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SandboxException or LinuxException)
        {
            SandboxLog.UndoFailed(_context.Log, id, e.Message);
        }
    }
}
