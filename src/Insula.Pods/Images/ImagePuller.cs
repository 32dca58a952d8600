using Insula.Images;
using Insula.Images.Registry;

namespace Insula.Pods.Images;

/// <summary>
/// Pulls images for pods: what several want at the same time once, and no more than a few at once. A pull that nobody waits for any more ends.
/// </summary>
internal sealed class ImagePuller : IDisposable
{
    private readonly ImageStore _images;
    private readonly CredentialFile? _machine;
    private readonly string? _hosts;
    private readonly Action _changed;
    private readonly SemaphoreSlim _slots;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Reference, string Secrets), Pull> _running = [];

    /// <param name="images">The store.</param>
    /// <param name="options">What the operator set.</param>
    /// <param name="changed">Called when an image has come that was not there.</param>
    public ImagePuller(ImageStore images, PodOptions options, Action changed)
    {
        (_images, _changed, _hosts) = (images, changed, options.RegistryHosts);
        _machine = options.RegistryAuth is { } file ? new CredentialFile(file) : null;
        _slots = new SemaphoreSlim(options.ParallelPulls);
    }

    /// <summary>How registries are spoken to for who brings these secrets: with them first, then with what this machine has.</summary>
    public RegistryAccess Access(PullSecrets secrets) => new()
    {
        HostsDirectory = _hosts,
        Credentials = async (registry, repository, ct) =>
            [.. secrets.Find(registry, repository), .. _machine is null ? [] : await _machine.FindAsync(registry, repository, ct)],
    };

    /// <summary>Pulls an image.</summary>
    /// <param name="reference">The image.</param>
    /// <param name="secrets">What who wants it brings.</param>
    /// <param name="ct">This one does not wait any more.</param>
    /// <exception cref="ImageException">It cannot be had.</exception>
    public async Task<LoadedImage> PullAsync(string reference, PullSecrets secrets, CancellationToken ct)
    {
        var key = (reference, secrets.Fingerprint);
        Pull? pull;
        lock (_lock)
        {
            if (!_running.TryGetValue(key, out pull))
            {
                _running[key] = pull = new Pull();
                pull.Work = Task.Run(() => WorkAsync(reference, secrets, pull.Given.Token), CancellationToken.None);
            }

            pull.Waiting++;
        }

        try
        {
            return await pull.Work.WaitAsync(ct);
        }
        finally
        {
            bool last;
            lock (_lock)
            {
                last = --pull.Waiting == 0;
                if (last || pull.Work.IsCompleted)
                {
                    // Whoever comes from here on begins anew.
                    _ = _running.TryGetValue(key, out var current) && current == pull && _running.Remove(key);
                }
            }

            if (last)
            {
                await pull.Given.CancelAsync();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private async Task<LoadedImage> WorkAsync(string reference, PullSecrets secrets, CancellationToken ct)
    {
        await _slots.WaitAsync(ct);
        LoadedImage loaded;
        try
        {
            loaded = await _images.PullAsync(reference, Access(secrets), null, ct);
        }
        finally
        {
            _slots.Release();
        }

        if (!loaded.AlreadyPresent)
        {
            _changed();
        }

        return loaded;
    }

    private sealed class Pull
    {
        public Task<LoadedImage> Work { get; set; } = null!;

        public int Waiting { get; set; }

        public CancellationTokenSource Given { get; } = new();
    }
}
