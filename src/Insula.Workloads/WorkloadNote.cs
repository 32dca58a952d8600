namespace Insula.Workloads;

/// <summary>An event about a workload.</summary>
/// <param name="Type">Normal or Warning.</param>
/// <param name="Reason">A word, as Kubernetes has it.</param>
/// <param name="Message">A sentence.</param>
public sealed record WorkloadNote(string Type, string Reason, string Message);
