namespace Insula.Images.Registry;

/// <summary>How a registry is spoken to.</summary>
/// <param name="Credential">Who asks; null for anybody.</param>
/// <param name="PlainHttp">Without encryption. A registry on the loopback is asked like this anyway.</param>
public sealed record RegistryAccess(RegistryCredential? Credential = null, bool PlainHttp = false)
{
    private const string DockerHub = "docker.io";
    private const string DockerHubHost = "registry-1.docker.io";

    /// <summary>How long a registry may say nothing, before it answers and in the middle of an answer.</summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Where the API of a reference's registry is.</summary>
    internal Uri Endpoint(ImageReference reference)
    {
        string host = reference.Domain == DockerHub ? DockerHubHost : reference.Domain;
        Uri secure = new($"https://{host}/v2/");
        return PlainHttp || secure.IsLoopback ? new Uri($"http://{host}/v2/") : secure;
    }
}
