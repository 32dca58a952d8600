namespace Insula.Images.Loading;

/// <summary>One's use of an unpacked layer.</summary>
internal sealed class LayerUse(UnpackedLayer layer, Action leave) : IDisposable
{
    private Action? _leave = leave;

    public UnpackedLayer Layer => layer;

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
