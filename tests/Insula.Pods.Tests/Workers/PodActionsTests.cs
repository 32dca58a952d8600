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
    public async Task A_removal_that_fails_in_an_unforeseen_way_is_to_be_tried_again()
    {
        var directory = Directory.CreateTempSubdirectory("insula-actions-").FullName;
        var options = new PodOptions { RootDirectory = directory, RunDirectory = directory };
        await using (var store = ObjectStore.Open(new StoreOptions { Directory = directory, ReserveBytes = 0 }, TimeProvider.System, message => Assert.Fail(message)))
        await using (var events = new EventRecorder(store, options, TimeProvider.System, NullLogger.Instance))
        {
            var services = new PodServices(
                options, LifecycleRules.From(options), store, null!, null!, null!, null!, null, null!, null!, events, null!, null!, null!, null!, null!, TimeProvider.System, NullLoggerFactory.Instance);
            var places = new PodPlaces(options, "0b7f4ea4-a864-4cae-a60c-0909ec6fc1e2");
            var actions = new PodActions(services, places, null!);
            var pod = new Pod { Metadata = new() { Name = "web", Namespace = "default", Uid = places.Uid } };

            // There is no network, and there are no user ids: null.
            Assert.IsType<PodFact.SandboxStuck>(await actions.DestroySandboxAsync(pod, 0));
            Assert.IsType<PodFact.CleanupFailed>(await actions.CleanupAsync(pod, CancellationToken.None));
        }

        Directory.Delete(directory, recursive: true);
    }
}
