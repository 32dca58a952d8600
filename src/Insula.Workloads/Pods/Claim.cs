namespace Insula.Workloads.Pods;

/// <summary>What an object is to an owner.</summary>
internal enum Claim
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It belongs to it.</summary>
    Mine,

    /// <summary>It is to be its own.</summary>
    Adopt,

    /// <summary>It is no longer to be its own.</summary>
    Release,
}
