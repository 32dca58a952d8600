using System.Text;
using System.Text.RegularExpressions;
using Insula.Api.Core;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;
using Insula.Ingresses.Runtime;

namespace Insula.Fuzz;

/// <summary>What users write about Ingresses, on its way into HAProxy's configuration; and what a HAProxy that somebody took over answers.</summary>
internal static partial class IngressTargets
{
    private static readonly ProxySettings s_settings = new() { Threads = 2 };

    public static void Ingress(byte[] input)
    {
        var file = Insula.Api.Manifests.Manifest.Parse(input);
        var documents = file.Documents.Where(d => d.Errors.Count == 0).Select(d => d.Object).ToList();
        var services = Of<Service>("Service").ToLookup(s => s.Metadata.Name);
        var secrets = Of<Secret>("Secret").ToLookup(s => s.Metadata.Name);
        var slices = Of<EndpointSlice>("EndpointSlice");
        var model = ModelBuilder.Build(new IngressWorld
        {
            Ingresses = Of<Ingress>("Ingress"),
            Service = (_, name) => services[name].FirstOrDefault(),
            Slices = (_, name) => slices.Where(s => s.Metadata.Labels.GetValueOrDefault(EndpointSlice.ServiceLabel) == name),
            Secret = (_, name) => secrets[name].FirstOrDefault(),
        });
        var files = ConfigurationWriter.Write(model, s_settings, b => Slots.For(b.Endpoints.Count, 0));
        foreach (var (name, text) in files.Files.Where(f => !f.Key.EndsWith(".pem", StringComparison.Ordinal)))
        {
            Targets.Check(text.All(c => c is '\n' or (>= ' ' and <= '~')), $"{name} is of printable ASCII");
            Targets.Check(name == ProxyFiles.Main || text.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(l => l.Split(' ').Length >= 2), $"{name} is of keys and values");
        }

        // What users have written may stand in the names of backends alone, beside numbers.
        foreach (var line in files.Files[ProxyFiles.Main].Split('\n').Where(l => l.StartsWith("backend ", StringComparison.Ordinal)))
        {
            Targets.Check(BackendLine().IsMatch(line), $"a backend has a name: {line}");
        }

        foreach (var note in model.Notes)
        {
            Targets.Check(!note.Message.Any(char.IsControl), $"a note has no control characters: {note.Message}");
        }

        IReadOnlyList<T> Of<T>(string kind)
            where T : class => [.. documents.Where(d => d["kind"]?.ToString() == kind).Select(d => ApiJson.Read<T>(d))];
    }

    public static void Proxy(byte[] input)
    {
        var answers = ProxyAnswers.Split(Encoding.UTF8.GetString(input), 3);
        if (answers is null || ProxyState.Read(answers) is not { } state)
        {
            return;
        }

        var backends = state.Slots.Select(s => s.Backend).Distinct().Take(8).Select(name => new Backend
        {
            Name = name,
            Settings = new(),
            Protocol = BackendProtocol.Http,
            Sticky = false,
            Endpoints = [new(System.Net.IPAddress.Parse("10.1.0.1"), 80), new(System.Net.IPAddress.Parse("10.1.0.2"), 80)],
        }).ToList();
        foreach (var command in SlotPlan.Commands(backends, state.Slots))
        {
            Targets.Check(command.StartsWith("set server ", StringComparison.Ordinal) && !command.Any(c => c is ';' || char.IsControl(c)), $"one command is one: {command}");
        }
    }

    [GeneratedRegex(@"\Abackend [A-Za-z0-9.:-]+\z")]
    private static partial Regex BackendLine();
}
