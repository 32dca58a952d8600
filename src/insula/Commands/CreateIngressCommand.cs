using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula create ingress</c>, with kubectl's rules.</summary>
internal static class CreateIngressCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "its name" };
        var rules = new Option<string[]>("--rule") { Description = "HOST/PATH=SERVICE:PORT[,tls[=SECRET]]; a * at the end of the path: also those below it", HelpName = "RULE" };
        var ingressClass = new Option<string?>("--class") { Description = "the IngressClass (default: the one that is the default)", HelpName = "NAME" };
        var standard = new Option<string?>("--default-backend") { Description = "where requests come that no rule is for", HelpName = "SERVICE:PORT" };
        var annotations = new Option<string[]>("--annotation") { Description = "an annotation, as ingress.insula.dev/response-timeout=90s", HelpName = "NAME=VALUE" };
        var dryRun = DryRun.Option();
        var command = new Command(
            "ingress",
            """
            create an Ingress: hosts and paths, and the Services they lead to

              insula create ingress shop --rule "shop.example/*=web:80,tls=shop-tls" --rule "shop.example/api*=api:http"
              insula create ingress rest --default-backend web:80
            """)
        {
            name, rules, ingressClass, standard, annotations, dryRun,
        };
        command.Aliases.Add("ing");
        command.SetAction(async (parsed, ct) =>
        {
            var spec = Spec(parsed.GetValue(rules) ?? [], parsed.GetValue(ingressClass), parsed.GetValue(standard));
            await CreateWorkloadCommand.SendAsync(
                parsed, "networking.k8s.io/v1", "Ingress", "ingresses", parsed.GetValue(name)!, parsed.GetValue(dryRun), spec, null, ct, Annotations(parsed.GetValue(annotations) ?? []));
            return 0;
        });
        return command;
    }

    /// <summary>What the words mean.</summary>
    /// <exception cref="CommandException">A rule is none.</exception>
    internal static JsonObject Spec(IReadOnlyList<string> rules, string? ingressClass, string? standard)
    {
        if (rules.Count == 0 && standard is null)
        {
            throw new CommandException("give at least one --rule, or --default-backend");
        }

        var read = rules.Select(Read).ToList();
        var spec = new JsonObject();
        if (ingressClass is not null)
        {
            spec["ingressClassName"] = ingressClass;
        }

        if (standard is not null)
        {
            spec["defaultBackend"] = Backend(standard);
        }

        if (read.Any(r => r.Tls is not null))
        {
            spec["tls"] = new JsonArray([.. read.Where(r => r.Tls is not null).GroupBy(r => r.Tls!).Select(secret =>
            {
                var tls = new JsonObject { ["hosts"] = new JsonArray([.. secret.Select(r => r.Host).Where(h => h.Length > 0).Distinct().Select(h => (JsonNode)h)]) };
                if (secret.Key.Length > 0)
                {
                    tls["secretName"] = secret.Key;
                }

                return (JsonNode)tls;
            })]);
        }

        if (read.Count > 0)
        {
            spec["rules"] = new JsonArray([.. read.GroupBy(r => r.Host).Select(host =>
            {
                var rule = new JsonObject { ["http"] = new JsonObject { ["paths"] = new JsonArray([.. host.Select(r => (JsonNode)r.Path)]) } };
                if (host.Key.Length > 0)
                {
                    rule["host"] = host.Key;
                }

                return (JsonNode)rule;
            })]);
        }

        return spec;
    }

    private static (string Host, JsonObject Path, string? Tls) Read(string rule)
    {
        var parts = rule.Split(',');
        var sides = parts[0].Split('=');
        var slash = sides[0].IndexOf('/', StringComparison.Ordinal);
        if (sides.Length != 2 || slash < 0 || parts.Length > 2 || (parts.Length == 2 && parts[1].Split('=') is not (["tls"] or ["tls", _])))
        {
            throw new CommandException($"--rule {rule}: write HOST/PATH=SERVICE:PORT, and ,tls=SECRET if it is to be served with TLS");
        }

        var path = sides[0][slash..];
        var prefix = path.EndsWith('*');
        return (
            sides[0][..slash],
            new JsonObject { ["path"] = prefix ? path[..^1] : path, ["pathType"] = prefix ? PathTypes.Prefix : PathTypes.Exact, ["backend"] = Backend(sides[1]) },
            parts.Length == 1 ? null : parts[1].Split('=') is [_, var secret] ? secret : "");
    }

    private static JsonObject Backend(string text)
    {
        if (text.Split(':') is not [{ Length: > 0 } service, { Length: > 0 } port])
        {
            throw new CommandException($"{text}: write SERVICE:PORT");
        }

        return new JsonObject
        {
            ["service"] = new JsonObject
            {
                ["name"] = service,
                ["port"] = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new JsonObject { ["number"] = number } : new JsonObject { ["name"] = port },
            },
        };
    }

    private static JsonObject Annotations(string[] words)
    {
        var annotations = new JsonObject();
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            annotations[equals > 0 ? word[..equals] : throw new CommandException($"--annotation {word}: write NAME=VALUE")] = word[(equals + 1)..];
        }

        return annotations;
    }
}
