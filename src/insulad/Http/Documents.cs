using System.Text.Json.Nodes;
using Insula.Api.Manifests;
using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insulad.Http;

/// <summary>What holds for documents of every kind: where identity is, and that it fits the path.</summary>
internal static class Documents
{
    /// <summary>The metadata, made when missing.</summary>
    public static JsonObject Metadata(JsonObject document)
    {
        switch (document["metadata"])
        {
            case JsonObject metadata:
                return metadata;
            case null:
                var fresh = new JsonObject();
                document["metadata"] = fresh;
                return fresh;
            default:
                throw ApiException.BadRequest("metadata must be an object");
        }
    }

    /// <summary>A text field, null when missing.</summary>
    public static string? Text(JsonObject parent, string name) => parent[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw ApiException.BadRequest($"{name} must be a string"),
    };

    public static void Copy(JsonObject from, JsonObject to, string name)
    {
        if (from[name] is { } value)
        {
            to[name] = value.DeepClone();
        }
        else
        {
            to.Remove(name);
        }
    }

    /// <summary>Fills in kind and apiVersion, or checks that they are the path's.</summary>
    public static void CheckKind(ApiRequest request, JsonObject document)
    {
        var kind = Text(document, "kind");
        var version = Text(document, "apiVersion");
        if ((kind is { Length: > 0 } && kind != request.Kind.Kind) || (version is { Length: > 0 } && version != request.Kind.ApiVersion))
        {
            throw ApiException.BadRequest(
                $"the object provided is a {kind ?? request.Kind.Kind} of {version ?? request.Kind.ApiVersion}, not a {request.Kind.Kind} of {request.Kind.ApiVersion} as the path says");
        }

        document["kind"] = request.Kind.Kind;
        document["apiVersion"] = request.Kind.ApiVersion;
    }

    public static void SetNamespace(ApiRequest request, JsonObject metadata)
    {
        var given = Text(metadata, "namespace");
        if (!request.Kind.Namespaced)
        {
            if (given is { Length: > 0 })
            {
                throw new ApiException(Failures.Invalid(
                    request.Kind.Kind, Text(metadata, "name") ?? "", [FieldError.Forbidden("metadata.namespace", "not allowed on this type")]));
            }

            metadata.Remove("namespace");
            return;
        }

        if (given is { Length: > 0 } && given != request.Namespace)
        {
            throw ApiException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request: {given} is not {request.Namespace}");
        }

        metadata["namespace"] = request.Namespace;
    }

    /// <summary>The object's name.</summary>
    /// <exception cref="ApiException">422: it has none.</exception>
    public static string Name(ApiRequest request, JsonObject document)
    {
        var name = Text(Metadata(document), "name");
        if (string.IsNullOrEmpty(name))
        {
            throw new ApiException(Failures.Invalid(
                request.Kind.Kind, "", [FieldError.Required("metadata.name", "name or generateName is required")]));
        }

        // The form common to all kinds of names; what a kind demands beyond it is its validation's.
        var complaint = request.Kind.Group == "rbac.authorization.k8s.io"
            ? name is "." or ".." || name.AsSpan().IndexOfAny('/', '%') >= 0 || name.Any(char.IsControl) ? "may not be '.', '..', or contain '/', '%' or control characters" : null
            : Names.Dns1123Subdomain(name);
        return complaint is null ? name
            : throw new ApiException(Failures.Invalid(request.Kind.Kind, name, [FieldError.Invalid("metadata.name", name, complaint)]));
    }

    public static void ThrowIfInvalid(ApiRequest request, string name, IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
        {
            throw new ApiException(Failures.Invalid(request.Kind.Kind, name, errors));
        }
    }

    /// <summary>
    /// Reads a document strictly. What the kind does not know is refused, or dropped with or without a warning, as
    /// <c>fieldValidation</c> says; a field that Kubernetes has and Insula does not honour is refused always.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="document">What came with it.</param>
    /// <param name="partial">Whether the document is one to be merged, in which required fields may be missing.</param>
    /// <param name="old">The object as it was: of what is in it, too, nobody is warned again.</param>
    public static JsonObject Decode(ApiRequest request, JsonObject document, bool partial = false, JsonObject? old = null)
    {
        var decoded = ObjectDecoder.Decode(document, request.Kind);

        // What the object had before has been told to who wrote it; much of it the daemon wrote itself.
        var told = old is null || decoded.Warnings.Count == 0 ? [] : ObjectDecoder.Decode(old, request.Kind).Warnings;
        if (partial)
        {
            decoded = decoded with { Errors = [.. decoded.Errors.Where(e => e.Type != FieldErrorType.Required)] };
        }

        foreach (var warning in decoded.Warnings.Except(told))
        {
            request.Warn(warning.ToString());
        }

        var refused = request.FieldValidation == FieldValidation.Strict ? decoded.Errors : [.. decoded.Errors.Where(e => e.Type != FieldErrorType.Unknown)];
        if (request.FieldValidation == FieldValidation.Warn)
        {
            foreach (var error in decoded.Errors.Where(e => e.Type == FieldErrorType.Unknown))
            {
                request.Warn(error.ToString());
            }
        }

        if (refused.Count == 0)
        {
            return decoded.Object;
        }

        if (refused.All(e => e.Type is FieldErrorType.Unknown or FieldErrorType.TypeInvalid))
        {
            var status = Failures.BadRequest(
                $"{request.Kind.Kind} in version \"{request.Kind.Version}\" cannot be handled as a {request.Kind.Kind}: strict decoding error: {string.Join(", ", refused)}");
            throw new ApiException(status with
            {
                Details = new StatusDetails { Kind = request.Kind.Kind, Causes = [.. refused.Select(e => e.ToCause())] },
            });
        }

        throw new ApiException(Failures.Invalid(request.Kind.Kind, Text(Metadata(document), "name") ?? "", refused));
    }

    /// <summary>An object that is being deleted gets no further finalizers.</summary>
    public static IEnumerable<FieldError> ValidateFinalizers(JsonObject old, JsonObject next)
    {
        if (old["metadata"]!["deletionTimestamp"] is null || next["metadata"]!["finalizers"] is not JsonArray after)
        {
            return [];
        }

        var before = (old["metadata"]!["finalizers"] as JsonArray)?.Select(f => f?.ToString()).ToHashSet() ?? [];
        return after.Any(f => !before.Contains(f?.ToString()))
            ? [FieldError.Forbidden("metadata.finalizers", "no new finalizers can be added if the object is being deleted")]
            : [];
    }
}
