using System.Globalization;
using Insula.Linux;

namespace Insula.SystemTests.Harness;

/// <summary>
/// What test processes left that were killed: the worlds of their instances. Whoever has a world holds its file locked, and the kernel
/// lets go of that lock when the process dies, however it does.
/// </summary>
internal static class DeadWorlds
{
    private const string Parent = "/var/tmp";
    private const string Prefix = "insula-test-";
    private const string Lock = "lock";

    /// <summary>Makes the directory of a world; it is this process' until the result is disposed.</summary>
    public static FileStream Claim(string directory)
    {
        // Under another name until it is locked: nobody may take it for a dead one's in between.
        var unclaimed = Directory.CreateDirectory(Path.Combine(Parent, $"new-{Path.GetFileName(directory)}")).FullName;
        var claim = new FileStream(Path.Combine(unclaimed, Lock), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        Directory.Move(unclaimed, directory);
        return claim;
    }

    /// <summary>The worlds that a process has, by their directories.</summary>
    public static IEnumerable<string> Of(int pid) =>
        Directory.EnumerateFiles($"/proc/{pid}/fd").Select(fd => new FileInfo(fd).LinkTarget).OfType<string>()
            .Where(path => path.StartsWith($"{Parent}/{Prefix}", StringComparison.Ordinal) && Path.GetFileName(path) == Lock).Select(path => Path.GetDirectoryName(path)!);

    /// <summary>Ends and removes the worlds that nobody has any more.</summary>
    public static async Task CleanAsync()
    {
        foreach (var directory in Directory.EnumerateDirectories(Parent, $"{Prefix}*"))
        {
            if (TryTake(directory) is { } taken)
            {
                await using (taken)
                {
                    await CleanAsync(directory);
                }
            }
        }
    }

    private static FileStream? TryTake(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, Lock), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is somebody's, is being removed by another, or is no world of an instance.
            return null;
        }
    }

    private static async Task CleanAsync(string directory)
    {
        // The daemon and its helpers first, so that none of them makes anything new.
        await Eventually.TrueAsync(
            async () =>
            {
                var helpers = ProcessesOf(directory);
                foreach (var pid in helpers)
                {
                    await Commands.RunAsync("kill", ["-KILL", pid.ToString(CultureInfo.InvariantCulture)]);
                }

                return helpers.Count == 0;
            },
            $"the processes of {directory} have ended");
        await Leaks.CleanAsync(InstanceTag.From(Path.Combine(directory, "root"), Path.Combine(directory, "run")));
        await Leaks.UnmountAsync(directory);
        var network = Path.GetFileName(directory);
        if (File.Exists($"/run/netns/{network}"))
        {
            (await Commands.RunAsync("ip", ["netns", "del", network])).Succeeded();
        }

        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Who was given a path of this world as an argument.</summary>
    internal static List<int> ProcessesOf(string directory)
    {
        var found = new List<int>();
        foreach (var pid in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _)))
        {
            if (CommandLine(pid!).Contains($"{directory}/", StringComparison.Ordinal))
            {
                found.Add(int.Parse(pid!, CultureInfo.InvariantCulture));
            }
        }

        return found;
    }

    // A process shows no arguments while it begins another program, and is neither a thread of the kernel nor dead then: those have no program.
    private static string CommandLine(string pid)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var line = File.ReadAllText($"/proc/{pid}/cmdline");
                if (line.Length > 0 || attempt == 100 || new FileInfo($"/proc/{pid}/exe").LinkTarget is null)
                {
                    return line;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended between the listing and the reading.
                return "";
            }

            Thread.Sleep(1);
        }
    }
}
