using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula pull</c>: an image from its registry.</summary>
internal static class PullCommand
{
    public static Command Create()
    {
        var image = new Argument<string>("image") { Description = "the image, such as busybox, registry.example/team/app:1.0 or NAME@sha256:…" };
        var plain = new Option<bool>("--plain-http") { Description = "speak to the registry without encryption (one on this machine's loopback is spoken to like that anyway)" };
        var anonymous = new Option<bool>("--anonymous") { Description = "leave out the credential that docker login or podman login left" };
        var output = ImageSteps.Output();
        var command = new Command("pull", "bring an image from its registry") { image, plain, anonymous, output };
        command.SetAction(async (parsed, ct) =>
        {
            var reference = parsed.GetValue(image)!;
            using var client = parsed.Client();
            using var content = parsed.GetValue(anonymous) ? null : await CredentialAsync(reference, ct);
            var query = $"?image={Uri.EscapeDataString(reference)}{(parsed.GetValue(plain) ? "&plainHttp=true" : "")}";
            using var response = await client.SendRawAsync(HttpMethod.Post, $"/apis/insula.dev/v1/images:pull{query}", content, ct);
            return await ImageSteps.ShowAsync(response, "Pulled", reference, parsed.GetValue(output) is not null, ct) > 0
                ? 0
                : throw new CommandException($"{reference}: the daemon ended the pull without a result");
        });
        return command;
    }

    private static async Task<ByteArrayContent?> CredentialAsync(string reference, CancellationToken ct)
    {
        if (await RegistryLogin.FindAsync(reference, ct) is not { } credential)
        {
            return null;
        }

        var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["username"] = credential.User, ["password"] = credential.Password }.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
