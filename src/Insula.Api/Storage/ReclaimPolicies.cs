namespace Insula.Api.Storage;

/// <summary>What becomes of a volume when its claim is gone.</summary>
public static class ReclaimPolicies
{
    /// <summary>It stays, with its data, for somebody to see to it.</summary>
    public const string Retain = "Retain";

    /// <summary>It goes, with its data.</summary>
    public const string Delete = "Delete";
}
