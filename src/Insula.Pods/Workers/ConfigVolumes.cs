using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Sandbox;
using Insula.Volumes;
using Insula.Volumes.Files;

namespace Insula.Pods.Workers;

/// <summary>Fills one pod's volumes that are made from objects and from the pod's fields, and keeps them up to date.</summary>
internal sealed class ConfigVolumes(ContainerLauncher launcher)
{
    // One writing at a time: two would remove each other's files.
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;

    // Volumes that an earlier daemon had not come to fill: no container starts with one before it is.
    private readonly HashSet<string> _empty = [];

    /// <summary>The files of all volumes.</summary>
    /// <exception cref="VolumeException">Something that is not optional is missing.</exception>
    public IReadOnlyList<(Volume Volume, IReadOnlyList<VolumeFile> Files)> Read(Pod pod)
    {
        var volumes = Of(pod);
        if (volumes.Count == 0)
        {
            return [];
        }

        var content = launcher.Content(pod);
        return [.. volumes.Select(volume => (volume, content.Of(pod, volume)))];
    }

    /// <summary>Writes into a new sandbox what was read.</summary>
    public Task WriteAsync(Pod pod, PodSandbox sandbox, IReadOnlyList<(Volume Volume, IReadOnlyList<VolumeFile> Files)> contents, CancellationToken cancellationToken) =>
        contents.Count == 0 ? Task.CompletedTask : InTurn(async () =>
        {
            _empty.Clear();
            foreach (var (volume, files) in contents)
            {
                await WriteAsync(pod, sandbox, volume, files, cancellationToken);
            }

            return contents.Count;
        });

    /// <summary>Brings all volumes up to date; what of them could not be, and whether that may pass by itself. They keep what they had.</summary>
    public async Task<IReadOnlyList<(string Message, bool Passing)>> RefreshAsync(Pod pod, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var volumes = Of(pod);
        return volumes.Count == 0 ? [] : await InTurn(async () =>
        {
            var failures = new List<(string, bool)>();
            var content = launcher.Content(pod);
            foreach (var volume in volumes)
            {
                try
                {
                    await WriteAsync(pod, sandbox, volume, content.Of(pod, volume), cancellationToken);
                    _empty.Remove(volume.Name);
                }
                catch (Exception e) when (e is VolumeException or LinuxException or SandboxException)
                {
                    failures.Add((e.Message, e is not VolumeException)); // a missing object announces itself
                    if (!await IsWrittenAsync(sandbox, volume, cancellationToken))
                    {
                        _empty.Add(volume.Name);
                    }
                }
            }

            return failures;
        });
    }

    /// <summary>Fills what a container is to mount and nobody has filled yet.</summary>
    /// <exception cref="LaunchRefusedException">It cannot be filled yet either.</exception>
    public async Task CompleteAsync(Pod pod, Container container, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var mounted = Of(pod).Where(v => container.VolumeMounts.Any(m => m.Name == v.Name)).ToList();
        if (mounted.Count == 0)
        {
            return;
        }

        try
        {
            await InTurn(async () =>
            {
                foreach (var volume in mounted.Where(v => _empty.Contains(v.Name)))
                {
                    await WriteAsync(pod, sandbox, volume, launcher.Content(pod).Of(pod, volume), cancellationToken);
                    _empty.Remove(volume.Name);
                }

                return mounted.Count;
            });
        }
        catch (VolumeException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, e.Message, e);
        }
    }

    private Task<T> InTurn<T>(Func<Task<T>> write)
    {
        lock (_lock)
        {
            var next = AfterAsync(_last);
            _last = next;
            return next;
        }

        async Task<T> AfterAsync(Task before)
        {
            // Whatever became of the one before; and never in the lock.
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            return await write();
        }
    }

    private static IReadOnlyList<Volume> Of(Pod pod) => [.. pod.Spec.Volumes.Where(PodVolumes.IsConfig)];

    private static async Task WriteAsync(Pod pod, PodSandbox sandbox, Volume volume, IReadOnlyList<VolumeFile> files, CancellationToken cancellationToken)
    {
        using var root = await OpenAsync(sandbox, volume, cancellationToken);
        var owner = new VolumeOwner(sandbox.UserIds?.First ?? 0, (uint?)pod.Spec.SecurityContext?.FsGroup);
        AtomicVolume.Write(root, files, owner);
    }

    private static async Task<bool> IsWrittenAsync(PodSandbox sandbox, Volume volume, CancellationToken cancellationToken)
    {
        try
        {
            using var root = await OpenAsync(sandbox, volume, cancellationToken);
            return AtomicVolume.IsWritten(root);
        }
        catch (Exception e) when (e is LinuxException or SandboxException)
        {
            return false; // and so no container starts with it before it could be written
        }
    }

    private static async Task<Descriptor> OpenAsync(PodSandbox sandbox, Volume volume, CancellationToken cancellationToken)
    {
        using var mount = await sandbox.OpenMemoryVolumeAsync(volume.Name, "", cancellationToken);
        return Descriptor.OpenAt(mount, ".", fcntl.O_RDONLY | fcntl.O_DIRECTORY);
    }
}
