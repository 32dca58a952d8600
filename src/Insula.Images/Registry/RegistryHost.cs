namespace Insula.Images.Registry;

/// <summary>One place that serves images of a registry: the registry, or a mirror of it.</summary>
internal sealed record RegistryHost
{
    private const string DockerHub = "docker.io";
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>Where its API is: <c>https://mirror.example/v2/</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>What credentials are kept under, and what it is called in messages.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it says which image a tag means; otherwise it is asked by digest alone.</summary>
    public bool Resolves { get; init; } = true;

    /// <summary>Whether it gives images.</summary>
    public bool Pulls { get; init; } = true;

    /// <summary>The registry that it mirrors, told with each request; null for the registry itself.</summary>
    public string? Mirrors { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    public bool AnyCertificate { get; init; }

    /// <summary>Files of certificates (PEM) of authorities that are trusted beside the system's.</summary>
    public IReadOnlyList<string> Authorities { get; init; } = [];

    /// <summary>Files of our own certificate and its key (PEM); the key's is null where the certificate's has both.</summary>
    public (string Certificate, string? Key)? Client { get; init; }

    /// <summary>Headers to send along.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The registry of a reference itself, as it is reached when nothing is said of it.</summary>
    public static RegistryHost Of(string domain, bool plainHttp)
    {
        var host = domain == DockerHub ? DockerHubHost : domain;
        Uri secure = new($"https://{host}/v2/");
        return new RegistryHost { Name = domain, Endpoint = plainHttp || secure.IsLoopback ? new Uri($"http://{host}/v2/") : secure };
    }
}
