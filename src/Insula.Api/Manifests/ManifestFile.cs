namespace Insula.Api.Manifests;

/// <summary>What a manifest file holds.</summary>
public sealed record ManifestFile
{
    /// <summary>The objects in the file's order; items of lists stand alone.</summary>
    public IReadOnlyList<ManifestDocument> Documents { get; init; } = [];

    /// <summary>Why the text could not be read at all; null when it could.</summary>
    public ManifestException? Failure { get; init; }

    /// <summary>Whether everything was read and nothing is wrong.</summary>
    public bool IsValid => Failure is null && Documents.All(d => d.Errors.Count == 0);

    /// <summary>All that is wrong, one line each: <c>line 7: spec.containers[0].imagee: unknown field, did you mean "image"?</c></summary>
    public IEnumerable<string> Problems()
    {
        if (Failure is not null)
        {
            yield return Failure.Message;
        }

        foreach (var document in Documents)
        {
            foreach (var error in document.Errors)
            {
                yield return $"line {document.Source.Line(error.Path)}: {error}";
            }
        }
    }

    /// <summary>All that a cluster would refuse or ignore, one line each.</summary>
    public IEnumerable<string> Unportable() =>
        Documents.SelectMany(d => d.OnlyHere.Select(path => $"line {d.Source.Line(path)}: {path}: Kubernetes does not have this field"));

    /// <summary>All that has no effect, one line each.</summary>
    public IEnumerable<string> Warnings() =>
        Documents.SelectMany(d => d.Warnings.Select(w => $"line {d.Source.Line(w.Path)}: {w}"));
}
