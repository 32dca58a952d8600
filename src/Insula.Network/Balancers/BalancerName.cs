namespace Insula.Network.Balancers;

/// <summary>Whose load balancer it is. The uid decides: a Service that was made anew under the same name is another one.</summary>
/// <param name="Uid">The Service's uid.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record BalancerName(string Uid, string Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}
