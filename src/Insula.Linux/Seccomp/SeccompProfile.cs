namespace Insula.Linux.Seccomp;

/// <summary>A system call filter as data; what no rule matches gets the default action.</summary>
public sealed record SeccompProfile
{
    /// <summary>What happens to calls without a matching rule.</summary>
    public required SeccompAction DefaultAction { get; init; }

    /// <summary>Further architectures whose calls are filtered by the same rules, in libseccomp's names (<c>x86</c>, <c>x32</c>); others are killed.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>SECCOMP_FILTER_FLAG_* the filter is loaded with.</summary>
    public uint Flags { get; init; }

    /// <summary>The rules.</summary>
    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];
}
