namespace Insula.Api.Ingresses;

/// <summary>How a request's path is compared with a rule's.</summary>
public static class PathTypes
{
    /// <summary>The very same path.</summary>
    public const string Exact = "Exact";

    /// <summary>The path or one below it, by whole elements between slashes.</summary>
    public const string Prefix = "Prefix";

    /// <summary>As the class has it; ours takes it for <see cref="Prefix"/>.</summary>
    public const string ImplementationSpecific = "ImplementationSpecific";
}
