using Insula.Api.Core;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>The annotations by which a pod asks for limits of what goes through its network, in bits a second, as Kubernetes has them.</summary>
public static class PodBandwidth
{
    /// <summary>What it may receive.</summary>
    public const string Ingress = "kubernetes.io/ingress-bandwidth";

    /// <summary>What it may send.</summary>
    public const string Egress = "kubernetes.io/egress-bandwidth";

    private const long Least = 1000;
    private const long Most = 1_000_000_000_000_000;

    /// <summary>Whether a pod asks for any.</summary>
    public static bool IsLimited(Pod pod) => Of(pod, Ingress) is not null || Of(pod, Egress) is not null;

    /// <summary>A limit in bits a second; null for none.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="annotation">Which.</param>
    public static long? Of(Pod pod, string annotation)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Metadata.Annotations.TryGetValue(annotation, out var text) && IsRight(text) ? Quantity.Parse(text).Value : null;
    }

    /// <summary>Whether the annotations are amounts that can be kept.</summary>
    internal static void Validate(ErrorList metadata, Pod pod)
    {
        foreach (var annotation in (string[])[Ingress, Egress])
        {
            if (pod.Metadata.Annotations.TryGetValue(annotation, out var text) && !IsRight(text))
            {
                metadata.Field("annotations").Key(annotation).Invalid(text, "must be bits a second, from 1k to 1P, like 10M");
            }
        }
    }

    private static bool IsRight(string text) =>
        Quantity.TryParse(text, out var quantity) && quantity >= Quantity.FromUnits(Least) && quantity <= Quantity.FromUnits(Most);
}
