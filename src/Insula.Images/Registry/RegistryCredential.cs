namespace Insula.Images.Registry;

/// <summary>Who asks a registry. Neither is ever part of a message.</summary>
/// <param name="User">The user's name.</param>
/// <param name="Password">The password, or a token that stands for one.</param>
public sealed record RegistryCredential(string User, string Password)
{
    /// <summary>Says nothing of it.</summary>
    public override string ToString() => "a credential";
}
