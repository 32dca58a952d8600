using Insula.Api.Core;
using Insula.Pods.Events;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Pods.Tests.Workers;

public sealed class PodActionsTests
{
    [Fact]
    public Task A_removal_that_fails_in_an_unforeseen_way_is_to_be_tried_again() => WithNothingAsync(async (actions, pod) =>
    {
        // There is no network, and there are no user ids: null.
        Assert.IsType<PodFact.SandboxStuck>(await actions.DestroySandboxAsync(pod, 0));
        Assert.IsType<PodFact.CleanupFailed>(await actions.CleanupAsync(pod, CancellationToken.None));
    });

    // A pod that is deleted waits for the end of what was begun.
    [Fact]
    public Task A_beginning_that_fails_in_an_unforeseen_way_ends_in_a_fact() => WithNothingAsync(async (actions, pod) =>
    {
        var (sandbox, refused) = await actions.CreateSandboxAsync(pod, PodObservation.Empty, 0, CancellationToken.None);
        Assert.Null(sandbox);
        Assert.IsType<PodFact.SandboxRefused>(refused);
        Assert.IsType<PodFact.ContainerStartFailed>(await actions.StartContainerAsync(pod, new Container { Name = "main" }, 0, null!, [], CancellationToken.None));
    });

    private static async Task WithNothingAsync(Func<PodActions, Pod, Task> test)
    {
        var directory = Directory.CreateTempSubdirectory("insula-actions-").FullName;
        var options = new PodOptions { RootDirectory = directory, RunDirectory = directory };
        await using (var store = ObjectStore.Open(new StoreOptions { Directory = directory, ReserveBytes = 0 }, TimeProvider.System, message => Assert.Fail(message)))
        await using (var events = new EventRecorder(store, options, TimeProvider.System, NullLogger.Instance))
        {
            var services = new PodServices(
                options, LifecycleRules.From(options), store, null!, null!, null!, null!, null!, null!, null, null!, null!, null!, events, null!, null!, null!, null!, null!, null!, null!, null!, TimeProvider.System, NullLoggerFactory.Instance);
            var places = new PodPlaces(options, "0b7f4ea4-a864-4cae-a60c-0909ec6fc1e2");
            await test(new PodActions(services, places, null!, null!), new Pod { Metadata = new() { Name = "web", Namespace = "default", Uid = places.Uid } });
        }

        Directory.Delete(directory, recursive: true);
    }
}
