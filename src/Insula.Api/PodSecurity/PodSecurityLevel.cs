namespace Insula.Api.PodSecurity;

/// <summary>The Pod Security Standards, each stricter than the one before.</summary>
public enum PodSecurityLevel
{
    /// <summary>Everything is allowed.</summary>
    Privileged,

    /// <summary>Known ways out of a container are not allowed.</summary>
    Baseline,

    /// <summary>Only pods hardened by the current best practice are allowed.</summary>
    Restricted,
}
