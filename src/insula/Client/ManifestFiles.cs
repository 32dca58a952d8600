using Insula.Api.Kinds;
using Insula.Api.Manifests;

namespace Insula.Cli.Client;

/// <summary>Reads manifests from files, directories, URLs and standard input.</summary>
internal static class ManifestFiles
{
    private static readonly string[] s_extensions = [".yaml", ".yml", ".json"];

    /// <summary>
    /// The objects of all files, in order. Every file is read and decoded before the first object is returned.
    /// </summary>
    /// <remarks>With <c>strict</c>, wrong fields are errors; deleting needs only kind and name.</remarks>
    public static async Task<IReadOnlyList<ManifestDocument>> ReadAsync(
        IReadOnlyList<string> sources, bool recursive, CancellationToken ct, bool strict = true)
    {
        var documents = new List<ManifestDocument>();
        var problems = new List<string>();
        foreach (var source in sources.SelectMany(s => Expand(s, recursive)))
        {
            var file = await ParseAsync(source, ct);
            var name = source == "-" ? "standard input" : source;
            if (file.Failure is { } failure)
            {
                problems.Add($"{name}: {failure.Message}");
                continue;
            }

            if (strict)
            {
                problems.AddRange(file.Problems().Select(problem => $"{name}: {problem}"));
            }

            foreach (var document in file.Documents)
            {
                if (document.Kind is { } kind)
                {
                    documents.Add(new ManifestDocument(document.Object, Type(kind), $"{name}, line {document.Line}"));
                }
                else if (!strict)
                {
                    problems.Add($"{name}, line {document.Line}: {string.Join("; ", document.Errors)}");
                }
            }
        }

        if (problems.Count > 0)
        {
            throw new CommandException(string.Join("\n       ", problems));
        }

        return documents.Count > 0
            ? documents
            : throw new CommandException($"no objects in {string.Join(", ", sources)}");
    }

    /// <summary>One source, read and decoded.</summary>
    public static async Task<ManifestFile> ParseAsync(string source, CancellationToken ct)
    {
        try
        {
            if (source == "-")
            {
                await using var input = StandardStreams.OpenInput();
                return await Manifest.ParseAsync(input, cancellationToken: ct);
            }

            if (IsUrl(source))
            {
                using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
                await using var body = await http.GetStreamAsync(new Uri(source), ct);
                return await Manifest.ParseAsync(body, cancellationToken: ct);
            }

            await using var file = File.OpenRead(source);
            return await Manifest.ParseAsync(file, cancellationToken: ct);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException($"{source}: no such file or directory", 1, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            throw new CommandException($"{source}: {e.Message}", 1, e);
        }
    }

    /// <summary>The files a source stands for.</summary>
    public static IEnumerable<string> Expand(string source, bool recursive)
    {
        if (source == "-" || IsUrl(source) || !Directory.Exists(source))
        {
            return [source];
        }

        var depth = recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly;
        var files = Directory.EnumerateFiles(source, "*", depth)
            .Where(file => s_extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal).ToList();
        return files.Count > 0
            ? files
            : throw new CommandException($"{source}: no .yaml, .yml or .json file in this directory{(recursive ? "" : "; -R looks below it too")}");
    }

    public static ResourceType Type(KindInfo kind) =>
        new(kind.Kind, kind.ApiVersion, kind.Plural, kind.Singular, kind.ShortNames, kind.Namespaced);

    private static bool IsUrl(string source) =>
        source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
