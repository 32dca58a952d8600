namespace Insula.Api.PodSecurity;

/// <summary>A check that a pod does not pass.</summary>
/// <param name="Reason">Which, in short; the same for all pods that fail it.</param>
/// <param name="Detail">Who sets what in this pod, and what would be right.</param>
public sealed record PodSecurityViolation(string Reason, string Detail)
{
    /// <summary>The reason, and the detail in parentheses.</summary>
    public override string ToString() => $"{Reason} ({Detail})";
}
