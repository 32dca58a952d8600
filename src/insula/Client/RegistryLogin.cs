using Insula.Images;
using Insula.Images.Registry;

namespace Insula.Cli.Client;

/// <summary>
/// Finds what <c>docker login</c> or <c>podman login</c> left for a registry: <c>$REGISTRY_AUTH_FILE</c>, <c>$DOCKER_CONFIG/config.json</c>,
/// <c>$XDG_RUNTIME_DIR/containers/auth.json</c>, <c>~/.docker/config.json</c>, the first that has it; also by the credential helpers named there.
/// </summary>
internal static class RegistryLogin
{
    /// <summary>Who asks; null for nobody in particular.</summary>
    /// <param name="reference">An image.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<RegistryCredential?> FindAsync(string reference, CancellationToken ct)
    {
        // A reference that is none the daemon refuses.
        if (!ImageReference.TryParse(reference, out var image, out _))
        {
            return null;
        }

        foreach (var file in Files())
        {
            try
            {
                if (await new CredentialFile(file).FindAsync(image.Domain, image.Path, ct) is [var found, ..])
                {
                    return found;
                }
            }
            catch (ImageException e)
            {
                throw new CommandException($"{e.Message}, or pull with --anonymous");
            }
        }

        return null;
    }

    private static IEnumerable<string> Files()
    {
        static string? Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
        if (Of("REGISTRY_AUTH_FILE") is { } given)
        {
            yield return given;
        }

        if (Of("DOCKER_CONFIG") is { } directory)
        {
            yield return Path.Combine(directory, "config.json");
        }

        if (Of("XDG_RUNTIME_DIR") is { } run)
        {
            yield return Path.Combine(run, "containers", "auth.json");
        }

        if (Of("HOME") is { } home)
        {
            yield return Path.Combine(home, ".docker", "config.json");
        }
    }
}
