namespace Insula.Pods.Configs;

/// <summary>What a ConfigMap or Secret holds.</summary>
/// <param name="Values">Bytes by key.</param>
/// <param name="Binary">The keys that are bytes and no text: they become files, but no variables.</param>
internal sealed record ConfigContent(IReadOnlyDictionary<string, byte[]> Values, IReadOnlySet<string> Binary);
