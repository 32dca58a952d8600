namespace Insula.Linux.Kernel;

/// <summary>Finds out what this kernel offers by trying it, for <c>system check</c> and the refusal at start.</summary>
public static class KernelFeatures
{
    /// <summary>Tries everything. Changes nothing that outlives the call.</summary>
    public static IReadOnlyList<KernelFeature> Probe() => throw new NotImplementedException();
}
