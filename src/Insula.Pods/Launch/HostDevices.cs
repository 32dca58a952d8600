using System.Globalization;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Launch;

/// <summary>
/// The machine's device nodes, for privileged containers. Read from sysfs (<c>/sys/dev</c>), which names every device
/// that has a node, so that nothing under <c>/dev</c> is opened.
/// </summary>
internal static class HostDevices
{
    // Made in every container, or of the terminal that a container has of its own.
    private static readonly HashSet<string> Usual = ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"];

    public static IReadOnlyList<ContainerDevice> All() => [.. Of("/sys/dev/char", isBlock: false), .. Of("/sys/dev/block", isBlock: true)];

    /// <summary>Reads one <c>uevent</c> file; null when it names no node.</summary>
    internal static (string Name, uint Major, uint Minor)? Parse(IEnumerable<string> uevent)
    {
        string? name = null;
        uint? major = null;
        uint? minor = null;
        foreach (var line in uevent)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var value = line.AsSpan(equals + 1);
            switch (equals < 0 ? "" : line[..equals])
            {
                case "DEVNAME":
                    name = value.ToString();
                    break;
                case "MAJOR" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                    major = number;
                    break;
                case "MINOR" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                    minor = number;
                    break;
                default:
                    break;
            }
        }

        return name is { Length: > 0 } && !name.Split('/').Contains("..") && major is { } a && minor is { } b ? (name, a, b) : null;
    }

    private static IEnumerable<ContainerDevice> Of(string directory, bool isBlock)
    {
        if (!Directory.Exists(directory))
        {
            yield break;
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(directory))
        {
            var uevent = Path.Combine(entry, "uevent");
            if (!File.Exists(uevent) || Parse(File.ReadLines(uevent)) is not { } device || Usual.Contains(device.Name))
            {
                continue;
            }

            var node = "/dev/" + device.Name;
            if (File.Exists(node))
            {
                yield return new ContainerDevice(node, isBlock, device.Major, device.Minor, (uint)File.GetUnixFileMode(node) & 0b110_110_110, 0, 0);
            }
        }
    }
}
