namespace Insula.Fuzz;

/// <summary>What is fuzzed: each takes any bytes, and lets out only exceptions that no input may cause.</summary>
internal static class Targets
{
    private static readonly Dictionary<string, Func<Action<byte[]>>> _all = new()
    {
        ["manifest"] = () => ManifestTargets.Manifest,
        ["decoder"] = () => ManifestTargets.Decoder,
        ["patch"] = () => PatchTargets.Patch,
        ["words"] = () => WordTargets.Words,
        ["reference"] = () => ImageTargets.Reference,
        ["tar"] = () => ImageTargets.Tar,
        ["image"] = () => new ArchiveTarget().Image,
        ["layer"] = () => new ArchiveTarget().Layer,
        ["registry"] = () => RegistryTarget.Registry,
        ["nft"] = () => NetlinkTargets.Elements,
        ["dns-query"] = () => new DnsTargets().Query,
        ["dns-answer"] = () => new DnsTargets().Answer,
        ["dns-control"] = () => DnsTargets.Control,
        ["health"] = () => DnsTargets.Health,
        ["cni"] = () => CniTarget.Cni,
        ["ingress"] = () => IngressTargets.Ingress,
        ["proxy"] = () => IngressTargets.Proxy,
        ["http"] = () => new HttpTarget().Request,
    };

    public static IEnumerable<string> Names => _all.Keys;

    /// <summary>A target by name; null for none. Made at its first input: before the fuzzer listens, instrumented code must not run.</summary>
    public static Action<byte[]>? Find(string name)
    {
        if (!_all.TryGetValue(name, out var make))
        {
            return null;
        }

        var target = new Lazy<Action<byte[]>>(make);
        return input => target.Value(input);
    }

    /// <summary>A property that does not hold.</summary>
    public static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"does not hold: {what}");
        }
    }
}
