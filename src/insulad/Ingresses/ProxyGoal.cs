using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;

namespace Insulad.Ingresses;

/// <summary>What every HAProxy is to be led to.</summary>
/// <param name="Digest">The digest of the configuration it should have.</param>
/// <param name="Backends">Where requests should go.</param>
/// <param name="Written">When the configuration was written.</param>
internal sealed record ProxyGoal(string Digest, IReadOnlyList<Backend> Backends, DateTimeOffset Written)
{
    /// <summary>The same for goals that are reached by the same.</summary>
    public string Key { get; } = $"{Digest}\n{string.Join('\n', Backends.Select(b => $"{b.Name} {string.Join(' ', b.Endpoints)}"))}";
}
