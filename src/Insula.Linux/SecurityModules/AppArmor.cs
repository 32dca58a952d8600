using System.Text;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Linux.Processes;

namespace Insula.Linux.SecurityModules;

/// <summary>AppArmor of this machine's kernel.</summary>
public sealed class AppArmor : IAppArmor
{
    private const int LargestList = 16 << 20;
    private static readonly TimeSpan _parserDeadline = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public bool IsEnabled => File.Exists("/sys/module/apparmor/parameters/enabled")
        && File.ReadAllText("/sys/module/apparmor/parameters/enabled").StartsWith('Y');

    /// <inheritdoc/>
    public bool IsLoaded(string profile)
    {
        // A securityfs of our own: the machine's need not be mounted where the daemon is.
        using var security = DetachedMount.CreateOfKernel("securityfs");
        using var list = Directories.OpenBeneath(security, "apparmor/profiles", fcntl.O_RDONLY, extraResolve: fcntl.RESOLVE_NO_SYMLINKS);
        return Contains(Encoding.UTF8.GetString(list.ReadToEnd(LargestList)), profile);
    }

    /// <inheritdoc/>
    public void Load(string text)
    {
        var parser = ProgramRun.Locate("apparmor_parser")
            ?? throw new NotSupportedException("apparmor_parser is not on this machine: install the package apparmor");
        var result = ProgramRun.Run(parser, ["--replace", "--skip-cache"], text, _parserDeadline);
        if (result.ExitCode != 0)
        {
            throw new NotSupportedException($"apparmor_parser refuses the profile (exit code {result.ExitCode}): {result.Error.Trim()}");
        }
    }

    /// <summary>Whether the kernel's list, a line <c>NAME (MODE)</c> each, has a profile.</summary>
    internal static bool Contains(string list, string profile)
    {
        foreach (var line in list.AsSpan().EnumerateLines())
        {
            var mode = line.LastIndexOf(" (");
            if (mode > 0 && line[..mode].SequenceEqual(profile))
            {
                return true;
            }
        }

        return false;
    }
}
