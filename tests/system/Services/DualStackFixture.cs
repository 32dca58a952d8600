using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>A daemon with addresses of both families for pods, Services and load balancers.</summary>
public sealed class DualStackFixture : OutsideFixture
{
    protected override string Options => "load-balancer-pool: 192.0.2.50-192.0.2.51,2001:db8::50/127\n";
}
