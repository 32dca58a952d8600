namespace Insula.Images.Loading;

/// <summary>The files of an OCI layout or archive, by their paths in it.</summary>
internal interface IBlobs : IDisposable
{
    /// <summary>What it is called in messages.</summary>
    string Description { get; }

    /// <summary>Who gives them, so that what comes from there at once comes as fast; null when nobody else does.</summary>
    string? Source => null;

    /// <summary>Opens a file, able to seek; null when there is none.</summary>
    Stream? Open(string path);

    /// <summary>Begins to bring a layer's blob; null when there is none.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="progress">Told of what comes; null for none.</param>
    /// <param name="cancellationToken">Ends what is under way.</param>
    LayerArrival? Fetch(LayerPlan layer, IProgress<LoadProgress>? progress, CancellationToken cancellationToken) =>
        Open(layer.Path) is { } there ? new LayerArrival(there, Task.CompletedTask) : null;
}
