using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>What is particular to one kind: its defaults, what is valid, how it is deleted.</summary>
internal abstract class ResourceStrategy(KindInfo kind)
{
    public KindInfo Kind { get; } = kind;

    /// <summary>Subresources beside the object, with the verbs each has.</summary>
    public virtual IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [];

    /// <summary>Whether deletion only marks the object, and a worker removes it when its work is undone.</summary>
    public virtual bool RemovedByWorker => false;

    /// <summary>Whether <c>status</c> is the daemon's to write and kept apart from updates of the object.</summary>
    public virtual bool HasStatus => false;

    /// <summary>Why requests cannot create any; null when they can.</summary>
    public virtual string? WhyNotCreated => null;

    /// <summary>Why an object cannot be deleted; null when it can.</summary>
    public virtual string? WhyNotDeleted(string name) => null;

    /// <summary>Sets defaults on a decoded document about to be created or replaced.</summary>
    public virtual JsonObject Default(JsonObject document) => document;

    /// <summary>Sets what only the daemon decides at creation, such as the first status and the node.</summary>
    /// <returns>Warnings for who creates it.</returns>
    public virtual IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName) => [];

    /// <summary>Keeps what an update does not name but does not mean to remove either.</summary>
    public virtual void CarryOver(JsonObject old, JsonObject document)
    {
    }

    /// <summary>What is wrong with a decoded document that has its defaults.</summary>
    public IReadOnlyList<FieldError> Validate(JsonObject document)
    {
        try
        {
            return Check(document);
        }
        catch (JsonException e)
        {
            // Only kinds whose fields are not all in the table come here with a wrong type.
            return [new FieldError(e.Path ?? "", FieldErrorType.TypeInvalid, e.Message)];
        }
    }

    public virtual IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => [];

    /// <summary>What an update of the object leaves of a status that is the daemon's to write.</summary>
    public virtual JsonNode? StatusAfter(JsonObject old, JsonObject next) => old["status"]?.DeepClone();

    /// <summary>What is wrong with a change of the status alone.</summary>
    public virtual IReadOnlyList<FieldError> ValidateStatus(JsonObject old, JsonObject next) => [];

    /// <summary>The document that a proposal for a subresource means, when that is a part of the object; null when it is none.</summary>
    public virtual JsonObject? TakePart(string subresource, JsonObject old, JsonObject proposed) => null;

    /// <summary>What is wrong with a change of such a part, instead of <see cref="ValidateUpdate"/>.</summary>
    public virtual IReadOnlyList<FieldError> ValidatePart(string subresource, JsonObject old, JsonObject document) => [];

    /// <summary>Seconds of grace a deletion gives when the request names none.</summary>
    public virtual long DefaultGrace(JsonObject document) => 0;

    /// <summary>Whether the spec changed, which counts <c>metadata.generation</c> up.</summary>
    public static bool SpecChanged(JsonObject old, JsonObject document) => !JsonNode.DeepEquals(old["spec"], document["spec"]);

    protected virtual IReadOnlyList<FieldError> Check(JsonObject document) =>
        Kind.Group == "rbac.authorization.k8s.io" ? [] : MetadataValidation.Validate(ApiJson.Read<ObjectMeta>(document["metadata"]!), Kind.Namespaced);
}
