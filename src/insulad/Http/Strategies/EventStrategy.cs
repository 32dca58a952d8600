using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Events: written by the daemon, and by whoever wants to note something about an object.</summary>
internal sealed class EventStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    protected override IReadOnlyList<FieldError> Check(JsonObject document)
    {
        var value = ApiJson.Read<Event>(document);
        var errors = MetadataValidation.Validate(value.Metadata, namespaced: true);
        var about = value.InvolvedObject.Namespace ?? "";
        return about.Length == 0 || about == value.Metadata.Namespace
            ? errors
            : [.. errors, FieldError.Invalid("involvedObject.namespace", about, "does not match event.namespace")];
    }
}
