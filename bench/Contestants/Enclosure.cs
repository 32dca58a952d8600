using System.Diagnostics;
using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>
/// A mount, network and PID namespace for those that are measured: nothing of theirs reaches the machine's network, and when it is disposed
/// whatever they have started ends. For peers, whose places (<c>/run</c>, <c>/var/lib/containers</c>) are empty in it.
/// </summary>
internal sealed class Enclosure : IAsyncDisposable
{
    // A hybrid host's cgroup2 hierarchy has no controllers; crun refuses to run beside it, so peers do not see it.
    private const string ForPeers =
        "for place in /run /var/lib/containers; do [ ! -d $place ] || mount -t tmpfs tmpfs $place; done; [ ! -d /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified; ";

    private static int s_last;

    private readonly Process _holder;

    private Enclosure(Process holder, int pid)
    {
        _holder = holder;
        Pid = pid;
    }

    /// <summary>The cgroup, in every hierarchy, that those inside put theirs into; removed with what they left there.</summary>
    public string Group { get; } = string.Create(CultureInfo.InvariantCulture, $"/insula-bench-{Environment.ProcessId}-{++s_last}");

    /// <summary>The process whose namespaces they are.</summary>
    public int Pid { get; }

    /// <summary>Makes one for peers.</summary>
    public static Task<Enclosure> ForPeersAsync(CancellationToken cancellationToken) => MakeAsync(ForPeers, cancellationToken);

    /// <summary>Makes one with a network namespace, and otherwise the machine as it is.</summary>
    public static Task<Enclosure> MakeAsync(CancellationToken cancellationToken) => MakeAsync("", cancellationToken);

    /// <summary>The words that run a command inside.</summary>
    public IEnumerable<string> Words => ["nsenter", $"--target={Pid.ToString(CultureInfo.InvariantCulture)}", "--mount", "--net", "--pid"];

    public async ValueTask DisposeAsync()
    {
        // The first process of the PID namespace: all others end with it.
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            RemoveGroup(hierarchy + Group);
        }
    }

    // What is in a group are its files, which go with it.
    private static void RemoveGroup(string group)
    {
        if (Directory.Exists(group))
        {
            Directory.EnumerateDirectories(group).ToList().ForEach(RemoveGroup);
            _ = Mono.Unix.Native.Syscall.rmdir(group) == 0 ? 0 : throw new IOException($"{group} cannot be removed: {Mono.Unix.Native.Stdlib.GetLastError()}");
        }
    }

    private static async Task<Enclosure> MakeAsync(string setUp, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("unshare") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var word in (string[])[
            "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--net",
            "sh", "-ec", setUp + "ip link set lo up; echo ready; read line || exit 0"])
        {
            start.ArgumentList.Add(word);
        }

        var unshare = Process.Start(start)!;
        if (await unshare.StandardOutput.ReadLineAsync(cancellationToken) != "ready")
        {
            throw new InvalidOperationException("the namespaces for the benchmark cannot be made: is this root?");
        }

        var child = await File.ReadAllTextAsync($"/proc/{unshare.Id}/task/{unshare.Id}/children", cancellationToken);
        return new Enclosure(unshare, int.Parse(child.Trim(), CultureInfo.InvariantCulture));
    }
}
