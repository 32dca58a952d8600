namespace Insula.Pods.Workers;

/// <summary>A limit of ephemeral storage that a pod has passed.</summary>
/// <param name="Limit">Which, by the kubelet's name in its metrics.</param>
/// <param name="Message">The same in a sentence.</param>
internal sealed record StorageExcess(string Limit, string Message);
