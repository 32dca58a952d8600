namespace Insula.Pods.Admission;

/// <summary>Why this machine does not take a pod.</summary>
/// <param name="Reason">One word, the kubelet's.</param>
/// <param name="Message">The same for people.</param>
public sealed record Rejection(string Reason, string Message);
