using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create configmap</c> and <c>insula create secret generic</c>: objects made from files and words.</summary>
internal static class CreateConfigCommand
{
    public static Command ConfigMap()
    {
        var command = Make("configmap", "create a ConfigMap from files, directories and words", "ConfigMap", "configmaps", ConfigSources.ConfigMap);
        command.Aliases.Add("cm");
        return command;
    }

    public static Command Secret()
    {
        var type = new Option<string?>("--type") { Description = "what it is for (default Opaque)", HelpName = "TYPE" };
        var generic = Make("generic", "create a Secret from files, directories and words", "Secret", "secrets", ConfigSources.Secret, type);
        return new Command("secret", "create a Secret") { generic };
    }

    private static Command Make(
        string word, string description, string kind, string plural, Func<IReadOnlyDictionary<string, byte[]>, JsonObject> data, Option<string?>? type = null)
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var files = new Option<string[]>("--from-file")
        {
            Description = "a file, whose name is the key; KEY=FILE; or a directory, each of whose files is a key",
            AllowMultipleArgumentsPerToken = false,
            HelpName = "[KEY=]PATH",
        };
        var literals = new Option<string[]>("--from-literal") { Description = "a key and its value", AllowMultipleArgumentsPerToken = false, HelpName = "KEY=VALUE" };
        var dryRun = DryRun.Option();
        var command = new Command(word, description) { name, files, literals, dryRun };
        if (type is not null)
        {
            command.Options.Add(type);
        }

        command.SetAction(async (parsed, ct) =>
        {
            var document = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = kind,
                ["metadata"] = new JsonObject { ["name"] = parsed.GetValue(name), ["namespace"] = parsed.NamespaceName() },
            };
            if (type is not null && parsed.GetValue(type) is { } wanted)
            {
                document["type"] = wanted;
            }

            foreach (var (field, value) in data(ConfigSources.Read(parsed.GetValue(files) ?? [], parsed.GetValue(literals) ?? [])))
            {
                document[field] = value?.DeepClone();
            }

            var query = DryRun.Of(parsed.GetValue(dryRun)) ? "?dryRun=All" : "";
            using var client = parsed.Client();
            await client.SendAsync(
                HttpMethod.Post, $"/api/v1/namespaces/{Uri.EscapeDataString(parsed.NamespaceName())}/{plural}{query}", ApiClient.Json(document), ct);
            await Console.Out.WriteLineAsync($"{kind.ToLowerInvariant()}/{parsed.GetValue(name)} created");
            return 0;
        });
        return command;
    }
}
