using System.Globalization;
using System.Text.RegularExpressions;

namespace Insula.Linux.Kernel;

/// <summary>A kernel release's leading numbers.</summary>
/// <param name="Major">Version.</param>
/// <param name="Minor">Patch level.</param>
public readonly partial record struct KernelVersion(int Major, int Minor) : IComparable<KernelVersion>
{
    /// <summary>The oldest kernel that can run pods: cgroup.kill, mount_setattr and openat2 are all there.</summary>
    public static KernelVersion Minimum { get; } = new(5, 15);

    /// <summary>The running kernel's.</summary>
    public static KernelVersion Current => Parse(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());

    /// <summary>Parses a release such as <c>6.1.0-18-amd64</c>.</summary>
    /// <exception cref="FormatException">It does not begin with two numbers.</exception>
    public static KernelVersion Parse(string release)
    {
        var match = Leading().Match(release);
        return match.Success
            ? new KernelVersion(
                int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
                int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))
            : throw new FormatException($"Not a kernel release: '{release}'");
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <summary>Older than.</summary>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <summary>Newer than.</summary>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <summary>Not newer than.</summary>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Not older than.</summary>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}";

    [GeneratedRegex(@"^(\d{1,4})\.(\d{1,4})", RegexOptions.CultureInvariant)]
    private static partial Regex Leading();
}
