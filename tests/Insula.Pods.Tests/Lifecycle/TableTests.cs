using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

public class TableTests
{
    [Theory]
    [InlineData(ContainerStage.Absent, "Wait Start Start Wait Wait Wait")]
    [InlineData(ContainerStage.Starting, "Wait Wait Wait Wait Wait Wait")]
    [InlineData(ContainerStage.Running, "Wait Wait Stop Stop Stop Kill")]
    [InlineData(ContainerStage.Stopping, "KillWhenDue KillWhenDue KillWhenDue KillWhenDue KillWhenDue Kill")]
    [InlineData(ContainerStage.Killing, "Wait Wait Wait Wait Wait Wait")]
    [InlineData(ContainerStage.Exited, "Wait StartWhenDue Start Wait Wait Wait")]
    [InlineData(ContainerStage.Refused, "Wait StartWhenDue Start Wait Wait Wait")]
    [InlineData(ContainerStage.Pulling, "Wait Wait Start Wait Wait Wait")]
    [InlineData(ContainerStage.Pulled, "Wait Start Start Wait Wait Wait")]
    public void EveryContainerCellIsDecided(ContainerStage stage, string row) =>
        Assert.Equal(row, string.Join(' ', Enum.GetValues<ContainerWant>().Select(w => ContainerTable.Step(stage, w))));

    [Theory]
    [InlineData(SandboxStage.None, "Create Wait Wait")]
    [InlineData(SandboxStage.Creating, "Wait Wait Wait")]
    [InlineData(SandboxStage.CreateFailed, "CreateWhenDue Wait Destroy")]
    [InlineData(SandboxStage.Ready, "Wait Wait Destroy")]
    [InlineData(SandboxStage.Dead, "Destroy Destroy Destroy")]
    [InlineData(SandboxStage.Destroying, "Wait Wait Wait")]
    [InlineData(SandboxStage.DestroyFailed, "DestroyWhenDue DestroyWhenDue DestroyWhenDue")]
    public void EverySandboxCellIsDecided(SandboxStage stage, string row) =>
        Assert.Equal(row, string.Join(' ', Enum.GetValues<SandboxWant>().Select(w => SandboxTable.Step(stage, w))));

    [Fact]
    public void TheTablesCoverEveryState()
    {
        foreach (var stage in Enum.GetValues<ContainerStage>())
        {
            Assert.All(Enum.GetValues<ContainerWant>(), want => Assert.True(Enum.IsDefined(ContainerTable.Step(stage, want))));
        }

        foreach (var stage in Enum.GetValues<SandboxStage>())
        {
            Assert.All(Enum.GetValues<SandboxWant>(), want => Assert.True(Enum.IsDefined(SandboxTable.Step(stage, want))));
        }
    }
}
