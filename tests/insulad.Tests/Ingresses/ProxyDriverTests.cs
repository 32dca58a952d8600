using System.Collections.Concurrent;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Plane;
using Insula.Pods.Streaming;
using Insulad.Ingresses;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insulad.Tests.Ingresses;

/// <summary>HAProxies of the test's, which are led.</summary>
public sealed class ProxyDriverTests : IAsyncDisposable
{
    private static readonly CancellationToken s_ct = TestContext.Current.CancellationToken;

    private readonly ConcurrentDictionary<string, FakeProxy> _proxies = new();
    private readonly ProxyDriver _driver;
    private readonly ProxyLink _link;

    public ProxyDriverTests()
    {
        var pods = new FakePods
        {
            Connect = request => request is { Namespace: PlaneNames.Namespace, LocalName: PlaneNames.Socket } && _proxies.TryGetValue(request.Pod, out var proxy)
                ? proxy.Accept()
                : throw new PodRequestException("BadRequest", "the pod is not running"),
        };
        var time = new StoppedTime();
        _link = new ProxyLink(pods, new ProxySettings { Threads = 1 }, time);
        _driver = new ProxyDriver(_link, time, NullLogger.Instance);
    }

    [Fact]
    public async Task One_that_does_not_answer_keeps_no_other_waiting()
    {
        _proxies["hung"] = new FakeProxy { IsHung = true };
        var serving = _proxies["serving"] = new FakeProxy { Digest = "wanted" };
        IReadOnlyList<ProxyPod> pods = [Pod("hung"), Pod("serving")];
        Assert.Empty(await _driver.PlacesAsync(pods, s_ct)); // asked already here, and the first answer is enough
        _driver.Steer(pods, new ProxyGoal("wanted", [], DateTimeOffset.MinValue));
        await _driver.News.ReadAsync(s_ct);
        Assert.True(_driver.HasReached(pods[1]));
        Assert.True(serving.IsReady);
        Assert.False(_driver.HasReached(pods[0]));

        // Nor does it keep from what comes next, and from its own end.
        serving.Digest = "another";
        _driver.Steer(pods, new ProxyGoal("another", [], DateTimeOffset.MinValue));
        Assert.False(_driver.HasReached(pods[1]));
        await _driver.News.ReadAsync(s_ct);
        Assert.True(_driver.HasReached(pods[1]));
        await _driver.KeepAsync([pods[1]]);
        Assert.True(_driver.HasReached(pods[1]));
    }

    [Fact]
    public async Task One_with_another_configuration_loads_it()
    {
        var proxy = _proxies["a"] = new FakeProxy { Digest = "old", Loads = "new" };
        IReadOnlyList<ProxyPod> pods = [Pod("a")];
        _driver.Steer(pods, new ProxyGoal("new", [], DateTimeOffset.MinValue));
        await proxy.Loaded.WaitAsync(s_ct);
        Assert.False(_driver.Refused);
    }

    [Fact]
    public async Task One_that_is_about_to_end_serves_what_it_has()
    {
        var proxy = _proxies["a"] = new FakeProxy { Digest = "old", Loads = "new" };
        _driver.Steer([Pod("a") with { Ending = true }], new ProxyGoal("new", [], DateTimeOffset.MinValue));
        await proxy.Asked.WaitAsync(s_ct);
        _driver.Steer([Pod("a") with { Ending = true }], new ProxyGoal("old", [], DateTimeOffset.MinValue));
        await _driver.News.ReadAsync(s_ct);
        Assert.False(proxy.Loaded.IsCompleted);
    }

    [Fact]
    public async Task Of_what_failed_in_an_unforeseen_way_the_next_one_hears()
    {
        _proxies["a"] = new FakeProxy { Failure = new NotSupportedException("unforeseen") };
        IReadOnlyList<ProxyPod> pods = [Pod("a")];
        _driver.Steer(pods, new ProxyGoal("new", [], DateTimeOffset.MinValue));
        await _driver.News.ReadAsync(s_ct);
        Exception? failure;
        do
        {
            // It is told a moment before its pilot has ended.
            s_ct.ThrowIfCancellationRequested();
            failure = Record.Exception(() => _driver.Steer(pods, new ProxyGoal("new", [], DateTimeOffset.MinValue)));
        }
        while (failure is null);

        Assert.IsType<NotSupportedException>(failure);
        Assert.Equal("unforeseen", failure.Message);
    }

    public async ValueTask DisposeAsync()
    {
        await _driver.DisposeAsync();
        foreach (var proxy in _proxies.Values)
        {
            proxy.Dispose();
        }
    }

    private static ProxyPod Pod(string name) => new(name, $"uid-{name}", "container", Ready: true, Ending: false, null);

    // Nobody's patience ends.
    private sealed class StoppedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
