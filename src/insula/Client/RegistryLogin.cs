using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>
/// Finds what <c>docker login</c> or <c>podman login</c> left for a registry: <c>$REGISTRY_AUTH_FILE</c>, <c>$DOCKER_CONFIG/config.json</c>,
/// <c>$XDG_RUNTIME_DIR/containers/auth.json</c>, <c>~/.docker/config.json</c>, the first that has it; also by the credential helpers named there.
/// </summary>
internal static class RegistryLogin
{
    private const string DockerHub = "docker.io";
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    /// <summary>User and password; null when there are none.</summary>
    /// <param name="reference">An image.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<(string User, string Password)?> FindAsync(string reference, CancellationToken ct)
    {
        var registry = RegistryOf(reference);
        foreach (var file in Files().Where(File.Exists))
        {
            JsonObject? settings;
            try
            {
                settings = JsonNode.Parse(await File.ReadAllBytesAsync(file, ct)) as JsonObject;
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"{file}: {(e is JsonException ? "this is not JSON" : e.Message)}; mend it, or pull with --anonymous");
            }

            if (settings is not null && await InAsync(settings, registry, file, ct) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The registry of a reference, as Docker's rule has it: the first part is one when it cannot be a repository's name.</summary>
    internal static string RegistryOf(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : reference[..slash];
        return first == "localhost" || first.AsSpan().ContainsAny('.', ':') || first.Any(char.IsAsciiLetterUpper)
            ? first == "index.docker.io" ? DockerHub : first
            : DockerHub;
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

    private static async Task<(string User, string Password)?> InAsync(JsonObject settings, string registry, string file, CancellationToken ct)
    {
        string[] keys = registry == DockerHub ? [DockerHubKey, DockerHub, "index.docker.io", "registry-1.docker.io"] : [registry, $"https://{registry}"];
        foreach (var key in keys)
        {
            if ((Text(settings["credHelpers"]?[key]) ?? null) is { Length: > 0 } helper)
            {
                return await AskAsync(helper, key, ct);
            }
        }

        foreach (var key in keys)
        {
            if (settings["auths"]?[key] is JsonObject entry)
            {
                if (Decode(Text(entry["auth"]), file) is { } found)
                {
                    return found;
                }

                if (Text(settings["credsStore"]) is { Length: > 0 } store)
                {
                    return await AskAsync(store, key, ct);
                }
            }
        }

        return null;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static (string User, string Password)? Decode(string? auth, string file)
    {
        if (string.IsNullOrEmpty(auth))
        {
            return null;
        }

        var bytes = new byte[auth.Length];
        var text = Convert.TryFromBase64String(auth, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 ? (text[..colon], text[(colon + 1)..].TrimEnd('\0')) : throw new CommandException($"{file}: an entry of auths is not base64 of USER:PASSWORD; sign in again, or pull with --anonymous");
    }

    // The protocol of docker-credential-helpers: the server's name in, JSON out. "<token>" as name means another kind of sign-in.
    private static async Task<(string User, string Password)?> AskAsync(string helper, string server, CancellationToken ct)
    {
        var program = $"docker-credential-{helper}";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["get"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new CommandException($"{program} cannot be started");
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(_longest);
            await process.StandardInput.WriteLineAsync(server.AsMemory(), limit.Token);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await Task.WhenAll(output, errors, process.WaitForExitAsync(limit.Token));
            if (process.ExitCode != 0)
            {
                // It has none for this server, and says so; the registry will say whether one is needed.
                return null;
            }

            var said = JsonNode.Parse(await output);
            return Text(said?["Username"]) is { Length: > 0 } user and not "<token>" && Text(said?["Secret"]) is { } secret
                ? (user, secret)
                : throw new CommandException($"{program} gives no user and password for {server}; pull with --anonymous, or sign in otherwise");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CommandException($"{program}, which keeps the credential of {server}, cannot be run: {e.Message}; pull with --anonymous, or sign in otherwise");
        }
        catch (JsonException)
        {
            throw new CommandException($"{program} answers with something else than JSON");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CommandException($"{program} did not answer within {_longest.TotalSeconds} s");
        }
    }
}
