namespace Insula.Api.Core;

/// <summary>Reasons of the conditions PodResizePending and PodResizeInProgress.</summary>
public static class PodResizeReasons
{
    /// <summary>"Deferred": there is no room now; it is tried again when there may be.</summary>
    public const string Deferred = "Deferred";

    /// <summary>"Infeasible": the machine will never have that much.</summary>
    public const string Infeasible = "Infeasible";

    /// <summary>"Error": what is set aside could not be put into force yet; it is tried again.</summary>
    public const string Error = "Error";
}
