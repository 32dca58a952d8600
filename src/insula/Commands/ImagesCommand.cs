using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula images</c>: the images that pods can use.</summary>
internal static class ImagesCommand
{
    public const string Path = "/apis/insula.dev/v1/images";

    public static Command Create() => Create("images");

    /// <summary>The same by another name.</summary>
    public static Command Create(string name)
    {
        var output = Common.Output("wide, yaml, json, name, jsonpath=TEMPLATE");
        var command = new Command(name, "show the images on this machine") { output };
        command.SetAction(async (parsed, ct) =>
        {
            var format = OutputFormat.Parse(parsed.GetValue(output));
            using var client = parsed.Client();
            var list = await client.GetAsync(Path, ct);
            if (!format.IsTable)
            {
                var printer = new ObjectPrinter(format, Console.Out);
                printer.Add(new Client.ResourceType("Image", "insula.dev/v1", "images", "image", [], false), list, isList: true);
                printer.Finish(null);
                return 0;
            }

            var wide = format.Name == "wide";
            var table = wide ? new TextTable("REFERENCE", "IMAGE ID", "SIZE", "OWN SIZE", "PINNED", "DIGEST") : new TextTable("REFERENCE", "IMAGE ID", "SIZE");
            foreach (var image in list["items"]?.AsArray().OfType<JsonObject>() ?? [])
            {
                var id = ((string?)image["id"] ?? "").Replace("sha256:", "", StringComparison.Ordinal);
                var references = image["references"]?.AsArray().Select(r => (string)r!).ToList() ?? [];
                foreach (var reference in references.DefaultIfEmpty("<none>"))
                {
                    List<string> row = [reference, id.Length > 12 ? id[..12] : id, Size(image["size"])];
                    if (wide)
                    {
                        row.AddRange([Size(image["ownSize"]), (bool?)image["pinned"] == true ? "yes" : "no", (string?)image["digest"] ?? ""]);
                    }

                    table.Add(row);
                }
            }

            if (table.IsEmpty)
            {
                await Console.Error.WriteLineAsync("No images; `insula pull IMAGE` or `insula load FILE` brings one");
                return 0;
            }

            table.WriteTo(Console.Out);
            return 0;
        });
        return command;
    }

    /// <summary>Bytes in a few letters.</summary>
    public static string Size(JsonNode? size) => Size(size is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : 0);

    /// <summary>The same.</summary>
    public static string Size(double bytes)
    {
        return bytes switch
        {
            < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{bytes:0}B"),
            < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#}kB"),
            < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.##}MB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##}GB"),
        };
    }
}
