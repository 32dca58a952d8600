namespace Insula.Api.Core;

/// <summary>Values of LoadBalancerIngress.IpMode.</summary>
public static class IpModes
{
    /// <summary>"VIP": packets come with the load balancer's address as their destination, and are led on here.</summary>
    public const string Vip = "VIP";

    /// <summary>"Proxy": the load balancer makes connections of its own to node ports.</summary>
    public const string Proxy = "Proxy";
}
