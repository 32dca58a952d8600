namespace Insula.Api.PodSecurity;

/// <summary>The turns of phrase that Kubernetes' messages are made of.</summary>
internal static class Wording
{
    public static string Quoted(IEnumerable<string> items) => string.Join(", ", items.Select(i => $"\"{i}\""));

    public static string Plural(string singular, string plural, int count) => count == 1 ? singular : plural;

    /// <summary>container "a", or containers "a", "b".</summary>
    public static string Containers(IReadOnlyCollection<string> names) => $"{Plural("container", "containers", names.Count)} {Quoted(names)}";

    /// <summary>Who sets something: the pod, containers, or both. Empty when nobody does.</summary>
    public static string Setters(bool pod, IReadOnlyCollection<string> containers) => (pod, containers.Count) switch
    {
        (true, 0) => "pod",
        (true, _) => $"pod and {Containers(containers)}",
        (false, 0) => "",
        _ => Containers(containers),
    };

    /// <summary>Each once, in the order of bytes.</summary>
    public static List<string> Sorted(IEnumerable<string> items) => [.. items.Distinct().Order(StringComparer.Ordinal)];
}
