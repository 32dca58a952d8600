using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Selectors;
using Insula.Store;
using Insulad.Http.Strategies;

namespace Insulad.Autoscaling;

/// <summary>The workload that an autoscaler scales.</summary>
/// <param name="Key">Where it is.</param>
/// <param name="Strategy">Its kind.</param>
/// <param name="Replicas">How many pods it wants; null when there is none, or it cannot be scaled.</param>
/// <param name="Selector">Its pods.</param>
/// <param name="Problem">Why it cannot be scaled.</param>
internal sealed record ScaleTarget(ObjectKey Key, ResourceStrategy? Strategy, int? Replicas, LabelSelector Selector, string Problem)
{
    /// <summary>Finds it.</summary>
    public static ScaleTarget Find(IObjectStore store, string ns, CrossVersionObjectReference reference)
    {
        var strategy = StrategyTable.All.FirstOrDefault(s => s.Kind.Kind == reference.Kind && (reference.ApiVersion is not { Length: > 0 } version || s.Kind.ApiVersion == version));
        if (strategy is null || !strategy.Subresources.Any(s => s.Name == "scale"))
        {
            return None($"no kind {reference.ApiVersion}{(reference.ApiVersion is { Length: > 0 } ? "/" : "")}{reference.Kind} has a number of replicas");
        }

        var key = new ObjectKey(strategy.Kind.QualifiedPlural, ns, reference.Name);
        if (store.Get(key) is not { } stored)
        {
            return None($"{key.Resource} \"{reference.Name}\" not found");
        }

        var spec = stored.ToDocument()["spec"] as JsonObject ?? [];
        var selector = spec["selector"] as JsonObject ?? [];
        var labels = selector.Count > 0 && selector.All(p => p.Value is JsonValue)
            ? new LabelSelectorFields { MatchLabels = selector.ToDictionary(p => p.Key, p => (string)p.Value!) }
            : ApiJson.Read<LabelSelectorFields>(selector);
        return new ScaleTarget(key, strategy, (int?)spec["replicas"] ?? 1, labels.ToSelector(), "");

        static ScaleTarget None(string problem) => new(default!, null, null, LabelSelector.Everything, problem);
    }
}
