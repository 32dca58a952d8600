namespace Insula.Pods.Resizing;

/// <summary>Why what a pod's resources were changed to is not set aside for it.</summary>
/// <param name="Reason">Deferred or Infeasible.</param>
/// <param name="Message">What is missing, with the numbers of the moment.</param>
public sealed record PendingResize(string Reason, string Message);
