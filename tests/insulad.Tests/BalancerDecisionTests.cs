using Insula.Api.Core;
using Insula.Api.Services;
using Insulad.Balancers;
using Insulad.Configuration;

namespace Insulad.Tests;

public sealed class BalancerDecisionTests
{
    private static readonly string[] s_noted = [BalancerDecision.Finalizer];

    [Theory]
    [InlineData("LoadBalancer", null, false, false, "Ensure", BalancerClasses.Host)]
    [InlineData("LoadBalancer", "insula.dev/exec", true, false, "Ensure", BalancerClasses.Exec)]
    [InlineData("LoadBalancer", null, true, true, "Release", null)]
    [InlineData("LoadBalancer", null, false, true, "Nothing", null)]
    [InlineData("ClusterIP", null, true, false, "Release", null)]
    [InlineData("ClusterIP", null, false, false, "Nothing", null)]
    [InlineData("LoadBalancer", "example.org/ours", true, false, "Nothing", null)]
    [InlineData("LoadBalancer", "example.org/ours", true, true, "Nothing", null)]
    public void What_is_to_be_done(string type, string? name, bool noted, bool deleted, string act, string? wanted)
    {
        var service = new Service
        {
            Metadata = new() { Name = "a", Finalizers = noted ? s_noted : [], DeletionTimestamp = deleted ? DateTimeOffset.UnixEpoch : null },
            Spec = new() { Type = type, LoadBalancerClass = name },
        };
        Assert.Equal((act, wanted), (BalancerDecision.Of(service, new DaemonOptions().BalancerOf).Act.ToString(), BalancerDecision.Of(service, new DaemonOptions().BalancerOf).Class));
    }

    [Fact]
    public void Who_it_is_follows_from_what_is_configured()
    {
        var pool = Insula.Network.Balancers.AddressRanges.TryParse("192.0.2.9")!;
        Assert.Equal(BalancerClasses.Pool, new DaemonOptions { LoadBalancerPool = pool, LoadBalancerExec = "/x" }.BalancerOf(null));
        Assert.Equal(BalancerClasses.Exec, new DaemonOptions { LoadBalancerExec = "/x" }.BalancerOf(""));
        Assert.Equal(BalancerClasses.Host, new DaemonOptions { LoadBalancer = BalancerKind.Host, LoadBalancerPool = pool }.BalancerOf(null));
        Assert.Null(new DaemonOptions { LoadBalancer = BalancerKind.None }.BalancerOf(null));
        Assert.Equal(BalancerClasses.Pool, new DaemonOptions { LoadBalancer = BalancerKind.None }.BalancerOf(BalancerClasses.Pool));
    }
}
