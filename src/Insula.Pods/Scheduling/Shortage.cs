namespace Insula.Pods.Scheduling;

/// <summary>Why a pod has no place.</summary>
/// <param name="What">What is missing, without numbers: as long as it is the same, it is not told anew.</param>
/// <param name="Message">The same for people, in the scheduler's words, with the numbers of the moment.</param>
public sealed record Shortage(string What, string Message)
{
    /// <summary>Whether room is being made for it.</summary>
    public bool IsNominated { get; init; }
}
