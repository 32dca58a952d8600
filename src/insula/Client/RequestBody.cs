namespace Insula.Cli.Client;

/// <summary>What a request brings along.</summary>
/// <param name="MediaType">What it is.</param>
/// <param name="Bytes">All of it, or null where it is a stream.</param>
/// <param name="Stream">A stream, sent as it is read.</param>
internal sealed record RequestBody(string MediaType, byte[]? Bytes, Stream? Stream = null);
