namespace Insula.Pods.Streaming;

/// <summary>The begin of a container's log.</summary>
/// <param name="Files">The log.</param>
/// <param name="Before">Only entries that are older; null for all.</param>
public sealed record PodLogPart(PodLogFiles Files, DateTimeOffset? Before);
