using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>The resources <c>hugepages-SIZE</c> and the volumes of them. They are not shared out beyond what there is: what is requested is the limit.</summary>
public static class HugePages
{
    /// <summary>Before the size in the name of a resource.</summary>
    public const string Prefix = "hugepages-";

    /// <summary>The medium of volumes in pages of the one size that the pod requests.</summary>
    public const string Medium = "HugePages";

    private const string SizedMedium = Medium + "-";

    /// <summary>Whether a name is that of huge pages, of whatever size.</summary>
    public static bool Is(string resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.StartsWith(Prefix, StringComparison.Ordinal);
    }

    /// <summary>The size of a page in bytes by the name of a resource; null when that is none of huge pages, or not written as nodes write it (<c>2Mi</c>, <c>1Gi</c>).</summary>
    public static long? SizeOf(string resource) => Is(resource) ? Size(resource[Prefix.Length..]) : null;

    /// <summary>The name of the resource of a size.</summary>
    public static string NameOf(long size) => Prefix + Quantity.FromUnits(size, QuantityFormat.BinarySI);

    /// <summary>The names of those that a pod's containers request or may use.</summary>
    public static IReadOnlyList<string> NamesIn(PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return [.. spec.InitContainers.Concat(spec.Containers).SelectMany(c => c.Resources.Requests.Keys.Concat(c.Resources.Limits.Keys)).Where(Is).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether volumes of a medium are of huge pages.</summary>
    public static bool IsMedium(string? medium) => medium is Medium || medium?.StartsWith(SizedMedium, StringComparison.Ordinal) == true;

    /// <summary>The name of the resource that a volume in huge pages is of; null when the pod's containers do not request it, or with <see cref="Medium"/> several.</summary>
    /// <param name="medium">The volume's medium.</param>
    /// <param name="spec">The pod.</param>
    public static string? ResourceOf(string medium, PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(medium);
        var names = NamesIn(spec);
        return medium == Medium ? (names.Count == 1 ? names[0] : null) : names.FirstOrDefault(name => name == Prefix + medium[SizedMedium.Length..]);
    }

    private static long? Size(string text) =>
        Quantity.TryParse(text, out var size) && size is { Sign: > 0, IsWhole: true, Format: QuantityFormat.BinarySI } && long.IsPow2(size.Value) && size.ToString() == text ? size.Value : null;
}
