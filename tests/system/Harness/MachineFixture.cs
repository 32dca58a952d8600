using System.Text.RegularExpressions;
using Insula.SystemTests.Harness;

[assembly: AssemblyFixture(typeof(MachineFixture))]

namespace Insula.SystemTests.Harness;

/// <summary>
/// Compares the machine before and after the whole run: whatever bears Insula's marks and was not there before was left by a
/// test. Things of others come and go on a living machine, so only those marks count, without those of daemons that live beside the
/// tests (each instance of a test asserts its own end), and not while another run of these tests is under way. What killed runs left is
/// removed first.
/// </summary>
public sealed partial class MachineFixture : IAsyncLifetime
{
    private const string LockFile = "/run/lock/insula-system-tests";
    private FileStream? _running;
    private HashSet<string> _before = [];
    private bool _alone;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LockFile)!);
        _alone = IsAlone();
        _running = await Eventually.GetAsync(() => Task.FromResult(TryOpen(FileShare.Read)), file => file is not null, "no other run asks whether it is alone");
        await DeadWorlds.CleanAsync();
        _before = await LookAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        if (!_alone)
        {
            return;
        }

        // The kernel ends network namespaces and mounts after the last of their processes, at its leisure; meanwhile another run may begin.
        await Eventually.GetAsync(
            async () => string.Join('\n', (await LookAsync()).Except(_before)), left => left.Length == 0 || !IsAlone(), "the whole run leaves nothing on the machine");
    }

    /// <summary>Opens the file with a lock: each run holds a shared one for as long as it lasts, and an exclusive one for the moment in which it asks for others.</summary>
    private static FileStream? TryOpen(FileShare share)
    {
        try
        {
            return new(LockFile, FileMode.OpenOrCreate, share == FileShare.None ? FileAccess.ReadWrite : FileAccess.Read, share);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsAlone()
    {
        using var all = TryOpen(FileShare.None);
        return all is not null;
    }

    private static async Task<HashSet<string>> LookAsync()
    {
        var seen = new HashSet<string>();
        var daemons = new HashSet<string>();
        var hierarchies = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2").Select(fields => fields[4]);
        foreach (var hierarchy in hierarchies)
        {
            var depth = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, IgnoreInaccessible = true };
            foreach (var path in Directory.EnumerateDirectories(hierarchy, "insula*", depth))
            {
                seen.Add($"cgroup {path}");
                if (InstanceRoot().Match(Path.GetFileName(path)) is { Success: true } instance)
                {
                    daemons.Add(instance.Groups[1].Value);
                }
            }
        }

        seen.UnionWith(File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(path => path.Contains("insula-test-", StringComparison.Ordinal)).Select(path => $"mount {path}"));
        seen.UnionWith((await LinesAsync("ip", "-o", "link")).Select(line => line.Split(": ")[1].Split('@')[0])
            .Where(name => name.StartsWith("iv", StringComparison.Ordinal)).Select(name => $"link {name}"));
        seen.UnionWith((await LinesAsync("ip", "netns")).Select(line => line.Split(' ')[0])
            .Where(name => name.StartsWith("insula", StringComparison.Ordinal)).Select(name => $"network namespace {name}"));
        seen.UnionWith((await LinesAsync("nft", "list", "tables")).Where(line => line.Contains("insula", StringComparison.Ordinal)));
        foreach (var directory in (string[])["/tmp", "/var/tmp"])
        {
            seen.UnionWith(Directory.EnumerateFileSystemEntries(directory, "insula-test-*")
                .Where(path => !Path.GetFileName(path).StartsWith("insula-test-shim-", StringComparison.Ordinal)) // the native tests' own
                .Select(path => $"file {path}"));
        }

        seen.RemoveWhere(entry => daemons.Any(tag => entry.Contains(tag, StringComparison.Ordinal)));
        seen.Add($"net.ipv4.ip_forward = {(await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward")).Trim()}");
        return seen;
    }

    /// <summary>The cgroup of a daemon that is not the machine's first: its tag is in the names of its links and table, too.</summary>
    [GeneratedRegex("^insula-([0-9a-f]{6})$")]
    private static partial Regex InstanceRoot();

    private static async Task<string[]> LinesAsync(string program, params string[] arguments) =>
        (await Commands.RunAsync(program, arguments)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
