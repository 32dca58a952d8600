namespace Insula.Ingresses.Model;

/// <summary>A path and what it leads to.</summary>
/// <param name="Host">The host: a name, <c>*.</c> and a name, or <see cref="AnyHost"/>.</param>
/// <param name="Path">The path; of a prefix with a slash at its end.</param>
/// <param name="Exact">Whether only this very path is meant.</param>
/// <param name="Backend">Name of the backend.</param>
public sealed record Route(string Host, string Path, bool Exact, string Backend)
{
    /// <summary>Stands for hosts that no route names; no host has this name.</summary>
    public const string AnyHost = "_";
}
