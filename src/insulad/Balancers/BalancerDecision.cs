using Insula.Api.Core;
using Insula.Api.Services;

namespace Insulad.Balancers;

/// <summary>What is to be done about a Service's load balancer. Pure.</summary>
/// <param name="Act">What.</param>
/// <param name="Class">Whose it is to be: one of <see cref="BalancerClasses"/>; null for nobody's.</param>
internal readonly record struct BalancerDecision(BalancerAct Act, string? Class)
{
    /// <summary>Kubernetes' finalizer of a Service that may have a load balancer.</summary>
    public const string Finalizer = "service.kubernetes.io/load-balancer-cleanup";

    /// <summary>Decides.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="resolve">Which of the daemon's a loadBalancerClass means; null for none.</param>
    public static BalancerDecision Of(Service service, Func<string?, string?> resolve)
    {
        // Of what is somebody else's nothing is touched, not even a finalizer of the same name.
        var isOurs = BalancerClasses.IsOwn(service.Spec.LoadBalancerClass);
        if (isOurs && service.Spec.Type == ServiceTypeNames.LoadBalancer && service.Metadata.DeletionTimestamp is null && resolve(service.Spec.LoadBalancerClass) is { } found)
        {
            return new(BalancerAct.Ensure, found);
        }

        return new(isOurs && service.Metadata.Finalizers.Contains(Finalizer) ? BalancerAct.Release : BalancerAct.Nothing, null);
    }
}
