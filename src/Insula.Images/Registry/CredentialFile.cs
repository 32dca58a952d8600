namespace Insula.Images.Registry;

/// <summary>A file of credentials as <c>docker login</c> leaves it, with the helper programs it names. Read anew each time it is asked.</summary>
/// <param name="path">The file; it need not be there.</param>
public sealed class CredentialFile(string path)
{
    /// <summary>The credentials for a repository, the most particular first.</summary>
    /// <param name="registry">Its registry, with the port.</param>
    /// <param name="repository">Its path there.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ImageException">The file or a helper is broken; what they hold is not told.</exception>
    public async ValueTask<IReadOnlyList<RegistryCredential>> FindAsync(string registry, string repository, CancellationToken ct)
    {
        try
        {
            if (!File.Exists(path))
            {
                return [];
            }

            var config = DockerConfig.Parse(await File.ReadAllBytesAsync(path, ct));
            return config.HelperOf(registry) is var (helper, server)
                ? await CredentialHelper.AskAsync(helper, server, ct) is { } kept ? [kept] : []
                : config.Find(registry, repository);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageError.Registry, $"{path}: {e.Message}: mend it, or sign in again", e);
        }
    }
}
