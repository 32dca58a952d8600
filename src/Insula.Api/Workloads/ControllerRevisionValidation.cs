using System.Text.Json.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.Workloads;

/// <summary>Checks ControllerRevisions as Kubernetes does.</summary>
public static class ControllerRevisionValidation
{
    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(ControllerRevision one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), one.Metadata, namespaced: true);
        if (one.Data is null)
        {
            at.Field("data").Required("data is mandatory");
        }

        at.Field("revision").NotNegative(one.Revision);
        return errors;
    }

    /// <summary>What is wrong with a change of one.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(ControllerRevision old, ControllerRevision one)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(one);
        var errors = new List<FieldError>();
        if (!JsonNode.DeepEquals(old.Data, one.Data))
        {
            new ErrorList(errors, "").Field("data").Forbidden("field is immutable");
        }

        return errors;
    }
}
