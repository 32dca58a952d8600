using Insula.Linux.Kernel;

namespace Insulad.Http.Extra;

/// <summary>What <c>system check</c> tries: the kernel, and whatever else was registered (the host's firewall).</summary>
internal sealed class SystemChecks(IReadOnlyList<Func<CancellationToken, Task<KernelFeature>>> others)
{
    public async Task<IReadOnlyList<KernelFeature>> RunAsync(CancellationToken ct)
    {
        var results = new List<KernelFeature>(await Task.Run(KernelFeatures.Probe, ct));
        foreach (var check in others)
        {
            results.Add(await check(ct));
        }

        return results;
    }
}
