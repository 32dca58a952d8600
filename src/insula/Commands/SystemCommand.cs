using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula system</c>: the daemon, and what this machine offers it.</summary>
internal static class SystemCommand
{
    private const string Path = "/apis/insula.dev/v1/system";

    public static Command Create() => new("system", "the daemon and its machine") { Info(), Check() };

    private static Command Info()
    {
        var output = Common.Output("yaml, json, jsonpath=TEMPLATE");
        var command = new Command("info", "version, directories, socket and settings of the daemon") { output };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var system = await client.GetAsync(Path, ct);
            system.Remove("checks");
            var format = OutputFormat.Parse(parsed.GetValue(output) ?? "yaml");
            var printer = new ObjectPrinter(format, Console.Out);
            printer.Add(new Client.ResourceType("System", "insula.dev/v1", "system", "system", [], false), system, isList: false);
            printer.Finish(null);
            return 0;
        });
        return command;
    }

    private static Command Check()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only what is missing" };
        var command = new Command("check", "what kernel and firewall offer, and what each lack disables") { quiet };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var system = await client.GetAsync($"{Path}?checks=true", ct);
            var table = new TextTable("CHECK", "RESULT", "DETAIL", "WITHOUT IT");
            var failed = false;
            foreach (var check in system["checks"]?.AsArray().OfType<JsonObject>() ?? [])
            {
                var ok = (bool?)check["ok"] ?? false;
                failed |= !ok && ((bool?)check["required"] ?? false);
                if (!ok || !parsed.GetValue(quiet))
                {
                    table.Add(
                        (string?)check["name"] ?? "", ok ? "ok" : "missing", (string?)check["detail"] ?? "",
                        ok ? "" : (string?)check["disables"] ?? "");
                }
            }

            if (!table.IsEmpty)
            {
                table.WriteTo(Console.Out);
            }

            return failed ? 1 : 0;
        });
        return command;
    }
}
