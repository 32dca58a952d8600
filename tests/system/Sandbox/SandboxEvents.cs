using Insula.Sandbox;
using Insula.Sandbox.Containers;

namespace Insula.SystemTests.Sandbox;

/// <summary>Waits for events of a sandbox.</summary>
public static class SandboxEvents
{
    /// <summary>The exit of a container; other events before it are dropped.</summary>
    public static async Task<ContainerExit> ExitOfAsync(this PodSandbox sandbox, string container)
    {
        while (true)
        {
            var next = await sandbox.Events.ReadAsync(SandboxHost.Deadline);
            Assert.IsNotType<SandboxEvent.ShimDied>(next);
            if (next is SandboxEvent.ContainerExited exited && exited.ContainerId == container)
            {
                return exited.Exit;
            }
        }
    }
}
