namespace Insula.Images.Loading;

/// <summary>A layer's blob, all there or on its way.</summary>
/// <param name="Blob">Reads it from its start; waits for what has not come yet.</param>
/// <param name="Whole">Ends when all of it is there, or fails as the reading of what is missing then does.</param>
internal sealed record LayerArrival(Stream Blob, Task Whole);
