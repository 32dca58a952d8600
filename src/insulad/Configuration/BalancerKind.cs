namespace Insulad.Configuration;

/// <summary>Who sees to Services of the type LoadBalancer that name no class.</summary>
internal enum BalancerKind
{
    /// <summary>Nobody of the daemon's.</summary>
    None,

    /// <summary>They are at the machine's own address.</summary>
    Host,

    /// <summary>They get addresses of the pool.</summary>
    Pool,

    /// <summary>The configured program.</summary>
    Exec,
}
