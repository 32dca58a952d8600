using Insula.Images;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Images;

/// <summary>
/// Removes images that no pod uses: when the disk is nearly full, when they have been unused for long, and when somebody asks for it. It looks
/// every five minutes, as the kubelet does.
/// </summary>
public sealed partial class ImageCollector : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    private readonly ImageStore _images;
    private readonly Func<IReadOnlySet<string>> _wanted;
    private readonly ImageCollectionRules _rules;
    private readonly Func<(long Capacity, long Available)> _room;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Task _looking;
    private Dictionary<string, ImageAge> _ages;

    /// <summary>Begins to look.</summary>
    /// <param name="images">The store.</param>
    /// <param name="wanted">The ids of images that pods use or are going to.</param>
    /// <param name="rules">When images go.</param>
    /// <param name="room">Bytes that the store's file system has, and those that can still be written.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">Where to log.</param>
    public ImageCollector(
        ImageStore images, Func<IReadOnlySet<string>> wanted, ImageCollectionRules rules, Func<(long Capacity, long Available)> room, TimeProvider clock, ILogger<ImageCollector> logger)
    {
        ArgumentNullException.ThrowIfNull(clock);
        (_images, _wanted, _rules, _room, _clock, _logger) = (images, wanted, rules, room, clock, logger);

        // Those that are there have been so for some time; what is first met later may have come just then.
        var begun = clock.GetUtcNow();
        _ages = images.List().ToDictionary(i => i.Id, i => new ImageAge(i, begun, begun));
        _looking = LookAsync();
    }

    /// <summary>Removes images that no pod uses and nobody pinned.</summary>
    /// <param name="all">Those with a name, too.</param>
    /// <param name="only">Tells what would go, and removes nothing.</param>
    /// <param name="ct">Gives up between two images.</param>
    /// <returns>What went, and how many bytes with it.</returns>
    /// <exception cref="ImageException">The disk failed.</exception>
    public async Task<IReadOnlyList<(Image Image, long Freed)>> PruneAsync(bool all, bool only, CancellationToken ct)
    {
        var wanted = _wanted();
        var idle = _images.List().Where(i => !i.IsPinned && !wanted.Contains(i.Id) && (all || i.References.Count == 0)).ToList();
        List<(Image, long)> gone = [];
        foreach (var image in idle)
        {
            if (only)
            {
                gone.Add((image, image.OwnSize));
            }
            else if (await RemoveAsync(image.Id, ct) is { } freed)
            {
                gone.Add((image, freed));
            }
        }

        return gone;
    }

    /// <summary>Looks now.</summary>
    /// <returns>How many bytes were to be freed for want of room and could not be.</returns>
    public async Task<long> CollectAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            var now = _clock.GetUtcNow();
            _ages = Ages(now);
            foreach (var old in ImageCollection.TooOld(_ages.Values, _rules, now).ToList())
            {
                if (await RemoveAsync(old.Image.Id, ct) is { } freed)
                {
                    LogOld(old.Image, freed);
                    _ages.Remove(old.Image.Id);
                }
            }

            var (capacity, available) = _room();
            var left = ImageCollection.ToFree(_rules, capacity, available);
            foreach (var idle in left == 0 ? [] : ImageCollection.Candidates(_ages.Values, _rules, now).ToList())
            {
                if (left > 0 && await RemoveAsync(idle.Image.Id, ct) is { } freed)
                {
                    LogFreed(idle.Image, freed);
                    left -= freed;
                }
            }

            return Math.Max(left, 0);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Removes images that no pod uses, those unused for longest first, however full the disk is, until there is enough room or none is left. Those that have just come stay.</summary>
    /// <param name="isEnough">Whether there is; asked before each.</param>
    /// <param name="ct">Gives up between two images.</param>
    /// <exception cref="ImageException">The disk failed.</exception>
    public async Task FreeAsync(Func<bool> isEnough, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(isEnough);
        await _one.WaitAsync(ct);
        try
        {
            var now = _clock.GetUtcNow();
            _ages = Ages(now);
            foreach (var idle in ImageCollection.Candidates(_ages.Values, _rules, now).ToList())
            {
                if (isEnough())
                {
                    return;
                }

                if (await RemoveAsync(idle.Image.Id, ct) is { } freed)
                {
                    LogFreed(idle.Image, freed);
                    _ages.Remove(idle.Image.Id);
                }
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _looking;
        _stopping.Dispose();
        _one.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Period, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    if (await CollectAsync(_stopping.Token) is > 0 and var missing)
                    {
                        LogFull(missing);
                    }
                }
                catch (Exception e) when (e is ImageException or IOException or UnauthorizedAccessException)
                {
                    LogFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
    }

    // One that is new came now; one that a pod wants was wanted until now.
    private Dictionary<string, ImageAge> Ages(DateTimeOffset now)
    {
        var wanted = _wanted();
        return _images.List().ToDictionary(i => i.Id, i =>
        {
            var since = _ages.TryGetValue(i.Id, out var before) ? before.Since : now;
            return new ImageAge(i, since, wanted.Contains(i.Id) ? null : before is { Idle: { } idle } ? idle : before is null ? since : now);
        });
    }

    // Null when it is wanted by now, or gone.
    private async Task<long?> RemoveAsync(string id, CancellationToken ct)
    {
        long size = 0;
        try
        {
            return await _images.RemoveAsync(id, IsWanted, ct) ? size : null;
        }
        catch (ImageException e) when (e.Error == ImageError.InUse)
        {
            return null;
        }

        bool IsWanted(Image image)
        {
            size = image.OwnSize;
            return _wanted().Contains(image.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "image {Image} removed, which no pod has used for long: {Bytes} bytes")]
    private partial void LogOld(Image image, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "image {Image} removed, which no pod uses, since the disk is nearly full: {Bytes} bytes")]
    private partial void LogFreed(Image image, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the disk of the images is nearly full, and {Bytes} bytes more than unused images have are to be freed")]
    private partial void LogFull(long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "images that no pod uses could not be removed")]
    private partial void LogFailed(Exception error);
}
