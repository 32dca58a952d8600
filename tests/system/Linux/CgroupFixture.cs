using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Linux.Processes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Linux;

/// <summary>A tree of cgroups of one test, in the host's hierarchies or in a part of them. Its end asserts that nothing is left.</summary>
public sealed class CgroupFixture : IAsyncDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private readonly List<string> _roots = [];

    /// <summary>Makes the root group.</summary>
    /// <param name="shape">The host as it is, or with one version of cgroups hidden.</param>
    internal CgroupFixture(CgroupShape shape = CgroupShape.Host)
    {
        var name = $"insula-test-{Guid.NewGuid():N}"[..24];
        var files = new KernelCgroupFiles();
        var mounts = MountInfo.ReadSelf().Where(mount => shape switch
        {
            CgroupShape.Legacy => mount.Type != "cgroup2",
            CgroupShape.Unified => mount.Type != "cgroup",
            _ => true,
        }).ToArray();
        var layout = CgroupLayout.From(mounts, null, null, _ => null, directory => files.Read($"{directory}/cgroup.controllers") ?? "", _ => false);
        Tree = new CgroupTree(layout, name, files, Loop, TimeProvider.System);
        Tree.CreateRoot();
        _roots.AddRange(layout.Hierarchies.Select(hierarchy => $"{hierarchy.Mount}/{name}"));
    }

    /// <summary>Until when a process of a test must have ended.</summary>
    public static CancellationToken Deadline => new CancellationTokenSource(Eventually.Deadline).Token;

    public EventLoop Loop { get; } = new();

    public CgroupTree Tree { get; }

    /// <summary>Starts a shell in the group; it moves itself before it runs the script.</summary>
    public ChildProcess Start(string path, string script, Descriptor? output = null)
    {
        using var placement = Tree.OpenPlacement(path);
        using var procs = placement.UnifiedDirectory is { } directory ? Descriptor.OpenAt(directory, "cgroup.procs", fcntl.O_WRONLY) : null;
        Descriptor?[] descriptors = [null, output, output, .. placement.V1Tasks, .. procs is null ? (Descriptor?[])[] : [procs]];
        var moves = string.Concat(Enumerable.Range(3, descriptors.Length - 3).Select(number => $"echo 0 >&{number} || exit 99; exec {number}>&-; "));
        return Spawn.Start(new SpawnRequest
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", moves + script],
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            Descriptors = descriptors,
        });
    }

    /// <summary>Runs a shell in the group to its end.</summary>
    public async Task<ExitStatus> RunAsync(string path, string script)
    {
        using var child = Start(path, script);
        return await child.WaitAsync(Loop, Deadline);
    }

    public async ValueTask DisposeAsync()
    {
        await Tree.KillAsync("", _deadline);
        await Tree.RemoveAsync("", _deadline);
        Loop.Dispose();
        Assert.DoesNotContain(_roots, Directory.Exists);
    }
}
