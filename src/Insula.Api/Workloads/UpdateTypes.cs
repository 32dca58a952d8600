namespace Insula.Api.Workloads;

/// <summary>How pods are replaced when the template changes.</summary>
public static class UpdateTypes
{
    /// <summary>"RollingUpdate": some at a time.</summary>
    public const string RollingUpdate = "RollingUpdate";

    /// <summary>"Recreate": all old ones end first.</summary>
    public const string Recreate = "Recreate";

    /// <summary>"OnDelete": when somebody deletes them.</summary>
    public const string OnDelete = "OnDelete";
}
