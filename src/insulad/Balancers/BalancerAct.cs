namespace Insulad.Balancers;

/// <summary>What is to be done about a Service's load balancer.</summary>
internal enum BalancerAct
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>It is to be there as the Service wants it.</summary>
    Ensure,

    /// <summary>It is to be gone, and then the finalizer.</summary>
    Release,
}
