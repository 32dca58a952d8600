using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Schema;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>
/// Reads a document strictly by the table of fields: every field is known and of the right type, or an error by its
/// path; what Insula does not honour is refused, what means nothing here draws a warning.
/// </summary>
public static class ObjectDecoder
{
    /// <summary>Reads a document by the kind it names itself. Kinds that are refused are an error at <c>kind</c>.</summary>
    public static DecodedObject Decode(JsonNode? document)
    {
        if (document is not JsonObject given)
        {
            return Failed([], new FieldError("", FieldErrorType.TypeInvalid, $"expected an object with apiVersion and kind, found {DecoderRun.Describe(document)}"));
        }

        var errors = new List<FieldError>();
        var apiVersion = Word(given, "apiVersion", errors);
        var kindName = Word(given, "kind", errors);
        if (errors.Count > 0)
        {
            return Failed(given, [.. errors]);
        }

        var kind = KindTable.Find(apiVersion!, kindName!);
        return kind is null
            ? Failed(given, Unknown(apiVersion!, kindName!))
            : kind.Support == KindSupport.Refused
                ? Failed(given, new FieldError("kind", FieldErrorType.Unsupported, $"{kind.Kind} is refused: {kind.Reason}")) with { Kind = kind }
                : Decode(given, kind);
    }

    /// <summary>Reads a document that is to be of a kind; apiVersion and kind may be missing in it, and are then set.</summary>
    public static DecodedObject Decode(JsonObject document, KindInfo kind)
    {
        var run = new DecoderRun();
        var decoded = run.Run(document, Schemas.For(kind.Kind), Schemas.IsComplete(kind.Kind), kind);
        if (kind.Support == KindSupport.Stored)
        {
            run.Warn("kind", $"{kind.Kind} is stored without effect: {kind.Reason}");
        }

        return new() { Kind = kind, Object = decoded, Errors = run.Errors, Warnings = run.Warnings, OnlyHere = run.OnlyHere };
    }

    private static DecodedObject Failed(JsonObject document, params IReadOnlyList<FieldError> errors) =>
        new() { Object = document, Errors = errors };

    private static string? Word(JsonObject document, string name, List<FieldError> errors)
    {
        var node = document[name];
        if (node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0)
        {
            return text;
        }

        errors.Add(node is null
            ? FieldError.Required(name, name == "kind" ? "e.g. Pod" : "e.g. v1")
            : new(name, FieldErrorType.TypeInvalid, $"expected a string, found {DecoderRun.Describe(node)}"));
        return null;
    }

    private static FieldError Unknown(string apiVersion, string kind)
    {
        if (KindTable.All.FirstOrDefault(k => k.Kind == kind) is { } other)
        {
            return new("apiVersion", FieldErrorType.NotSupported, $"{kind} is in {Quoted.Text(other.ApiVersion)}, not in {Quoted.Text(apiVersion)}");
        }

        var suggestion = KindTable.Suggest(kind) is { } near ? $", did you mean {Quoted.Text(near)}?" : "";
        return new("kind", FieldErrorType.NotSupported, $"unknown kind {Quoted.Text(kind)} in {Quoted.Text(apiVersion)}{suggestion}");
    }
}
