using Insula.Linux;
using Insula.Linux.Files;
using Insula.Volumes.Projects;

namespace Insula.Volumes.Drivers;

/// <summary>
/// Volumes that are directories below the daemon's root: <c>volumes/&lt;handle&gt;</c>. They are limited in size where the file system has quotas of projects. Names that begin with a dot
/// are no volumes yet, or no longer.
/// </summary>
public sealed class LocalVolumes : IVolumeDriver
{
    /// <summary>The name of the driver.</summary>
    public const string DriverName = "insula.dev/local";

    private const string DirectoryName = "volumes";
    private const uint Private = 0b111_000_000;

    // Whoever the pod runs as may write, as in an emptyDir; that no other user of the machine gets there is seen to by the directory above.
    private const uint Mode = 0b111_111_111;

    private readonly string _directory;
    private readonly DirectoryQuotas? _quotas;

    /// <summary>Volumes below a directory.</summary>
    /// <param name="root">The daemon's root.</param>
    /// <param name="quotas">What limits them; null for nothing.</param>
    public LocalVolumes(string root, DirectoryQuotas? quotas = null)
    {
        _quotas = quotas;
        ArgumentNullException.ThrowIfNull(root);
        using var parent = Directories.Open(root);
        using (Directories.Ensure(parent, DirectoryName, Private))
        {
        }

        _directory = Path.Combine(root, DirectoryName);
    }

    /// <inheritdoc/>
    public string Name => DriverName;

    /// <inheritdoc/>
    public Task ProvisionAsync(string handle, long capacity, CancellationToken ct) => DoAsync(handle, "made", directory =>
    {
        if (Entries.Status(directory, handle) is { } there)
        {
            return there.IsDirectory ? handle : throw new VolumeException($"volume '{handle}' cannot be made: {_directory} has something else of this name");
        }

        var unfinished = Unfinished(handle);
        Remove(directory, unfinished);
        using (var made = Directories.Ensure(directory, unfinished, Private))
        {
            Entries.ChangeMode(made, Mode);
            _quotas?.Limit(made, capacity);
            Entries.Sync(made);
        }

        Failpoint.MayFail("volumes.local.unnamed");
        Entries.Rename(directory, unfinished, directory, handle);
        Failpoint.MayFail("volumes.local.named");
        Entries.Sync(directory);
        return handle;
    }, ct);

    /// <inheritdoc/>
    public Task ExpandAsync(string handle, long capacity, CancellationToken ct) => DoAsync(handle, "made larger", directory =>
    {
        using var volume = Directories.OpenChild(directory, handle);
        _quotas?.Limit(volume, capacity);
        return handle;
    }, ct);

    /// <inheritdoc/>
    public Task<string> PublishAsync(string handle, string pod, CancellationToken ct) => DoAsync(handle, "mounted", directory =>
        Entries.Status(directory, handle) is { IsDirectory: true }
            ? Path.Combine(_directory, handle)
            : throw new VolumeException($"volume '{handle}' does not exist: there is no directory {handle} in {_directory}"), ct);

    /// <inheritdoc/>
    public Task UnpublishAsync(string handle, string pod, CancellationToken ct) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DeleteAsync(string handle, CancellationToken ct) => DoAsync(handle, "removed", directory =>
    {
        Remove(directory, Unfinished(handle));

        // From one instant to the next it is no volume any more, however long the removal takes.
        var gone = "." + handle + ".gone";
        Remove(directory, gone);
        if (Entries.Status(directory, handle) is not null)
        {
            Entries.Rename(directory, handle, directory, gone);
            Failpoint.MayFail("volumes.local.given-up");
            Remove(directory, gone);
        }

        Failpoint.MayFail("volumes.local.removed");
        Entries.Sync(directory);
        return handle;
    }, ct);

    private void Remove(Descriptor directory, string name)
    {
        if (_quotas is not null && Entries.Status(directory, name) is not null)
        {
            _quotas.Removing([_directory], () => RemoveTree.Remove(directory, name));
        }
        else
        {
            RemoveTree.Remove(directory, name);
        }
    }

    private static string Unfinished(string handle) => "." + handle + ".new";

    private Task<string> DoAsync(string handle, string what, Func<Descriptor, string> action, CancellationToken ct)
    {
        if (handle.Length == 0 || handle[0] == '.' || handle.Contains('/', StringComparison.Ordinal) || handle.Contains('\0', StringComparison.Ordinal))
        {
            throw new VolumeException($"'{handle}' cannot be the name of a volume");
        }

        // Not on the caller's thread: a large tree, or dead storage, holds up nobody else.
        return Task.Run(
            () =>
            {
                try
                {
                    using var directory = Directories.Open(_directory);
                    return action(directory);
                }
                catch (LinuxException e)
                {
                    throw new VolumeException($"volume '{handle}' cannot be {what}: {e.Message}", e);
                }
            },
            ct);
    }
}
