namespace Insula.Api.Values;

/// <summary>How a quantity was written and is written again (apimachinery resource.Format).</summary>
public enum QuantityFormat
{
    /// <summary>Decimal suffixes: n, u, m, none, k, M, G, T, P, E.</summary>
    DecimalSI = 0,

    /// <summary>Binary suffixes: Ki, Mi, Gi, Ti, Pi, Ei.</summary>
    BinarySI = 1,

    /// <summary>An exponent: 1e3, 2E6.</summary>
    DecimalExponent = 2,
}
