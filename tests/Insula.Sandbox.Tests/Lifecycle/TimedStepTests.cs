using System.Diagnostics;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Tests.Plans;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Sandbox.Tests.Lifecycle;

/// <summary>The steps of making a sandbox are told with their times: one that fails, too, and no later one counts as a part of it.</summary>
public sealed class TimedStepTests
{
    [Fact]
    public async Task A_step_that_fails_has_ended()
    {
        var path = Directory.CreateTempSubdirectory("insula-steps-").FullName;
        var ended = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Insula.Sandbox",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = step => ended.Add(step.DisplayName),
        };
        using var loop = new EventLoop();
        var options = new SandboxOptions { RootDirectory = path, RunDirectory = path, ShimProgram = "" };
        var context = new SandboxContext(options, null!, loop, TimeProvider.System, NullLogger.Instance);

        // The record's place is taken by what no file replaces.
        Directory.CreateDirectory(Path.Combine(path, "sandboxes", Specs.Sandbox.Id, SandboxRecord.FileName));
        ActivitySource.AddActivityListener(listener);
        await Assert.ThrowsAsync<LinuxException>(() => new SandboxCreator(context, null!).CreateAsync(Specs.Sandbox, default));
        Assert.Equal(["record and cgroups"], ended);
        Directory.Delete(path, recursive: true);
    }
}
