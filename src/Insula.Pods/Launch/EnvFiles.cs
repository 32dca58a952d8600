using System.Text;
using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Insula.Volumes;

namespace Insula.Pods.Launch;

/// <summary>
/// The env files that a container's variables are from, read at each of its starts. A container wrote them: no link in them leads anywhere, nothing but a regular
/// file is opened, and none is too large.
/// </summary>
internal sealed class EnvFiles
{
    private const int LargestFile = 1 << 20;
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<(string Volume, string Path), IReadOnlyDictionary<string, string>?> _files = [];

    private EnvFiles()
    {
    }

    /// <summary>For a container that has started: its variables are known.</summary>
    public static EnvFiles None { get; } = new();

    /// <summary>Reads those that a container names.</summary>
    /// <exception cref="LaunchRefusedException">One is there and cannot be read as what it is to be.</exception>
    public static async Task<EnvFiles> ReadAsync(Container container, PodVolumes volumes, PodPlaces places, PodSandbox sandbox, CancellationToken ct)
    {
        var result = new EnvFiles();
        foreach (var (volume, path) in container.Env.Select(e => e.ValueFrom?.FileKeyRef).OfType<FileKeySelector>().Select(f => (f.VolumeName, f.Path)).Distinct())
        {
            using var root = await OpenAsync(volume, volumes, places, sandbox, ct);
            result._files[(volume, path)] = Read(container, root, volume, path);
        }

        return result;
    }

    /// <summary>The value of a key; null when it is optional and not there.</summary>
    /// <exception cref="LaunchRefusedException">It is not there, and not optional.</exception>
    public string? Value(FileKeySelector selector)
    {
        if (_files.GetValueOrDefault((selector.VolumeName, selector.Path)) is not { } values)
        {
            return selector.Optional == true ? null : throw Refused($"file \"{selector.Path}\" not found in volume \"{selector.VolumeName}\"");
        }

        return values.TryGetValue(selector.Key, out var value) ? value
            : selector.Optional == true ? null
            : throw Refused($"couldn't find key {selector.Key} in file \"{selector.Path}\" of volume \"{selector.VolumeName}\"");
    }

    private static IReadOnlyDictionary<string, string>? Read(Container container, Descriptor root, string volume, string path)
    {
        var what = $"container {container.Name}: file \"{path}\" of volume \"{volume}\"";
        try
        {
            using var found = Directories.OpenBeneath(root, path, fcntl.O_PATH, extraResolve: fcntl.RESOLVE_NO_SYMLINKS);
            if (!Entries.Status(found).IsFile)
            {
                throw Refused($"{what} is no regular file");
            }

            // What was looked at is what is opened.
            using var file = Descriptor.Open(found.ProcPath, fcntl.O_RDONLY);
            return EnvFileText.Parse(s_strict.GetString(file.ReadToEnd(LargestFile)));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (LinuxException e)
        {
            throw Refused(e.Errno switch
            {
                Errno.ELOOP => $"{what}: a link is on the way to it",
                Errno.EFBIG => $"{what} has more than {LargestFile} bytes",
                _ => $"{what}: {e.Message}",
            });
        }
        catch (DecoderFallbackException)
        {
            throw Refused($"{what} is no text in UTF-8");
        }
        catch (FormatException e)
        {
            throw Refused($"{what}: {e.Message}");
        }
    }

    private static async Task<Descriptor> OpenAsync(string volume, PodVolumes volumes, PodPlaces places, PodSandbox sandbox, CancellationToken ct)
    {
        switch (await volumes.OpenAsync(new VolumeMount { Name = volume, MountPath = "/" }, "", ct))
        {
            case MountSource.InPodDirectory inside:
                return Directories.Open(Path.Combine(places.Directory, inside.RelativePath));
            case MountSource.Memory memory:
                using (var mount = await sandbox.OpenMemoryVolumeAsync(memory.Name, "", ct))
                {
                    return Descriptor.OpenAt(mount, ".", fcntl.O_RDONLY | fcntl.O_DIRECTORY);
                }

            default:
                throw Refused($"volume \"{volume}\" is no emptyDir");
        }
    }

    private static LaunchRefusedException Refused(string message) => new(Reasons.CreateContainerConfigError, message);
}
