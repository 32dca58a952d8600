using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Api.Limits;

/// <summary>What a LimitRange does to new pods, and what it has against them and against claims; with the texts of Kubernetes' LimitRanger. Pure.</summary>
public static class LimitRangeAdmission
{
    /// <summary>Which annotation tells what a pod was given.</summary>
    public const string Annotation = "kubernetes.io/limit-ranger";

    /// <summary>Gives the containers of a pod the requests and limits that they have not.</summary>
    /// <param name="range">The LimitRange.</param>
    /// <param name="pod">A pod with its defaults; changed in place.</param>
    public static void Fill(LimitRange range, JsonObject pod)
    {
        ArgumentNullException.ThrowIfNull(range);
        ArgumentNullException.ThrowIfNull(pod);
        if (range.Spec.Limits.FirstOrDefault(l => l.Type == LimitTypes.Container) is not { } item)
        {
            return;
        }

        var told = new List<string>();
        foreach (var (list, what) in ((string, string)[])[("containers", "container"), ("initContainers", "init container")])
        {
            foreach (var container in (pod["spec"]?[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                var resources = Part(container, "resources");
                var limits = Set(resources, "limits", item.Default);
                foreach (var (names, part) in ((List<string>, string)[])[(Set(resources, "requests", item.DefaultRequest), "request"), (limits, "limit")])
                {
                    if (names.Count > 0)
                    {
                        told.Add($"{string.Join(", ", names)} {part} for {what} {container["name"]}");
                    }
                }
            }
        }

        if (told.Count > 0)
        {
            Part(pod["metadata"]!.AsObject(), "annotations")[Annotation] = $"LimitRanger plugin set: {string.Join("; ", told)}";
        }
    }

    /// <summary>What a LimitRange has against a pod; empty when nothing.</summary>
    public static IReadOnlyList<string> Complaints(LimitRange range, Pod pod)
    {
        ArgumentNullException.ThrowIfNull(range);
        ArgumentNullException.ThrowIfNull(pod);
        var complaints = new List<string>();
        foreach (var item in range.Spec.Limits)
        {
            switch (item.Type)
            {
                case LimitTypes.Container:
                    foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers))
                    {
                        Check(complaints, item, container.Resources.Requests, container.Resources.Limits);
                    }

                    break;
                case LimitTypes.Pod:
                    Check(complaints, item, Together(pod.Spec, r => r.Requests, PodResources.Requested), Together(pod.Spec, r => r.Limits, PodResources.Limited));
                    break;
                default:
                    break;
            }
        }

        return complaints;
    }

    /// <summary>What a LimitRange has against a claim; empty when nothing.</summary>
    public static IReadOnlyList<string> Complaints(LimitRange range, PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(range);
        ArgumentNullException.ThrowIfNull(claim);
        var complaints = new List<string>();
        foreach (var item in range.Spec.Limits.Where(l => l.Type == LimitTypes.PersistentVolumeClaim))
        {
            var requests = claim.Spec.Resources.Requests;
            Add(complaints, item.Min, (resource, least) => Least(item.Type, resource, least, Of(requests, resource), null));
            Add(complaints, item.Max, (resource, most) => $"maximum {resource} usage per {item.Type} is {most}" is var text && Of(requests, resource) is not { } request
                ? $"{text}.  No request is specified" : request > most ? $"{text}, but request is {request}" : null);
        }

        return complaints;
    }

    private static void Check(List<string> complaints, LimitRangeItem item, IReadOnlyDictionary<string, Quantity> requests, IReadOnlyDictionary<string, Quantity> limits)
    {
        Add(complaints, item.Min, (resource, least) => Least(item.Type, resource, least, Of(requests, resource), Of(limits, resource)));
        Add(complaints, item.Max, (resource, most) => Most(item.Type, resource, most, Of(requests, resource), Of(limits, resource)));
        Add(complaints, item.MaxLimitRequestRatio, (resource, ratio) => Ratio(item.Type, resource, ratio, Of(requests, resource), Of(limits, resource)));
    }

    private static void Add(List<string> complaints, IReadOnlyDictionary<string, Quantity> bounds, Func<string, Quantity, string?> judge) =>
        complaints.AddRange(bounds.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => judge(b.Key, b.Value)).OfType<string>());

    private static string? Least(string type, string resource, Quantity least, Quantity? request, Quantity? limit)
    {
        var text = $"minimum {resource} usage per {type} is {least}";
        return request is null ? $"{text}.  No request is specified"
            : request < least ? $"{text}, but request is {request}"
            : limit < least ? $"{text}, but limit is {limit}"
            : null;
    }

    private static string? Most(string type, string resource, Quantity most, Quantity? request, Quantity? limit)
    {
        var text = $"maximum {resource} usage per {type} is {most}";
        return limit is null ? $"{text}.  No limit is specified"
            : limit > most ? $"{text}, but limit is {limit}"
            : request > most ? $"{text}, but request is {request}"
            : null;
    }

    private static string? Ratio(string type, string resource, Quantity ratio, Quantity? request, Quantity? limit)
    {
        var text = $"{resource} max limit to request ratio per {type} is {ratio}";
        if (request is not { Sign: > 0 } promised)
        {
            return $"{text}, but no request is specified or request is 0";
        }

        if (limit is not { Sign: > 0 } allowed)
        {
            return $"{text}, but no limit is specified or limit is 0";
        }

        // limit / request > ratio, without a division that rounds.
        var (most, least) = resource == "cpu" ? (allowed.MilliValue, promised.MilliValue) : (allowed.Value, promised.Value);
        return (BigInteger)most * 1000 > (BigInteger)ratio.MilliValue * least
            ? string.Create(CultureInfo.InvariantCulture, $"{text}, but provided ratio is {(double)most / least:F6}") : null;
    }

    // What at least one container has, or the pod as a whole.
    private static Dictionary<string, Quantity> Together(
        PodSpec spec, Func<ResourceRequirements, IReadOnlyDictionary<string, Quantity>> of, Func<PodSpec, string, long> total) =>
        spec.Containers.Concat(spec.InitContainers).Select(c => c.Resources).Append(spec.Resources ?? new()).SelectMany(r => of(r).Keys).Distinct()
            .ToDictionary(r => r, r => PodResources.Quantity(r, total(spec, r)));

    private static List<string> Set(JsonObject resources, string part, IReadOnlyDictionary<string, Quantity> defaults)
    {
        var set = new List<string>();
        foreach (var (name, amount) in defaults.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var amounts = Part(resources, part);
            if (amounts[name] is null)
            {
                amounts[name] = amount.ToString();
                set.Add(name);
            }
        }

        return set;
    }

    private static JsonObject Part(JsonObject of, string name)
    {
        if (of[name] is not JsonObject part)
        {
            of[name] = part = [];
        }

        return part;
    }

    private static Quantity? Of(IReadOnlyDictionary<string, Quantity> amounts, string resource) => amounts.TryGetValue(resource, out var amount) ? amount : null;
}
