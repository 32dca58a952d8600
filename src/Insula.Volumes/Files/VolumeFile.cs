namespace Insula.Volumes.Files;

/// <summary>A file of a volume that the daemon writes.</summary>
/// <param name="Path">Relative to the volume; its directories are made.</param>
/// <param name="Content">What is in it.</param>
/// <param name="Mode">Permission bits.</param>
public sealed record VolumeFile(string Path, ReadOnlyMemory<byte> Content, uint Mode);
