namespace Insula.Linux.Seccomp;

/// <summary>What happens to some calls, if all conditions on their arguments hold.</summary>
/// <param name="Action">The action.</param>
/// <param name="Names">System calls; names libseccomp does not know are left out, but for those of a rule that is stricter than the default.</param>
/// <param name="Arguments">Conditions, at most one for each argument; none means any arguments.</param>
public sealed record SeccompRule(SeccompAction Action, IReadOnlyList<string> Names, IReadOnlyList<SeccompArgument> Arguments)
{
    /// <summary>A rule without conditions.</summary>
    public SeccompRule(SeccompAction action, params IReadOnlyList<string> names)
        : this(action, names, [])
    {
    }
}
