using Insula.Linux.Cgroups;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Tests.Plans;

namespace Insula.Sandbox.Tests.Containers;

/// <summary>What was made ahead for a container is taken by a start that wants exactly that.</summary>
public sealed class ExpectedContainerTests
{
    private static readonly ContainerSpec s_spec = Specs.Container with { CgroupSettings = new CgroupSettings { MemoryMax = 1 << 20 }, LogPath = "logs/app/0.log", Devices = [], AllowAllDevices = false, Project = null };

    private static readonly ExpectedContainer s_expected = new(s_spec.Id, new CgroupSettings { MemoryMax = 1 << 20 }, "logs/app/0.log");

    [Fact]
    public void The_same_is_taken() => Assert.True(s_expected.IsFor(s_spec));

    [Fact]
    public void Anything_else_is_made_anew() => Assert.All(
        (ContainerSpec[])
        [
            s_spec with { Id = "app.9" },
            s_spec with { CgroupSettings = new CgroupSettings { MemoryMax = 2 << 20 } },
            s_spec with { LogPath = "logs/app/1.log" },
            s_spec with { LogPath = null },
            s_spec with { Project = 7 },
            s_spec with { AllowAllDevices = true },
            s_spec with { Devices = [new ContainerDevice("/dev/fuse", false, 10, 229, 0b110_000_000, 0, 0)] },
        ],
        other => Assert.False(s_expected.IsFor(other)));
}
