using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Services;

/// <summary>Fills in what Endpoints and EndpointSlices do not say.</summary>
public static class EndpointsDefaults
{
    /// <summary>Changes decoded Endpoints or a decoded EndpointSlice in place, and returns it.</summary>
    public static JsonObject Apply(JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var slice = document["subsets"] is null && document["addressType"] is not null;
        foreach (var at in (document["subsets"] as JsonArray ?? []).OfType<JsonObject>().Prepend(document))
        {
            foreach (var port in (at["ports"] as JsonArray ?? []).OfType<JsonObject>())
            {
                port["protocol"] ??= Protocols.TCP;
                if (slice)
                {
                    port["name"] ??= "";
                }
            }
        }

        return document;
    }
}
