namespace Insula.Api.Storage;

/// <summary>What has come of a claim.</summary>
public static class ClaimPhases
{
    /// <summary>It has no volume yet.</summary>
    public const string Pending = "Pending";

    /// <summary>It has one.</summary>
    public const string Bound = "Bound";

    /// <summary>It had one, which is gone.</summary>
    public const string Lost = "Lost";
}
