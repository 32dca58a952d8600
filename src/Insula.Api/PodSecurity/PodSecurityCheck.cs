namespace Insula.Api.PodSecurity;

/// <summary>One check of a standard, with its revisions.</summary>
/// <param name="Id">Kubernetes' name of it; messages list violations in the order of these.</param>
/// <param name="Level">The least strict level that has it.</param>
/// <param name="Revisions">The check by the version that it holds from, oldest first.</param>
internal sealed record PodSecurityCheck(string Id, PodSecurityLevel Level, params (int Since, Func<PodView, PodSecurityViolation?> Run)[] Revisions)
{
    /// <summary>The baseline check that this one is stricter than; restricted does not run both.</summary>
    public string? Overrides { get; init; }

    /// <summary>The revision of a version; null when the version has no such check yet.</summary>
    public Func<PodView, PodSecurityViolation?>? At(PodSecurityVersion version) => Revisions.LastOrDefault(r => r.Since <= version.Minor).Run;
}
