using System.Text.Json.Nodes;
using Insula.Api.Json;

namespace Insula.Api.Meta;

/// <summary>What is written into the metadata of an object that is to be deleted and cannot go at once (meta/v1: deletionTimestamp, deletionGracePeriodSeconds).</summary>
public static class DeletionMark
{
    /// <summary>Whether an object has it.</summary>
    /// <param name="document">The object.</param>
    public static bool IsOn(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return document["metadata"]?["deletionTimestamp"] is not null;
    }

    /// <summary>Sets it. The first time the object's generation is raised: something else is wanted of it.</summary>
    /// <param name="document">The object; changed in place.</param>
    /// <param name="asked">When it was asked for.</param>
    /// <param name="graceSeconds">How many seconds it has from then on.</param>
    public static void Set(JsonObject document, DateTimeOffset asked, long graceSeconds)
    {
        ArgumentNullException.ThrowIfNull(document);
        var metadata = document["metadata"]!.AsObject();
        if (!IsOn(document))
        {
            metadata["generation"] = ((long?)metadata["generation"] ?? 0) + 1;
        }

        metadata["deletionTimestamp"] = TimeConverter.Format(asked.AddSeconds(graceSeconds));
        metadata["deletionGracePeriodSeconds"] = graceSeconds;
    }
}
