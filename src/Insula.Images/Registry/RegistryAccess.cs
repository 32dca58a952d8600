namespace Insula.Images.Registry;

/// <summary>How registries are spoken to.</summary>
public sealed record RegistryAccess
{
    /// <summary>Who asks: for a registry (<c>docker.io</c>, <c>mirror.example:5000</c>) and a repository in it, the credentials to try, in their order.
    /// Where there is none it is asked for what everybody may have.</summary>
    public Func<string, string, CancellationToken, ValueTask<IReadOnlyList<RegistryCredential>>> Credentials { get; init; } = static (_, _, _) => new([]);

    /// <summary>Without encryption, where no file says otherwise. A registry on the loopback is asked like this anyway.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>The directory of <see cref="RegistryHosts"/>; null for none.</summary>
    public string? HostsDirectory { get; init; }

    /// <summary>How long a registry may say nothing, before it answers and in the middle of an answer.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);
}
