using System.Text;
using Insula.Sandbox;

namespace Insula.SystemTests.Sandbox;

/// <summary>Alone, since it counts descriptors of the whole process.</summary>
[Collection(Alone)]
public sealed class ExecLeakKernelTests
{
    public const string Alone = "counts descriptors";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Many_commands_at_once_each_get_their_own_output_and_leave_no_descriptor()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("web.0", "sleep", "100000"), SandboxHost.Deadline);
        await RunManyAsync(sandbox, 4);
        var before = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        await RunManyAsync(sandbox, 60);
        Assert.DoesNotContain(host.Cgroups.List($"{host.CgroupParent}/web.0"), name => name.StartsWith("exec-", StringComparison.Ordinal));
        Assert.InRange(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), 0, before + 8);
    }

    private static Task RunManyAsync(PodSandbox sandbox, int count) => Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
    {
        var outcome = await sandbox.RunAsync(SandboxHost.Exec("web.0", "echo", $"{i}"), Long, 100, SandboxHost.Deadline);
        Assert.Equal($"{i}\n", Encoding.UTF8.GetString(outcome.Output.Span));
    }));
}

/// <summary>Nothing else runs beside these tests.</summary>
[CollectionDefinition(ExecLeakKernelTests.Alone, DisableParallelization = true)]
public sealed class AloneCollection;
