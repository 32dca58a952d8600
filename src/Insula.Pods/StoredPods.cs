using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Store;

namespace Insula.Pods;

/// <summary>Pods as the store has them.</summary>
public static class StoredPods
{
    /// <summary>The pod of a document, read once for all who follow pods.</summary>
    /// <param name="stored">A version of a pod.</param>
    /// <exception cref="System.Text.Json.JsonException">A value has the wrong type; the message names the path.</exception>
    public static Pod ReadPod(this StoredObject stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return stored.Read(json => ApiJson.Read<Pod>(json.Span));
    }
}
