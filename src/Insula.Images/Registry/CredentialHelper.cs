using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Images.Registry;

/// <summary>Asks a program for a credential, by the protocol of docker-credential-helpers: the server's name in, JSON out.</summary>
public static class CredentialHelper
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    /// <summary>What the program has for a server; null when it has nothing.</summary>
    /// <param name="helper">The program's name without <c>docker-credential-</c>.</param>
    /// <param name="server">The registry, as the program knows it.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="FormatException">It cannot be run, or its answer is not understood; what it said is not told.</exception>
    public static async Task<RegistryCredential?> AskAsync(string helper, string server, CancellationToken ct)
    {
        var program = $"docker-credential-{helper}";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["get"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
                ?? throw new FormatException($"{program} cannot be started");
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

            // "<token>" as name means another kind of sign-in.
            return JsonNode.Parse(await output) is JsonObject said && (string?)said["Username"] is { Length: > 0 } user and not "<token>" && (string?)said["Secret"] is { } secret
                ? new RegistryCredential(user, secret)
                : throw new FormatException($"{program} gives no user and password for {server}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FormatException($"{program}, which keeps the credential of {server}, cannot be run: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{program} answers with something else than JSON");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new FormatException($"{program} did not answer within {_longest.TotalSeconds} s");
        }
    }
}
