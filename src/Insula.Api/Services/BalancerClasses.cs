namespace Insula.Api.Services;

/// <summary>Values of a Service's loadBalancerClass that the daemon sees to itself.</summary>
public static class BalancerClasses
{
    /// <summary>"insula.dev/host": the machine's own address.</summary>
    public const string Host = Prefix + "host";

    /// <summary>"insula.dev/pool": an address of the configured pool.</summary>
    public const string Pool = Prefix + "pool";

    /// <summary>"insula.dev/exec": what the configured program gives.</summary>
    public const string Exec = Prefix + "exec";

    private const string Prefix = "insula.dev/";

    /// <summary>Whether no other program sees to a class: it is none, and so the daemon's default one, or the daemon's by its name.</summary>
    public static bool IsOwn(string? name) => string.IsNullOrEmpty(name) || name.StartsWith(Prefix, StringComparison.Ordinal);
}
