using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Pods.Timing;
using Insula.Store;
using Insulad.Http.Strategies;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Extra;

/// <summary>
/// How long the steps of a pod's start took: <c>namespaces/NS/podtimings/NAME</c>. Steps come in the order in which they began, each with
/// its depth below the one it is a part of; what an earlier daemon did is not known.
/// </summary>
internal sealed class TimingsHandler(IObjectStore store, IPodService pods)
{
    public const string Resource = "podtimings";

    private static readonly ResourceStrategy s_pods = StrategyTable.Find("", "v1", "pods")!;

    public async Task GetAsync(HttpContext context, RequestInfo info)
    {
        if (info.Name is null || info.Namespace is null)
        {
            throw new ApiException(Failures.NoSuchResource());
        }

        var request = new ApiRequest(context, info, s_pods);
        var stored = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound(s_pods.Kind.QualifiedPlural, info.Name));
        await Responses.WriteAsync(context, 200, new JsonObject
        {
            ["kind"] = "PodTimings",
            ["apiVersion"] = $"{ExtraGroup.Name}/{ExtraGroup.Version}",
            ["metadata"] = new JsonObject { ["name"] = stored.Key.Name, ["namespace"] = stored.Key.Namespace, ["uid"] = stored.Uid },
            ["steps"] = new JsonArray([.. pods.Timings(stored.Uid).Select(ToJson)]),
        });
    }

    private static JsonObject ToJson(TimedStep step)
    {
        var json = new JsonObject
        {
            ["name"] = step.Name,
            ["depth"] = step.Depth,
            ["began"] = step.Began.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["microseconds"] = Math.Round(step.Duration.TotalMicroseconds, 1),
        };
        if (step.Container is not null)
        {
            json["container"] = step.Container;
        }

        return json;
    }
}
