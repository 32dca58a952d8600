namespace Insula.Linux.Seccomp;

/// <summary>Comparisons of an argument, numbered as libseccomp's <c>scmp_compare</c>.</summary>
public enum SeccompComparison
{
    /// <summary>Not equal.</summary>
    NotEqual = 1,

    /// <summary>Less.</summary>
    Less = 2,

    /// <summary>Less or equal.</summary>
    LessOrEqual = 3,

    /// <summary>Equal.</summary>
    Equal = 4,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual = 5,

    /// <summary>Greater.</summary>
    Greater = 6,

    /// <summary>The argument and the mask are equal to a value.</summary>
    MaskedEqual = 7,
}
